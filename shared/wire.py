"""How loosely written JSON is read: key casing, old names, numbers as text, times.

The casing of keys on the wire is settled by no source: Microsoft's samples of one event type are
PascalCase or camelCase by their age, and one of them mixes both (``Tag``). Fields were renamed in
2021, and for months both names were sent side by side. Nothing here looks inside a customer's
``metadata``.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

# Old field names and what they became on 2021-03-19 (Azure/Communication release notes).
RENAMED = {
    "senderId": "senderCommunicationIdentifier",
    "recipientId": "recipientCommunicationIdentifier",
    "createdBy": "createdByCommunicationIdentifier",
    "deletedBy": "deletedByCommunicationIdentifier",
    "editedBy": "editedByCommunicationIdentifier",
    "addedBy": "addedByCommunicationIdentifier",
    "removedBy": "removedByCommunicationIdentifier",
    "members": "participants",
    "memberAdded": "participantAdded",
    "memberRemoved": "participantRemoved",
    "memberId": "participantCommunicationIdentifier",
    # Not Microsoft's renaming, but what third parties call the field of another family.
    "deliveryStatus": "status",
    "status": "deliveryStatus",
}

_DIGITS = 18
"""What a number in a string may have and still fit 64 bits."""

Text = str | int | None
"""An id, an address or a number, which careless senders write without quotes."""
Number = int | float | str | None
"""A number or a time in any of its forms."""

P = TypeVar("P", bound=msgspec.Struct)


@cache
def _names(shape: type[msgspec.Struct]) -> tuple[frozenset[str], dict[str, str]]:
    """The exact wire names of a struct, and every lower-cased name that stands for one."""
    exact = frozenset(shape.__struct_encode_fields__)
    folded = {old.lower(): new for old, new in RENAMED.items() if new in exact}
    return exact, folded | {name.lower(): name for name in exact}


def fold(shape: type[P], wire: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a JSON object into what ``shape`` knows, by its exact names, and the rest.

    The exact name wins over another casing, and a new name over the old one, unless the other says
    all of it and more: an empty new field hides nothing. What is left over goes to the rest under
    the name it came with, so nothing is dropped, and what only repeats is not kept twice.
    """
    exact, folded = _names(shape)
    known: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    weak: list[tuple[str, str, Any]] = []
    for key, value in wire.items():
        if key in exact:
            known[key] = value
            continue
        name = folded.get(key.lower())
        if name is None:
            rest[key] = value
        else:
            weak.append((name, key, value))
    # Another casing of the new name is tried before the old name, whatever came first.
    weak.sort(key=lambda entry: entry[0].lower() != entry[1].lower())
    for name, key, value in weak:
        said, here = _leaves(value), _leaves(known.get(name))
        if name not in known or here < said:
            known[name] = value
        elif not said <= here:
            rest[key] = value
    return known, rest


def _leaves(value: Any) -> set[Any]:
    """Every scalar that says something: what must be found elsewhere before a value is let go."""
    if isinstance(value, dict):
        return set().union(*map(_leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(_leaves, value))
    return set() if value is None or value == "" else {value}


def read(shape: type[P], wire: Mapping[str, Any]) -> tuple[P, dict[str, Any]]:
    """Read a JSON object as ``shape``, whose fields are all optional; return it and the rest.

    One field of the wrong JSON type spoils no event: it is read as far as it can be, and kept in
    the rest. A failed delivery with a number for its tag is still a failed delivery.
    """
    known, rest = fold(shape, wire)
    try:
        return msgspec.convert(known, shape), rest
    except msgspec.ValidationError:
        readable: dict[str, Any] = {}
        for name, value in known.items():
            _read_field(shape, name, value, readable, rest)
        return msgspec.convert(readable, shape), rest


def _read_field(
    shape: type[msgspec.Struct],
    name: str,
    value: Any,
    readable: dict[str, Any],
    rest: dict[str, Any],
) -> None:
    """Put a field where it belongs: as it is, as what was meant by it, or with the rest."""
    for meant in _meanings(value):
        try:
            msgspec.convert({name: meant}, shape)
        except msgspec.ValidationError:
            continue
        readable[name] = meant
        if _leaves(value) <= _leaves(meant) or isinstance(meant, str):
            return
        break
    rest[name] = value


def _meanings(value: Any) -> list[Any]:
    """A value, and what a careless sender may have meant by it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value, str(value)]
    if value == "":
        return [value, None]
    if isinstance(value, list):
        return [value, [item for item in value if isinstance(item, dict)]]
    return [value]


def take(wire: dict[str, Any], name: str) -> Any:
    """Take a value out of a JSON object, whatever the casing of its key."""
    key = next((key for key in wire if key.lower() == name), None)
    return None if key is None else wire.pop(key)


def text(value: Text) -> str | None:
    """An id or a number as text; blank text is no value."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if value is None else str(value)


def whole(value: Number) -> int | None:
    """A whole number, also from digits in a string (``version`` of thread-level chat samples)."""
    if isinstance(value, str):
        digits = value.removesuffix(".0")
        return int(digits) if _is_number(digits) else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS


def strings(value: Mapping[str, Any] | None) -> dict[str, str] | None:
    """A customer's metadata, whose values the schema says are text; others are kept as JSON."""
    if not value:
        return None
    return {
        key: item if isinstance(item, str) else msgspec.json.encode(item).decode()
        for key, item in value.items()
    }


_NOT_IN_A_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")


def uri_reference(value: str) -> str:
    """``value`` with the characters that RFC 3986 allows nowhere percent-encoded."""
    return _NOT_IN_A_URI.sub(lambda match: quote(match.group(), safe=""), value)


_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[Tt ](\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?"
    r"\s?([Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138


def instant(value: Number) -> str | None:
    """A time as RFC 3339 in UTC, every digit of its fraction kept but trailing zeros; else None.

    Reads 0 to 9 fraction digits, ``Z``, offsets, no zone (taken as UTC, as all of Azure means it),
    unpadded months (``2020-4-20``), and numbers of seconds or milliseconds since 1970. Equal
    instants give equal text, which ``datetime`` cannot promise: it holds six digits, and chat
    events carry seven.
    """
    if isinstance(value, str) and _is_number(value):
        value = int(value)
    if isinstance(value, (int, float)):
        return _from_epoch(value)
    match = _TIME.fullmatch(value.strip()) if value else None
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    try:
        moment = datetime(*(int(number) for number in numbers), tzinfo=UTC)  # type: ignore[arg-type,misc] # six numbers
        moment -= _offset(zone)
    except (ValueError, OverflowError):
        return None
    digits = (fraction or "").rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + (f".{digits}Z" if digits else "Z")


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -offset if zone[0] == "-" else offset


def _from_epoch(value: float) -> str | None:
    milliseconds = value if abs(value) >= _MILLISECONDS_FROM else value * 1000
    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(milliseconds))
    except (ValueError, OverflowError):
        return None
    return instant(moment.isoformat())


def moment(name: str, value: Number, extra: dict[str, Any]) -> str | None:
    """``instant(value)``; a time nobody can read stays in ``extra`` and fails no event."""
    read_ = instant(value)
    if read_ is None and value not in (None, ""):
        extra[name] = value
    return read_


def number(name: str, value: Number, extra: dict[str, Any]) -> int | None:
    """``whole(value)``; what is not a whole number stays in ``extra``."""
    read_ = whole(value)
    if read_ is None and value not in (None, ""):
        extra[name] = value
    return read_
