"""Inbound SMS.

Fields: learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events. Samples
there have been PascalCase and camelCase, ``from`` without its ``+``; ``segmentCount`` is newer.
"""

import re
from typing import Any
from urllib.parse import unquote

from msgspec import Struct, field

from shared.families.route import OPEN_AND_SHOW, Route
from shared.reading.envelope import Envelope, provenance
from shared.reading.identities import conversation
from shared.reading.phones import beside, from_phone
from shared.reading.values import Number, Text, moment, number, text
from shared.records.facts import Fact, Keyword, Message, Party
from shared.records.readable import one_line

_SUBJECT = re.compile(r"/?phone_?numbers?/([^/]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"\+?\d[\d-]*|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}", re.ASCII)
"""A number, or an alphanumeric sender id as the SMS FAQ defines it."""

_KEYWORDS: dict[str, Keyword] = {
    "stop": "stop",
    "stopall": "stop",
    "unsubscribe": "stop",
    "cancel": "stop",
    "end": "stop",
    "quit": "stop",
    "opt out": "stop",
    "opt-out": "stop",
    "optout": "stop",
    "revoke": "stop",
    "start": "start",
    "unstop": "start",
    "help": "help",
    "info": "help",
}
"""learn.microsoft.com/azure/communication-services/concepts/sms/sms-faq ("Opt-out handling") and
the words that carriers of the United States honour (CTIA Messaging Principles, 47 CFR 64.1200)."""
_LONGEST_KEYWORD = 40
"""Characters, blanks around it included: what is longer is a message."""
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)\d{7}", re.ASCII)
"""There ``YES`` means ``START``; to any other number it is an answer."""


class SmsReceived(Struct, frozen=True, rename="camel"):
    """``AcsSmsReceivedEventData``."""

    message_id: Text = None
    from_: Text = field(default=None, name="from")
    to: Text = None
    message: str | None = None
    received_timestamp: Number = None
    segment_count: Number = None


def received(payload: SmsReceived, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A text message reached one of the resource's numbers."""
    received_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    # The subject names the receiving number; data is asked first.
    to = from_phone(payload.to) or from_phone(number_in_subject(envelope.subject))
    sender = beside(from_phone(payload.from_), to)
    recipient = beside(to, sender)
    return Fact(
        channel="sms",
        direction="inbound",
        event=provenance(envelope),
        conversation=conversation("sms", recipient, sender),
        occurred_at=received_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(
            id=text(payload.message_id) or envelope.id,
            text=payload.message,
            format="text",
            sent_at=received_at,
            segments=number("segmentCount", payload.segment_count, extra),
        ),
        keyword=_keyword(payload.message, recipient),
        extra=extra,
    )


def _keyword(message: str | None, recipient: Party | None) -> Keyword | None:
    """The keyword that a message is, if it is one alone, in any casing and with a full stop."""
    if not message or len(message) > _LONGEST_KEYWORD:
        return None
    word = one_line(message).rstrip(" .!?,;:").lower()
    if word == "yes" and recipient and _TOLL_FREE.fullmatch(recipient.phone_number or ""):
        return "start"
    return _KEYWORDS.get(word)


def number_in_subject(subject: str | None) -> str | None:
    """The address of ``/phonenumber/15555555555``, with or without the leading slash."""
    match = _SUBJECT.match(subject or "")
    address = unquote(match[1]) if match else ""
    return address if _ADDRESS.fullmatch(address) else None


# fmt: off
ROWS = (
    Route("Microsoft.Communication.SMSReceived",
        "sms_received", SmsReceived, received, "communication.message.received", OPEN_AND_SHOW),
)
