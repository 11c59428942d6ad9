"""Event Grid in a thread of its own, beside a synchronous program."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from local import ports, settings
from local.errors import CommandError
from local.eventgrid import dead_letters, endpoint
from local.eventgrid.clock import Clock
from local.eventgrid.options import Options
from local.eventgrid.serve import serving
from local.eventgrid.topic import Topic
from local.signals import held

_POLL = 0.01


@dataclass(frozen=True)
class LocalTopic:
    """A running topic."""

    port: int
    topic: Topic
    ended: "Future[None]"
    """Done when the thread has ended."""

    @property
    def endpoint(self) -> str:
        """The address for EventGridPublisherClient; any key will do."""
        return endpoint(self.port)

    def state(self) -> dict[str, Any]:
        """See `Topic.state`."""
        return self.topic.state()

    def counts(self, subscription: str) -> dict[str, int]:
        """The counts of one subscription."""
        found: dict[str, int] = self.state()["subscriptions"][subscription]
        return found

    def check(self) -> None:
        """Raise the exception that ended Event Grid, if there was one."""
        if self.ended.done():
            self.ended.result()

    def wait_until(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait for something to be true.

        Raises:
            CommandError: it took longer.
        """
        deadline = time.monotonic() + seconds
        while not is_so():
            self.check()
            if time.monotonic() > deadline:
                raise CommandError(f"Event Grid, after {seconds:.0f} s: {self.state()}")
            time.sleep(_POLL)

    def wait_until_idle(self, seconds: float = 20.0) -> dict[str, Any]:
        """Wait until every event is delivered, dead-lettered or dropped; then the state."""
        self.wait_until(lambda: not self.topic.pending, seconds)
        return self.state()


@contextlib.contextmanager
def running(
    host_url: str,
    connection_string: str | None = None,
    options: Options | None = None,
    *,
    port: int | None = None,
    speed: float = 1.0,
) -> Iterator[LocalTopic]:
    """A topic for the time of a `with` block.

    Args:
        host_url: the Functions host, such as `stack.url`.
        connection_string: the account for dead letters; without it they are dropped.
        options: how it works, and how it misbehaves.
        port: where it listens; by default on a free one.
        speed: retries and times to live pass so many times as fast.

    Raises:
        CommandError: it cannot start.
    """
    at = port or ports.free(1)[0]
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    ready: Future[Topic] = Future()
    clock, options = Clock(speed), options or Options()
    serve = partial(_serve, at, host_url, connection_string, options, clock)
    pool = ThreadPoolExecutor(1, "event-grid")
    try:
        with held():
            ended = pool.submit(_run, loop, partial(serve, stop=stop, ready=ready))
        either: list[Future[Any]] = [ready, ended]
        wait(either, return_when=FIRST_COMPLETED)
        if ended.done():
            ended.result()
        yield LocalTopic(at, ready.result(), ended)
    finally:
        with held():
            with contextlib.suppress(RuntimeError):  # it has ended and closed its loop
                loop.call_soon_threadsafe(stop.set)
            pool.shutdown()


def _run(loop: asyncio.AbstractEventLoop, serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(serve())


async def _serve(
    port: int,
    host_url: str,
    connection_string: str | None,
    options: Options,
    clock: Clock,
    *,
    stop: asyncio.Event,
    ready: "Future[Topic]",
) -> None:
    """Serve until `stop` is set."""
    container: AbstractAsyncContextManager[dead_letters.Write | None] = contextlib.nullcontext()
    if connection_string is not None:
        name = settings.dead_letters_container()
        container = dead_letters.container(connection_string, name, clock)
    async with (
        container as write_dead_letter,
        serving(port, host_url, options, clock, write_dead_letter) as (topic, work),
    ):
        ready.set_result(topic)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
