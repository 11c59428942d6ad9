"""Delivery reports of e-mail.

Fields: learn.microsoft.com/azure/event-grid/communication-services-email-events.
"""

from typing import Any, ClassVar

from msgspec import Struct, structs

from shared.families import reports
from shared.families.route import ALARM, UPDATE_AND_SYNC, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.fields import take
from shared.reading.identities import conversation, from_email
from shared.reading.values import Number, Text, moment, text
from shared.records import mail_codes
from shared.records.facts import Fact, Message
from shared.records.parts import Delivery


class EmailReport(Struct, frozen=True, rename="camel"):
    """``AcsEmailDeliveryReportReceivedEventData``; ``old_names`` are those of third parties."""

    old_names: ClassVar = {"deliveryStatus": "status"}

    sender: str | None = None
    recipient: str | None = None
    message_id: Text = None
    internet_message_id: Text = None
    status: str | None = None
    delivery_status_details: dict[str, Any] | str | None = None
    delivery_attempt_timestamp: Number = None


def email_report(payload: EmailReport, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Whether an e-mail reached one of its recipients."""
    sender = from_email(payload.sender or in_subject(envelope.subject, "sender"))
    recipient = from_email(payload.recipient)
    occurred_at = moment("deliveryAttemptTimestamp", payload.delivery_attempt_timestamp, extra)
    return Fact(
        channel="email",
        direction="outbound",
        event=provenance(envelope),
        conversation=conversation("email", sender, recipient),
        occurred_at=occurred_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(
            id=text(payload.message_id) or in_subject(envelope.subject, "message"),
            internet_message_id=text(payload.internet_message_id),
        ),
        attempt=reports.as_it_came(payload.status, payload.delivery_status_details),
        delivery=_delivery(payload, extra),
        extra=extra,
    )


def _delivery(payload: EmailReport, extra: dict[str, Any]) -> Delivery:
    """The status, and of a failure what the recipient's mail server answered."""
    wire, host = payload.delivery_status_details, None
    if isinstance(wire, dict):
        wire = dict(wire)
        host = take(wire, "recipientmailserverhostname")
        if not isinstance(host, str | None):
            wire["recipientMailServerHostName"] = host
    code, details = reports.explained("deliveryStatusDetails", wire, extra)
    delivery = reports.delivery(payload.status, code=code, details=details)
    if isinstance(host, str):
        delivery = structs.replace(delivery, recipient_mail_server_host_name=text(host))
    answer = mail_codes.in_words(details or "")
    if answer is None:
        return delivery
    delivery = structs.replace(delivery, code=code or answer.code)
    if delivery.status != "failed" or answer.bounce is None:
        return delivery
    reason = delivery.failure_reason
    return structs.replace(
        delivery,
        bounce=answer.bounce,
        meaning=answer.meaning or delivery.meaning,
        failure_reason=answer.reason if reason == "unknown" else reason,
    )


# fmt: off
ROWS = (
    Route("Microsoft.Communication.EmailDeliveryReportReceived",
        "delivery_report", EmailReport, email_report, "communication.delivery.updated",
        UPDATE_AND_SYNC, when_failed=ALARM, notify="sender"),
)
