"""Chat threads, at user level and at thread level, as in ``chat``."""

from typing import Any, ClassVar

from msgspec import Struct, field

from shared.families.chat import in_thread, thread_id_of
from shared.families.route import CLOSE, OPEN, SYNC, UPDATE, Route
from shared.reading.envelope import Envelope, in_subject
from shared.reading.fields import read, take
from shared.reading.identifiers import Identifier
from shared.reading.identities import each_once, from_identifier, from_participant
from shared.reading.values import Number, moment, number, strings, text
from shared.records.facts import Fact, Thread
from shared.records.parts import RetentionPolicy

_RENAMED = {
    "recipientId": "recipientCommunicationIdentifier",
    "createdBy": "createdByCommunicationIdentifier",
    "editedBy": "editedByCommunicationIdentifier",
    "deletedBy": "deletedByCommunicationIdentifier",
    "members": "participants",
}
"""Field names of before 2021-03-19, and those of today (Azure/Communication release notes)."""


class ThreadCreated(Struct, frozen=True, rename="camel"):
    """``AcsChatThreadCreated…EventData``, at both levels."""

    old_names: ClassVar = _RENAMED

    by: Identifier = field(default=None, name="createdByCommunicationIdentifier")
    recipient_communication_identifier: Identifier = None
    create_time: Number = None
    version: Number = None
    properties: dict[str, Any] | None = None
    participants: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    retention_policy: dict[str, Any] | None = None
    thread_id: str | None = None


class ThreadUpdated(Struct, frozen=True, rename="camel"):
    """``AcsChatThreadPropertiesUpdated…EventData``, at both levels."""

    old_names: ClassVar = _RENAMED

    by: Identifier = field(default=None, name="editedByCommunicationIdentifier")
    recipient_communication_identifier: Identifier = None
    create_time: Number = None
    edit_time: Number = None
    version: Number = None
    properties: dict[str, Any] | None = None
    participants: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    retention_policy: dict[str, Any] | None = None
    thread_id: str | None = None


class ThreadDeleted(Struct, frozen=True, rename="camel"):
    """``AcsChatThread…DeletedEventData``, at both levels."""

    old_names: ClassVar = _RENAMED

    by: Identifier = field(default=None, name="deletedByCommunicationIdentifier")
    recipient_communication_identifier: Identifier = None
    create_time: Number = None
    delete_time: Number = None
    version: Number = None
    properties: dict[str, Any] | None = None
    participants: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None
    reason: str | None = None
    thread_id: str | None = None


class _RetentionPolicy(Struct, frozen=True, rename="camel"):
    """``AcsChatThreadRetentionPolicy``: kind ``none`` or ``threadCreationDate``."""

    kind: str | None = None
    delete_thread_after_days: Number = None


def thread_created(payload: ThreadCreated, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A thread was made, with everybody who is in it from the start."""
    by = payload.by or in_subject(envelope.subject, "createdby")
    thread = _thread(payload, envelope, extra, retention=_retention(payload, extra))
    return _thread_fact(payload, envelope, extra, by, thread, thread.created_at)


def thread_updated(payload: ThreadUpdated, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """The topic, the metadata or the retention policy of a thread changed."""
    by = payload.by or in_subject(envelope.subject, "editedby")
    edited_at = moment("editTime", payload.edit_time, extra)
    thread = _thread(payload, envelope, extra, retention=_retention(payload, extra))
    return _thread_fact(payload, envelope, extra, by, thread, edited_at)


def thread_deleted(payload: ThreadDeleted, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A person or a policy (``reason``) deleted a thread."""
    by = payload.by or in_subject(envelope.subject, "deletedby")
    deleted_at = moment("deleteTime", payload.delete_time, extra)
    thread = _thread(payload, envelope, extra, reason=text(payload.reason))
    return _thread_fact(payload, envelope, extra, by, thread, deleted_at)


def _retention(
    payload: ThreadCreated | ThreadUpdated, extra: dict[str, Any]
) -> RetentionPolicy | None:
    if not payload.retention_policy:
        return None
    policy, rest = read(_RetentionPolicy, payload.retention_policy)
    days = number("deleteThreadAfterDays", policy.delete_thread_after_days, rest)
    if rest:
        extra["retentionPolicy"] = rest
    return RetentionPolicy(kind=text(policy.kind), delete_thread_after_days=days)


def _thread(
    payload: ThreadCreated | ThreadUpdated | ThreadDeleted,
    envelope: Envelope,
    extra: dict[str, Any],
    *,
    retention: RetentionPolicy | None = None,
    reason: str | None = None,
) -> Thread:
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
        participants=each_once(map(from_participant, payload.participants or ())),
        created_at=moment("createTime", payload.create_time, extra),
        version=number("version", payload.version, extra),
        metadata=strings(metadata),
        retention_policy=retention,
        reason=reason,
    )


def _thread_fact(
    payload: ThreadCreated | ThreadUpdated | ThreadDeleted,
    envelope: Envelope,
    extra: dict[str, Any],
    by: Identifier,
    thread: Thread,
    occurred_at: str | None,
) -> Fact:
    return in_thread(
        envelope,
        extra,
        recipient=payload.recipient_communication_identifier,
        occurred_at=occurred_at,
        sender=from_identifier(by),
        thread=thread,
    )


# fmt: off
ROWS = (
    Route("Microsoft.Communication.ChatThreadCreatedWithUser",
        "chat_events", ThreadCreated, thread_created, "communication.thread.created", SYNC,
        level="user", user_work="open"),
    Route("Microsoft.Communication.ChatThreadPropertiesUpdatedPerUser",
        "chat_events", ThreadUpdated, thread_updated, "communication.thread.updated", SYNC,
        level="user", user_work="update"),
    Route("Microsoft.Communication.ChatThreadWithUserDeleted",
        "chat_events", ThreadDeleted, thread_deleted, "communication.thread.deleted", SYNC,
        level="user", user_work="close"),
    Route("Microsoft.Communication.ChatThreadCreated",
        "chat_events", ThreadCreated, thread_created, "communication.thread.created", OPEN,
        level="thread", notify=None),
    Route("Microsoft.Communication.ChatThreadPropertiesUpdated",
        "chat_events", ThreadUpdated, thread_updated, "communication.thread.updated", UPDATE,
        level="thread", notify=None),
    Route("Microsoft.Communication.ChatThreadDeleted",
        "chat_events", ThreadDeleted, thread_deleted, "communication.thread.deleted", CLOSE,
        level="thread", notify=None),
)
