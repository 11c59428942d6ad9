"""Delivery reports of SMS, e-mail and advanced messages (WhatsApp), in one vocabulary.

Fields: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,email,
advanced-messaging}-events. What statuses and codes mean: ``statuses``.
"""

import re
from typing import Any, ClassVar

import msgspec
from msgspec import Struct, field

from shared.families.route import ALARM, UPDATE_AND_SYNC, Route
from shared.families.sms import number_in_subject
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.fields import read
from shared.reading.identities import conversation, from_email
from shared.reading.phones import e164, from_phone
from shared.reading.values import Number, Text, moment, number, text
from shared.records.delivery_codes import FINAL, SMS_CODES, STATUSES, Outcome, SmsCode
from shared.records.facts import Attempt, Delivery, Fact, Message, Party, PartyKind

_OPTED_OUT = "sender blocked for given recipient"
"""The text of a report of before there were codes (Communication Services SMS FAQ)."""
_CODE = re.compile(r"\s*(\d{4})\s*(?::|$)", re.ASCII)


class SmsReport(Struct, frozen=True, rename="camel"):
    """``AcsSmsDeliveryReportReceivedEventData``; ``old_names`` is how third parties call it."""

    old_names: ClassVar = {"status": "deliveryStatus"}

    message_id: Text = None
    from_: Text = field(default=None, name="from")
    to: Text = None
    delivery_status: str | None = None
    delivery_status_details: str | int | dict[str, Any] | None = None
    delivery_attempts: list[dict[str, Any]] | None = None
    received_timestamp: Number = None
    tag: str | None = None


class _SmsAttempt(Struct, frozen=True, rename="camel"):
    """``AcsSmsDeliveryAttemptProperties``."""

    timestamp: Number = None
    segments_succeeded: Number = None
    segments_failed: Number = None


class EmailReport(Struct, frozen=True, rename="camel"):
    """``AcsEmailDeliveryReportReceivedEventData``; ``old_names`` is how third parties call it."""

    old_names: ClassVar = {"deliveryStatus": "status"}

    sender: str | None = None
    recipient: str | None = None
    message_id: Text = None
    status: str | None = None
    delivery_status_details: dict[str, Any] | str | None = None
    delivery_attempt_timestamp: Number = None


class AdvancedStatus(Struct, frozen=True, rename="camel"):
    """``AcsAdvancedMessageDeliveryStatusUpdatedEventData``; ``old_names`` as in ``EmailReport``."""

    old_names: ClassVar = {"deliveryStatus": "status"}

    message_id: Text = None
    from_: Text = field(default=None, name="from")
    to: Text = None
    status: str | None = None
    channel_type: str | None = None
    received_timestamp: Number = None
    error: dict[str, Any] | str | None = None


def sms_report(payload: SmsReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How an SMS that the resource sent has fared."""
    sender = from_phone(payload.from_) or from_phone(number_in_subject(envelope.subject))
    recipient = from_phone(payload.to)
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
        message=Message(id=text(payload.message_id) or envelope.id),
        attempt=_as_it_came(payload.delivery_status, payload.delivery_status_details),
        delivery=_delivery(
            payload.delivery_status,
            code=code,
            known=SMS_CODES.get(code or ""),
            details=details,
            attempts=tuple(_attempt(attempt) for attempt in payload.delivery_attempts or ()),
            tag=payload.tag,
        ),
        extra=extra,
    )


def email_report(payload: EmailReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How an e-mail has fared with one of its recipients."""
    sender = from_email(payload.sender or in_subject(envelope.subject, "sender"))
    recipient = from_email(payload.recipient)
    _, details = _explained("deliveryStatusDetails", payload.delivery_status_details, extra)
    occurred_at = moment("deliveryAttemptTimestamp", payload.delivery_attempt_timestamp, extra)
    return Fact(
        channel="email",
        direction="outbound",
        event=provenance(envelope),
        conversation=conversation("email", sender, recipient),
        occurred_at=occurred_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(id=text(payload.message_id) or in_subject(envelope.subject, "message")),
        attempt=_as_it_came(payload.status, payload.delivery_status_details),
        delivery=_delivery(payload.status, details=details),
        extra=extra,
    )


def advanced_status(payload: AdvancedStatus, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How a WhatsApp (or other channel's) message that the resource sent has fared."""
    channel = (text(payload.channel_type) or "advanced").lower()
    sender = _channel_party(payload.from_, channel, "channelRegistration")
    recipient = _channel_party(payload.to, channel, "unknown")
    code, details = _explained("error", payload.error, extra)
    occurred_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    return Fact(
        channel=channel,
        direction="outbound",
        event=provenance(envelope),
        conversation=conversation(channel, sender, recipient),
        occurred_at=occurred_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(
            id=text(payload.message_id) or in_subject(envelope.subject, "advancedmessage")
        ),
        attempt=_as_it_came(payload.status, payload.error),
        delivery=_delivery(payload.status, code=code, details=details),
        extra=extra,
    )


def _delivery(
    provider_status: str | None,
    *,
    code: str | None = None,
    known: SmsCode | None = None,
    details: str | None = None,
    attempts: tuple[Attempt, ...] = (),
    tag: str | None = None,
) -> Delivery:
    word = "".join((provider_status or "").lower().split())
    outcome = STATUSES.get(word, Outcome("unknown"))
    if known and outcome.status == "failed":
        # A code that stands for no failure leaves the outcome open: 5002, no reports.
        outcome = Outcome("failed", known.reason) if known.reason else Outcome("unknown")
    return Delivery(
        status=outcome.status,
        final=outcome.status in FINAL,
        failure_reason=outcome.reason,
        bounce="hard" if word == "bounced" else None,
        provider_status=provider_status,
        code=code,
        meaning=known.meaning if known else None,
        details=details,
        attempts=attempts,
        tag=tag,
    )


def _as_it_came(status: str | None, details: Any) -> str:
    """Status and details, before anything is made of them: they are a part of the id."""
    return msgspec.json.encode([(status or "").lower(), details], order="sorted").decode()


def _sms_details(
    wire: str | int | dict[str, Any] | None, extra: dict[str, Any]
) -> tuple[str | None, str | None]:
    """The code and the text of ``2000: Message Delivered``, ``4007`` or ``No error.`` alike."""
    code, details = _explained("deliveryStatusDetails", wire, extra)
    if details and _OPTED_OUT in details.lower():
        return "4007", details
    if code is None and (match := _CODE.match(details or "")):
        code = match.group(1)
    return code, details


def _explained(
    name: str, wire: str | int | dict[str, Any] | None, extra: dict[str, Any]
) -> tuple[str | None, str | None]:
    """Code and text, whether the wire has a string or an object; what else it has is extra."""
    if not isinstance(wire, dict):
        return None, text(wire)
    rest = dict(wire)
    code = _first(rest, "channelcode", "statuscode", "code")
    details = _first(rest, "channelmessage", "statusmessage", "message")
    if rest:
        extra[name] = rest
    return code, details


def _first(wire: dict[str, Any], *names: str) -> str | None:
    """Take the first of these that is a text or a number out of an object."""
    for name in names:
        for key, value in wire.items():
            if key.lower() == name and isinstance(value, (str, int)) and text(value):
                return text(wire.pop(key))
    return None


def _attempt(wire: dict[str, Any]) -> Attempt:
    parts, extra = read(_SmsAttempt, wire)
    return Attempt(
        time=moment("timestamp", parts.timestamp, extra),
        segments_succeeded=number("segmentsSucceeded", parts.segments_succeeded, extra),
        segments_failed=number("segmentsFailed", parts.segments_failed, extra),
        extra=extra,
    )


def _channel_party(value: str | int | None, channel: str, otherwise: PartyKind) -> Party | None:
    """The customer's number, or the id under which the business is registered (``from``).

    WhatsApp's ids are phone numbers with their country code and without a plus, of any length.
    """
    raw = text(value)
    if raw is None:
        return None
    number = f"+{raw}" if channel == "whatsapp" and raw.isdigit() else raw
    if phone_number := e164(number):
        return Party(kind="phoneNumber", raw_id=raw, phone_number=phone_number)
    return Party(kind=otherwise, raw_id=raw)


# fmt: off
ROWS = (
    Route("Microsoft.Communication.SMSDeliveryReportReceived",
        "delivery_report", SmsReport, sms_report, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
    Route("Microsoft.Communication.EmailDeliveryReportReceived",
        "delivery_report", EmailReport, email_report, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
    Route("Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated",
        "delivery_report", AdvancedStatus, advanced_status, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
)
