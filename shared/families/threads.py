"""Chat threads and their participants, at user level and at thread level, as in ``chat``."""

from typing import Any

from msgspec import Struct

from shared.families.chat import in_thread, thread_id_of
from shared.reading.envelope import Envelope, in_subject
from shared.reading.fields import take
from shared.reading.identifiers import Identifier, Participant
from shared.reading.identities import from_identifier, from_participant, merged
from shared.reading.values import Number, moment, number, strings
from shared.records.facts import Fact, Party, Thread


class ChatThread(Struct, frozen=True, rename="camel"):
    """``AcsChatThread…EventData`` of created, deleted and properties updated, at both levels."""

    created_by_communication_identifier: Identifier = None
    edited_by_communication_identifier: Identifier = None
    deleted_by_communication_identifier: Identifier = None
    recipient_communication_identifier: Identifier = None
    create_time: Number = None
    edit_time: Number = None
    delete_time: Number = None
    version: Number = None
    properties: dict[str, Any] | None = None
    participants: list[Participant] | None = None
    metadata: dict[str, Any] | None = None
    thread_id: str | None = None


class ChatParticipant(Struct, frozen=True, rename="camel"):
    """``AcsChatParticipant…EventData`` of added and removed, at both levels."""

    participant_added: Participant | None = None
    participant_removed: Participant | None = None
    added_by_communication_identifier: Identifier = None
    removed_by_communication_identifier: Identifier = None
    recipient_communication_identifier: Identifier = None
    time: Number = None
    create_time: Number = None
    version: Number = None
    thread_id: str | None = None


def thread_created(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A thread was made, with everybody who is in it from the start."""
    by = payload.created_by_communication_identifier or in_subject(envelope.subject, "createdby")
    _keep(payload, envelope, extra, "edited_by_communication_identifier", "edit_time")
    _keep(payload, envelope, extra, "deleted_by_communication_identifier", "delete_time")
    thread = _thread(payload, envelope, extra)
    return _told(payload, envelope, extra, by, thread, thread.created_at)


def thread_updated(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """The topic or the metadata of a thread changed."""
    by = payload.edited_by_communication_identifier or in_subject(envelope.subject, "editedby")
    _keep(payload, envelope, extra, "created_by_communication_identifier")
    _keep(payload, envelope, extra, "deleted_by_communication_identifier", "delete_time")
    occurred_at = moment("editTime", payload.edit_time, extra)
    thread = _thread(payload, envelope, extra)
    return _told(payload, envelope, extra, by, thread, occurred_at)


def thread_deleted(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A thread came to its end."""
    by = payload.deleted_by_communication_identifier or in_subject(envelope.subject, "deletedby")
    _keep(payload, envelope, extra, "created_by_communication_identifier")
    _keep(payload, envelope, extra, "edited_by_communication_identifier", "edit_time")
    occurred_at = moment("deleteTime", payload.delete_time, extra)
    thread = _thread(payload, envelope, extra)
    return _told(payload, envelope, extra, by, thread, occurred_at)


def participant_added(payload: ChatParticipant, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Somebody joined a thread."""
    by = payload.added_by_communication_identifier
    _keep(payload, envelope, extra, "removed_by_communication_identifier", "participant_removed")
    who = _somebody(payload.participant_added, envelope, "participantadded", "memberadded")
    return _participant(payload, envelope, extra, by, who)


def participant_removed(
    payload: ChatParticipant, envelope: Envelope, extra: dict[str, Any]
) -> Fact:
    """Somebody left a thread, or was made to."""
    by = payload.removed_by_communication_identifier
    _keep(payload, envelope, extra, "added_by_communication_identifier", "participant_added")
    who = _somebody(payload.participant_removed, envelope, "participantremoved", "memberremoved")
    return _participant(payload, envelope, extra, by, who)


def _thread(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Thread:
    properties = dict(payload.properties or {})
    topic = take(properties, "topic")
    misplaced = take(properties, "metadata")  # where azure-rest-api-specs PR #26347 put it
    metadata = payload.metadata or (misplaced if isinstance(misplaced, dict) else None)
    if not isinstance(topic, str | None):
        properties["topic"] = topic
    if misplaced and misplaced is not metadata:
        properties["metadata"] = misplaced
    if properties:
        extra["properties"] = properties
    return Thread(
        id=thread_id_of(payload.thread_id, envelope),
        topic=topic if isinstance(topic, str) else None,
        participants=_once(tuple(map(from_participant, payload.participants or ()))),
        created_at=moment("createTime", payload.create_time, extra),
        version=number("version", payload.version, extra),
        metadata=strings(metadata),
    )


def _told(
    payload: ChatThread,
    envelope: Envelope,
    extra: dict[str, Any],
    actor: Identifier,
    thread: Thread,
    occurred_at: str | None,
) -> Fact:
    return in_thread(
        envelope,
        extra,
        recipient=payload.recipient_communication_identifier,
        occurred_at=occurred_at,
        sender=from_identifier(actor),
        thread=thread,
    )


def _participant(
    payload: ChatParticipant,
    envelope: Envelope,
    extra: dict[str, Any],
    actor: Identifier,
    who: Party | None,
) -> Fact:
    return in_thread(
        envelope,
        extra,
        recipient=payload.recipient_communication_identifier,
        occurred_at=moment("time", payload.time, extra),
        sender=from_identifier(actor),
        participant=who,
        thread=Thread(
            id=thread_id_of(payload.thread_id, envelope),
            created_at=moment("createTime", payload.create_time, extra),
            version=number("version", payload.version, extra),
        ),
    )


def _keep(payload: Struct, envelope: Envelope, extra: dict[str, Any], *fields: str) -> None:
    """Keep what belongs to another event type of the same struct, as it came."""
    for field in fields:
        if (value := getattr(payload, field)) is not None:
            name = payload.__struct_encode_fields__[payload.__struct_fields__.index(field)]
            extra[name] = envelope.data[name] if isinstance(value, Struct) else value


def _somebody(who: Participant | None, envelope: Envelope, *parts: str) -> Party | None:
    """Whoever was added or removed, out of the subject when the data does not say."""
    party = from_participant(who) if who else None
    if party and party.key:
        return party
    named = next((name for part in parts if (name := in_subject(envelope.subject, part))), None)
    return from_identifier(named, party.display_name if party else None) or party


def _once(participants: tuple[Party, ...]) -> tuple[Party, ...]:
    """The same people in the same order, nobody twice; who has no id is kept as often as told."""
    if len({party.key for party in participants}) == len(participants):
        return participants
    seen: dict[str, Party] = {}
    for index, party in enumerate(participants):
        key = party.key or str(index)
        seen[key] = merged(seen[key], party) if key in seen else party
    return tuple(seen.values())
