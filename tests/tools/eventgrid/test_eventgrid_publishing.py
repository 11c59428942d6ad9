"""The topic endpoint: what it takes from the real client, and what it refuses."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent
from azure.eventgrid.aio import EventGridPublisherClient

from local.eventgrid import topic
from tests.tools.eventgrid.conftest import (
    CLOUD,
    CLOUD_BATCH,
    TOPIC,
    Grid,
    Start,
    cloud_event,
    event,
    events,
    subscription,
    types,
)
from tests.unit.test_redaction import Secret

_MEGABYTE = 1024 * 1024


@pytest.fixture
async def publisher(grid: Grid) -> AsyncIterator[EventGridPublisherClient]:
    """Microsoft's client."""
    near: dict[str, Any] = {"retry_total": 0, "use_env_settings": False}
    async with EventGridPublisherClient(grid.endpoint, AzureKeyCredential("any"), **near) as client:
        yield client


async def test_the_real_client_publishes_in_the_event_grid_schema(
    grid: Grid, publisher: EventGridPublisherClient
) -> None:
    """Dictionaries and `EventGridEvent`; every one arrives as it was sent, in an array."""
    sent = event(data={"text": "grüße 😀", "amount": 1.5})
    await publisher.send([sent])
    await publisher.send(EventGridEvent("things/two", "Test.Happened", {"n": 1}, "2.0", id="2"))
    await grid.settle()

    received = {request.ids()[0]: request.events() for request in grid.hook.deliveries()}
    assert [sent] == received[sent["id"]]
    assert {"n": 1} == received["2"][0]["data"]


async def test_the_real_client_publishes_cloud_events(
    grid: Grid, publisher: EventGridPublisherClient
) -> None:
    """Dictionaries and `CloudEvent`; they are delivered as CloudEvents."""
    await publisher.send([cloud_event(id="1")])
    await publisher.send(CloudEvent("/source", "Test.Happened", id="2", data={"n": 1}))
    await grid.settle()

    assert ["1", "2"] == sorted(grid.hook.ids())
    for request in grid.hook.deliveries():
        assert request.headers["content-type"].startswith(CLOUD)
        assert "1.0" == request.events()[0]["specversion"]


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_the_client_learns_what_was_refused(publisher: EventGridPublisherClient) -> None:
    """The error body has Event Grid's form, so the client raises with the status."""
    with pytest.raises(HttpResponseError, match="1048576 bytes") as refused:
        await publisher.send([event(data="x" * _MEGABYTE)])

    assert 413 == refused.value.status_code


async def test_an_event_that_nobody_wants_is_counted_and_dropped(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    grid = await start(subscription(filter=types("Test.Happened")))
    await grid.publish(event("Test.NobodyAskedForThis"))

    assert (1, 0) == (grid.topic.unmatched, grid.topic.pending)
    assert "no subscription takes Test.NobodyAskedForThis" in caplog.messages
    assert [] == grid.hook.requests


@pytest.mark.parametrize(
    "odd",
    [
        b'{"EventType":"test.happened","Subject":"x","Id":"1"}',
        b'{"type":"Test.Happened","specVersion":"1.0","id":"1"}',
        b'{"eventType":"Test.Happened","type":"type","id":"1"}',
        b'{"eventType":"type","type":"Test.Happened","id":"1"}',
        b'{"id":"1","eventType":"Test.Happened","data":{"n":1.50e3,"s":"\\ud83d"}}',
    ],
    ids=["casing", "CloudEvent in the wrong schema", "both schemas", "reverse", "exact text"],
)
async def test_what_resources_really_send_is_passed_on_unchanged(odd: bytes, start: Start) -> None:
    """Complete or not; the text is not printed again, half a surrogate pair is not refused."""
    grid = await start(subscription(filter=types("Test.Happened")))
    assert 200 == (await grid.post(b"[" + odd + b"]"))[0]
    await grid.settle()

    assert [b"[" + odd + b"]"] == [one.body for one in grid.hook.deliveries()]


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("X-Other", "1", 401),
        ("aeg-sas-key", "", 401),
        ("aeg-sas-key", "any", 200),
        ("aeg-sas-token", "any", 200),
        ("Authorization", "any", 200),
    ],
)
async def test_without_a_credential_nothing_is_taken(
    name: str, value: str, status: int, grid: Grid
) -> None:
    """Any of the three that Event Grid knows will do, and none of them is checked."""
    assert status == (await grid.post([event()], headers={name: value}))[0]
    assert (status == 200) == grid.topic.published


@pytest.mark.parametrize(
    ("key", "topic", "status"),
    [
        ("topic", "/subscriptions/1/resourceGroups/other/x", 400),
        ("Topic", "/subscriptions/1/resourceGroups/other/x", 400),
        ("topic", TOPIC.upper(), 200),
        ("topic", "", 200),
    ],
)
async def test_an_event_of_another_resource_is_refused(
    key: str, topic: str, status: int, grid: Grid
) -> None:
    """As by the service: `topic` may be absent, or has to be the topic's own, in any casing."""
    foreign = {name: value for name, value in event().items() if name != "topic"} | {key: topic}

    assert status == (await grid.post([event(), foreign]))[0]
    assert (2 if status == 200 else 0) == grid.topic.published


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[{", "application/json", 400),
        (b"{}", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'[{"eventType":"Test.Happened"},"text"]', "application/json", 400),
        (b"[{}]", CLOUD, 400),
        (b"{}", CLOUD_BATCH, 400),
        (b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "application/json", 400),
        (b"[{}]", "text/plain", 415),
        (b'[{"data":"' + b"x" * _MEGABYTE + b'"}]', "application/json", 413),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_no_topic_takes(body: bytes, content_type: str, status: int, grid: Grid) -> None:
    """Refused as a whole: the good events of a refused request are not delivered either."""
    answer = await grid.post(body, content_type)

    assert status == answer[0]
    assert str(status) == json.loads(answer[1])["error"]["code"]
    assert 0 == grid.topic.published


async def test_an_event_of_just_the_largest_size_is_taken(grid: Grid) -> None:
    """1 MB is for the request, and so for its only event."""
    room = _MEGABYTE - len(json.dumps([event(id="largest", data="")]))
    assert 200 == (await grid.post([event(id="largest", data="x" * room)]))[0]
    assert 413 == (await grid.post([event(id="largest", data="x" * (room + 1))]))[0]
    await grid.settle()

    assert ["largest"] == grid.hook.ids()


@pytest.mark.parametrize("limit", ["MAX_EVENTS", "MAX_BYTES"])
async def test_a_full_topic_takes_no_more(
    limit: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, until there is room again."""
    monkeypatch.setattr(topic, limit, 1)
    grid = await start(delay=5)
    assert 200 == (await grid.post(events(3)))[0]
    assert 503 == (await grid.post(events(1)))[0]

    await grid.finish()
    assert 200 == (await grid.post(events(1)))[0]


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    ids=["a name led here", "an origin", "a page without an origin"],
)
async def test_another_site_publishes_nothing(headers: dict[str, str], grid: Grid) -> None:
    """Not even with a key, which any page can make up."""
    assert 403 == (await grid.post([event()], headers={"aeg-sas-key": "any"} | headers))[0]
    async with grid.client.options(grid.endpoint, headers=headers) as preflight:
        assert 403 == preflight.status
        assert "Access-Control-Allow-Origin" not in preflight.headers
    assert 0 == grid.topic.published


async def test_a_key_that_is_too_long_is_not_logged(
    grid: Grid, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be read as a request is answered; aiohttp's error would quote it."""
    secret = Secret(1, "bare key")
    assert 400 == (await grid.post([event()], headers={"aeg-sas-key": secret.text * 200}))[0]

    assert "" == caplog.text


async def test_a_body_in_chunks_is_bounded(grid: Grid) -> None:
    """No header says how long it is."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * (_MEGABYTE // 16)

    async with grid.client.post(
        grid.endpoint,
        data=chunks(),
        headers={"aeg-sas-key": "any", "Content-Type": "application/json"},
    ) as answer:
        assert 413 == answer.status
