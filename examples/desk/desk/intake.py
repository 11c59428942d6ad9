"""A queue message, from reading it to the commit.

Each record is applied exactly once: its id goes into ``seen`` in the same transaction as all that
it changes, and the host deletes the message only after that. A death before the commit undoes both,
and the message comes again; after it, the message comes again and changes nothing.
"""

import json
import logging
import re
from hashlib import sha256
from typing import Any

from desk import pushes, tickets
from desk import read_records as reader
from desk.application import Desk, stamp
from desk.fields import part, text
from desk.read_records import Record

_LOG = logging.getLogger("desk")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
_LONGEST = 100
"""Of an id, a subject, a sequence: they go into indices, and real ones have 32 to 60 characters."""
_NO_TIME = "0001-01-01T00:00:00.0000000Z"
_COLLAPSE_KEY = re.compile("[0-9a-f]{32}")
_MOST_KEPT = 64 * 1024
_OBJECTS = ("sender", "participant", "message", "thread", "delivery", "recipient")


def take(desk: Desk, message: bytes) -> str | None:
    """Apply one record, or park the message if no retry can help.

    Returns:
        The id of the record, applied now or before; None where the message was parked.

    Raises:
        sqlite3.Error, psycopg.Error, azure.core.exceptions.AzureError: the database or the storage
            of large records is away: let the message come again.
    """
    try:
        record = _without_nulls(reader.read(message))
        _check_envelope(record)
    except (ValueError, RecursionError) as problem:
        _park(desk, message, str(problem))
        return None
    if "data" not in record and _is_seen(desk, record["id"]):
        return str(record["id"])  # its blob may be gone since
    try:
        record = _without_nulls(reader.with_data(record, desk.fetch, desk.settings.payloads))
        _check_data(record)
        body = json.dumps(record)
    except LookupError:
        _park(desk, message, "the blob that holds its data is gone")
        return None
    except (ValueError, RecursionError) as problem:
        _park(desk, message, str(problem))
        return None
    _apply(desk, record, body)
    return str(record["id"])


def _is_seen(desk: Desk, record_id: str) -> bool:
    with desk.database.read() as connection:
        return bool(connection.rows("SELECT 1 FROM seen WHERE id = :id", id=record_id))


def _apply(desk: Desk, record: Record, body: str) -> None:
    remember = "INSERT INTO seen (id) VALUES (:id) ON CONFLICT (id) DO NOTHING"
    with desk.database.write() as connection:
        if not connection.run(remember, id=record["id"]):
            return  # another worker was faster with a copy
        is_work_item = record["dataschema"] == reader.WORK_ITEM
        if is_work_item:
            tickets.apply(connection, record)
        else:
            pushes.keep(
                connection, record, desk.settings.hub_platforms if desk.settings.hub else ()
            )
        connection.run(
            """
            INSERT INTO records (id, kind, subject, message_id, type, time, title, body)
            VALUES (:id, :kind, :subject, :message_id, :type, :time, :title, :body)
            ON CONFLICT (id) DO NOTHING
            """,
            id=record["id"],
            kind="work item" if is_work_item else "push",
            subject=record["subject"],
            message_id=tickets.message_id(record),
            type=record["type"],
            time=record.get("time", ""),
            title=text(record["data"], "title"),
            body=body,
        )


def _park(desk: Desk, message: bytes, reason: str) -> None:
    """Keep what cannot be applied, once however often it comes, and acknowledge it."""
    digest = sha256(message).hexdigest()
    _LOG.warning("parked a message, see the page: %s", digest)
    with desk.database.write() as connection:
        connection.run(
            """
            INSERT INTO parked (id, reason, body, at) VALUES (:id, :reason, :body, :at)
            ON CONFLICT (id) DO NOTHING
            """,
            id=digest,
            reason=reason,
            body=message.decode(errors="replace")[:_MOST_KEPT],
            at=stamp(desk.now()),
        )


def _check_envelope(record: Record) -> None:
    for field in ("id", "subject"):
        if not 0 < len(record[field]) <= _LONGEST:
            raise ValueError(f"no usable {field}")
    for field in ("time", "expirytime"):
        if not _TIME.fullmatch(str(record.get(field, _NO_TIME))):
            raise ValueError(f"{field} is not of the form that the contract has")
    sequence = record.get("sequence", "")
    if not isinstance(sequence, str) or len(sequence) > _LONGEST:
        raise ValueError("no usable sequence")


def _check_data(record: Record) -> None:
    """What the desk relies on; everything else may be absent.

    Raises:
        ValueError: it is not there, or of another kind.
    """
    data = record["data"]
    if not isinstance(data, dict):
        raise ValueError("data is no object")  # noqa: TRY004 - one kind of error
    wrong = [name for name in _OBJECTS if not isinstance(data.get(name, {}), dict)]
    keys = (part(data, "message").get("id", ""), part(data, "participant").get("key", ""))
    if wrong or not all(isinstance(key, str) for key in keys):
        raise ValueError(f"data is not what the contract says: {', '.join(wrong) or 'a key'}")
    if not isinstance(data.get("conversation"), str):
        raise ValueError("a record without conversation")  # noqa: TRY004 - one kind of error
    if record["dataschema"] == reader.WORK_ITEM:
        if data.get("action") not in ("open", "update", "close"):
            raise ValueError("an action that the desk does not know")
    elif data.get("interruptionLevel") not in ("active", "passive", "background"):
        raise ValueError("an interruption level that the desk does not know")
    elif not _COLLAPSE_KEY.fullmatch(str(data.get("collapseKey"))):
        raise ValueError("no usable collapse key")


def _without_nulls(value: Any) -> Any:
    """Null means absent."""
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
