"""Host one function app until somebody asks to stop."""

import errno
import logging
import os
from pathlib import Path
from typing import Any

from aiohttp import web

from local.host import app, lifetime, output, server, settings
from local.host.errors import HostError
from local.host.runtime import Runtime
from local.host.state import Host

_log = logging.getLogger("host")


def prepare(root: Path, local_settings: dict[str, Any], address: str) -> app.FunctionApp:
    """Read the app and set the process up as its worker: environment, working directory, log."""
    host_json = settings.read_host_json(root)
    settings.export(local_settings, root, address)
    output.configure_logging(settings.host_value(host_json, "logging", "logLevel", "default"))
    function_app = app.read(root, host_json)
    if function_app.functions:
        settings.require_storage()
    os.chdir(root)
    return function_app


async def serve(function_app: app.FunctionApp, address: str, port: int) -> None:
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
