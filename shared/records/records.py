"""What lies on the queues: CloudEvents 1.0 events in structured JSON mode, and their ids.

An id is about the fact, not about its delivery. The same event delivered twice gives the same
bytes; one chat message, which comes as N user-level events and one thread-level event, gives N push
notifications with N ids, and work items that all have one. A consumer that drops ids it has seen
counts nothing twice.
"""

import re
from hashlib import sha1, sha256
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, structs

from shared.reading.envelope import Envelope
from shared.reading.values import instant, uri_reference
from shared.records.facts import Fact, Instant, Party, RecordType
from shared.records.kinds import KINDS, push_body, push_title, work_title

WORK_ITEM_SCHEMA = "urn:communication-records:work-item:v1"
PUSH_NOTIFICATION_SCHEMA = "urn:communication-records:push-notification:v1"
UNKNOWN_SOURCE = "/unknown"
"""CloudEvents requires a source; this one stands for an event that names none."""

_NAMESPACE = sha1(UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11").bytes, usedforsecurity=False)
"""Fixed for ever: another one would give every fact another id."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What a CloudEvents attribute may not hold (specification, type system)."""

_json = msgspec.json.Encoder().encode

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
    """A record ready for its queue."""

    envelope: Record[Any]
    """The whole record."""
    body: bytes
    """The same as JSON."""

    @property
    def data(self) -> bytes:
        """What goes into a blob when the record is too large for a queue."""
        return msgspec.json.encode(self.envelope.data)

    def claim_check(self, dataref: str) -> bytes:
        """The record without its data, and with the address where the data lies."""
        return msgspec.json.encode(structs.replace(self.envelope, data=None, dataref=dataref))


class Origin(Struct, frozen=True):
    """What all records of one fact have in common, worked out once."""

    type: RecordType
    fact: Fact
    source: str
    conversation: str | None
    """As an attribute: without control characters."""
    time: str | None
    traceparent: str | None
    about: str
    """The resource, the conversation and the message."""
    key: str
    """``about``, the type and the change; uuid5 of it and of a record's purpose is its id."""
    event_id: str
    """The id of the event, or the digest of its data."""


def origin(record_type: RecordType, fact: Fact, envelope: Envelope) -> Origin:
    """Gather what the records of a fact have in common."""
    conversation = fact.conversation
    if conversation and not conversation.isprintable():
        conversation = _CONTROL.sub("?", conversation)
    source = envelope.source or ""
    event_id = envelope.id or _digest(envelope)
    message = (fact.message.id if fact.message else None) or ""
    about = f"{source.lower()}\x1f{fact.conversation or ''}\x1f{message}"
    change = KINDS[record_type].change(fact)
    named_by = "" if change.is_named else event_id
    parts = (about, record_type, str(change.version or ""), change.participant, named_by)
    return Origin(
        type=record_type,
        fact=fact,
        source=uri_reference(source or UNKNOWN_SOURCE),
        conversation=conversation,
        time=fact.occurred_at or instant(envelope.time),
        traceparent=envelope.traceparent,
        about=about,
        key="\x1f".join(parts),
        event_id=event_id,
    )


def work_item(origin: Origin, *, action: Action, priority: Priority) -> Encoded:
    """The work item that a fact yields."""
    item = WorkItem(
        **structs.asdict(origin.fact),
        action=action,
        priority=priority,
        title=work_title(origin.type, origin.fact),
    )
    return _encode(origin, WORK_ITEM_SCHEMA, "work-item", item)


def push_notification(origin: Origin, *, recipient: Party | None, silent: bool) -> Encoded:
    """The push notification that a fact yields for one recipient."""
    push = PushNotification(
        **structs.asdict(origin.fact),
        recipient=recipient,
        # One for all that happens to one message, or else to one thread; APNs allows 64 bytes.
        collapse_key=uuid5(f"collapse\x1f{origin.about}"),
        silent=silent,
        # Push services want low priority for what shows nothing (APNs 5, FCM normal).
        priority="normal" if silent else "high",
        title=None if silent else push_title(origin.type, origin.fact),
        body=None if silent else push_body(origin.type, origin.fact),
    )
    purpose = f"push\x1f{recipient.key if recipient else origin.event_id}"
    return _encode(origin, PUSH_NOTIFICATION_SCHEMA, purpose, push)


def _encode(
    origin: Origin, schema: str, purpose: str, data: WorkItem | PushNotification
) -> Encoded:
    record = Record(
        id=uuid5(f"{origin.key}\x1f{purpose}"),
        source=origin.source,
        type=origin.type,
        subject=origin.conversation,
        time=origin.time,
        dataschema=schema,
        partitionkey=origin.conversation,
        traceparent=origin.traceparent,
        data=data,
    )
    return Encoded(record, _json(record))


def _digest(envelope: Envelope) -> str:
    return sha256(msgspec.json.encode(envelope.data, order="sorted")).hexdigest()


def uuid5(name: str) -> str:
    """``str(uuid.uuid5(namespace, name))`` at a quarter of its cost (RFC 9562, section 5.5)."""
    hashed = _NAMESPACE.copy()
    hashed.update(name.encode())
    digest = bytearray(hashed.digest()[:16])
    digest[6] = 0x50 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
