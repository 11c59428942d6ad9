"""The records of a fact, with their ids and their order.

An id is about the fact, not about its delivery. The same event delivered twice gives the same
bytes; one chat message, which comes as N user-level events and one thread-level event, gives N push
notifications with N ids, and work items that all have one. A consumer that drops ids it has seen
counts nothing twice.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct, structs

from shared.reading.envelope import Envelope
from shared.reading.values import instant, later, uri_reference
from shared.records import identity
from shared.records.cloudevents import (
    PUSH_NOTIFICATION_SCHEMA,
    WORK_ITEM_SCHEMA,
    Action,
    Encoded,
    InterruptionLevel,
    Priority,
    PushNotification,
    Record,
    WorkItem,
)
from shared.records.facts import Content, Fact, Party, RecordType
from shared.records.kinds import KINDS, push_body, push_title, work_title

UNKNOWN_SOURCE = "/unknown"
"""CloudEvents requires a source; this one stands for an event that names none."""

_json = msgspec.json.Encoder().encode


class Origin(Struct, frozen=True):
    """What all records of one fact have in common, worked out once."""

    type: RecordType
    fact: Fact
    content: Mapping[str, Any]
    """The fields of the fact that records carry."""
    source: str
    time: str | None
    traceparent: str | None
    subject: str
    """The conversation's key."""
    sequence: str | None
    key: tuple[Any, ...]
    """What names the fact; with the purpose of a record it is the record's identity."""
    event_id: str
    """The id of the event, or the digest of its data."""


def origin(record_type: RecordType, fact: Fact, envelope: Envelope, revision: int) -> Origin:
    """Gather what the records of a fact have in common.

    Args:
        record_type: what happened.
        fact: the same in detail.
        envelope: of the event behind it.
        revision: 0, or which correction of the same fact this is.
    """
    event_id = envelope.id or _digest(envelope)
    message_id = (fact.message.id if fact.message else None) or ""
    if not fact.conversation:
        name = f"{fact.channel}:unknown:{message_id or event_id}"
        fact = structs.replace(fact, conversation=name)
    kind = KINDS[record_type]
    change = kind.change(fact)
    source = _one_casing(envelope.source or "")
    # Each user's copy of a chat event is published at another time.
    published = None if fact.channel == "chat" else instant(envelope.time)
    named_by = None if change.is_named else event_id
    time = fact.occurred_at or published
    return Origin(
        type=record_type,
        fact=fact,
        content={name: getattr(fact, name) for name in Content.__struct_fields__},
        source=uri_reference(source or UNKNOWN_SOURCE),
        time=time,
        traceparent=envelope.traceparent,
        subject=identity.conversation_key(fact.conversation),
        sequence=identity.sequence(kind.order(fact), time, revision),
        key=(
            *(revision, source.lower(), record_type, fact.conversation, message_id),
            *(change.version, named_by),
        ),
        event_id=event_id,
    )


def _one_casing(source: str) -> str:
    """An ARM id has no casing, and Event Grid writes it in several (Azure Resource Manager)."""
    return source.lower() if source[:15].lower() == "/subscriptions/" else source


def work_item(
    origin: Origin, *, action: Action, priority: Priority, has_several_events: bool
) -> Encoded:
    """The work item that a fact yields.

    Where it has several events, as with ``CHAT_WORK_ITEMS=user``, what differs between them is
    left out, so that all of them give equal bytes.
    """
    left_out: dict[str, Any] = {}
    if has_several_events:
        left_out = {"recipients": (), "event": None, "extra": {}}
    item = WorkItem(
        **{**origin.content, **left_out},
        action=action,
        priority=priority,
        title=work_title(origin.type, origin.fact),
    )
    return _encode(origin, WORK_ITEM_SCHEMA, ("work-item",), item)


def push_notification(
    origin: Origin,
    *,
    recipient: Party | None,
    level: InterruptionLevel,
    expires: int | None,
) -> Encoded:
    """The push notification that a fact yields for one recipient, of use for some seconds."""
    fact, is_shown = origin.fact, level != "background"
    push = PushNotification(
        **origin.content,
        recipient=recipient,
        interruption_level=level,
        collapse_key=identity.collapse_key(fact.conversation, *_thing(origin)),
        title=push_title(origin.type, fact) if is_shown else None,
        body=push_body(origin.type, fact) if is_shown else None,
    )
    expiry = later(origin.time, expires) if origin.time and expires is not None else None
    to = recipient.key if recipient and recipient.key else [origin.event_id]
    return _encode(origin, PUSH_NOTIFICATION_SCHEMA, ("push", to), push, expirytime=expiry)


def _thing(origin: Origin) -> tuple[str, ...]:
    """What a notification is about, within its conversation; nothing for the conversation."""
    fact = origin.fact
    if fact.message is None:
        return ()
    message_id = fact.message.id or origin.event_id
    if fact.engagement:
        return (message_id, "engagement")
    return (message_id, "delivery") if fact.delivery else (message_id,)


def _encode(
    origin: Origin,
    schema: str,
    purpose: tuple[Any, ...],
    data: WorkItem | PushNotification,
    expirytime: str | None = None,
) -> Encoded:
    record = Record(
        id=identity.uuid5((*origin.key, *purpose)),
        source=origin.source,
        type=origin.type,
        subject=origin.subject,
        time=origin.time,
        dataschema=schema,
        partitionkey=origin.subject,
        sequence=origin.sequence,
        expirytime=expirytime,
        traceparent=origin.traceparent,
        data=data,
    )
    return Encoded(record, _json(record))


def _digest(envelope: Envelope) -> str:
    return sha256(msgspec.json.encode(envelope.data, order="sorted")).hexdigest()
