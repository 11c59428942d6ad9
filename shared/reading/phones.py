"""Phone numbers, short codes and alphanumeric senders to ``Party``. Numbers: ITU-T E.164."""

import re

from shared.reading.values import text
from shared.records.facts import Party

_WITH_PLUS, _WITHOUT, _SHORT_CODE = range(7, 16), range(11, 16), range(3, 9)
"""Digits of an E.164 number that is written with and without its ``+``, and of a short code."""
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015]")
_PLAIN = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def e164(number: str | None) -> str | None:
    """The number in E.164, when that is sure.

    Sure is a number with its ``+``, and 11 to 15 digits without (the documented SMS samples leave
    the ``+`` out). Ten digits or fewer may be a national number or a short code, and a guess would
    address somebody else.
    """
    if not number or _PLAIN.fullmatch(number):
        return number or None
    digits = _SEPARATORS.sub("", number)
    plus = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
        return None
    return f"+{digits}" if len(digits) in (_WITH_PLUS if plus else _WITHOUT) else None


def from_phone(number: str | int | None) -> Party | None:
    """An SMS address: a phone number, a short code, or an alphanumeric sender id."""
    if isinstance(number, str) and _PLAIN.fullmatch(number):
        return Party(kind="phoneNumber", raw_id=number, phone_number=number)
    raw = text(number)
    if raw is None:
        return None
    digits = _SEPARATORS.sub("", raw).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return Party(kind="alphanumericSender", raw_id=raw)
    if phone_number := e164(raw):
        return Party(kind="phoneNumber", raw_id=raw, phone_number=phone_number)
    short = len(digits) in _SHORT_CODE and not raw.startswith("+")
    return Party(kind="shortCode" if short else "phoneNumber", raw_id=raw)
