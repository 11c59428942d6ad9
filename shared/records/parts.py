"""The parts of a record without a party: times, deliveries, files, recordings, provenance.

They belong to the vocabulary of ``facts`` and to the same contract.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Schema = Literal["EventGridSchema", "CloudEventSchemaV1_0"]
DeliveryStatus = Literal["queued", "sent", "delivered", "read", "failed", "unknown"]
FailureReason = Literal[
    "optedOut",
    "blocked",
    "spam",
    "quarantined",
    "suppressed",
    "bounced",
    "invalidRecipient",
    "unreachable",
    "throttled",
    "misconfigured",
    "expired",
    "unknown",
]

Instant = Annotated[
    str,
    Meta(
        description="RFC 3339, UTC, seven fraction digits: text order is time order.",
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$",
        extra_json_schema={"format": "date-time"},
    ),
]
Extra = Annotated[
    dict[str, Any],
    Meta(description="What the event carried and no field above holds, under its own names."),
]


class Attachment(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A file that came with a message."""

    id: Annotated[
        str | None, Meta(description="The id for fetching the file from the provider.")
    ] = None
    mime_type: str | None = None
    name: str | None = None


class RetentionPolicy(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """When a chat thread is deleted by itself."""

    kind: Annotated[
        str | None, Meta(description="none, threadCreationDate, or the provider's word.")
    ] = None
    delete_thread_after_days: int | None = None


class Attempt(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One try to deliver an SMS."""

    time: Instant | None = None
    segments_succeeded: int | None = None
    segments_failed: int | None = None
    extra: Extra = {}


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """How far a message that was sent has come."""

    status: Annotated[DeliveryStatus, Meta(description="One vocabulary for every channel.")]
    final: Annotated[
        bool,
        Meta(description="The outcome is decided; a read may still follow a delivered."),
    ]
    failure_reason: Annotated[
        FailureReason | None, Meta(description="What went wrong; always there when failed.")
    ] = None
    bounce: Annotated[
        Literal["hard", "soft"] | None, Meta(description="For mail: for good, or for now.")
    ] = None
    provider_status: Annotated[
        str | None, Meta(description="The status exactly as the event has it.")
    ] = None
    code: Annotated[
        str | None,
        Meta(description="The provider's or channel's code; for mail SMTP's, as in 550 5.1.1."),
    ] = None
    meaning: Annotated[str | None, Meta(description="What a known code means.")] = None
    details: Annotated[
        str | None, Meta(description="The provider's explanation, for people to read.")
    ] = None
    recipient_mail_server_host_name: Annotated[
        str | None, Meta(description="For mail: which server took or refused it.")
    ] = None
    attempts: tuple[Attempt, ...] = ()
    tag: Annotated[str | None, Meta(description="What the sender attached for reports.")] = None


class Engagement(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What the recipient of an e-mail did with it."""

    action: Annotated[str, Meta(description="opened, clicked, or the provider's word.")]
    link: Annotated[str | None, Meta(description="What was clicked.")] = None
    user_agent: str | None = None


class RecordingChunk(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A part of a recording, and where it lies. The addresses need the resource's key."""

    id: str | None = None
    index: int | None = None
    end_reason: str | None = None
    content_location: str | None = None
    metadata_location: str | None = None
    delete_location: str | None = None


class Recording(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A recording of a call that can be fetched now."""

    id: Annotated[str | None, Meta(description="The provider's id of the recording.")] = None
    started_at: Instant | None = None
    duration_ms: int | None = None
    content_type: Annotated[str | None, Meta(description="Audio, AudioVideo, or another.")] = None
    channel_type: Annotated[str | None, Meta(description="Mixed, Unmixed, or another.")] = None
    format_type: Annotated[str | None, Meta(description="Wav, Mp3, Mp4, or another.")] = None
    end_reason: str | None = None
    fetch_by: Annotated[Instant | None, Meta(description="When the provider deletes it.")] = None
    chunks: tuple[RecordingChunk, ...] = ()


class SourceEvent(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Where the record comes from: the event that Event Grid delivered."""

    type: Annotated[str, Meta(description="The event type as it came, retired names included.")]
    schema: Schema
    id: str | None = None
    subject: str | None = None
    topic: Annotated[
        str | None, Meta(description="Only where source had to be escaped to be a URI reference.")
    ] = None
    time: Annotated[str | None, Meta(description="When it was published, as it came.")] = None
    data_version: str | None = None
    metadata_version: str | None = None
    extra: Extra = {}
