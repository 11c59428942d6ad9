"""What the tests of the local Event Grid share: subscriptions, a webhook, events."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import loopback
from local.eventgrid import LocalTopic
from tests.e2e.eventgrid.recorder import Webhook, webhook

Subscribe = Callable[..., Path]


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A webhook that takes everything."""
    with webhook() as running:
        yield running


@pytest.fixture
def subscribe(tmp_path: Path) -> Subscribe:
    """Write a file of subscriptions."""

    def write(*entries: dict[str, Any]) -> Path:
        return write_subscriptions(tmp_path, *entries)

    return write


def write_subscriptions(folder: Path, *entries: dict[str, Any]) -> Path:
    """A file of subscriptions, in the form that deployment reads."""
    file = folder / "event-subscriptions.json"
    file.write_text(json.dumps(entries), encoding="utf-8")
    return file


def subscription(function: str = "takes_all", **changes: Any) -> dict[str, Any]:
    """One subscription; without a filter for every event."""
    return {"name": function.replace("_", "-"), "function": function} | changes


def wants(*types: str, **subject: Any) -> dict[str, Any]:
    """A filter."""
    return {"includedEventTypes": list(types)} | subject


def event(type_: str = "Test.Happened", **changes: Any) -> dict[str, Any]:
    """An event in the Event Grid schema."""
    return {
        "id": str(uuid.uuid4()),
        "topic": "/subscriptions/test",
        "subject": "things/one",
        "eventType": type_,
        "eventTime": "2026-11-21T09:00:00.1234567Z",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": {"text": "grüße 😀", "amount": 1.50},
    } | changes


def cloud_event(type_: str = "Test.Happened", **changes: Any) -> dict[str, Any]:
    """An event in the CloudEvents schema."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/subscriptions/test",
        "subject": "things/one",
        "type": type_,
        "time": "2026-11-21T09:00:00Z",
        "data": {"text": "grüße 😀"},
    } | changes


def post(
    port: int,
    body: object,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> loopback.Answer:
    """Publish without a client, and give the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = loopback.request(
        port,
        "/api/events?api-version=2018-01-01",
        method="POST",
        body=raw,
        headers={"Content-Type": content_type} | (headers or {"aeg-sas-key": "any"}),
        seconds=20.0,
    )
    assert answer is not None, "the topic did not answer"
    return answer


def publish(port: int, *events: dict[str, Any]) -> list[str]:
    """Publish events in the Event Grid schema; their ids."""
    answer = post(port, list(events))
    assert 200 == answer.status, answer.body
    return [event.get("id", "") for event in events]


def await_said(topic: LocalTopic, text: str) -> str:
    """What the topic printed, once this is part of it: the output comes through a pipe."""
    topic.child.wait_until(lambda: text in topic.child.said(), 10)
    return topic.child.said()
