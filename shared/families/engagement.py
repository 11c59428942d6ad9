"""Whether people read mail: opened, clicked.

Fields: learn.microsoft.com/azure/event-grid/communication-services-email-events. ``recipient`` is
empty where a mail has several; the time is spelled ``userActionTimeStamp`` too.
"""

from typing import Any

from msgspec import Struct

from shared.families.route import UPDATE_AND_SYNC, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.identities import conversation, from_email
from shared.reading.values import Number, Text, moment, text
from shared.records.facts import Fact, Message
from shared.records.parts import Engagement

_ACTIONS = {"view": "opened", "click": "clicked"}


class EmailEngagement(Struct, frozen=True, rename="camel"):
    """``AcsEmailEngagementTrackingReportReceivedEventData``."""

    sender: str | None = None
    recipient: str | None = None
    message_id: Text = None
    user_action_timestamp: Number = None
    engagement_context: str | None = None
    user_agent: str | None = None
    engagement_type: str | None = None


def engagement(payload: EmailEngagement, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A recipient opened a mail, or clicked a link of it."""
    sender = from_email(payload.sender or in_subject(envelope.subject, "sender"))
    recipient = from_email(payload.recipient)
    kind = (text(payload.engagement_type) or "unknown").strip()
    return Fact(
        channel="email",
        direction="outbound",
        event=provenance(envelope),
        conversation=conversation("email", sender, recipient),
        occurred_at=moment("userActionTimestamp", payload.user_action_timestamp, extra),
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=Message(id=text(payload.message_id) or in_subject(envelope.subject, "message")),
        attempt=kind.lower(),
        engagement=Engagement(
            action=_ACTIONS.get(kind.lower(), kind),
            link=text(payload.engagement_context),
            user_agent=text(payload.user_agent),
        ),
        extra=extra,
    )


# fmt: off
ROWS = (
    Route("Microsoft.Communication.EmailEngagementTrackingReportReceived",
        "delivery_report", EmailEngagement, engagement, "communication.engagement.updated",
        UPDATE_AND_SYNC, notify="sender"),
)
