"""Delivery reports of SMS, e-mail and advanced messages (WhatsApp), in one vocabulary.

Fields and statuses: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,
email,advanced-messaging}-events. SMS codes: learn.microsoft.com/azure/communication-services/
resources/troubleshooting/voice-video-calling/troubleshooting-codes (SMS), as of 2024-07.
"""

import re
from typing import Any

from msgspec import Struct, field

from shared.envelope import Envelope, provenance
from shared.facts import Attempt, Delivery, DeliveryStatus, Fact, Message, Party
from shared.identity import conversation, e164, from_email, from_phone
from shared.sms import number_in_subject
from shared.wire import moment, number, read, text

_STATUSES: dict[str, DeliveryStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "expanded": "expanded",
    "failed": "failed",
    "bounced": "bounced",
    "suppressed": "suppressed",
    "quarantined": "quarantined",
    "filteredspam": "filteredSpam",
}
"""The providers' words, lower-cased. Any other is ``unknown``, and kept as ``providerStatus``."""

FAILURES: frozenset[DeliveryStatus] = frozenset(
    {"failed", "bounced", "suppressed", "quarantined", "filteredSpam"}
)
_FINAL = FAILURES | {"delivered", "read"}

SMS_CODES = {
    "2000": "Delivered.",
    "4000": "Blocked by fraud detection.",
    "4001": "The sender's number has a bad format.",
    "4002": "The recipient's number has a bad format.",
    "4003": "The destination is not supported.",
    "4004": "The recipient's number does not exist.",
    "4005": "Blocked by the carrier.",
    "4006": "The recipient cannot be reached now; try again later.",
    "4007": "The recipient has opted out.",
    "4008": "The sender is over the limit of its messaging profile.",
    "4009": "The resource is not entitled to send this.",
    "4010": "The toll-free number is not verified.",
    "4020": "Too many messages in a short time.",
    "5000": "Failed; contact support.",
    "5001": "The service was unavailable for a moment.",
    "5002": "The carrier sends no delivery reports; the message may have arrived.",
    "9999": "Unknown error.",
}
_OPTED_OUT = "sender blocked for given recipient"
"""What a report said before there were codes (Communication Services SMS FAQ)."""
_CODE = re.compile(r"\s*(\d{4})(?!\d)", re.ASCII)


class SmsReport(Struct, frozen=True, rename="camel"):
    """``AcsSmsDeliveryReportReceivedEventData``."""

    message_id: str | int | None = None
    from_: str | int | None = field(default=None, name="from")
    to: str | int | None = None
    delivery_status: str | None = None
    delivery_status_details: str | int | dict[str, Any] | None = None
    delivery_attempts: list[dict[str, Any]] | None = None
    received_timestamp: str | float | None = None
    tag: str | None = None


class _SmsAttempt(Struct, frozen=True, rename="camel"):
    """``AcsSmsDeliveryAttemptProperties``."""

    timestamp: str | float | None = None
    segments_succeeded: float | str | None = None
    segments_failed: float | str | None = None


class EmailReport(Struct, frozen=True, rename="camel"):
    """``AcsEmailDeliveryReportReceivedEventData``."""

    sender: str | None = None
    recipient: str | None = None
    message_id: str | int | None = None
    status: str | None = None
    delivery_status_details: dict[str, Any] | str | None = None
    delivery_attempt_timestamp: str | float | None = None


class AdvancedStatus(Struct, frozen=True, rename="camel"):
    """``AcsAdvancedMessageDeliveryStatusUpdatedEventData``."""

    message_id: str | int | None = None
    from_: str | int | None = field(default=None, name="from")
    to: str | int | None = None
    status: str | None = None
    channel_type: str | None = None
    received_timestamp: str | float | None = None
    error: dict[str, Any] | None = None


def sms_report(payload: SmsReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How an SMS that the resource sent has fared."""
    sender = from_phone(payload.from_) or from_phone(number_in_subject(envelope.subject))
    recipient = from_phone(payload.to)
    code, details = _sms_details(payload.delivery_status_details, extra)
    occurred_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    return Fact(
        channel="sms",
        event=provenance(envelope),
        conversation=conversation("sms", sender, recipient),
        occurred_at=occurred_at or moment("time", envelope.time, {}),
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(id=text(payload.message_id) or envelope.id),
        delivery=_delivery(
            payload.delivery_status,
            code=code,
            meaning=SMS_CODES.get(code or ""),
            details=details,
            attempts=tuple(_attempt(attempt) for attempt in payload.delivery_attempts or ()),
            tag=payload.tag,
        ),
        extra=extra,
    )


def email_report(payload: EmailReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How an e-mail has fared with one of its recipients."""
    sender, recipient = from_email(payload.sender), from_email(payload.recipient)
    details = _details(payload.delivery_status_details, "statusmessage", extra)
    occurred_at = moment("deliveryAttemptTimestamp", payload.delivery_attempt_timestamp, extra)
    return Fact(
        channel="email",
        event=provenance(envelope),
        conversation=conversation("email", sender, recipient),
        occurred_at=occurred_at or moment("time", envelope.time, {}),
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(id=text(payload.message_id)),
        delivery=_delivery(payload.status, details=details),
        extra=extra,
    )


def advanced_status(payload: AdvancedStatus, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How a WhatsApp (or other channel's) message that the resource sent has fared."""
    channel = (payload.channel_type or "advanced").lower()
    sender, recipient = _channel_party(payload.from_), _channel_party(payload.to)
    error = dict(payload.error or {})
    code, details = _pop(error, "channelcode"), _pop(error, "channelmessage")
    if error:
        extra["error"] = error
    occurred_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    return Fact(
        channel=channel,
        event=provenance(envelope),
        conversation=conversation(channel, sender, recipient),
        occurred_at=occurred_at or moment("time", envelope.time, {}),
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(id=text(payload.message_id)),
        delivery=_delivery(payload.status, code=code, details=details),
        extra=extra,
    )


def _delivery(
    provider_status: str | None,
    *,
    code: str | None = None,
    meaning: str | None = None,
    details: str | None = None,
    attempts: tuple[Attempt, ...] = (),
    tag: str | None = None,
) -> Delivery:
    status = _STATUSES.get((provider_status or "").strip().lower(), "unknown")
    return Delivery(
        status=status,
        final=status in _FINAL,
        provider_status=provider_status,
        code=code,
        meaning=meaning,
        details=details,
        attempts=attempts,
        tag=tag,
    )


def _sms_details(
    wire: str | int | dict[str, Any] | None, extra: dict[str, Any]
) -> tuple[str | None, str | None]:
    """The code and the text of ``2000: Message Delivered``, ``4007`` or ``No error.`` alike."""
    details = _details(wire, "statusmessage", extra)
    if details and _OPTED_OUT in details.lower():
        return "4007", details
    match = _CODE.match(details or "")
    return (match.group(1) if match else None), details


def _details(
    wire: str | int | dict[str, Any] | None, name: str, extra: dict[str, Any]
) -> str | None:
    """Details as text, whether the wire has a string (SMS) or an object (e-mail)."""
    if not isinstance(wire, dict):
        return text(wire)
    rest = dict(wire)
    details = _pop(rest, name)
    if rest:
        extra["deliveryStatusDetails"] = rest
    return details


def _pop(wire: dict[str, Any], name: str) -> str | None:
    """Take a text out of a nested object, whatever the casing of its key."""
    key = next((key for key in wire if key.lower() == name), None)
    if key is None or not isinstance(wire[key], (str, int)):
        return None
    return text(wire.pop(key))


def _attempt(wire: dict[str, Any]) -> Attempt:
    parts, extra = read(_SmsAttempt, wire)
    return Attempt(
        time=moment("timestamp", parts.timestamp, extra),
        segments_succeeded=number("segmentsSucceeded", parts.segments_succeeded, extra),
        segments_failed=number("segmentsFailed", parts.segments_failed, extra),
        extra=extra,
    )


def _channel_party(value: str | int | None) -> Party | None:
    """The customer's phone number, or the id under which the business is registered."""
    raw = text(value)
    if raw is None:
        return None
    if e164(raw):
        return from_phone(raw)
    return Party(kind="channelRegistration", raw_id=raw)
