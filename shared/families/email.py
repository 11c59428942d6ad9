"""Delivery reports of e-mail.

Fields: learn.microsoft.com/azure/event-grid/communication-services-email-events.
"""

from typing import Any, ClassVar

from msgspec import Struct

from shared.families import reports
from shared.families.route import ALARM, UPDATE_AND_SYNC, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.identities import conversation, from_email
from shared.reading.values import Number, Text, moment, text
from shared.records.facts import Fact, Message


class EmailReport(Struct, frozen=True, rename="camel"):
    """``AcsEmailDeliveryReportReceivedEventData``; ``old_names`` is how third parties call it."""

    old_names: ClassVar = {"deliveryStatus": "status"}

    sender: str | None = None
    recipient: str | None = None
    message_id: Text = None
    status: str | None = None
    delivery_status_details: dict[str, Any] | str | None = None
    delivery_attempt_timestamp: Number = None


def email_report(payload: EmailReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """How an e-mail has fared with one of its recipients."""
    sender = from_email(payload.sender or in_subject(envelope.subject, "sender"))
    recipient = from_email(payload.recipient)
    _, details = reports.explained("deliveryStatusDetails", payload.delivery_status_details, extra)
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
        attempt=reports.as_it_came(payload.status, payload.delivery_status_details),
        delivery=reports.delivery(payload.status, details=details),
        extra=extra,
    )


# fmt: off
ROWS = (
    Route("Microsoft.Communication.EmailDeliveryReportReceived",
        "delivery_report", EmailReport, email_report, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
)
