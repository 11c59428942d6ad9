"""Host one function app until a signal."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web

from local.host import http_trigger, lifetime, output, server, settings
from local.host.app import QUEUE, Function, FunctionApp
from local.host.call import Call
from local.host.errors import HostError
from local.host.runtime import Runtime
from local.host.state import Host
from local.own_machine import requests_log
from local.ports import LOOPBACK

_log = logging.getLogger("host")


async def serve(function_app: FunctionApp, port: int) -> None:
    """Listen on the loopback interface, load the functions, answer, stop."""
    stop = lifetime.stop_event()
    runtime = Runtime(settings.function_timeout(function_app.host_json))
    routes = http_trigger.routes(function_app.functions, function_app.host_json)
    host = Host(function_app, runtime, routes=routes)
    runner = web.AppRunner(
        server.build(host),
        access_log=None,
        logger=requests_log,
        shutdown_timeout=lifetime.GRACE_SECONDS,
    )
    await runner.setup()
    try:
        await _listen(runner, port)
        await host.load()
        output.show_functions(function_app)
        _log.info("Host started: http://%s:%d", LOOPBACK, port)
        async with _queues_of(host):
            await stop.wait()
            host.state = "Stopping"
    finally:
        await runner.cleanup()
        runtime.stop()


@asynccontextmanager
async def _queues_of(host: Host) -> AsyncIterator[None]:
    """Listen to the queues of the functions with a queue trigger, if there are any."""
    functions = [
        function
        for function in host.app.functions.values()
        if function.trigger.type == QUEUE and not function.disabled
    ]
    if not functions:
        yield
        return
    from local.host import queue_trigger  # noqa: PLC0415 - Storage's client takes long to import

    async def run(function: Function, call: Call) -> bool:
        return (await host.runtime.call(function, call)).failure is None

    found = queue_trigger.options(host.app.host_json)
    listeners = [queue_trigger.listener(each, found, partial(run, each)) for each in functions]
    tasks = [asyncio.create_task(listener.listen()) for listener in listeners]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(each.finish(lifetime.GRACE_SECONDS) for each in listeners))
        await asyncio.gather(*(each.close() for each in listeners))


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise HostError(
                f"Port {port} is unavailable. Close the process using that port, or specify "
                "another port using --port."
            ) from error
        raise HostError(f"Cannot listen on port {port}: {error.strerror}") from error
