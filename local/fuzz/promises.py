"""What holds for every text that a function can get, whatever it is."""

import json
import re
import traceback
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import msgspec
from referencing import Registry, Resource

from shared import pipeline
from shared.errors import MalformedEvent, RejectedEvent
from shared.pipeline import Send
from shared.reading import envelope
from shared.reading.values import instant, uri_reference
from shared.records.records import (
    PUSH_NOTIFICATION_SCHEMA,
    WORK_ITEM_SCHEMA,
    PushNotification,
    Record,
    WorkItem,
)
from shared.settings import Settings
from shared.writing import dead_letters
from tools import schemas

SETTINGS = Settings.from_env(
    {"RecordStorage": "UseDevelopmentStorage=true", "CHAT_WORK_ITEMS": "user"}
)
_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# The longest names that Storage allows.
_CONTAINER = f"https://{'a' * 24}.blob.core.windows.net/{'c' * 63}"
_SHAPES: dict[str, Any] = {
    WORK_ITEM_SCHEMA: Record[WorkItem],
    PUSH_NOTIFICATION_SCHEMA: Record[PushNotification],
}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class BrokenPromiseError(Exception):
    """A text for which something does not hold that holds for every text."""


def broken(event: str) -> str | None:
    """What is broken by this text, the same words for the same mistake; None is as it should be."""
    try:
        check(event)
    except Exception as error:  # noqa: BLE001 - a finding is any exception whatever
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
        what = str(error) if isinstance(error, BrokenPromiseError) else f"raised at {where}"
        return f"{type(error).__name__}: {what}"
    return None


def check(event: str) -> None:
    """Records that are as they should be or a rejection, and a dead letter that keeps the event.

    Raises:
        BrokenPromiseError: one of them is not.
        Exception: whatever the decoder raised and should not have.
    """
    found = outcome(event)
    _require(_comparable(found) == _comparable(outcome(event)), "the same text gives the same")
    for send in found if isinstance(found, list) else []:
        check_record(send)
    check_dead_letter(event, found)


def outcome(event: str) -> list[Send] | RejectedEvent:
    """The records of a text, or why it can have none."""
    try:
        return pipeline.convert(envelope.parse(event), SETTINGS)
    except RejectedEvent as rejection:
        return rejection


def _comparable(found: list[Send] | RejectedEvent) -> object:
    if isinstance(found, RejectedEvent):
        return type(found)
    return [(send.queue, send.record.body) for send in found]


def check_record(send: Send) -> None:
    """A record reads back as it was, its schema accepts it, and a queue message holds it."""
    body = send.record.body
    again = msgspec.json.decode(body, type=_SHAPES[send.record.envelope.dataschema])
    _require(body == msgspec.json.encode(again), "a record that is read and written is the same")
    _check_schema(body)
    if len(body) > pipeline.QUEUE_LIMIT:
        claim = send.record.claim_check(f"{_CONTAINER}/{send.record.envelope.id}.json")
        _require(len(claim) <= pipeline.QUEUE_LIMIT, "a claim check fits a queue message")
        _check_schema(claim)


def _check_schema(body: bytes) -> None:
    for error in _validator().iter_errors(_strictly(body)):
        place = re.sub(r"\[\d+\]", "[]", error.json_path)
        raise BrokenPromiseError(f"the schema refuses {place} ({error.validator})")


def check_dead_letter(event: str, found: list[Send] | RejectedEvent) -> None:
    """As a dead letter the event is JSON, keeps what it has, and gives the same when it returns."""
    why = found if isinstance(found, RejectedEvent) else MalformedEvent("nothing, in truth")
    body = dead_letters.body(event, why, "sms_received", _AT)
    try:
        letters = _strictly(body)
    except RecursionError:
        return  # so deep that this reader gives up, as it does on the event itself
    except ValueError as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BrokenPromiseError(f"not so: a dead letter is JSON ({said})") from None
    _require(isinstance(letters, list) and len(letters) == 1, "a dead letter is an array of one")
    _require(isinstance(letters[0], dict), "a dead letter is an object")
    letter = letters[0]
    _require(letter["deadLetterReason"] == type(why).__name__, "a dead letter has its reason")
    as_it_came = event.encode("utf-8", "backslashreplace").decode()
    if "rawEvent" in letter and "rawEvent" not in event:
        _require(letter["rawEvent"] == as_it_came, "a dead letter keeps a text as it came")
        return
    _require(
        _keeps(json.loads(as_it_came.removeprefix("\ufeff")), letter),
        "a dead letter keeps every attribute",
    )
    if not isinstance(found, MalformedEvent):
        again = _comparable(outcome(body.decode()))
        _require(_comparable(found) == again, "a dead letter replayed gives the same")


def _keeps(event: Any, letter: dict[str, Any]) -> bool:
    """Whether the letter has all of the event, but for what tells of an earlier delivery."""
    ours = {key for key in letter if key.lower() in envelope.DEAD_LETTER_KEYS}
    return {k: v for k, v in event.items() if k not in ours} == {
        k: v for k, v in letter.items() if k not in ours
    }


def _strictly(body: bytes) -> Any:
    """Read JSON as its standard has it; Python's own reader also takes NaN."""
    return json.loads(body.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _require(holds: bool, promise: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise BrokenPromiseError(f"not so: {promise}")


@cache
def _validator() -> jsonschema.Draft202012Validator:
    """The committed schemas; their formats are those that our own code promises."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in schemas.documents()]
    registry: Registry[Any] = Registry().with_resources(
        (document["$id"], Resource.from_contents(document)) for document in documents
    )
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uuid")(lambda value: _UUID.fullmatch(str(value)) is not None)
    formats.checks("date-time")(lambda value: instant(value) == value)
    formats.checks("uri-reference")(lambda value: uri_reference(value) == value)
    record = next(d for d in documents if d["$id"] == schemas.RECORD_SCHEMA)
    return jsonschema.Draft202012Validator(record, registry=registry, format_checker=formats)
