"""Chat messages, threads and participants, at user level and at thread level.

Fields: learn.microsoft.com/azure/event-grid/communication-services-chat-events. A user-level event
comes once for every user in the thread and names its recipient; a thread-level event comes once.
Both tell the same fact, so one struct and one normalizer reads both. Old names: ``wire.RENAMED``.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from shared.envelope import Envelope, in_subject, provenance
from shared.facts import Fact, Message, Party, Thread
from shared.identity import Identifier, from_identifier, from_participant, merged
from shared.wire import instant, moment, number, strings, take, text

_FORMATS = {"text": "text", "html": "html", "richtext/html": "html", "richtext": "html"}


class ChatMessage(Struct, frozen=True, rename="camel"):
    """``AcsChatMessage…EventData`` of received, edited and deleted, at both levels."""

    message_id: str | int | None = None
    message_body: str | None = None
    sender_communication_identifier: Identifier = None
    sender_display_name: str | None = None
    recipient_communication_identifier: Identifier = None
    compose_time: str | float | None = None
    edit_time: str | float | None = None
    delete_time: str | float | None = None
    type: str | None = None
    version: float | str | None = None
    metadata: dict[str, Any] | None = None
    thread_id: str | None = None


class ChatThread(Struct, frozen=True, rename="camel"):
    """``AcsChatThread…EventData`` of created, deleted and properties updated, at both levels."""

    created_by_communication_identifier: Identifier = None
    edited_by_communication_identifier: Identifier = None
    deleted_by_communication_identifier: Identifier = None
    recipient_communication_identifier: Identifier = None
    create_time: str | float | None = None
    edit_time: str | float | None = None
    delete_time: str | float | None = None
    version: float | str | None = None
    properties: dict[str, Any] | None = None
    participants: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    thread_id: str | None = None


class ChatParticipant(Struct, frozen=True, rename="camel"):
    """``AcsChatParticipant…EventData`` of added and removed, at both levels."""

    participant_added: dict[str, Any] | None = None
    participant_removed: dict[str, Any] | None = None
    added_by_communication_identifier: Identifier = None
    removed_by_communication_identifier: Identifier = None
    recipient_communication_identifier: Identifier = None
    time: str | float | None = None
    create_time: str | float | None = None
    version: float | str | None = None
    thread_id: str | None = None


def message(payload: ChatMessage, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A message was written, edited or deleted."""
    sent_at = moment("composeTime", payload.compose_time, extra)
    edited_at = moment("editTime", payload.edit_time, extra)
    deleted_at = moment("deleteTime", payload.delete_time, extra)
    sender = payload.sender_communication_identifier or in_subject(envelope.subject, "sender")
    return _fact(
        payload,
        envelope,
        extra,
        occurred_at=deleted_at or edited_at or sent_at,
        sender=from_identifier(sender, payload.sender_display_name),
        thread=Thread(id=_thread_id(payload.thread_id, envelope)),
        message=Message(
            id=text(payload.message_id),
            text=payload.message_body,
            format=_FORMATS.get((payload.type or "").lower(), payload.type),
            sent_at=sent_at,
            edited_at=edited_at,
            deleted_at=deleted_at,
            version=number("version", payload.version, extra),
            metadata=strings(payload.metadata),
        ),
    )


def thread_created(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A thread was made, with everybody who is in it from the start."""
    by = payload.created_by_communication_identifier or in_subject(envelope.subject, "createdby")
    return _thread(payload, envelope, extra, by, instant(payload.create_time))


def thread_updated(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """The topic or the metadata of a thread changed."""
    by = payload.edited_by_communication_identifier or in_subject(envelope.subject, "editedby")
    occurred_at = moment("editTime", payload.edit_time, extra)
    return _thread(payload, envelope, extra, by, occurred_at)


def thread_deleted(payload: ChatThread, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A thread came to its end."""
    by = payload.deleted_by_communication_identifier or in_subject(envelope.subject, "deletedby")
    occurred_at = moment("deleteTime", payload.delete_time, extra)
    return _thread(payload, envelope, extra, by, occurred_at)


def participant_added(payload: ChatParticipant, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Somebody joined a thread."""
    by = payload.added_by_communication_identifier
    who = _somebody(payload.participant_added, envelope, "participantadded", "memberadded")
    return _participant(payload, envelope, extra, by, who)


def participant_removed(
    payload: ChatParticipant, envelope: Envelope, extra: dict[str, Any]
) -> Fact:
    """Somebody left a thread, or was made to."""
    by = payload.removed_by_communication_identifier
    who = _somebody(payload.participant_removed, envelope, "participantremoved", "memberremoved")
    return _participant(payload, envelope, extra, by, who)


def _thread(
    payload: ChatThread,
    envelope: Envelope,
    extra: dict[str, Any],
    actor: Identifier,
    occurred_at: str | None,
) -> Fact:
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
    return _fact(
        payload,
        envelope,
        extra,
        occurred_at=occurred_at,
        sender=from_identifier(actor),
        thread=Thread(
            id=_thread_id(payload.thread_id, envelope),
            topic=topic if isinstance(topic, str) else None,
            participants=tuple(_once(map(from_participant, payload.participants or ()))),
            created_at=moment("createTime", payload.create_time, extra),
            version=number("version", payload.version, extra),
            metadata=strings(metadata),
        ),
    )


def _participant(
    payload: ChatParticipant,
    envelope: Envelope,
    extra: dict[str, Any],
    actor: Identifier,
    who: Party | None,
) -> Fact:
    return _fact(
        payload,
        envelope,
        extra,
        occurred_at=moment("time", payload.time, extra),
        sender=from_identifier(actor),
        participant=who,
        thread=Thread(
            id=_thread_id(payload.thread_id, envelope),
            created_at=moment("createTime", payload.create_time, extra),
            version=number("version", payload.version, extra),
        ),
    )


def _fact(
    payload: ChatMessage | ChatThread | ChatParticipant,
    envelope: Envelope,
    extra: dict[str, Any],
    *,
    thread: Thread,
    occurred_at: str | None,
    sender: Party | None,
    message: Message | None = None,
    participant: Party | None = None,
) -> Fact:
    recipient = from_identifier(
        payload.recipient_communication_identifier or in_subject(envelope.subject, "recipient")
    )
    return Fact(
        channel="chat",
        event=provenance(envelope),
        conversation=thread.id,
        occurred_at=occurred_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        participant=participant,
        message=message,
        thread=thread,
        extra=extra,
    )


def _somebody(who: dict[str, Any] | None, envelope: Envelope, *parts: str) -> Party | None:
    """Whoever was added or removed, out of the subject when the data does not say."""
    party = from_participant(who) if who else None
    if party and party.key:
        return party
    named = next((name for part in parts if (name := in_subject(envelope.subject, part))), None)
    return from_identifier(named, party.display_name if party else None) or party


def _once(participants: Iterable[Party]) -> Iterable[Party]:
    """The same people in the same order, nobody twice; who has no id is kept as often as told."""
    seen: dict[str, Party] = {}
    for index, party in enumerate(participants):
        key = party.key or str(index)
        seen[key] = merged(seen[key], party) if key in seen else party
    return seen.values()


def _thread_id(thread_id: str | None, envelope: Envelope) -> str | None:
    return thread_id or in_subject(envelope.subject, "thread")
