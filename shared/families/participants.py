"""Who joins and leaves chat threads, at user level and at thread level, as in ``chat``."""

from typing import Any, ClassVar

from msgspec import Struct, field

from shared.families.chat import in_thread, thread_id_of
from shared.families.route import SYNC, UPDATE, Route
from shared.reading.envelope import Envelope, in_subject
from shared.reading.identifiers import Identifier
from shared.reading.identities import from_identifier, from_participant
from shared.reading.values import Number, moment, number
from shared.records.facts import Fact, Party, Thread

_RENAMED = {
    "recipientId": "recipientCommunicationIdentifier",
    "addedBy": "addedByCommunicationIdentifier",
    "removedBy": "removedByCommunicationIdentifier",
    "memberAdded": "participantAdded",
    "memberRemoved": "participantRemoved",
}
"""Field names of before 2021-03-19, and those of today (Azure/Communication release notes)."""


class ParticipantAdded(Struct, frozen=True, rename="camel"):
    """``AcsChatParticipantAdded…EventData``, at both levels."""

    old_names: ClassVar = _RENAMED

    who: dict[str, Any] | None = field(default=None, name="participantAdded")
    by: Identifier = field(default=None, name="addedByCommunicationIdentifier")
    recipient_communication_identifier: Identifier = None
    time: Number = None
    create_time: Number = None
    version: Number = None
    thread_id: str | None = None


class ParticipantRemoved(Struct, frozen=True, rename="camel"):
    """``AcsChatParticipantRemoved…EventData``, at both levels."""

    old_names: ClassVar = _RENAMED

    who: dict[str, Any] | None = field(default=None, name="participantRemoved")
    by: Identifier = field(default=None, name="removedByCommunicationIdentifier")
    recipient_communication_identifier: Identifier = None
    time: Number = None
    create_time: Number = None
    version: Number = None
    thread_id: str | None = None


def added(payload: ParticipantAdded, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Somebody joined a thread."""
    who = _participant(payload.who, envelope, "participantadded", "memberadded")
    return _fact(payload, envelope, extra, who)


def removed(payload: ParticipantRemoved, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Somebody left a thread, or was removed from it."""
    who = _participant(payload.who, envelope, "participantremoved", "memberremoved")
    return _fact(payload, envelope, extra, who)


def _fact(
    payload: ParticipantAdded | ParticipantRemoved,
    envelope: Envelope,
    extra: dict[str, Any],
    who: Party | None,
) -> Fact:
    return in_thread(
        envelope,
        extra,
        recipient=payload.recipient_communication_identifier,
        occurred_at=moment("time", payload.time, extra),
        sender=from_identifier(payload.by),
        participant=who,
        thread=Thread(
            id=thread_id_of(payload.thread_id, envelope),
            created_at=moment("createTime", payload.create_time, extra),
            version=number("version", payload.version, extra),
        ),
    )


def _participant(who: dict[str, Any] | None, envelope: Envelope, *parts: str) -> Party | None:
    """Whoever was added or removed, out of the subject when the data does not name them."""
    party = from_participant(who) if who else None
    if party and party.key:
        return party
    named = next((name for part in parts if (name := in_subject(envelope.subject, part))), None)
    return from_identifier(named, party.display_name if party else None) or party


# fmt: off
ROWS = (
    Route("Microsoft.Communication.ChatParticipantAddedToThreadWithUser",
        "chat_events", ParticipantAdded, added, "communication.participant.added",
        SYNC, level="user", user_work="update"),
    Route("Microsoft.Communication.ChatParticipantRemovedFromThreadWithUser",
        "chat_events", ParticipantRemoved, removed,
        "communication.participant.removed", SYNC, level="user", user_work="update"),
    # The names of the two before 2021-03, still in Microsoft's samples.
    Route("Microsoft.Communication.ChatMemberAddedToThreadWithUser",
        "chat_events", ParticipantAdded, added, "communication.participant.added",
        SYNC, level="user", user_work="update"),
    Route("Microsoft.Communication.ChatMemberRemovedFromThreadWithUser",
        "chat_events", ParticipantRemoved, removed,
        "communication.participant.removed", SYNC, level="user", user_work="update"),
    Route("Microsoft.Communication.ChatThreadParticipantAdded",
        "chat_events", ParticipantAdded, added, "communication.participant.added",
        UPDATE, level="thread", notify=None),
    Route("Microsoft.Communication.ChatThreadParticipantRemoved",
        "chat_events", ParticipantRemoved, removed,
        "communication.participant.removed", UPDATE, level="thread", notify=None),
)
