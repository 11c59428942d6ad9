"""The topic endpoint: what it takes from the real client, and what it refuses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent, EventGridPublisherClient

from local import eventgrid
from local.eventgrid import LocalTopic, Options
from tests.e2e.eventgrid.conftest import (
    cloud_event,
    event,
    post,
    publish,
    subscription,
    wants,
    write_subscriptions,
)
from tests.e2e.eventgrid.recorder import Webhook, webhook

pytestmark = pytest.mark.e2e

_SINGLE = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json; charset=utf-8"
_MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalTopic, Webhook]]:
    """A topic with one subscription for `Test.Happened`, and where it delivers to."""
    wanted = subscription(filter=wants("Test.Happened"))
    file = write_subscriptions(tmp_path_factory.mktemp("publishing"), wanted)
    with webhook() as hook, eventgrid.running(hook.url, options=Options(file)) as topic:
        yield topic, hook


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTopic]:
    """A topic that refuses what a custom topic refuses, and asks for the Event Grid schema."""
    file = write_subscriptions(tmp_path_factory.mktemp("strict"))
    options = Options(file, strict=True)
    with eventgrid.running("http://127.0.0.1:9", options=options) as topic:
        yield topic


def _client(topic: LocalTopic) -> EventGridPublisherClient:
    near: dict[str, Any] = {"retry_total": 0, "use_env_settings": False}
    return EventGridPublisherClient(topic.endpoint, AzureKeyCredential("any"), **near)


def test_the_real_client_publishes_in_the_event_grid_schema(
    place: tuple[LocalTopic, Webhook],
) -> None:
    """Dictionaries and `EventGridEvent`; every one arrives as it was sent, in an array."""
    topic, hook = place
    sent = event(data={"text": "grüße 😀", "amount": 1.5})
    made = EventGridEvent("things/two", "Test.Happened", {"n": 1}, "2.0", id="made-1")
    with _client(topic) as client:
        client.send([sent])
        client.send(made)
    topic.wait_until_idle()

    received = {one.get("id"): one for one in _received(hook)}
    assert sent == received[sent["id"]]
    assert {"n": 1} == received["made-1"]["data"]


def test_the_real_client_publishes_cloud_events(place: tuple[LocalTopic, Webhook]) -> None:
    """Dictionaries and `CloudEvent`; they are delivered as CloudEvents."""
    topic, hook = place
    made = CloudEvent("/source", "Test.Happened", id="cloud-2", data={"n": 1})
    with _client(topic) as client:
        client.send([cloud_event(id="cloud-1")])
        client.send(made)
    topic.wait_until_idle()

    delivered = {one.ids()[0]: one for one in hook.deliveries("takes_all")}
    for id_ in ("cloud-1", "cloud-2"):
        assert delivered[id_].headers["content-type"].startswith(_SINGLE)
        assert "1.0" == delivered[id_].events()[0]["specversion"]


def test_the_client_is_told_what_was_refused(place: tuple[LocalTopic, Webhook]) -> None:
    """The error body has Event Grid's form, so the client raises with the status."""
    topic, _ = place
    with _client(topic) as client, pytest.raises(HttpResponseError) as refused:
        client.send([event(data="x" * _MEGABYTE)])

    assert 413 == refused.value.status_code
    assert "1048576 bytes" in str(refused.value)


def test_an_event_that_nobody_wants_is_counted_and_dropped(
    place: tuple[LocalTopic, Webhook],
) -> None:
    topic, hook = place
    before = topic.state()["unmatched"]

    (id_,) = publish(topic.port, event("Test.NobodyAskedForThis"))

    assert before + 1 == topic.wait_until_idle()["unmatched"]
    assert id_ not in hook.ids("takes_all")


@pytest.mark.parametrize(
    ("odd", "id_"),
    [
        ({"EventType": "test.happened", "Subject": "x", "Id": "odd-1"}, "odd-1"),
        ({"type": "Test.Happened", "specVersion": "1.0", "id": "odd-2"}, "odd-2"),
        ({"eventType": "Test.Happened", "type": "type", "id": "odd-3"}, "odd-3"),
    ],
    ids=["other casing", "CloudEvent in the wrong schema", "both envelopes"],
)
def test_what_resources_really_send_is_passed_on_unchanged(
    odd: dict[str, Any], id_: str, place: tuple[LocalTopic, Webhook]
) -> None:
    """A system topic is not asked whether its events are complete."""
    topic, hook = place
    publish(topic.port, odd)
    topic.wait_until_idle()

    assert odd in _received(hook)
    assert id_ in json.dumps(_received(hook))


def test_numbers_and_half_emoji_keep_their_digits(place: tuple[LocalTopic, Webhook]) -> None:
    """The text is not parsed and printed again; a lone surrogate is no reason to refuse."""
    topic, hook = place
    raw = b'[{"id":"exact-1","eventType":"Test.Happened","data":{"n":1.50e3,"s":"\\ud83d"}}]'
    assert 200 == post(topic.port, raw).status
    topic.wait_until_idle()

    assert raw in [one.body for one in hook.deliveries("takes_all")]


def test_without_a_credential_nothing_is_taken(place: tuple[LocalTopic, Webhook]) -> None:
    """401; any of the three that Event Grid knows will do, and none of them is checked."""
    topic, _ = place
    for headers in ({"X-Other": "1"}, {"aeg-sas-key": ""}):
        assert 401 == post(topic.port, [event()], headers=headers).status
    for name in ("aeg-sas-key", "aeg-sas-token", "Authorization"):
        assert 200 == post(topic.port, [event()], headers={name: "any"}).status


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[{", "application/json", 400),
        (b"{}", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'[{"eventType":"Test.Happened"},"text"]', "application/json", 400),
        (b"[{}]", _SINGLE, 400),
        (b"{}", _BATCH, 400),
        (b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "application/json", 400),
        (b"[{}]", "text/plain", 415),
        (b'[{"data":"' + b"x" * _MEGABYTE + b'"}]', "application/json", 413),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_topic_takes(
    body: bytes, content_type: str, status: int, place: tuple[LocalTopic, Webhook]
) -> None:
    """Refused as a whole: the good events of a refused request are not delivered either."""
    topic, _ = place
    before = topic.state()["published"]

    answer = post(topic.port, body, content_type)

    assert status == answer.status
    assert str(status) == json.loads(answer.body)["error"]["code"]
    assert before == topic.state()["published"]


def test_an_event_of_just_the_largest_size_is_taken(place: tuple[LocalTopic, Webhook]) -> None:
    """1 MB is for the request, and so for its only event."""
    topic, hook = place
    room = _MEGABYTE - len(json.dumps([event(id="largest", data="")]))
    assert 200 == post(topic.port, [event(id="largest", data="x" * room)]).status
    assert 413 == post(topic.port, [event(id="largest", data="x" * (room + 1))]).status
    topic.wait_until_idle()

    assert 1 == hook.ids("takes_all").count("largest")


@pytest.mark.parametrize("lacking", ["id", "eventType", "subject", "eventTime", "dataVersion"])
def test_a_strict_topic_wants_complete_events(lacking: str, strict: LocalTopic) -> None:
    """As a custom topic does; the message names what is missing."""
    incomplete = event()
    del incomplete[lacking]

    answer = post(strict.port, [event(), incomplete])

    assert 400 == answer.status
    assert lacking in json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("lacking", ["id", "source", "specversion", "type"])
def test_a_strict_topic_wants_complete_cloud_events(lacking: str, strict: LocalTopic) -> None:
    incomplete = cloud_event()
    del incomplete[lacking]

    assert 400 == post(strict.port, [incomplete], _BATCH).status
    assert 200 == post(strict.port, [cloud_event()], _BATCH).status


def test_a_strict_topic_takes_an_empty_data_version(strict: LocalTopic) -> None:
    """Storage events have one."""
    assert 200 == post(strict.port, [event(dataVersion="")]).status
    assert 400 == post(strict.port, [event(subject="")]).status


def _received(hook: Webhook) -> list[dict[str, Any]]:
    return [one for request in hook.deliveries("takes_all") for one in request.events()]
