"""Advanced messages, WhatsApp and channels to come: delivery reports, and parties.

Fields: learn.microsoft.com/azure/event-grid/communication-services-advanced-messaging-events;
``toBSUID`` and users without a number: azure-docs, whatsapp-username-support-overview (2026-04).
"""

import re
from typing import Any, ClassVar

from msgspec import Struct, field

from shared.families import reports
from shared.families.route import ALARM, UPDATE_AND_SYNC, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.identities import conversation
from shared.reading.phones import e164
from shared.reading.values import Number, Text, moment, text
from shared.records import whatsapp_codes
from shared.records.facts import Fact, Message, Party
from shared.records.parts import Delivery

_BUSINESS_SCOPED = re.compile(r"[A-Za-z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
"""Country, a dot, letters and digits (developers.facebook.com/docs/whatsapp/business-scoped-user-
ids)."""


class AdvancedStatus(Struct, frozen=True, rename="camel"):
    """``AcsAdvancedMessageDeliveryStatusUpdatedEventData``; ``old_names`` as in ``EmailReport``.

    ``errors``, ``errorCode`` and ``errorMessage`` are WhatsApp's own forms of ``error``.
    """

    old_names: ClassVar = {"deliveryStatus": "status"}

    message_id: Text = None
    from_: Text = field(default=None, name="from")
    to: Text = None
    to_bsuid: Text = field(default=None, name="toBSUID")
    status: str | None = None
    channel_type: str | None = None
    received_timestamp: Number = None
    error: dict[str, Any] | list[Any] | str | int | None = None
    errors: dict[str, Any] | list[Any] | str | None = None
    error_code: Text = None
    error_message: str | None = None


def advanced_status(payload: AdvancedStatus, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Whether a message of WhatsApp or another channel that the resource sent was delivered."""
    channel = channel_of(payload.channel_type)
    sender = registration(payload.from_, channel)
    recipient = user("to", payload.to, payload.to_bsuid, channel, extra)
    occurred_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    error = _error(payload)
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
        attempt=reports.as_it_came(payload.status, error),
        delivery=_delivery(payload, error, extra),
        extra=extra,
    )


def _error(payload: AdvancedStatus) -> Any:
    """The error as it came, in whatever form; a list where it came in several."""
    flat = {"errorCode": text(payload.error_code), "errorMessage": text(payload.error_message)}
    others = [form for form in (payload.errors, flat if any(flat.values()) else None) if form]
    return [payload.error, *others] if others else payload.error


def _delivery(payload: AdvancedStatus, error: Any, extra: dict[str, Any]) -> Delivery:
    code, details = reports.explained("error", error, extra)
    if code is None and details:
        code = whatsapp_codes.in_words(details)
    known = whatsapp_codes.find(code)
    return reports.delivery(payload.status, code=code, known=known, details=details)


def channel_of(channel_type: str | None) -> str:
    """``whatsapp``, or the provider's word for another channel."""
    return (text(channel_type) or "advanced").lower()


def registration(value: Text, channel: str) -> Party | None:
    """The business, by the id under which it is registered; a number in some samples."""
    raw = text(value)
    return (
        _by_number(raw, channel) or (raw and Party(kind="channelRegistration", raw_id=raw)) or None
    )


def user(
    name: str, value: Text, business_scoped: Text, channel: str, extra: dict[str, Any]
) -> Party | None:
    """The customer: by the number, else by the business-scoped user id, which is kept beside it.

    A user who hides the number has only that id, in a field of its own (``toBSUID``,
    ``fromBSUID``) or in place of the number. What else stands there is kept in ``extra``.
    """
    raw, scoped = text(value), text(business_scoped)
    if raw and scoped is None and _BUSINESS_SCOPED.fullmatch(raw):
        scoped = raw
    if raw and (party := _by_number(raw, channel, scoped)):
        return party
    if scoped is None:
        return Party(kind="unknown", raw_id=raw) if raw else None
    if raw and raw.lower() != scoped.lower():
        extra[name] = raw
    return Party(kind="whatsAppUser", raw_id=scoped, business_scoped_user_id=scoped)


def _by_number(raw: str | None, channel: str, scoped: str | None = None) -> Party | None:
    """WhatsApp's ids are numbers with their country code and without a plus, of any length."""
    number = f"+{raw}" if raw and channel == "whatsapp" and raw.isdigit() else raw
    if phone_number := e164(number):
        return Party(
            kind="phoneNumber",
            raw_id=raw,
            phone_number=phone_number,
            business_scoped_user_id=scoped,
        )
    return None


# fmt: off
ROWS = (
    Route("Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated",
        "delivery_report", AdvancedStatus, advanced_status, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
)
