"""What lies on the queues: CloudEvents 1.0 events in structured JSON mode, and their ids.

An id is about the fact, not about its delivery. The same event delivered twice gives the same
bytes; one chat message told by N user-level events and one thread-level event gives N push
notifications with N ids, and work items that all have one. A consumer that drops ids it has seen
counts nothing twice.
"""

import re
from hashlib import sha1, sha256
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from shared.envelope import Envelope
from shared.facts import Fact, Instant, Party, RecordType
from shared.wire import instant, uri_reference

WORK_ITEM_SCHEMA = "urn:communication-records:work-item:v1"
PUSH_NOTIFICATION_SCHEMA = "urn:communication-records:push-notification:v1"
UNKNOWN_SOURCE = "/unknown"
"""CloudEvents requires a source; this one stands for an event that names none."""

_NAMESPACE = UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11").bytes
"""Fixed for ever: another one would give every fact another id."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What a CloudEvents attribute may not hold (specification, type system)."""

Action = Literal["open", "update", "close"]
Priority = Literal["normal", "high"]


class WorkItem(Fact, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Something that a person or a system must act on, or that changes such a thing."""

    action: Annotated[Action, Meta(description="What to do with the item of this conversation.")]
    title: Annotated[str, Meta(description="One line for people.")]
    priority: Priority


class PushNotification(Fact, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Something to show, or silently bring up to date, on somebody's devices."""

    recipient: Annotated[
        Party | None, Meta(description="Whose devices; absent when the event names nobody.")
    ] = None
    collapse_key: Annotated[
        str, Meta(description="A later notification with this key replaces the earlier one.")
    ]
    silent: Annotated[bool, Meta(description="Bring up to date without showing anything.")]
    priority: Priority
    title: Annotated[str | None, Meta(description="Only when not silent.")] = None
    body: Annotated[str | None, Meta(description="Only when not silent; may be shortened.")] = None


D = TypeVar("D")


class Record(Struct, Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """The CloudEvents 1.0 envelope; names are those of the specification and its extensions."""

    specversion: Literal["1.0"] = msgspec.field(default_factory=lambda: "1.0")  # never omitted
    id: Annotated[str, Meta(description="The same for the same fact; drop what you have seen.")]
    source: Annotated[str, Meta(description="The Communication Services resource.")]
    type: RecordType
    subject: Annotated[str | None, Meta(description="The conversation.")] = None
    time: Annotated[
        Instant | None,
        Meta(description="When it happened; else when the event was published."),
    ] = None
    datacontenttype: Literal["application/json"] = msgspec.field(
        default_factory=lambda: "application/json"
    )
    dataschema: Annotated[str, Meta(description="The version of data, a URN.")]
    partitionkey: Annotated[
        str | None, Meta(description="Extension: equal for what must stay in order.")
    ] = None
    traceparent: Annotated[
        str | None, Meta(description="Extension: only where the source event carries one.")
    ] = None
    dataref: Annotated[
        str | None, Meta(description="Extension: the blob that holds data too large for a queue.")
    ] = None
    data: D | None = None


class Encoded(Struct, frozen=True):
    """A record ready for its queue, and its parts for the claim check."""

    envelope: Record[msgspec.Raw]
    """Without data."""
    data: bytes
    body: bytes
    """The whole record."""

    def claim_check(self, dataref: str) -> bytes:
        """The record without its data, and with the address where the data lies."""
        return msgspec.json.encode(msgspec.structs.replace(self.envelope, dataref=dataref))


def work_item(
    record_type: RecordType,
    fact: Fact,
    envelope: Envelope,
    *,
    action: Action,
    priority: Priority,
    title: str,
) -> Encoded:
    """The work item that a fact yields."""
    item = WorkItem(**_fields(fact), action=action, priority=priority, title=title)
    return _encode(record_type, fact, envelope, WORK_ITEM_SCHEMA, "work-item", item)


def push_notification(
    record_type: RecordType,
    fact: Fact,
    envelope: Envelope,
    *,
    recipient: Party | None,
    silent: bool,
    priority: Priority,
    title: str | None,
    body: str | None,
) -> Encoded:
    """The push notification that a fact yields for one recipient."""
    push = PushNotification(
        **_fields(fact),
        recipient=recipient,
        collapse_key=_collapse_key(fact, envelope),
        silent=silent,
        priority=priority,
        title=title,
        body=body,
    )
    purpose = f"push\x1f{recipient.key if recipient else _unless(None, envelope)}"
    return _encode(record_type, fact, envelope, PUSH_NOTIFICATION_SCHEMA, purpose, push)


def _fields(fact: Fact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in Fact.__struct_fields__}


def _encode(
    record_type: RecordType,
    fact: Fact,
    envelope: Envelope,
    schema: str,
    purpose: str,
    data: WorkItem | PushNotification,
) -> Encoded:
    key = (*_identity(fact, envelope), record_type, *_change(record_type, fact, envelope), purpose)
    conversation = fact.conversation
    if conversation and not conversation.isprintable():
        conversation = _CONTROL.sub("?", conversation)
    record: Record[msgspec.Raw] = Record(
        id=_uuid5(*key),
        source=uri_reference(envelope.source or UNKNOWN_SOURCE),
        type=record_type,
        subject=conversation,
        time=fact.occurred_at or instant(envelope.time),
        dataschema=schema,
        partitionkey=conversation,
        traceparent=envelope.traceparent,
    )
    encoded = msgspec.json.encode(data)
    whole = msgspec.structs.replace(record, data=msgspec.Raw(encoded))
    return Encoded(envelope=record, data=encoded, body=msgspec.json.encode(whole))


def _identity(fact: Fact, envelope: Envelope) -> tuple[str, str, str]:
    """The resource, the conversation and the message that a fact is about."""
    message = (fact.message.id if fact.message else None) or ""
    return (envelope.source or "").lower(), fact.conversation or "", message


def _change(record_type: RecordType, fact: Fact, envelope: Envelope) -> tuple[str, ...]:
    """Which of all the changes to that message or thread this is.

    Only what every event of one fact tells alike counts, so never the time of publishing, which
    differs for each of the N + 1 chat events of one message. An event that does not name its fact
    is known by its own id, or by its content.
    """
    who = fact.participant.key if fact.participant else ""
    if fact.delivery:
        status = f"{fact.delivery.provider_status}/{fact.delivery.code}".lower()
        return status, "", _unless(fact.message and fact.message.id, envelope)
    if message := fact.message:
        version = message.version or message.edited_at
        edited = record_type == "communication.message.edited"
        return str(version or ""), "", _unless(message.id and (version or not edited), envelope)
    version = (fact.thread and fact.thread.version) or fact.occurred_at
    named = version and (who or "participant" not in record_type)
    return str(version or ""), who, _unless(named, envelope)


def _unless(named: object, envelope: Envelope) -> str:
    return "" if named else envelope.id or _digest(envelope)


def _digest(envelope: Envelope) -> str:
    return sha256(msgspec.json.encode(envelope.data, order="sorted")).hexdigest()


def _collapse_key(fact: Fact, envelope: Envelope) -> str:
    """One for all that is told of one message, or else of one thread; 36 bytes (APNs allows 64)."""
    return _uuid5("collapse", *_identity(fact, envelope))


def _uuid5(*parts: str) -> str:
    # uuid.uuid5 itself costs three times as much per event.
    digest = sha1(_NAMESPACE + "\x1f".join(parts).encode(), usedforsecurity=False).digest()
    return str(UUID(bytes=digest[:16], version=5))
