"""Events with ids of their own, each with what must come of it."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, groupby, islice
from typing import Any
from uuid import uuid4

from azure.core.credentials import AzureKeyCredential
from azure.eventgrid import EventGridPublisherClient

from local import samples
from local.eventgrid.thread import LocalTopic
from local.samples import Sample
from tools import subscriptions

_THREAD = re.compile(r"19:[0-9a-f]{32}@thread")
_CALL = re.compile(r"aHR0cHM6[0-9A-Za-z]+|00000000-0000-4000-8000-00000000ca11")
"""The ids of calls in samples: a server call id is an address in Base64."""
_AT_ONCE = 100


@dataclass(frozen=True)
class Published:
    """One event, the id by which it is found again, and the queues that its records belong on."""

    known: str
    body: dict[str, Any]
    queues: frozenset[str]

    @property
    def is_poison(self) -> bool:
        """Whether it can only become a dead letter."""
        return not self.queues

    @property
    def is_cloud(self) -> bool:
        """Whether the client takes it for a CloudEvent."""
        return "specversion" in self.body


def fresh(sample: Sample) -> Published:
    """The event of a sample, as another one: new ids of event, message, thread and call."""
    text = _THREAD.sub(f"19:{uuid4().hex}@thread", json.dumps(sample.events()))
    text = _CALL.sub(uuid4().hex, text)
    (body,) = json.loads(text)
    known = str(uuid4())
    if "id" in body:
        body["id"] = known
    found = next((body[key] for key in body if key.lower() == "data"), None)
    data: dict[str, Any] = found if isinstance(found, dict) else {}
    for key, value in data.items():
        if key.lower() == "messageid" and isinstance(value, str):
            data[key] = f"{known}-message" if "id" in body else known
    golden = sample.golden
    assert golden is not None
    return Published(known, body, frozenset(q for q, found in golden.records.items() if found))


def named(name: str, count: int = 1) -> list[Published]:
    """So many events of one sample's shape."""
    sample = samples.find(name)
    return [fresh(sample) for _ in range(count)]


def sms(count: int) -> list[Published]:
    """Inbound SMS: each is a work item and a push notification."""
    return named("SMSReceived.current", count)


def poison(count: int = 1) -> list[Published]:
    """Inbound SMS that nobody can read: each is a dead letter."""
    return named("strange-data", count)


def large(event_bytes: int) -> Published:
    """An inbound SMS of that size, by the length of its text."""
    (event,) = sms(1)
    event.body["data"]["message"] = ""
    event.body["data"]["message"] = "x" * (event_bytes - len(json.dumps(event.body)))
    return event


def mixed(count: int) -> list[Published]:
    """All shapes of all samples that are subscribed to, in turn."""
    wanted = [sample for sample in samples.every() if _is_wanted(sample)]
    return [fresh(sample) for sample in islice(cycle(wanted), count)]


def publish(topic: LocalTopic, events: Iterable[Published]) -> None:
    """Publish with the client that Azure's customers use; one request holds one schema."""
    near: dict[str, Any] = {"retry_total": 0, "use_env_settings": False}
    with EventGridPublisherClient(topic.endpoint, AzureKeyCredential("any"), **near) as client:
        for batch in _requests(events):
            client.send([event.body for event in batch])


def wait_until_answered(topic: LocalTopic, count: int) -> None:
    """Wait until Event Grid got so many answers for inbound SMS, good ones or not."""

    def is_so() -> bool:
        counts = topic.counts("sms-received")
        return count <= counts["delivered"] + counts["retried"]

    topic.wait_until(is_so, 60)


def _requests(events: Iterable[Published]) -> Iterator[Sequence[Published]]:
    for _, group in groupby(events, key=lambda event: event.is_cloud):
        same = iter(group)
        while batch := list(islice(same, _AT_ONCE)):
            yield batch


def _is_wanted(sample: Sample) -> bool:
    """Whether a subscription takes it, and something must come of it."""
    golden, types = sample.golden, {event_type(event) for event in sample.events()}
    if golden is None or len(sample.events()) != 1 or not types & _subscribed():
        return False
    return bool(golden.rejected or any(golden.records.values()))


def event_type(event: dict[str, Any]) -> str:
    """The type that Event Grid looks at, in lower case."""
    folded = {key.lower(): value for key, value in event.items()}
    return str(folded.get("eventtype") or folded.get("type")).lower()


def _subscribed() -> set[str]:
    entries = json.loads(subscriptions.FILE.read_bytes())
    return {kind.lower() for one in entries for kind in one["filter"]["includedEventTypes"]}
