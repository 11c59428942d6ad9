"""The endpoints: the topic that clients publish to, and the admin pages of this stand-in.

    POST /api/events           what EventGridPublisherClient sends to
    GET  /admin/state          counts for each subscription, and what nobody wanted
    GET  /admin/idle?seconds=N waits so long for everything to be delivered or dead-lettered
    GET  /admin/knobs          how it misbehaves
    POST /admin/knobs          a JSON object with some of them turns these

Statuses and error bodies of the topic: learn.microsoft.com/azure/event-grid/post-to-custom-topic.
"""

import asyncio
import json
import time
from dataclasses import asdict
from functools import partial
from http import HTTPStatus

from aiohttp import web

from local.errors import CommandError
from local.eventgrid import events
from local.eventgrid.events import Event, RefusedError
from local.eventgrid.topic import Topic

LARGEST_REQUEST = 1024 * 1024
"""One event, and all of a request together."""

# Access key, shared access signature, Microsoft Entra. None of them is checked.
_CREDENTIALS = ("aeg-sas-key", "aeg-sas-token", "Authorization")

_LONGEST_WAIT = 600.0
_POLL = 0.01


def build(topic: Topic) -> web.Application:
    """Make the web application of this topic."""
    application = web.Application(client_max_size=LARGEST_REQUEST)
    application.add_routes(
        [
            web.post("/api/events", partial(_publish, topic)),
            web.get("/admin/state", partial(_state, topic)),
            web.get("/admin/idle", partial(_idle, topic)),
            web.get("/admin/knobs", partial(_knobs, topic)),
            web.post("/admin/knobs", partial(_turn, topic)),
        ]
    )
    return application


async def _publish(topic: Topic, request: web.Request) -> web.Response:
    """All events of a request, or none of them."""
    try:
        topic.publish(await _acceptable(topic, request))
    except RefusedError as refusal:
        return _error(refusal.status, str(refusal))
    return web.Response()


async def _acceptable(topic: Topic, request: web.Request) -> list[Event]:
    if not any(request.headers.get(name) for name in _CREDENTIALS):
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "the header aeg-sas-key is missing")
    body = await _body(request)
    published = events.read(body, request.content_type, strict=topic.options.strict)
    if not all(map(topic.can_deliver, published)):
        reason = "a subscription asks for EventGridSchema, which CloudEvents cannot become"
        raise RefusedError(HTTPStatus.BAD_REQUEST, reason)
    if topic.is_full:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "too much waits for delivery")
    return published


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise RefusedError(status, f"more than {LARGEST_REQUEST} bytes") from None


def _error(status: HTTPStatus, message: str) -> web.Response:
    code = {"code": str(int(status)), "message": message}
    return web.json_response({"error": code | {"details": [code]}}, status=status)


async def _state(topic: Topic, _request: web.Request) -> web.Response:
    return web.json_response(topic.state())


async def _idle(topic: Topic, request: web.Request) -> web.Response:
    try:
        seconds = min(float(request.query.get("seconds", "0")), _LONGEST_WAIT)
    except ValueError:
        return _error(HTTPStatus.BAD_REQUEST, "seconds is no number")
    deadline = time.monotonic() + seconds
    while topic.pending and time.monotonic() < deadline:  # noqa: ASYNC110 -- many queues, one page
        await asyncio.sleep(_POLL)
    return web.json_response({"idle": topic.pending == 0, "pending": topic.pending})


async def _knobs(topic: Topic, _request: web.Request) -> web.Response:
    return web.json_response(asdict(topic.options.knobs))


async def _turn(topic: Topic, request: web.Request) -> web.Response:
    try:
        topic.options.knobs.change(dict(json.loads(await _body(request))))
    except (ValueError, TypeError, RecursionError, CommandError, RefusedError) as error:
        return _error(HTTPStatus.BAD_REQUEST, str(error))
    return await _knobs(topic, request)
