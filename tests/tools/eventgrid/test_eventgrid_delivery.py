"""What reaches a function: handshake, headers, filters, batches, schemas."""

from collections import Counter
from typing import Any

import pytest

from local import eventgrid
from local.eventgrid import Knobs, Options
from tests.e2e.eventgrid.conftest import (
    Subscribe,
    cloud_event,
    event,
    post,
    publish,
    subscription,
    wants,
)
from tests.e2e.eventgrid.recorder import Reply, Webhook

pytestmark = pytest.mark.e2e

_FAST: dict[str, Any] = {"time_scale": 0.001, "answer_seconds": 10.0}
_CLOUD = "application/cloudevents-batch+json"


def test_headers_path_and_body(hook: Webhook, subscribe: Subscribe) -> None:
    """As the Functions host's webhook gets them; the attempts before this one are counted."""
    hook.replies["takes_all"] = lambda number: Reply(500 if number == 0 else 202)
    file = subscribe(subscription())
    with eventgrid.running(hook.url, options=Options(file, **_FAST)) as topic:
        publish(topic.port, event(dataVersion="2.1"))
        topic.wait_until_idle()

    first, second = hook.deliveries("takes_all")
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


def test_the_handshake_comes_first_and_once(hook: Webhook, subscribe: Subscribe) -> None:
    """A validation event alone in its array; no notification before it was answered."""
    file = subscribe(subscription())
    with eventgrid.running(hook.url, options=Options(file)) as topic:
        assert [] == hook.requests
        publish(topic.port, *(event() for _ in range(20)))
        topic.wait_until_idle()

    kinds = [request.kind for request in hook.of("takes_all")]
    assert ["SubscriptionValidation"] + ["Notification"] * 20 == kinds
    (validation,) = hook.requests[0].events()
    assert "Microsoft.EventGrid.SubscriptionValidationEvent" == validation["eventType"]
    assert "TAKES-ALL" == hook.requests[0].headers["aeg-subscription-name"]


def test_the_handshake_of_cloud_events(hook: Webhook, subscribe: Subscribe) -> None:
    """OPTIONS, with the origin that has to be allowed."""
    file = subscribe(subscription())
    with eventgrid.running(hook.url, options=Options(file)) as topic:
        assert 200 == post(topic.port, [cloud_event()], _CLOUD).status
        topic.wait_until_idle()

    options, notification = hook.of("takes_all")
    assert "OPTIONS" == options.method
    assert "eventgrid.azure.net" == options.headers["webhook-request-origin"]
    assert "application/cloudevents+json; charset=utf-8" == notification.headers["content-type"]
    assert "1.0" == notification.headers["aeg-metadata-version"]
    assert "aeg-data-version" not in notification.headers or (
        "" == notification.headers["aeg-data-version"]
    )
    assert notification.body.startswith(b"{")


def test_nothing_is_delivered_where_nobody_shakes_hands(
    hook: Webhook, subscribe: Subscribe
) -> None:
    """The events wait for a later handshake, and none of them is lost."""
    hook.shakes_hands = False
    file = subscribe(subscription())
    with eventgrid.running(hook.url, options=Options(file, **_FAST)) as topic:
        ids = publish(topic.port, event(), event())
        topic.child.wait_until(lambda: topic.counts("takes-all")["retried"] >= 4, 10)
        assert [] == hook.deliveries("takes_all")

        hook.shakes_hands = True
        topic.wait_until_idle()

    assert sorted(ids) == sorted(hook.ids("takes_all"))


_FILTERS = {
    "all": (wants(), {"a", "b", "c", "d"}),
    "type": (wants("TEST.first"), {"a", "b"}),
    "types": (wants("Test.First", "Test.Second"), {"a", "b", "c", "d"}),
    "type_and_prefix": (wants("Test.First", subjectBeginsWith="/PHONE/"), {"a"}),
    "prefix_as_written": (
        wants(subjectBeginsWith="/Phone/", isSubjectCaseSensitive=True),
        {"c"},
    ),
    "suffix": (wants(subjectEndsWith="/END"), {"a", "c"}),
    "prefix_and_suffix": (wants(subjectBeginsWith="/phone/", subjectEndsWith="/end"), {"a", "c"}),
    "other_type": (wants("Test.Third"), set()),
}


def test_filters(hook: Webhook, subscribe: Subscribe) -> None:
    """Types in any casing, subject prefix and suffix, case-sensitive when asked for."""
    file = subscribe(*(subscription(name, filter=one) for name, (one, _) in _FILTERS.items()))
    with eventgrid.running(hook.url, options=Options(file)) as topic:
        publish(
            topic.port,
            event("Test.First", id="a", subject="/phone/1/end"),
            event("Test.First", id="b", subject="thread/1"),
            event("Test.Second", id="c", subject="/Phone/1/End"),
            event("test.second", id="d", subject=None),
        )
        topic.wait_until_idle()

    assert {name: wanted for name, (_, wanted) in _FILTERS.items()} == {
        name: set(hook.ids(name)) for name in _FILTERS
    }


def test_every_subscription_that_matches_gets_the_event(
    hook: Webhook, subscribe: Subscribe
) -> None:
    file = subscribe(
        subscription("one"), subscription("two"), subscription("three", filter=wants("X"))
    )
    with eventgrid.running(hook.url, options=Options(file)) as topic:
        (id_,) = publish(topic.port, event())
        topic.wait_until_idle()

    assert [[id_], [id_], []] == [hook.ids(name) for name in ("one", "two", "three")]


def test_batches_are_as_large_as_allowed_and_no_larger(hook: Webhook, subscribe: Subscribe) -> None:
    """By number, and by the preferred size; what is larger than that goes alone."""
    by_number = subscription("by_number", maxEventsPerBatch=10, preferredBatchSizeInKilobytes=1024)
    by_size = subscription("by_size", maxEventsPerBatch=100, preferredBatchSizeInKilobytes=4)
    ids = [f"{number:02}" for number in range(40)]
    published = [event(id=id_, data="x" * 1500) for id_ in ids]
    published.append(event(id="large", data="x" * 9000))
    with eventgrid.running(
        hook.url, options=Options(subscribe(by_number, by_size), in_flight=1)
    ) as topic:
        publish(topic.port, *published)
        topic.wait_until_idle()

    assert [10, 10, 10, 10, 1] == [len(one.ids()) for one in hook.deliveries("by_number")]
    sizes = Counter(len(one.ids()) for one in hook.deliveries("by_size"))
    assert {2: 20, 1: 1} == dict(sizes)
    for function in ("by_number", "by_size"):
        assert [*ids, "large"] == hook.ids(function)


def test_a_batch_is_never_of_two_schemas(hook: Webhook, subscribe: Subscribe) -> None:
    """Batched CloudEvents come in an array of their own content type."""
    file = subscribe(subscription(maxEventsPerBatch=100))
    options = Options(file, knobs=Knobs(delay=0.3))
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, event(), event())
        post(topic.port, [cloud_event(), cloud_event()], _CLOUD)
        topic.wait_until_idle()

    for request in hook.deliveries("takes_all"):
        is_cloud = ["specversion" in one for one in request.events()]
        kind = "application/cloudevents-batch+json" if all(is_cloud) else "application/json"
        assert request.headers["content-type"].startswith(kind)
        assert len(set(is_cloud)) == 1


def test_the_delivery_schema_can_be_chosen(hook: Webhook, subscribe: Subscribe) -> None:
    """Event Grid's events become CloudEvents as the service maps them; the reverse is refused."""
    cloud = subscription("cloud", eventDeliverySchema="CloudEventSchemaV1_0")
    published = event(id="mapped")
    with eventgrid.running(hook.url, options=Options(subscribe(cloud))) as topic:
        publish(topic.port, published)
        topic.wait_until_idle()
    grid = Options(subscribe(cloud), delivery_schema="EventGridSchema")
    with eventgrid.running(hook.url, options=grid) as topic:
        assert 400 == post(topic.port, [cloud_event()], _CLOUD).status

    (request,) = hook.deliveries("cloud")
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


def test_what_cannot_be_a_header_is_left_out(hook: Webhook, subscribe: Subscribe) -> None:
    """An event may hold anything, line ends included; it is delivered all the same."""
    file = subscribe(subscription())
    with eventgrid.running(hook.url, options=Options(file)) as topic:
        ids = publish(topic.port, event(dataVersion="1\r\nX-Evil: 1"), event(dataVersion="ä"))
        topic.wait_until_idle()

    assert sorted(ids) == sorted(hook.ids("takes_all"))
    for request in hook.deliveries("takes_all"):
        assert not {"aeg-data-version", "x-evil"} & request.headers.keys()
