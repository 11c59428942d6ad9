"""Phone numbers, short codes and alphanumeric senders to ``Party``.

Numbers and country codes: ITU-T E.164 and its list of assigned codes. Short codes and alphanumeric
senders: learn.microsoft.com/azure/communication-services/concepts/sms/sms-faq.
"""

import re

from msgspec import structs

from shared.reading.values import text
from shared.records.facts import Party

_WITH_PLUS, _WITHOUT, _SHORT_CODE = range(7, 16), range(11, 16), range(3, 7)
"""Digits of an E.164 number that is written with and without its ``+``, and of a short code."""
_COUNTRY = re.compile(
    r"1(?=[2-9]\d{9}$)|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-69]|3[578]|42|5[09]|6[7-9]|8[0578]|9[679])\d",
    re.ASCII,
)
"""A country code. North American numbers have ten more digits, and the first is none or one in
none of them; no code begins with 28, 83 or 89."""
_SCHEME = "tel:"
"""How a URI of a number begins (RFC 3966)."""
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015]")
_PLAIN = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def e164(number: str | None) -> str | None:
    """The number in E.164, when that is sure.

    Sure is a number with its ``+``, and 11 to 15 digits without that begin with a country code (the
    documented SMS samples leave the ``+`` out). Ten digits or fewer may be a national number or a
    short code, and a guess would address somebody else; but see ``beside``.
    """
    if not number or _PLAIN.fullmatch(number):
        return number or None
    digits = _SEPARATORS.sub("", number)
    plus = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
        return None
    if plus:
        return f"+{digits}" if len(digits) in _WITH_PLUS else None
    return f"+{digits}" if len(digits) in _WITHOUT and _COUNTRY.match(digits) else None


def from_phone(number: str | int | None) -> Party | None:
    """An SMS address: a phone number, a short code, or an alphanumeric sender id."""
    if isinstance(number, str) and _PLAIN.fullmatch(number):
        return Party(kind="phoneNumber", raw_id=number, phone_number=number)
    raw = text(number)
    if raw is None:
        return None
    written = raw[len(_SCHEME) :] if raw[: len(_SCHEME)].lower() == _SCHEME else raw
    digits = _SEPARATORS.sub("", written).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return Party(kind="alphanumericSender", raw_id=raw)
    if phone_number := e164(written):
        return Party(kind="phoneNumber", raw_id=raw, phone_number=phone_number)
    short = len(digits) in _SHORT_CODE and not written.startswith("+")
    return Party(kind="shortCode" if short else "phoneNumber", raw_id=raw)


def beside(party: Party | None, other: Party | None) -> Party | None:
    """The party with its number in E.164, if the other end of the message makes that sure.

    That is so when it begins with the country code of the other's number and is as long: a national
    number is shorter. So ``4520123456`` in a message to +4570101010 is +4520123456, while the ten
    digits of a number of the United States or India may begin with anything.
    """
    if not party or party.phone_number or not other or not other.phone_number:
        return party
    known = other.phone_number[1:]
    digits = _SEPARATORS.sub("", party.raw_id or "")
    country = _COUNTRY.match(known)
    if party.kind != "phoneNumber" or not country or len(digits) != len(known):
        return party
    is_sure = digits.startswith(country[0])
    return structs.replace(party, phone_number=f"+{digits}") if is_sure else party
