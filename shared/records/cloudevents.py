"""What lies on the queues: CloudEvents 1.0 events in structured JSON mode.

The specification and its extensions: github.com/cloudevents/spec, v1.0.2.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, structs

from shared.records.facts import Content, Party
from shared.records.parts import Instant

WORK_ITEM_SCHEMA = "urn:communication-records:work-item:v1"
PUSH_NOTIFICATION_SCHEMA = "urn:communication-records:push-notification:v1"
Sequence = Annotated[
    str,
    Meta(
        description="Extension: of two records about the same thing the greater text is newer.",
        pattern=r"^\d{20}/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z)?/\d{4}$",
    ),
]
Action = Literal["open", "update", "close"]
Priority = Literal["normal", "high"]


InterruptionLevel = Literal["active", "passive", "background"]


class WorkItem(Content, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Something that a person or a system must act on, or that changes such a thing."""

    action: Annotated[Action, Meta(description="What to do with the item of this conversation.")]
    title: Annotated[str, Meta(description="One line for people about what happened.")]
    priority: Priority


class PushNotification(Content, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Something to show, or to bring up to date without showing, on somebody's devices."""

    recipient: Annotated[
        Party | None, Meta(description="Whose devices; absent when the event names nobody.")
    ] = None
    interruption_level: Annotated[
        InterruptionLevel,
        Meta(
            description="active: alert; passive: show or replace without a sound; "
            "background: show nothing, fetch the conversation."
        ),
    ]
    collapse_key: Annotated[
        str,
        Meta(
            description="A newer notification with this key replaces an older one.",
            pattern="^[0-9a-f]{32}$",
        ),
    ]
    title: Annotated[str | None, Meta(description="Always there but in the background.")] = None
    body: Annotated[
        str | None, Meta(description="Always there but in the background; may be shortened.")
    ] = None


D = TypeVar("D")


class Record(Struct, Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """The CloudEvents 1.0 envelope; names are those of the specification and its extensions."""

    specversion: Literal["1.0"] = msgspec.field(default_factory=lambda: "1.0")  # never omitted
    id: Annotated[str, Meta(description="The same for the same fact; drop what you have seen.")]
    source: Annotated[str, Meta(description="The resource; an ARM id in lower case.")]
    type: Annotated[str, Meta(description="What happened; readers must accept new types.")]
    subject: Annotated[
        str, Meta(description="The conversation's key, a pseudonym.", pattern="^[0-9a-f]{32}$")
    ]
    time: Annotated[
        Instant | None,
        Meta(description="When it happened; but for chat, else when the event was published."),
    ] = None
    datacontenttype: Literal["application/json"] = msgspec.field(
        default_factory=lambda: "application/json"
    )
    dataschema: Annotated[str, Meta(description="The version of data, a URN.")]
    partitionkey: Annotated[
        str,
        Meta(
            description="Extension: equal for what must stay in order; the subject.",
            pattern="^[0-9a-f]{32}$",
        ),
    ]
    sequence: Sequence | None = None
    expirytime: Annotated[
        Instant | None, Meta(description="Extension: on pushes, when showing it is of no use.")
    ] = None
    traceparent: Annotated[
        str | None,
        Meta(description="Extension: the event's; with TRACE_RECORDS=true else the invocation's."),
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
