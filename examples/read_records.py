"""Read records from the queues: standard library only, nothing of this project needed.

Copy it into your consumer. `docs/records.md` explains the contract; tests hold this file to it.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

WORK_ITEM = "urn:communication-records:work-item:v1"
PUSH_NOTIFICATION = "urn:communication-records:push-notification:v1"

Record = dict[str, Any]


def read(message: str | bytes, fetch: Callable[[str], bytes] | None = None) -> Record:
    """Decode one queue message.

    Args:
        message: the message's content, Base64 or, where a queue trigger has decoded it, JSON.
        fetch: reads the blob at an address. Needed only for records with ``dataref``, whose data is
            too large for a queue; with azure-storage-blob:
            ``lambda url: BlobClient.from_blob_url(url, credential).download_blob().readall()``.

    Raises:
        ValueError: it is no record, or of a version that this reader does not know.
    """
    record = _json(message)
    if record.get("specversion") != "1.0" or not isinstance(record.get("id"), str):
        raise ValueError("not a CloudEvents 1.0 record")
    if record.get("dataschema") not in (WORK_ITEM, PUSH_NOTIFICATION):
        raise ValueError(f"a record version this reader does not know: {record.get('dataschema')}")
    if "data" not in record:
        if fetch is None:
            raise ValueError("the data lies in a blob: pass fetch to follow dataref")
        record["data"] = json.loads(fetch(record["dataref"]))
    return record


def once(records: Iterable[Record], seen: set[str]) -> Iterator[Record]:
    """Drop what was read before. ``seen`` stands for a table with the id as its key."""
    for record in records:
        if record["id"] not in seen:
            yield record
            seen.add(record["id"])


def in_order(records: Iterable[Record]) -> list[Record]:
    """The changes of one message or thread as they happened, whatever order they arrived in."""

    def position(record: Record) -> tuple[str, int, str]:
        data = record["data"]
        changed = data.get("message", {}).get("version") or data.get("thread", {}).get("version")
        return record.get("partitionkey", ""), changed or 0, record.get("time", "")

    return sorted(records, key=position)


def _json(message: str | bytes) -> Record:
    text = message.decode() if isinstance(message, bytes) else message
    if not text.lstrip().startswith("{"):
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("neither JSON nor Base64") from error
    record = json.loads(text)
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for callers
    return record
