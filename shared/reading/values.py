"""Single JSON values, loosely written: numbers as text, times in any form, blank text.

A value that cannot be read costs its field, never the event.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

_DIGITS = 18
"""What a number in a string may have and still fit 64 bits."""

Text = str | int | None
"""An id, an address or a number, which careless senders write without quotes."""
Number = int | float | str | None
"""A number or a time in any of its forms."""


def text(value: Text) -> str | None:
    """An id or a number as text; blank text is no value."""
    if isinstance(value, str):
        return value if value and not value.isspace() else None
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
    """A customer's metadata. Its values are text by the schema; any other is kept as JSON.

    Null is no value, as in every other field.
    """
    if not value:
        return None
    found = {
        key: item if isinstance(item, str) else msgspec.json.encode(item).decode()
        for key, item in value.items()
        if item is not None
    }
    return found or None


_NOT_IN_A_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")


@lru_cache(64)  # sources of events; an app has a handful
def uri_reference(value: str) -> str:
    """``value`` with the characters that RFC 3986 allows nowhere percent-encoded."""
    return _NOT_IN_A_URI.sub(lambda match: quote(match.group(), safe=""), value)


_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[Tt ](\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?"
    r"\s?([Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138


def instant(value: Number) -> str | None:
    """A time as RFC 3339 in UTC with seven fraction digits; None for what is no time.

    Reads 0 to 9 fraction digits, ``Z``, offsets, no zone (taken as UTC, as all of Azure means it),
    unpadded months (``2020-4-20``), and numbers of seconds or milliseconds since 1970. With a fixed
    length equal instants are equal text, and text order is time order. Seven digits are what the
    service writes; ``datetime`` holds six.
    """
    if isinstance(value, str):
        if usual := _usual(value):
            return usual
        return _from_epoch(int(value)) if _is_number(value) else _rewritten(value.strip())
    return None if value is None else _from_epoch(value)


def _usual(value: str) -> str | None:
    """A time in UTC that is written as most are: nothing changes but the digits at its end."""
    local = value.removesuffix("Z") if value[-1:] == "Z" else value.removesuffix("+00:00")
    if local is value or local[10:11] != "T":
        return None
    try:
        msgspec.convert(value, datetime)  # RFC 3339, and only with a day that there is
    except msgspec.ValidationError:
        return None
    return f"{local[:19]}.{local[20:27]:0<7}Z"


def milliseconds(time: str) -> int:
    """Milliseconds since 1970 of an ``instant``; none before that."""
    moment = datetime.fromisoformat(f"{time[:23]}+00:00")
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))


def later(time: str, seconds: int) -> str | None:
    """An ``instant`` this many whole seconds later; None beyond the year 9999."""
    try:
        moment = datetime.fromisoformat(f"{time[:19]}+00:00") + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return f"{moment.isoformat()[:19]}{time[19:]}"


def _rewritten(value: str) -> str | None:
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    try:
        moment = datetime(*(int(number) for number in numbers), tzinfo=UTC)  # type: ignore[arg-type,misc] # six numbers
        moment -= _offset(zone)
    except (ValueError, OverflowError):
        return None
    return f"{moment.isoformat()[:19]}.{(fraction or '')[:7]:0<7}Z"


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -offset if zone[0] == "-" else offset


def _from_epoch(value: float) -> str | None:
    count = value if abs(value) >= _MILLISECONDS_FROM else value * 1000
    try:
        moment = _EPOCH + timedelta(milliseconds=int(count))
    except (ValueError, OverflowError):
        return None
    return instant(moment.isoformat())


def moment(name: str, value: Number, extra: dict[str, Any]) -> str | None:
    """``instant(value)``; a time nobody can read stays in ``extra`` and fails no event."""
    if (time := instant(value)) is None and value not in (None, ""):
        extra[name] = value
    return time


def number(name: str, value: Number, extra: dict[str, Any]) -> int | None:
    """``whole(value)``; what is not a whole number stays in ``extra``."""
    if (count := whole(value)) is None and value not in (None, ""):
        extra[name] = value
    return count
