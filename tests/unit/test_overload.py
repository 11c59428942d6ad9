"""Events in flight are bounded: one more is refused before anything is written."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
import pytest_asyncio

from shared import pipeline
from shared.errors import DeliveryError, TooManyEvents
from shared.pipeline import handle
from tests.memory import MemoryStore
from tests.unit.events import SMS, event

BOUND = 3
EVENT = json.dumps(event("SMSReceived", SMS))


async def _succeed() -> None:
    pass


async def _fail() -> None:
    raise DeliveryError("queue: HTTP 503")


async def _bug() -> None:
    raise KeyError("bug")


async def _never() -> None:
    await asyncio.Event().wait()


class _Store(MemoryStore):
    """Never answers, or as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.answer: Callable[[], Awaitable[None]] = _never

    async def send(self, queue: str, message: bytes) -> None:
        """Count, and answer."""
        self.asked += 1
        await self.answer()
        await super().send(queue, message)


@pytest_asyncio.fixture
async def store(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[_Store]:
    """The store of a process of its own, with a bound."""
    found = _Store()
    environ = {"RecordStorage": "UseDevelopmentStorage=true", "EVENTS_IN_FLIGHT": str(BOUND)}
    monkeypatch.setattr(os, "environ", environ)
    monkeypatch.setattr(pipeline, "account", lambda _: found)
    _forget()
    yield found
    _forget()


def _forget() -> None:
    pipeline._settings.cache_clear()  # noqa: SLF001 - both are made once per process
    pipeline._in_flight.cache_clear()  # noqa: SLF001 - same


async def _filled(count: int = BOUND) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(handle(EVENT, "sms_received")) for _ in range(count)]
    await asyncio.sleep(0)  # each begins
    await asyncio.sleep(0)  # and so do its writes
    return tasks


async def _ended(tasks: list[asyncio.Task[None]]) -> list[BaseException | None]:
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_event_too_many_is_refused_before_anything_is_written(store: _Store) -> None:
    tasks = await _filled()
    assert store.asked == 2 * BOUND

    for refused in (EVENT, "{", "[]"):  # nor is it read, or a dead letter
        with pytest.raises(TooManyEvents, match=f"EVENTS_IN_FLIGHT={BOUND}"):
            await handle(refused, "sms_received")
    await _ended(tasks)

    assert store.asked == 2 * BOUND
    assert store.blobs == {}


async def test_the_bound_is_exact(store: _Store) -> None:
    tasks = await _filled(4 * BOUND)
    refused = [task for task in tasks if task.done()]

    assert [type(task.exception()) for task in refused] == [TooManyEvents] * 3 * BOUND
    assert store.asked == 2 * BOUND
    await _ended(tasks)


@pytest.mark.parametrize("answer", [_succeed, _fail, _bug, _never])
async def test_an_event_gives_its_place_back_however_it_ends(
    store: _Store, answer: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It succeeds, fails, has a bug, takes too long; more often than there are places."""
    monkeypatch.setattr(pipeline, "DEADLINE", 0.001)
    store.answer = answer
    for _ in range(2 * BOUND):
        with suppress(DeliveryError, KeyError):
            await handle(EVENT, "sms_received")

    assert store.asked == 4 * BOUND


async def test_a_dead_letter_gives_its_place_back(store: _Store) -> None:
    for _ in range(2 * BOUND):
        await handle("{", "sms_received")

    assert store.blobs


async def test_a_cancelled_event_gives_its_place_back(store: _Store) -> None:
    for _ in range(3):
        ended = await _ended(await _filled())
        assert [type(error) for error in ended] == [asyncio.CancelledError] * BOUND

    assert store.asked == 3 * 2 * BOUND
