"""Where every event is: on its queues or in dead letters. Neither is a failure."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from local.queues import Account
from tests.reliability.events import Published, event_type

QUEUES = ("work-items", "push-notifications")
_NEAR: dict[str, Any] = {"use_env_settings": False}


@dataclass
class Found:
    """Everything in the storage account, by the ids that events are known by."""

    records: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By queue and event."""
    letters: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    dangling: list[str] = field(default_factory=list)
    """Blobs that a message names and that are not there."""


@dataclass
class Totals:
    """What `account_for` counted."""

    events: int
    on_queues: int
    dead_letters: int
    duplicates: int
    """Messages beyond the first of each record."""
    claim_checks: int


def look(connection_string: str) -> Found:
    """Read both queues, the blobs that messages name, and the dead letters; take nothing away."""
    found = Found()
    with (
        Account(connection_string) as account,
        BlobServiceClient.from_connection_string(connection_string, **_NEAR) as blobs,
    ):
        for queue in QUEUES:
            for message in account.take(queue):
                assert message.record is not None, "a message on a queue is no record"
                record = _with_data(message.record, blobs, found)
                for known in _known_by(record):
                    found.records[queue, known].append(record)
        for letter in _letters(blobs):
            for known in _known_by_letter(letter):
                found.letters[known].append(letter)
    return found


def payloads(connection_string: str) -> set[str]:
    """The names of the blobs that hold what is too large for a queue."""
    with BlobServiceClient.from_connection_string(connection_string, **_NEAR) as blobs:
        try:
            return set(blobs.get_container_client("record-payloads").list_blob_names())
        except ResourceNotFoundError:
            return set()


def account_for(events: Iterable[Published], connection_string: str) -> Totals:
    """Look, and fail unless every event is where it belongs, or in the dead letters.

    Extra deliveries show only as the same record again, byte for byte, under the same id.
    """
    events = list(events)
    found = look(connection_string)
    assert [] == found.dangling, "messages name blobs that are not there"
    records = {
        (queue, one.known): found.records.get((queue, one.known), [])
        for one in events
        for queue in QUEUES
    }
    lost = [f"{event_type(one.body)} {one.known}" for one in events if not _is_there(one, found)]
    assert not lost, (
        f"{len(lost)} of {len(events)} are neither on their queues nor dead letters: {lost[:5]}"
    )
    strangers = [
        (queue, one.known)
        for one in events
        for queue in QUEUES
        if records[queue, one.known] and queue not in one.queues
    ]
    assert not strangers, f"records on queues where they do not belong: {strangers[:5]}"
    differing = [key for key, same in records.items() if len({_text(one) for one in same}) > 1]
    assert not differing, f"{len(differing)} events gave differing records: {differing[:5]}"
    present = [same for same in records.values() if same]
    assert len(present) == len({same[0]["id"] for same in present}), "two events share an id"
    return Totals(
        events=len(events),
        on_queues=sum(
            bool(e.queues) and all(records[q, e.known] for q in e.queues) for e in events
        ),
        dead_letters=sum(len(found.letters.get(one.known, ())) for one in events),
        duplicates=sum(len(same) - 1 for same in present),
        claim_checks=sum("dataref" in same[0] for same in present),
    )


def _is_there(event: Published, found: Found) -> bool:
    if found.letters.get(event.known):
        return True
    return bool(event.queues) and all(found.records.get((q, event.known)) for q in event.queues)


def _with_data(record: dict[str, Any], blobs: BlobServiceClient, found: Found) -> dict[str, Any]:
    """A record with the data that its message leaves to a blob."""
    if "dataref" not in record:
        return record
    _, container, key, name = record["dataref"].rsplit("/", 3)
    try:
        data = json.loads(
            blobs.get_blob_client(container, f"{key}/{name}").download_blob().readall()
        )
    except (ResourceNotFoundError, ValueError):
        found.dangling.append(record["dataref"])
        return record
    return record | {"data": data}


def _known_by(record: dict[str, Any]) -> set[str]:
    data = record.get("data", {})
    return {data[part]["id"] for part in ("event", "message") if "id" in data.get(part, {})}


def _letters(blobs: BlobServiceClient) -> list[dict[str, Any]]:
    container = blobs.get_container_client("dead-letters")
    try:
        names = list(container.list_blob_names())
    except ResourceNotFoundError:
        return []
    return [letter for n in names for letter in json.loads(container.download_blob(n).readall())]


def _known_by_letter(letter: dict[str, Any]) -> set[str]:
    folded = {key.lower(): value for key, value in letter.items()}
    data = folded["data"] if isinstance(folded.get("data"), dict) else {}
    named = [folded.get("id"), *(data[key] for key in data if key.lower() == "messageid")]
    return {known for known in named if isinstance(known, str)}


def _text(record: dict[str, Any]) -> str:
    return json.dumps(record, sort_keys=True)
