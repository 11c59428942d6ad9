"""A proxy in front of Azurite's queues and blobs, which fails on demand.

Requests are passed on as they are: the signature covers path, query and headers, not host or port.
"""

import asyncio
import contextlib
import io
import random
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

from local.azurite import StoragePorts
from local.ports import LOOPBACK

_SECONDS = 30.0
_HOP = {"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"}
_NO_CHANGE = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


@dataclass
class Asked:
    """One request, and how to pass it on."""

    request: web.Request
    body: bytes
    to: URL
    session: aiohttp.ClientSession

    async def passed_on(self, **changed: str) -> web.Response:
        """Azurite's answer; with headers changed, the answer to those."""
        headers = {n: v for n, v in self.request.headers.items() if n.lower() not in _HOP}
        async with self.session.request(
            self.request.method,
            self.to,
            headers=headers | changed,
            data=io.BytesIO(self.body) if self.body else None,  # aiohttp warns of large bytes
            allow_redirects=False,
            skip_auto_headers=_NO_CHANGE,
        ) as answer:
            kept = {n: v for n, v in answer.headers.items() if n.lower() not in _HOP}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())


Fault = Callable[[Asked], Awaitable[web.Response]]


@dataclass
class Failing:
    """Which requests a fault hits."""

    fault: Fault
    share: float = 1.0
    services: tuple[str, ...] = ("queue", "blob")
    verb: str = ""
    """Part of `METHOD path`, to hit only those."""
    at_most: int | None = None
    chance: random.Random = field(default_factory=lambda: random.Random(4))  # noqa: S311 -- a test
    hits: int = 0

    def hit(self, service: str, request: web.Request) -> bool:
        """Whether this request is one of them."""
        is_matching = service in self.services and self.verb in f"{request.method} {request.path}"
        if not is_matching or self.chance.random() >= self.share:
            return False
        if self.at_most is not None and self.hits >= self.at_most:
            return False
        self.hits += 1
        return True


class Proxy:
    """The proxy at work, in a thread of its own, for the time of a `with` block."""

    def __init__(self, azurite: StoragePorts) -> None:
        self.at = StoragePorts.free()
        self.seen: list[float] = []
        """When requests came, by the monotonic clock."""
        self._to = {"queue": azurite.queue, "blob": azurite.blob}
        self._ports = {"queue": self.at.queue, "blob": self.at.blob}
        self._failing: Failing | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runners: list[web.AppRunner] = []
        self._session: aiohttp.ClientSession | None = None

    @contextlib.contextmanager
    def failing(self, fault: Fault, **which: Any) -> Iterator[Failing]:
        """Fail for the time of a `with` block; `which` are the fields of `Failing`."""
        self._failing = Failing(fault, **which)
        try:
            yield self._failing
        finally:
            self._failing = None

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Listen nowhere for the time of a `with` block, and cut what is connected."""
        self._await(self._close())
        try:
            yield
        finally:
            self._await(self._listen())

    def __enter__(self) -> Self:
        self._thread.start()
        self._await(self._open())
        return self

    def __exit__(self, *_exception: object) -> None:
        self._await(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _await(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
        )
        await self._listen()

    async def _end(self) -> None:
        await self._close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:  # answers that were never to come
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _listen(self) -> None:
        for service, port in self._ports.items():
            application = web.Application(client_max_size=16 * 1024 * 1024)
            application.router.add_route("*", "/{path:.*}", partial(self._answer, service))
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, LOOPBACK, port).start()
            self._runners.append(runner)

    async def _close(self) -> None:
        while self._runners:
            await self._runners.pop().cleanup()

    async def _answer(self, service: str, request: web.Request) -> web.Response:
        self.seen.append(time.monotonic())
        assert self._session is not None
        body = await request.read()
        to = URL(f"http://{LOOPBACK}:{self._to[service]}{request.raw_path}", encoded=True)
        asked = Asked(request, body, to, self._session)
        failing = self._failing
        if failing is not None and failing.hit(service, request):
            return await failing.fault(asked)
        return await asked.passed_on()
