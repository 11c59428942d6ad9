"""The SMTP codes in the details of an e-mail report: ``550 5.1.1``, and what they mean.

Codes: RFC 5321, section 4.2; enhanced status codes: RFC 3463 and its registry at
iana.org/assignments/smtp-enhanced-status-codes. A code that begins with 5 is for good (a hard
bounce), with 4 for now (a soft one): the mailbox is full, the server is busy.
"""

import re
from typing import Literal

from msgspec import Struct

from shared.records.parts import FailureReason

_ENHANCED = r"([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)"
_LOOKED_AT = 1000
"""Characters; a server's answer stands at the beginning."""
_BETWEEN = r"[ \-#(:]+"
_CODES = re.compile(
    rf"(?<![\w.])([245]\d\d){_BETWEEN}{_ENHANCED}"
    rf"|(?<![\w.]){_ENHANCED}"
    r"|(?:^[\W_]*|[;:'\"(\[]\s*|(?:smtp|code|error|status|said)\W*)([245]\d\d)"
    rf"(?!\w|[.-]\d|{_BETWEEN}{_ENHANCED})",
    re.ASCII | re.IGNORECASE,
)
_MEANINGS: tuple[tuple[str, str, FailureReason], ...] = (
    ("1.1", "There is no such mailbox.", "invalidRecipient"),
    ("1.10", "There is no such mailbox.", "invalidRecipient"),
    ("1.2", "There is no such mail domain.", "invalidRecipient"),
    ("1.3", "The recipient's address is not valid.", "invalidRecipient"),
    ("1.6", "The mailbox has moved.", "invalidRecipient"),
    ("2.1", "The mailbox is disabled.", "invalidRecipient"),
    ("2.2", "The mailbox is full.", "bounced"),
    ("2.3", "The message is too long for this mailbox.", "bounced"),
    ("3.4", "The message is too large.", "bounced"),
    ("4.1", "The recipient's mail server does not answer.", "unreachable"),
    ("4.2", "The connection to the recipient's mail server broke.", "unreachable"),
    ("4.3", "The recipient's mail domain cannot be looked up.", "unreachable"),
    ("4.4", "There is no way to the recipient's mail server.", "unreachable"),
    ("4.7", "It could not be delivered in time.", "expired"),
    ("7.0", "Refused by the recipient's policy.", "blocked"),
    ("7.1", "Refused by the recipient's policy.", "blocked"),
    ("7.23", "Refused: the sending domain fails authentication (SPF).", "misconfigured"),
    ("7.26", "Refused: the sending domain fails authentication.", "misconfigured"),
)
_UNKNOWN: tuple[str | None, FailureReason] = (None, "bounced")
_BY_DETAIL: dict[str, tuple[str | None, FailureReason]] = {
    detail: (meaning, reason) for detail, meaning, reason in _MEANINGS
}


class MailCode(Struct, frozen=True):
    """What a mail server answered."""

    code: str
    """``550 5.1.1``, or the one of the two that is there."""
    bounce: Literal["hard", "soft"] | None
    """None where the code stands for no failure."""
    meaning: str | None
    reason: FailureReason


def in_words(details: str) -> MailCode | None:
    """The first code of a mail server's answer; no number of bytes, year or address is one."""
    match = _CODES.search(details[:_LOOKED_AT])
    if match is None:
        return None
    smtp, enhanced = match.group(1) or match.group(4), match.group(2) or match.group(3)
    code = " ".join(part for part in (smtp, enhanced) if part)
    meaning, reason = _BY_DETAIL.get((enhanced or "").partition(".")[2], _UNKNOWN)
    # The enhanced code decides: some servers answer 550 4.4.7.
    bounces: dict[str, Literal["hard", "soft"]] = {"5": "hard", "4": "soft"}
    return MailCode(code, bounces.get((enhanced or code)[0]), meaning, reason)
