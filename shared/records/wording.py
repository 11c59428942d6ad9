"""Titles and texts for people. They go into records, never into logs."""

from shared.records.facts import Fact, Message, Party
from shared.records.parts import DeliveryStatus
from shared.records.plain_text import is_markup, text_of
from shared.records.readable import is_json, one_line, shortened

TITLE_LENGTH = 80
BODY_LENGTH = 240
"""In characters. The whole text is in ``message.text``; a push service takes about 4 KB in all."""

_CHANNEL = {"sms": "SMS", "email": "E-mail", "whatsapp": "WhatsApp"}
_KNOWN_BY_THEIR_ID = {"shortCode", "alphanumericSender", "phoneNumber", "whatsAppUser"}
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
    """``New message from Alice``, ``STOP from +15555550100``, ``Reaction removed from Alice``."""
    name = name_of(fact.sender)
    if fact.keyword:
        what = fact.keyword.upper()
    elif fact.message and fact.message.is_reaction_removed:
        what = "Reaction removed"
    return f"{what} from {name}" if name else what


def what_by_sender(fact: Fact, what: str) -> str:
    """``Message edited by Alice``."""
    name = name_of(fact.sender)
    return f"{what} by {name}" if name else what


def what_and_participant(fact: Fact, what: str) -> str:
    """``Participant added: Alice``."""
    name = name_of(fact.participant)
    return f"{what}: {name}" if name else what


def who_left(fact: Fact, what: str) -> str:
    """``Participant removed: Alice``, and ``Participant left: Alice`` where nobody else did it."""
    who, by = fact.participant, fact.sender
    is_own_doing = bool(who and by and who.key == by.key != "")
    return what_and_participant(fact, "Participant left" if is_own_doing else what)


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
    return reason if reason and not is_json(reason) else delivery(fact, what)


def message_text(fact: Fact, what: str) -> str:
    """What was written, as people read it: no mark-up, and no JSON."""
    message = fact.message or Message()
    text = message.text
    if is_markup(message.format):
        text = message.plain_text or text_of(message.format, text)
    return topic_or_what(fact, what) if not text or is_json(text) else text


def topic_or_what(fact: Fact, what: str) -> str:
    """The topic of the thread, or what happened to it."""
    return (fact.thread and fact.thread.topic) or what


def name_of(party: Party | None) -> str | None:
    """How people know a party. The opaque id of a user means nothing to them."""
    if party is None:
        return None
    name = party.display_name and one_line(party.display_name)
    name = name or party.phone_number or party.email_address
    if not name and party.key and party.kind in _KNOWN_BY_THEIR_ID:
        return (party.raw_id or "").removeprefix("4:")
    return name or None
