"""What reaches a function: handshake, headers, filters, batches, schemas."""

from collections import Counter
from typing import Any

import pytest

from local import paths
from local.errors import CommandError
from local.eventgrid import subscriptions
from local.eventgrid.subscriptions import Filter
from tests.tools.eventgrid.conftest import (
    CLOUD_BATCH,
    Grid,
    Start,
    cloud_event,
    event,
    events,
    subscription,
    types,
)


async def test_headers_path_and_body(grid: Grid) -> None:
    """As the Functions host's webhook gets them; the attempts before this one are counted."""
    grid.hook.answers["takes_all"] = lambda number: 500 if number == 0 else 202
    await grid.publish(event(dataVersion="2.1"))
    await grid.finish()

    first, second = grid.hook.deliveries()
    assert ("POST", "/runtime/webhooks/EventGrid") == (first.method, first.path)
    expected = {
        "aeg-event-type": "Notification",
        "aeg-subscription-name": "TAKES-ALL",
        "aeg-delivery-count": "0",
        "aeg-data-version": "2.1",
        "aeg-metadata-version": "1",
        "content-type": "application/json; charset=utf-8",
    }
    assert expected.items() <= first.headers.items()
    assert "1" == second.headers["aeg-delivery-count"]
    assert first.body == second.body
    assert first.body.startswith(b"[{")


async def test_the_handshake_comes_first_and_once(grid: Grid) -> None:
    """A validation event alone in its array; no notification before it was answered."""
    assert [] == grid.hook.requests
    await grid.publish(*events(20))

    kinds = [request.kind for request in grid.hook.of()]
    assert ["SubscriptionValidation"] + ["Notification"] * 20 == kinds
    (validation,) = grid.hook.requests[0].events()
    assert "Microsoft.EventGrid.SubscriptionValidationEvent" == validation["eventType"]
    assert "TAKES-ALL" == grid.hook.requests[0].headers["aeg-subscription-name"]


async def test_the_handshake_of_cloud_events(grid: Grid) -> None:
    """OPTIONS, with the origin that has to be allowed."""
    await grid.post([cloud_event()], CLOUD_BATCH)
    await grid.settle()

    options, notification = grid.hook.of()
    assert "OPTIONS" == options.method
    assert "eventgrid.azure.net" == options.headers["webhook-request-origin"]
    assert "application/cloudevents+json; charset=utf-8" == notification.headers["content-type"]
    assert "1.0" == notification.headers["aeg-metadata-version"]
    assert not notification.headers.get("aeg-data-version")
    assert notification.body.startswith(b"{")


async def test_nothing_is_delivered_without_a_handshake(grid: Grid) -> None:
    """The events wait for a later handshake, and none of them is lost."""
    grid.hook.shakes_hands = False
    ids = await grid.publish(event(), event())
    await grid.advance(60)
    assert 4 <= grid.counts()["retried"]
    assert [] == grid.hook.deliveries()

    grid.hook.shakes_hands = True
    await grid.finish()
    assert sorted(ids) == sorted(grid.hook.ids())


_EVENTS = {
    "a": (["Test.First"], "/phone/1/end"),
    "b": (["Test.First"], "thread/1"),
    "c": (["Test.Second"], "/Phone/1/End"),
    "d": (["other", "test.second"], ""),
}


@pytest.mark.parametrize(
    ("wanted", "expected", "why"),
    [
        (Filter(), "abcd", None),
        (Filter([]), "abcd", None),
        (Filter(["TEST.first"]), "ab", "its type is not included"),
        (Filter(["Test.First", "Test.Second"]), "abcd", None),
        (Filter(["Test.First"], "/PHONE/"), "a", "its type is not included"),
        (
            Filter(subject_begins_with="/Phone/", is_subject_case_sensitive=True),
            "c",
            "its subject does not begin with '/Phone/'",
        ),
        (Filter(subject_ends_with="/END"), "ac", "its subject does not end with '/END'"),
        (Filter(None, "/phone/", "/end"), "ac", "its subject does not begin with '/phone/'"),
        (Filter(["Test.Third"]), "", "its type is not included"),
    ],
)
def test_filters(wanted: Filter, expected: str, why: str | None) -> None:
    """Types in any casing, subject prefix and suffix, case-sensitive when asked for."""
    reasons = {name: wanted.why_not(*one) for name, one in _EVENTS.items()}

    assert set(expected) == {name for name, reason in reasons.items() if reason is None}
    assert why == reasons["d"]


async def test_every_subscription_that_matches_gets_the_event(start: Start) -> None:
    three = subscription("three", filter=types("X"))
    grid = await start(subscription("one"), subscription("two"), three)
    (id_,) = await grid.publish(event())

    assert [[id_], [id_], []] == [grid.hook.ids(name) for name in ("one", "two", "three")]


async def test_batches_are_as_large_as_allowed_and_no_larger(start: Start) -> None:
    """By number, and by the preferred size; what is larger than that goes alone."""
    by_number = subscription("by_number", maxEventsPerBatch=10, preferredBatchSizeInKilobytes=1024)
    by_size = subscription("by_size", maxEventsPerBatch=100, preferredBatchSizeInKilobytes=4)
    grid = await start(by_number, by_size, in_flight=1)
    large = event(id="large", data="x" * 9000)
    ids = await grid.publish(*events(40, data="x" * 1500), large)

    assert [10, 10, 10, 10, 1] == [len(one.ids()) for one in grid.hook.deliveries("by_number")]
    sizes = Counter(len(one.ids()) for one in grid.hook.deliveries("by_size"))
    assert {2: 20, 1: 1} == dict(sizes)
    for function in ("by_number", "by_size"):
        assert ids == grid.hook.ids(function)


async def test_a_batch_is_never_of_two_schemas(start: Start) -> None:
    """Batched CloudEvents come in an array of their own content type."""
    grid = await start(subscription(maxEventsPerBatch=100), delay=1)
    await grid.publish(event(), event())
    await grid.post([cloud_event(), cloud_event()], CLOUD_BATCH)
    await grid.finish()

    assert {"application/json; charset=utf-8": 2, CLOUD_BATCH: 2} == {
        request.headers["content-type"]: len(request.events()) for request in grid.hook.deliveries()
    }
    for request in grid.hook.deliveries():
        assert 1 == len({"specversion" in one for one in request.events()})


async def test_event_grid_events_can_be_delivered_as_cloud_events(start: Start) -> None:
    """As the service maps them: learn.microsoft.com/azure/event-grid/event-schema-compatibility."""
    grid = await start(subscription(eventDeliverySchema="CloudEventSchemaV1_0"))
    published = event(id="mapped")
    await grid.publish(published)

    (request,) = grid.hook.deliveries()
    assert [
        {
            "specversion": "1.0",
            "id": "mapped",
            "source": published["topic"],
            "subject": published["subject"],
            "type": published["eventType"],
            "time": published["eventTime"],
            "data": published["data"],
        }
    ] == request.events()


async def test_cloud_events_cannot_be_delivered_as_event_grid_events(start: Start) -> None:
    grid = await start(subscription(eventDeliverySchema="EventGridSchema"))

    assert 400 == (await grid.post([cloud_event()], CLOUD_BATCH))[0]


async def test_what_cannot_be_a_header_is_left_out(grid: Grid) -> None:
    """An event may hold anything, line ends included; it is delivered all the same."""
    versions = ("1\r\nX-Evil: 1", "ä", "x" * 5000)
    ids = await grid.publish(*(event(dataVersion=version) for version in versions))

    assert sorted(ids) == sorted(grid.hook.ids())
    for request in grid.hook.deliveries():
        assert not {"aeg-data-version", "x-evil"} & request.headers.keys()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([subscription(filter={"advancedFilters": []})], "advancedFilters"),
        ([subscription(maxEventsPerBatch=5001)], "maxEventsPerBatch"),
        ([subscription(retryPolicy={"maxDeliveryAttempts": 31})], "maxDeliveryAttempts"),
        ([subscription(name="x")], "name"),
        ([{"name": "no-function"}], "function"),
        ([subscription(), subscription(name="TAKES-ALL")], "twice: takes-all"),
    ],
    ids=["filter not imitated", "batch", "attempts", "name", "no function", "two of one name"],
)
async def test_a_subscription_that_azure_would_refuse(
    entries: list[dict[str, Any]], message: str, start: Start
) -> None:
    """The message names the wrong value; nothing is delivered in some other way."""
    with pytest.raises(CommandError, match=message):
        await start(*entries)


def test_the_file_of_the_deployment_can_be_read() -> None:
    """The default: a subscription for each function."""
    found = subscriptions.read(paths.ROOT / "infra" / "event-subscriptions.json")

    assert {"sms_received", "chat_events", "delivery_report"} <= {one.function for one in found}
