"""Dead letters, in the form that Event Grid gives them."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob.aio import ContainerClient

from local import azurite, samples
from local.azurite import StoragePorts
from local.errors import CommandError
from local.eventgrid import dead_letters
from local.processes import Children
from tests.tools.eventgrid.conftest import (
    CLOUD,
    Grid,
    ManualClock,
    Start,
    cloud_event,
    event,
    events,
    subscription,
    until,
)
from tests.tools.eventgrid.webhook import NEVER
from tests.unit.events import records

_TWICE = {"maxDeliveryAttempts": 2}
_NAME = re.compile(
    r"local-topic/TAKES-ALL/2026/1/9/7/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json"
)


@pytest.fixture
async def refused(start: Start) -> Grid:
    """A topic whose function answers 400."""
    grid = await start(dead_letters=True)
    grid.hook.answers["takes_all"] = lambda _: 400
    return grid


@pytest.mark.parametrize(
    ("status", "policy", "reason", "attempts", "outcome"),
    [
        (400, {}, "UndeliverableDueToHttpBadRequest", 1, "BadRequest"),
        (403, {}, "UndeliverableDueToHttpForbidden", 1, "Forbidden"),
        (413, {}, "UndeliverableDueToHttpRequestEntityTooLarge", 1, "PayloadTooLarge"),
        (401, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "Unauthorized"),
        (404, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "NotFound"),
        (408, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "TimedOut"),
        (429, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "Busy"),
        (500, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "GenericError"),
        (503, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "Busy"),
        (503, {"eventTimeToLiveInMinutes": 1}, "TimeToLiveExceeded", 2, "Busy"),
        (NEVER, _TWICE, "MaxDeliveryAttemptsExceeded", 2, "TimedOut"),
    ],
)
async def test_reason_and_outcome(
    status: int, policy: dict[str, int], reason: str, attempts: int, outcome: str, start: Start
) -> None:
    """The event as it was, Event Grid's keys beside it, in an array of one.

    The reason names the limit that was reached first, the outcome the last failure.
    """
    seconds = 0.05 if status == NEVER else 30
    grid = await start(subscription(retryPolicy=policy), dead_letters=True, answer_seconds=seconds)
    grid.hook.answers["takes_all"] = lambda _: status
    published = event()
    await grid.publish(published)
    counts = await grid.finish()

    assert {"dead_lettered": 1, "dropped": 0, "pending": 0}.items() <= counts.items()
    ((name, content),) = grid.blobs.items()
    assert _NAME.fullmatch(name)
    (found,) = json.loads(content)
    assert published.items() <= found.items()
    added = {key: found[key] for key in found.keys() - published.keys()}
    first, last = (
        datetime.fromisoformat(added.pop(key)) for key in ("publishTime", "lastDeliveryAttemptTime")
    )
    assert datetime(2026, 1, 9, 7, tzinfo=UTC) == first
    assert (attempts > 1) == (last > first)
    assert {
        "deadLetterReason": reason,
        "deliveryAttempts": attempts,
        "lastDeliveryOutcome": outcome,
    } | ({"lastHttpStatusCode": status} if status else {}) == added


async def test_a_replayed_dead_letter_gives_the_same_records(refused: Grid) -> None:
    """Our reader knows every key that was added. Given up again, an event has new ones only."""
    (published,) = samples.find("SMSReceived").events()
    await refused.publish(published)
    (once,) = refused.dead_letters()
    await refused.advance(1)
    await refused.publish(once | {"deadLetterError": "ours"})
    _, again = refused.dead_letters()

    assert records(published) == records(once) == records(again)
    assert once.keys() == again.keys()
    assert once["publishTime"] < again["publishTime"]


async def test_a_cloud_event_has_lower_case_keys(refused: Grid) -> None:
    published = cloud_event()
    await refused.post(published, CLOUD)
    await refused.settle()

    (found,) = refused.dead_letters()
    assert published.items() <= found.items()
    assert {
        "deadletterreason",
        "deliveryattempts",
        "lastdeliveryoutcome",
        "lasthttpstatuscode",
        "publishtime",
        "lastdeliveryattempttime",
    } == found.keys() - published.keys()


async def test_each_event_of_a_batch_has_a_blob_of_its_own(start: Start) -> None:
    grid = await start(subscription(maxEventsPerBatch=10), dead_letters=True)
    grid.hook.answers["takes_all"] = lambda _: 413
    ids = await grid.publish(*events(10))

    assert 1 == len(grid.hook.deliveries())
    assert 10 == len(grid.blobs)
    assert ids == sorted(found["id"] for found in grid.dead_letters())


@pytest.mark.parametrize(
    "inside",
    [b'"id":"1","data":{"n":1.50e3,"s":"\\ud83d","u":"\xc3\xa4"}', b""],
    ids=["digits and half an emoji", "an empty object"],
)
async def test_the_text_is_kept_byte_for_byte(inside: bytes, refused: Grid) -> None:
    assert 200 == (await refused.post(b"[{" + inside + b"}]"))[0]
    await refused.settle()

    (content,) = refused.blobs.values()
    assert content.startswith(b"[{" + inside + b"," * bool(inside) + b'"deadLetterReason"')
    json.loads(content)


async def test_storage_that_is_away_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Dead letters wait until Storage is back; then the container is made, and they are written."""
    at, clock = StoragePorts.free(), ManualClock()
    with Children() as children:
        async with dead_letters.container(at.connection_string, "dead-letters", clock) as write:
            writing = [asyncio.create_task(write(f"{n}.json", b"[]")) for n in range(12)]
            await until(lambda: clock.timers == 12)
            assert "a dead letter waits for Storage" in caplog.text
            azurite.wait_until_ready(azurite.start(children, at), at)
            clock.to_next(clock.now() + timedelta(seconds=1))
            await asyncio.gather(*writing)
        async with ContainerClient.from_connection_string(
            at.connection_string, "dead-letters", use_env_settings=False
        ) as container:
            names = [name async for name in container.list_blob_names()]

    assert sorted(f"{n}.json" for n in range(12)) == names


async def test_a_wrong_connection_string_is_a_message() -> None:
    with pytest.raises(CommandError, match="the connection string for dead letters"):
        async with dead_letters.container("wrong", "dead-letters", ManualClock()):
            pass
