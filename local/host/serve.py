"""Host one function app until a signal."""

import errno
import logging

from aiohttp import web

from local.host import lifetime, output, server, settings
from local.host.app import FunctionApp
from local.host.errors import HostError
from local.host.runtime import Runtime
from local.host.state import Host

_log = logging.getLogger("host")


async def serve(function_app: FunctionApp, address: str, port: int) -> None:
    """Listen, load the functions, answer, stop."""
    stop = lifetime.stop_event()
    runtime = Runtime(settings.function_timeout(function_app.host_json))
    host = Host(function_app, runtime)
    runner = web.AppRunner(
        server.build(host), access_log=None, shutdown_timeout=lifetime.GRACE_SECONDS
    )
    await runner.setup()
    try:
        await _listen(runner, address, port)
        await host.load()
        output.show_functions(function_app)
        _log.info("Host started: http://%s:%d", address, port)
        await stop.wait()
        host.state = "Stopping"
    finally:
        await runner.cleanup()
        runtime.stop()


async def _listen(runner: web.AppRunner, address: str, port: int) -> None:
    try:
        await web.TCPSite(runner, address, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise HostError(
                f"Port {port} is unavailable. Close the process using that port, or specify "
                "another port using --port."
            ) from error
        raise HostError(f"Cannot listen on {address}, port {port}: {error.strerror}") from error
