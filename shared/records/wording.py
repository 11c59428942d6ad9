"""Titles and texts for people. They go into records, never into logs."""

import re
from html import unescape

from shared.records.facts import Fact, Party
from shared.records.parts import DeliveryStatus

TITLE_LENGTH = 80
BODY_LENGTH = 240
"""In characters. The whole text is in ``message.text``; a push service takes about 4 KB in all."""

_TAG = re.compile(r"<[^<>]*>")
_CHANNEL = {"sms": "SMS", "email": "E-mail", "whatsapp": "WhatsApp"}
_DELIVERY: dict[DeliveryStatus, str] = {
    "queued": "Queued for",
    "sent": "Sent to",
    "delivered": "Delivered to",
    "read": "Read by",
    "failed": "Not delivered to",
    "unknown": "Delivery status of",
}


def work_title(fact: Fact, headline: str) -> str:
    """``SMS: New message from +15555550100``, ``Chat: Conversation changed (Opening hours)``."""
    if fact.thread and fact.thread.topic:
        headline = f"{headline} ({fact.thread.topic})"
    channel = _CHANNEL.get(fact.channel) or fact.channel.capitalize()
    return shortened(f"{channel}: {headline}", TITLE_LENGTH)


def what_from_sender(fact: Fact, what: str) -> str:
    """``New message from Alice``."""
    name = name_of(fact.sender)
    return f"{what} from {name}" if name else what


def what_by_sender(fact: Fact, what: str) -> str:
    """``Message edited by Alice``."""
    name = name_of(fact.sender)
    return f"{what} by {name}" if name else what


def what_and_participant(fact: Fact, what: str) -> str:
    """``Participant added: Alice``."""
    name = name_of(fact.participant)
    return f"{what}: {name}" if name else what


def only_what(_fact: Fact, what: str) -> str:
    """``Conversation ended``."""
    return what


def sender_or_what(fact: Fact, what: str) -> str:
    """``Alice``, or ``New message``."""
    return name_of(fact.sender) or what


def delivery(fact: Fact, _what: str) -> str:
    """``Not delivered to +15555550100`` or ``Delivered to …``."""
    status = fact.delivery.status if fact.delivery else "unknown"
    name = name_of(fact.recipients[0]) if fact.recipients else None
    return f"{_DELIVERY[status]} {name or 'somebody'}"


def delivery_reason(fact: Fact, what: str) -> str:
    """Why a delivery has its status, if the provider gave a reason."""
    reason = fact.delivery and (fact.delivery.meaning or fact.delivery.details)
    return reason or delivery(fact, what)


def message_text(fact: Fact, what: str) -> str:
    """What was written, without mark-up."""
    text = (fact.message and fact.message.text) or ""
    if fact.message and fact.message.format == "html":
        text = unescape(_TAG.sub(" ", text[: BODY_LENGTH * 20]))
    return text if text.strip() else topic_or_what(fact, what)


def topic_or_what(fact: Fact, what: str) -> str:
    """The topic of the thread, or what happened to it."""
    return (fact.thread and fact.thread.topic) or what


def name_of(party: Party | None) -> str | None:
    """How people know a party. The opaque id of a user means nothing to them."""
    if party is None:
        return None
    name = party.display_name or party.phone_number or party.email_address
    if name is None and party.kind in {
        "shortCode",
        "alphanumericSender",
        "phoneNumber",
        "whatsAppUser",
    }:
        return party.raw_id
    return name


def shortened(text: str, length: int) -> str:
    """One line of at most ``length`` characters, an ellipsis for what is left out."""
    line = " ".join(text[: length * 4].split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
