"""What differs between the types of records: identity, order and wording.

A new type of record is one row in ``KINDS``.
"""

from collections.abc import Callable

from msgspec import Struct

from shared.records import headlines, identity, wording
from shared.records.facts import Fact, RecordType
from shared.records.identity import Change
from shared.records.readable import shortened


class Kind(Struct, frozen=True):
    """All that differs between two types of records."""

    what: str
    """What happened, in words for people."""
    change: Callable[[Fact], Change]
    order: Callable[[Fact], int | None]
    """The number that ``sequence`` begins with; None for the time."""
    headline: Callable[[Fact, str], str]
    """``what`` and the person concerned, for the title of a work item."""
    push_title: Callable[[Fact, str], str] = wording.sender_or_what
    push_body: Callable[[Fact, str], str] = wording.topic_or_what


# fmt: off
KINDS: dict[RecordType, Kind] = {
    "communication.message.received": Kind(
        "New message", identity.message_created, identity.by_message_version,
        wording.what_from_sender, push_body=headlines.message_text),
    "communication.message.edited": Kind(
        "Message edited", identity.message_edited, identity.by_message_version,
        wording.what_by_sender, push_body=wording.message_text),
    "communication.message.deleted": Kind(
        "Message deleted", identity.message_deleted, identity.by_message_version,
        wording.what_by_sender, push_body=wording.message_text),
    "communication.delivery.updated": Kind(
        "Delivery", identity.delivery_updated, identity.by_rank,
        wording.delivery, push_title=wording.delivery, push_body=wording.delivery_reason),
    "communication.thread.created": Kind(
        "Conversation started", identity.thread_created, identity.by_thread_version,
        wording.only_what),
    "communication.thread.updated": Kind(
        "Conversation changed", identity.thread_updated, identity.by_thread_version,
        headlines.thread_changed),
    "communication.thread.deleted": Kind(
        "Conversation ended", identity.thread_created, identity.by_thread_version,
        headlines.thread_ended),
    "communication.participant.added": Kind(
        "Participant added", identity.participant_changed, identity.by_thread_version,
        wording.what_and_participant),
    "communication.participant.removed": Kind(
        "Participant removed", identity.participant_changed, identity.by_thread_version,
        wording.who_left),
    "communication.engagement.updated": Kind(
        "Mail", identity.engagement_updated, identity.by_time,
        headlines.engagement, push_title=headlines.engagement, push_body=headlines.engagement_link),
    "communication.call.incoming": Kind(
        "Incoming call", identity.call_changed, identity.by_time,
        headlines.caller, push_body=headlines.caller),
    "communication.call.started": Kind(
        "Call started", identity.call_changed, identity.by_time, wording.what_by_sender),
    "communication.call.ended": Kind(
        "Call ended", identity.call_changed, identity.by_time,
        headlines.call_ended, push_body=headlines.call_ended),
    "communication.recording.available": Kind(
        "Recording available", identity.recording_available, identity.by_time,
        headlines.recording, push_title=headlines.recording, push_body=headlines.recording),
}
# fmt: on


def work_title(record_type: RecordType, fact: Fact) -> str:
    """The title of a work item."""
    kind = KINDS[record_type]
    return wording.work_title(fact, kind.headline(fact, kind.what))


def push_title(record_type: RecordType, fact: Fact) -> str:
    """The title of a push: who acted, or what happened; never empty."""
    kind = KINDS[record_type]
    return shortened(kind.push_title(fact, kind.what), wording.TITLE_LENGTH) or kind.what


def push_body(record_type: RecordType, fact: Fact) -> str:
    """The text of a push; never empty."""
    kind = KINDS[record_type]
    return shortened(kind.push_body(fact, kind.what), wording.BODY_LENGTH) or kind.what
