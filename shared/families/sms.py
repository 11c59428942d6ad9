"""Inbound SMS.

Fields: learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events. Samples
there have been PascalCase and camelCase, ``from`` without its ``+``; ``segmentCount`` is newer.
"""

import re
from typing import Any

from msgspec import Struct, field

from shared.families.route import OPEN_AND_SHOW, Route
from shared.reading.envelope import Envelope, provenance
from shared.reading.identities import conversation
from shared.reading.phones import from_phone
from shared.reading.values import Number, Text, moment, number, text
from shared.records.facts import Fact, Message

_SUBJECT = re.compile(r"/?phone_?numbers?/(\+?\d[\d-]*)", re.IGNORECASE | re.ASCII)


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
    sender = from_phone(payload.from_)
    # The subject names the receiving number; data is asked first.
    recipient = from_phone(payload.to) or from_phone(number_in_subject(envelope.subject))
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
        extra=extra,
    )


def number_in_subject(subject: str | None) -> str | None:
    """The number of ``/phonenumber/15555555555``, with or without the leading slash."""
    match = _SUBJECT.match(subject or "")
    return match.group(1) if match else None


# fmt: off
ROWS = (
    Route("Microsoft.Communication.SMSReceived",
        "sms_received", SmsReceived, received, "communication.message.received", OPEN_AND_SHOW),
)
