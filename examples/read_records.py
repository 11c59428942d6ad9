"""Read records from the queues: standard library only, nothing of this project needed.

Copy it into your consumer. `docs/records.md` explains the contract; tests hold this file to it. In
this order: `read` a message, drop it unless it is `first`, `with_data` if it names a blob, and then
apply it where it `is_newer` than what you know of the thing that it is about.
"""

import base64
import json
from collections.abc import Callable, Collection, MutableMapping, MutableSet
from typing import Any

WORK_ITEM = "urn:communication-records:work-item:v1"
PUSH_NOTIFICATION = "urn:communication-records:push-notification:v1"

Record = dict[str, Any]
Thing = tuple[str, ...]
"""What a record is about: a conversation, or a message, a delivery or a participant in one."""


def read(message: str | bytes) -> Record:
    """Decode one queue message: Base64 or, where a queue trigger has decoded it, JSON.

    Raises:
        ValueError: it is no record, or of a version that this reader does not know: park it.
    """
    record = _json(message)
    if record.get("specversion") != "1.0" or not isinstance(record.get("id"), str):
        raise ValueError("not a CloudEvents 1.0 record")
    if record.get("dataschema") not in (WORK_ITEM, PUSH_NOTIFICATION):
        raise ValueError(f"a record version this reader does not know: {record.get('dataschema')}")
    if not isinstance(record.get("subject"), str) or not isinstance(record.get("type"), str):
        raise ValueError("a record without conversation or type")  # noqa: TRY004 - one kind
    return record


def first(record: Record, seen: MutableSet[str]) -> bool:
    """Whether the record was never read before. ``seen`` stands for a table with the id as key."""
    if record["id"] in seen:
        return False
    seen.add(record["id"])
    return True


def with_data(
    record: Record, fetch: Callable[[str], bytes], allowed: Collection[str] = ()
) -> Record:
    """The record with its data, which lies in a blob where it is too large for a queue message.

    Args:
        record: as it was read.
        fetch: reads the blob at an address; with azure-storage-blob:
            ``lambda url: BlobClient.from_blob_url(url, credential).download_blob().readall()``.
        allowed: beginnings of addresses that may be read, each to a slash, such as
            ``https://contoso.blob.core.windows.net/record-payloads/``.

    Raises:
        ValueError: the address is not allowed, or there is neither data nor address.
    """
    if record.get("data") is not None:
        return record
    address = record.get("dataref")
    if not isinstance(address, str):
        raise ValueError("a record without data and without dataref")  # noqa: TRY004 - one kind
    is_allowed = any(start.endswith("/") and address.startswith(start) for start in allowed)
    if not is_allowed or ".." in address or "%2e" in address.lower():
        raise ValueError("dataref is not an address that this reader may read")
    return record | {"data": json.loads(fetch(address))}


def thing(record: Record) -> Thing:
    """What the record is about; of all records about it, the one with the greatest sequence holds.

    A type that this reader does not know is about itself: nothing else is older or newer.
    """
    subject, data = record["subject"], record.get("data") or {}
    what = record["type"].removeprefix("communication.").partition(".")[0]
    message_id = (data.get("message") or {}).get("id") or record["id"]
    if what == "message":
        return (subject, message_id)
    if what == "delivery":
        return (subject, message_id, "delivery")
    if what == "participant":
        participant = data.get("participant") or {}
        return (subject, "participant", participant.get("key") or record["id"])
    return (subject,) if what in {"thread", "call"} else (subject, record["id"])


def is_newer(sequence: str, about: Thing, known: MutableMapping[Thing, str]) -> bool:
    """Whether nothing newer is known of a thing; remembers it. ``known`` stands for a column."""
    if about in known and sequence <= known[about]:
        return False
    known[about] = sequence
    return True


def sequence_of(record: Record) -> str:
    """The place of the record among those about the same thing; the id decides between equals."""
    return f"{record.get('sequence') or ''} {record['id']}"


def _json(message: str | bytes) -> Record:
    try:
        text = message.decode() if isinstance(message, bytes) else message
        if not text.lstrip().startswith("{"):
            text = base64.b64decode(text, validate=True).decode()
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("neither JSON nor Base64 of JSON") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for callers
    return record
