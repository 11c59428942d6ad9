"""Run one topic until somebody asks to stop."""

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import web

from local import settings
from local.errors import CommandError
from local.eventgrid import delivery, schedule, server, subscriptions
from local.eventgrid.options import Options
from local.eventgrid.topic import Topic
from local.host import lifetime
from local.ports import LOOPBACK

if TYPE_CHECKING:
    from local.eventgrid.letterbox import Letterbox

_GRACE_SECONDS = 0.5

_log = logging.getLogger("eventgrid")


async def serve(
    options: Options,
    host_url: str,
    port: int,
    connection_string: str | None,
) -> None:
    """Listen, deliver, stop.

    Args:
        options: how.
        host_url: the Functions host.
        port: where to listen.
        connection_string: the storage account for dead letters; without it they are dropped.

    Raises:
        CommandError: it cannot start.
    """
    stop = lifetime.stop_event()
    async with contextlib.AsyncExitStack() as stack:
        letters = None
        if connection_string is not None:
            letters = await stack.enter_async_context(_letterbox(connection_string, options.topic))
        topic = await stack.enter_async_context(_topic(options, host_url, letters))
        stack.push_async_callback((await _listen(topic, port)).cleanup)
        _log.info("Event Grid: http://%s:%d/api/events", LOOPBACK, port)
        async with asyncio.TaskGroup() as group:
            work = group.create_task(topic.run())
            await stop.wait()
            work.cancel()
    if topic.pending:
        _log.warning("Event Grid forgets %d deliveries that were not done.", topic.pending)


@contextlib.asynccontextmanager
async def _topic(
    options: Options, host_url: str, letters: "Letterbox | None"
) -> AsyncIterator[Topic]:
    wanted = subscriptions.read(options.subscriptions)
    seconds = options.answer_seconds or schedule.ANSWER_SECONDS * options.time_scale
    async with delivery.session(seconds) as session:
        yield Topic(options, wanted, host_url.rstrip("/"), session, letters)


def _letterbox(connection_string: str, topic: str) -> "Letterbox":
    from local.eventgrid.letterbox import Letterbox  # noqa: PLC0415 -- half a second, if wanted

    return Letterbox(connection_string, settings.dead_letters_container(), topic)


async def _listen(topic: Topic, port: int) -> web.AppRunner:
    runner = web.AppRunner(server.build(topic), access_log=None, shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        await runner.cleanup()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"port {port} is taken; choose another with --port") from error
        raise CommandError(f"cannot listen on port {port}: {error.strerror}") from error
    return runner
