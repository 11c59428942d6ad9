"""SMS: what comes in, and delivery reports of what goes out.

Fields: learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events. Samples
there have been PascalCase and camelCase, ``from`` without its ``+``; ``segmentCount`` is newer.
"""

import re
from typing import Any, ClassVar
from urllib.parse import unquote

from msgspec import Struct, field

from shared.families import reports
from shared.families.keywords import keyword_of
from shared.families.route import ALARM, OPEN_AND_SHOW, UPDATE_AND_SYNC, Route
from shared.reading.envelope import Envelope, provenance
from shared.reading.fields import read
from shared.reading.identities import conversation
from shared.reading.phones import beside, from_phone
from shared.reading.values import Number, Text, moment, number, text
from shared.records import sms_codes
from shared.records.delivery_codes import SMS_CODES
from shared.records.facts import Fact, Message
from shared.records.parts import Attempt

_SUBJECT = re.compile(r"/?phone_?numbers?/([^/]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"\+?\d[\d-]*|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}", re.ASCII)
"""A number, or an alphanumeric sender id as the SMS FAQ defines it."""


class SmsReceived(Struct, frozen=True, rename="camel"):
    """``AcsSmsReceivedEventData``."""

    message_id: Text = None
    from_: Text = field(default=None, name="from")
    to: Text = None
    message: str | None = None
    received_timestamp: Number = None
    segment_count: Number = None


class SmsReport(Struct, frozen=True, rename="camel"):
    """``AcsSmsDeliveryReportReceivedEventData``; ``old_names`` are those of third parties."""

    old_names: ClassVar = {"status": "deliveryStatus"}

    message_id: Text = None
    from_: Text = field(default=None, name="from")
    to: Text = None
    delivery_status: str | None = None
    delivery_status_details: str | int | dict[str, Any] | None = None
    delivery_attempts: list[dict[str, Any]] | None = None
    received_timestamp: Number = None
    tag: str | None = None
    messaging_connect_partner_message_id: Text = None


class _SmsAttempt(Struct, frozen=True, rename="camel"):
    """``AcsSmsDeliveryAttemptProperties``."""

    timestamp: Number = None
    segments_succeeded: Number = None
    segments_failed: Number = None


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
        keyword=keyword_of(payload.message, recipient),
        extra=extra,
    )


def sms_report(payload: SmsReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Whether an SMS that the resource sent was delivered."""
    from_ = from_phone(payload.from_) or from_phone(number_in_subject(envelope.subject))
    recipient = beside(from_phone(payload.to), from_)
    sender = beside(from_, recipient)
    code, details = _sms_details(payload.delivery_status_details, extra)
    occurred_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    return Fact(
        channel="sms",
        direction="outbound",
        event=provenance(envelope),
        conversation=conversation("sms", sender, recipient),
        occurred_at=occurred_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(
            id=text(payload.message_id) or envelope.id,
            partner_message_id=text(payload.messaging_connect_partner_message_id),
        ),
        attempt=reports.as_it_came(payload.delivery_status, payload.delivery_status_details),
        delivery=reports.delivery(
            payload.delivery_status,
            code=code,
            known=SMS_CODES.get(code or ""),
            details=details,
            attempts=tuple(_attempt(attempt) for attempt in payload.delivery_attempts or ()),
            tag=payload.tag,
        ),
        extra=extra,
    )


def _sms_details(
    wire: str | int | dict[str, Any] | None, extra: dict[str, Any]
) -> tuple[str | None, str | None]:
    """The code and the text of ``2000: Message Delivered``, ``4007`` or ``No error.`` alike."""
    code, details = reports.explained("deliveryStatusDetails", wire, extra)
    return code or (sms_codes.in_words(details) if details else None), details


def _attempt(wire: dict[str, Any]) -> Attempt:
    parts, extra = read(_SmsAttempt, wire)
    return Attempt(
        time=moment("timestamp", parts.timestamp, extra),
        segments_succeeded=number("segmentsSucceeded", parts.segments_succeeded, extra),
        segments_failed=number("segmentsFailed", parts.segments_failed, extra),
        extra=extra,
    )


def number_in_subject(subject: str | None) -> str | None:
    """The address of ``/phonenumber/15555555555``, with or without the leading slash."""
    match = _SUBJECT.match(subject or "")
    address = unquote(match[1]) if match else ""
    return address if _ADDRESS.fullmatch(address) else None


# fmt: off
ROWS = (
    Route("Microsoft.Communication.SMSReceived",
        "sms_received", SmsReceived, received, "communication.message.received", OPEN_AND_SHOW),
    Route("Microsoft.Communication.SMSDeliveryReportReceived",
        "delivery_report", SmsReport, sms_report, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
)
