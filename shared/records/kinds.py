"""What differs between the types of records: how a change is identified, and its wording.

A new type of record is one row in ``KINDS``.
"""

from collections.abc import Callable

from msgspec import Struct

from shared.records import wording
from shared.records.facts import Fact, Message, RecordType


class Change(Struct, frozen=True):
    """Which change to its message or thread a fact is: a part of a record's id.

    Only what every event of one fact has in common counts, so never the time of publishing, which
    differs for each of the N + 1 chat events of one message.
    """

    version: object = None
    participant: str = ""
    is_named: object = True
    """False where the data does not name the fact; then the event's own id does."""


def message_change(fact: Fact) -> Change:
    """A message is written and deleted once, and edited once for each version."""
    message = fact.message or Message()
    return Change(message.version or message.edited_at, is_named=message.id)


def edit_change(fact: Fact) -> Change:
    """An edit without a version and a time can be any of them."""
    change = message_change(fact)
    return Change(change.version, is_named=change.is_named and change.version)


def delivery_change(fact: Fact) -> Change:
    """Status and code of a message's delivery."""
    report = fact.delivery
    status = f"{report.provider_status}/{report.code}".lower() if report else None
    return Change(status, is_named=fact.message and fact.message.id)


def thread_change(fact: Fact) -> Change:
    """The thread's version, or the time."""
    version = (fact.thread and fact.thread.version) or fact.occurred_at
    return Change(version, is_named=version)


def participant_change(fact: Fact) -> Change:
    """The same, and who it is."""
    change = thread_change(fact)
    who = fact.participant.key if fact.participant else ""
    return Change(change.version, who, is_named=change.version and who)


class Kind(Struct, frozen=True):
    """All that differs between two types of records."""

    what: str
    """What happened, in words for people."""
    change: Callable[[Fact], Change]
    headline: Callable[[Fact, str], str]
    """``what``, and who or whom: in the title of a work item."""
    push_title: Callable[[Fact, str], str] = wording.sender_or_what
    push_body: Callable[[Fact, str], str] = wording.topic_or_what


KINDS: dict[RecordType, Kind] = {
    "communication.message.received": Kind(
        "New message", message_change, wording.what_from_sender, push_body=wording.message_text
    ),
    "communication.message.edited": Kind(
        "Message edited", edit_change, wording.what_by_sender, push_body=wording.message_text
    ),
    "communication.message.deleted": Kind(
        "Message deleted", message_change, wording.what_by_sender, push_body=wording.message_text
    ),
    "communication.delivery.updated": Kind(
        "Delivery",
        delivery_change,
        wording.delivery,
        push_title=wording.delivery,
        push_body=wording.delivery_reason,
    ),
    "communication.thread.created": Kind("Conversation started", thread_change, wording.only_what),
    "communication.thread.updated": Kind("Conversation changed", thread_change, wording.only_what),
    "communication.thread.deleted": Kind("Conversation ended", thread_change, wording.only_what),
    "communication.participant.added": Kind(
        "Participant added", participant_change, wording.what_and_participant
    ),
    "communication.participant.removed": Kind(
        "Participant removed", participant_change, wording.what_and_participant
    ),
}


def work_title(record_type: RecordType, fact: Fact) -> str:
    """The title of a work item."""
    kind = KINDS[record_type]
    return wording.work_title(fact, kind.headline(fact, kind.what))


def push_title(record_type: RecordType, fact: Fact) -> str:
    """The title of a push: who acted, or what happened."""
    kind = KINDS[record_type]
    return wording.shortened(kind.push_title(fact, kind.what), wording.TITLE_LENGTH)


def push_body(record_type: RecordType, fact: Fact) -> str:
    """The text of a push; never empty."""
    kind = KINDS[record_type]
    return wording.shortened(kind.push_body(fact, kind.what), wording.BODY_LENGTH)
