"""Titles and texts for people. They go into records, never into logs."""

import re
from html import unescape

from shared.records.delivery_codes import FAILURES
from shared.records.facts import DeliveryStatus, Fact, Party, RecordType

TITLE_LENGTH = 80
BODY_LENGTH = 240
"""In characters. The whole text is in ``message.text``; a push service takes about 4 KB in all."""

_TAG = re.compile(r"<[^<>]*>")
_WHAT: dict[RecordType, str] = {
    "communication.message.received": "New message",
    "communication.message.edited": "Message edited",
    "communication.message.deleted": "Message deleted",
    "communication.delivery.updated": "Delivery",
    "communication.thread.created": "Conversation started",
    "communication.thread.updated": "Conversation changed",
    "communication.thread.deleted": "Conversation ended",
    "communication.participant.added": "Participant added",
    "communication.participant.removed": "Participant removed",
}


_CHANNEL = {"sms": "SMS", "email": "E-mail", "whatsapp": "WhatsApp"}
_BY: dict[RecordType, str] = {
    "communication.message.received": "from",
    "communication.message.edited": "by",
    "communication.message.deleted": "by",
}
_TO: dict[DeliveryStatus, str] = {
    "sent": "Sent to",
    "delivered": "Delivered to",
    "read": "Read by",
    "expanded": "Expanded for",
    "unknown": "Delivery status of",
}


def work_title(record_type: RecordType, fact: Fact) -> str:
    """``SMS: New message from +15555550100``, ``Chat: Conversation changed (Opening hours)``."""
    what = _delivery(fact) if fact.delivery else _WHAT[record_type]
    about = fact.participant or (fact.sender if fact.message and not fact.delivery else None)
    if about and (name := _name(about)):
        what = f"{what}: {name}" if fact.participant else f"{what} {_BY[record_type]} {name}"
    if fact.thread and fact.thread.topic:
        what = f"{what} ({fact.thread.topic})"
    channel = _CHANNEL.get(fact.channel) or fact.channel.capitalize()
    return _shorten(f"{channel}: {what}", TITLE_LENGTH)


def push_title(record_type: RecordType, fact: Fact) -> str:
    """Who wrote, or what happened."""
    if fact.delivery:
        return _shorten(_delivery(fact), TITLE_LENGTH)
    name = _name(fact.sender) if fact.sender else None
    return _shorten(name or _WHAT[record_type], TITLE_LENGTH)


def push_body(record_type: RecordType, fact: Fact) -> str:
    """What was written, without mark-up, or what happened."""
    if fact.delivery:
        reason = fact.delivery.meaning or fact.delivery.details
        return _shorten(reason or _delivery(fact), BODY_LENGTH)
    written = (fact.message.text if fact.message else None) or ""
    if fact.message and fact.message.format == "html":
        written = unescape(_TAG.sub(" ", written[: BODY_LENGTH * 20]))
    topic = fact.thread.topic if fact.thread else None
    return _shorten(written, BODY_LENGTH) or _shorten(topic or _WHAT[record_type], BODY_LENGTH)


def _delivery(fact: Fact) -> str:
    """``Not delivered to +15555550100`` or ``Delivered to …``."""
    status = fact.delivery.status if fact.delivery else "unknown"
    what = "Not delivered to" if status in FAILURES else _TO[status]
    name = _name(fact.recipients[0]) if fact.recipients else None
    return f"{what} {name or 'somebody'}"


def _name(party: Party) -> str | None:
    """How people know a party. The opaque id of a user says nothing to them."""
    if party.display_name:
        return party.display_name
    if party.phone_number or party.email_address:
        return party.phone_number or party.email_address
    return (
        party.raw_id if party.kind in {"shortCode", "alphanumericSender", "phoneNumber"} else None
    )


def _shorten(written: str, length: int) -> str:
    """One line of at most ``length`` characters, an ellipsis for what is left out."""
    line = " ".join(written[: length * 4].split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
