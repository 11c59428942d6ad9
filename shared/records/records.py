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
from msgspec import Meta, Struct, structs

from shared.reading.envelope import Envelope
from shared.reading.values import instant, uri_reference
from shared.records.facts import Fact, Instant, Party, RecordType

WORK_ITEM_SCHEMA = "urn:communication-records:work-item:v1"
PUSH_NOTIFICATION_SCHEMA = "urn:communication-records:push-notification:v1"
UNKNOWN_SOURCE = "/unknown"
"""CloudEvents requires a source; this one stands for an event that names none."""

_NAMESPACE = sha1(UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11").bytes, usedforsecurity=False)
"""Fixed for ever: another one would give every fact another id. Copying is cheaper than making."""

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The hexadecimal digit that tells how a UUID is laid out (RFC 9562, section 4.1)."""

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


class Record(Struct, Generic[D], frozen=True, gc=False, kw_only=True, omit_defaults=True):
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


class Encoded(Struct, frozen=True, gc=False):
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
    fields: dict[str, Any]
    """Of the fact."""
    source: str
    conversation: str | None
    """As an attribute: without control characters."""
    time: str | None
    traceparent: str | None
    about: str
    """The resource, the conversation and the message."""
    key: str
    """That, and which change to it; with the purpose of a record it is the record's identity."""
    event_id: str
    """The id of the event, or the digest of its data."""


def origin(record_type: RecordType, fact: Fact, envelope: Envelope) -> Origin:
    """Gather what the records of a fact have in common."""
    conversation = fact.conversation
    if conversation and not conversation.isprintable():
        conversation = _CONTROL.sub("?", conversation)
    source = envelope.source or ""
    message = (fact.message.id if fact.message else None) or ""
    about = f"{source.lower()}\x1f{fact.conversation or ''}\x1f{message}"
    change = _change(record_type, fact, envelope)
    return Origin(
        type=record_type,
        fields=structs.asdict(fact),
        source=uri_reference(source or UNKNOWN_SOURCE),
        conversation=conversation,
        time=fact.occurred_at or instant(envelope.time),
        traceparent=envelope.traceparent,
        about=about,
        key=f"{about}\x1f{record_type}\x1f{change}",
        event_id=envelope.id or _digest(envelope),
    )


def work_item(origin: Origin, *, action: Action, priority: Priority, title: str) -> Encoded:
    """The work item that a fact yields."""
    item = WorkItem(**origin.fields, action=action, priority=priority, title=title)
    return _encode(origin, WORK_ITEM_SCHEMA, "work-item", item)


def push_notification(
    origin: Origin,
    *,
    recipient: Party | None,
    silent: bool,
    priority: Priority,
    title: str | None,
    body: str | None,
) -> Encoded:
    """The push notification that a fact yields for one recipient."""
    push = PushNotification(
        **origin.fields,
        recipient=recipient,
        # One for all that is told of one message, or else of one thread; APNs allows 64 bytes.
        collapse_key=uuid5(f"collapse\x1f{origin.about}"),
        silent=silent,
        priority=priority,
        title=title,
        body=body,
    )
    purpose = f"push\x1f{recipient.key if recipient else origin.event_id}"
    return _encode(origin, PUSH_NOTIFICATION_SCHEMA, purpose, push)


def _encode(
    origin: Origin, schema: str, purpose: str, data: WorkItem | PushNotification
) -> Encoded:
    record = Record(
        specversion="1.0",  # calling their factories would cost more
        datacontenttype="application/json",
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


def _change(record_type: RecordType, fact: Fact, envelope: Envelope) -> str:
    """Which of all the changes to that message or thread this is: version, who, own id.

    Only what every event of one fact tells alike counts, so never the time of publishing, which
    differs for each of the N + 1 chat events of one message. An event that does not name its fact
    is known by its own id, or by its content.
    """
    who = fact.participant.key if fact.participant else ""
    if fact.delivery:
        status = f"{fact.delivery.provider_status}/{fact.delivery.code}".lower()
        return f"{status}\x1f\x1f{_unless(fact.message and fact.message.id, envelope)}"
    if message := fact.message:
        version = message.version or message.edited_at
        edited = record_type == "communication.message.edited"
        named = message.id and (version or not edited)
        return f"{version or ''}\x1f\x1f{_unless(named, envelope)}"
    version = (fact.thread and fact.thread.version) or fact.occurred_at
    named = version and (who or "participant" not in record_type)
    return f"{version or ''}\x1f{who}\x1f{_unless(named, envelope)}"


def _unless(named: object, envelope: Envelope) -> str:
    return "" if named else envelope.id or _digest(envelope)


def _digest(envelope: Envelope) -> str:
    return sha256(msgspec.json.encode(envelope.data, order="sorted")).hexdigest()


def uuid5(name: str) -> str:
    """``uuid.uuid5``, which itself costs four times as much; three are needed for an SMS."""
    hashed = _NAMESPACE.copy()
    hashed.update(name.encode())
    digest = hashed.hexdigest()
    variant = _VARIANT[digest[16]]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
