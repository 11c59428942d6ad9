"""The endpoint of the topic: `POST /api/events`, as EventGridPublisherClient calls it.

Statuses and error bodies: learn.microsoft.com/azure/event-grid/post-to-custom-topic.
"""

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

from aiohttp import web

from local.errors import CommandError
from local.eventgrid import delivery, events, subscriptions
from local.eventgrid.clock import Clock
from local.eventgrid.dead_letters import Write
from local.eventgrid.events import Event, RefusedError
from local.eventgrid.options import Options
from local.eventgrid.topic import Topic
from local.own_machine import own_machine_only, requests_log
from local.ports import LOOPBACK

MAX_REQUEST = 1024 * 1024
"""Bytes of one event, and of all in a request together."""

# Access key, shared access signature, Microsoft Entra. None of them is checked.
_CREDENTIALS = ("aeg-sas-key", "aeg-sas-token", "Authorization")
_GRACE_SECONDS = 0.5

_log = logging.getLogger("eventgrid")


@contextlib.asynccontextmanager
async def serving(
    port: int, host_url: str, options: Options, clock: Clock, write_dead_letter: Write | None
) -> AsyncIterator[tuple[Topic, asyncio.Task[None]]]:
    """Listen and deliver for the time of a `with` block.

    Args:
        port: where to listen.
        host_url: the Functions host.
        options: how it works.
        clock: what retries and times to live are measured by.
        write_dead_letter: without it, events that are given up are dropped.

    Returns:
        The topic and the task that delivers, which ends only when it fails.

    Raises:
        CommandError: it cannot start.
    """
    entries = subscriptions.read(options.subscriptions)
    async with delivery.session(options.answer_seconds) as session:
        topic = Topic(options, entries, host_url, session, clock, write_dead_letter)
        listener = await _listen(topic, port)
        work = asyncio.create_task(topic.run())
        try:
            yield topic, work
        finally:
            await listener.cleanup()
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
    if topic.pending:
        _log.warning("Event Grid stops; %d deliveries were not done.", topic.pending)


async def _listen(topic: Topic, port: int) -> web.AppRunner:
    application = web.Application(middlewares=[own_machine_only], client_max_size=MAX_REQUEST)
    application.router.add_post("/api/events", partial(_publish, topic))
    runner = web.AppRunner(
        application, access_log=None, logger=requests_log, shutdown_timeout=_GRACE_SECONDS
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
    except OSError as error:
        await runner.cleanup()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"port {port} is taken; choose another for Event Grid") from error
        raise CommandError(f"cannot listen on port {port}: {error.strerror}") from error
    return runner


async def _publish(topic: Topic, request: web.Request) -> web.Response:
    """Take all events of a request, or none of them."""
    try:
        topic.publish(await _acceptable(topic, request))
    except RefusedError as refusal:
        code = {"code": str(int(refusal.status)), "message": str(refusal)}
        return web.json_response({"error": code | {"details": [code]}}, status=refusal.status)
    return web.Response()


async def _acceptable(topic: Topic, request: web.Request) -> list[Event]:
    if not any(request.headers.get(name) for name in _CREDENTIALS):
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "the header aeg-sas-key is missing")
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise RefusedError(status, f"more than {MAX_REQUEST} bytes") from None
    published = events.read(body, request.content_type, topic.clock.now())
    if not all(map(topic.can_deliver, published)):
        reason = "a subscription wants EventGridSchema, and CloudEvents cannot be converted to it"
        raise RefusedError(HTTPStatus.BAD_REQUEST, reason)
    if not all(map(topic.is_own, published)):
        reason = "an event's topic names another resource than this topic's; leave topic out"
        raise RefusedError(HTTPStatus.BAD_REQUEST, reason)
    if topic.is_full:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "too many events wait for delivery")
    return published
