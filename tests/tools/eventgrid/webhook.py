"""A webhook that records every request and answers as a test wants."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from local import ports


@dataclass(frozen=True)
class Request:
    """What Event Grid sent."""

    method: str
    path: str
    function: str
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """What the request is for; empty for the handshake of CloudEvents."""
        return self.headers.get("aeg-event-type", "")

    def events(self) -> list[dict[str, Any]]:
        """The events, be they in an array or one alone."""
        content = json.loads(self.body)
        return content if isinstance(content, list) else [content]

    def ids(self) -> list[str]:
        """The ids of the events."""
        return [event.get("id", "") for event in self.events()]


NEVER = 0
"""In place of a status: no answer."""


@dataclass
class Webhook:
    """A running server; it has every function that is asked for."""

    url: str
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, Callable[[int], int]] = field(default_factory=dict)
    """By function: the status for its delivery number n, counted from 0; else 202."""
    shakes_hands: bool = True
    _counts: Counter[str] = field(default_factory=Counter)
    _is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, function: str = "takes_all") -> list[Request]:
        """All requests for a function."""
        return [request for request in self.requests if request.function == function]

    def deliveries(self, function: str = "takes_all") -> list[Request]:
        """The notifications for a function, in the order of their arrival."""
        return [request for request in self.of(function) if request.kind == "Notification"]

    def ids(self, function: str = "takes_all") -> list[str]:
        """The ids of all events that a function was given, with repetitions."""
        return [id_ for request in self.deliveries(function) for id_ in request.ids()]

    async def handle(self, request: web.Request) -> web.Response:
        """Record a request and answer it."""
        recorded = Request(
            method=request.method,
            path=request.path,
            function=request.query["functionName"],
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        self.requests.append(recorded)
        if recorded.kind != "Notification":
            return self._handshake(recorded)
        number = self._counts[recorded.function]
        self._counts[recorded.function] += 1
        answer = self.answers.get(recorded.function)
        status = answer(number) if answer else 202
        if status == NEVER:
            await self._is_over.wait()
        return web.Response(status=status or 202)

    def _handshake(self, request: Request) -> web.Response:
        if not self.shakes_hands:
            return web.Response()
        if request.method == "OPTIONS":
            origin = request.headers["webhook-request-origin"]
            return web.Response(headers={"WebHook-Allowed-Origin": origin})
        code = request.events()[0]["data"]["validationCode"]
        return web.json_response({"validationResponse": code})

    def close(self) -> None:
        """Let requests without an answer end."""
        self._is_over.set()


@asynccontextmanager
async def webhook(port: int | None = None) -> AsyncIterator[Webhook]:
    """A webhook for the time of a `with` block."""
    at = port or ports.free(1)[0]
    hook = Webhook(f"http://{ports.LOOPBACK}:{at}")
    application = web.Application(client_max_size=1 << 22)
    application.router.add_route("*", "/{path:.*}", hook.handle)
    async with TestServer(application, port=at):
        yield hook
        hook.close()
