"""Delivery reports of advanced messages: WhatsApp, and channels to come.

Fields: learn.microsoft.com/azure/event-grid/communication-services-advanced-messaging-events.
"""

from typing import Any, ClassVar

from msgspec import Struct, field

from shared.families import reports
from shared.families.route import ALARM, UPDATE_AND_SYNC, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.identities import conversation
from shared.reading.phones import e164
from shared.reading.values import Number, Text, moment, text
from shared.records.facts import Fact, Message, Party, PartyKind


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


def advanced_status(payload: AdvancedStatus, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How a WhatsApp (or other channel's) message that the resource sent has fared."""
    channel = (text(payload.channel_type) or "advanced").lower()
    sender = _channel_party(payload.from_, channel, "channelRegistration")
    recipient = _channel_party(payload.to, channel, "unknown")
    code, details = reports.explained("error", payload.error, extra)
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
        attempt=reports.as_it_came(payload.status, payload.error),
        delivery=reports.delivery(payload.status, code=code, details=details),
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
    Route("Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated",
        "delivery_report", AdvancedStatus, advanced_status, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
)
