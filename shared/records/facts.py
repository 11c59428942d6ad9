"""The vocabulary: what happened, in the same words for every channel and provider.

These structs are the contract with whoever reads the queues (``docs/records.md``); their JSON
Schemas are generated into ``schemas/``. A new optional field is an additive change; anything else
is a new version of the record.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

RecordType = Literal[
    "communication.message.received",
    "communication.message.edited",
    "communication.message.deleted",
    "communication.delivery.updated",
    "communication.thread.created",
    "communication.thread.updated",
    "communication.thread.deleted",
    "communication.participant.added",
    "communication.participant.removed",
]
Schema = Literal["EventGridSchema", "CloudEventSchemaV1_0"]
PartyKind = Literal[
    "communicationUser",
    "phoneNumber",
    "shortCode",
    "alphanumericSender",
    "microsoftTeamsUser",
    "microsoftTeamsApp",
    "emailAddress",
    "channelRegistration",
    "whatsAppUser",
    "unknown",
]
Direction = Literal["inbound", "outbound"]
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


class Party(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A person, number, address or service that takes part."""

    kind: Annotated[PartyKind, Meta(description="What it is; readers must bear new words.")]
    key: Annotated[
        str,
        Meta(description="The same text for every spelling of one party; absent without an id."),
    ] = ""
    raw_id: Annotated[
        str | None, Meta(description="The identifier exactly as the event has it, or derived.")
    ] = None
    phone_number: Annotated[
        str | None, Meta(description="E.164, only when that is sure; else see rawId.")
    ] = None
    email_address: Annotated[str | None, Meta(description="For kind emailAddress.")] = None
    business_scoped_user_id: Annotated[
        str | None, Meta(description="Of a WhatsApp user, with and without a number.")
    ] = None
    display_name: Annotated[str | None, Meta(description="As the sender's system knows it.")] = None
    role: Annotated[
        Literal["staff"] | None, Meta(description="Somebody of ours, by the settings.")
    ] = None
    metadata: Annotated[
        dict[str, str] | None, Meta(description="What the customer attached to a participant.")
    ] = None
    extra: Extra = {}

    def __post_init__(self) -> None:
        """Derive the key, so that no spelling of a party can miss it."""
        key = self.phone_number or self.email_address or self.raw_id or ""
        force_setattr(self, "key", key.lower())


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One message, or what is known of it."""

    id: Annotated[str | None, Meta(description="The provider's id of the message.")] = None
    text: Annotated[str | None, Meta(description="As it came: never trimmed or cut.")] = None
    format: Annotated[
        str | None, Meta(description="text, html, or the provider's word for another format.")
    ] = None
    sent_at: Instant | None = None
    edited_at: Instant | None = None
    deleted_at: Instant | None = None
    version: Annotated[
        int | None, Meta(description="Order the changes of one message by this, not by arrival.")
    ] = None
    sequence_id: Annotated[
        int | None, Meta(description="The place of the message in its thread.")
    ] = None
    internet_message_id: Annotated[
        str | None, Meta(description="Of mail: the id in its header Message-ID.")
    ] = None
    partner_message_id: Annotated[
        str | None, Meta(description="The id that a partner of the provider gave it.")
    ] = None
    segments: Annotated[int | None, Meta(description="SMS segments it was carried in.")] = None
    metadata: Annotated[
        dict[str, str] | None, Meta(description="What the customer attached to the message.")
    ] = None


class Thread(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A chat thread, or what is known of it."""

    id: Annotated[str | None, Meta(description="The provider's id of the thread.")] = None
    topic: str | None = None
    participants: Annotated[
        tuple[Party, ...], Meta(description="Everybody in a thread just created, once.")
    ] = ()
    created_at: Instant | None = None
    version: Annotated[
        int | None, Meta(description="Order the changes of one thread by this, not by arrival.")
    ] = None
    metadata: Annotated[
        dict[str, str] | None, Meta(description="What the customer attached to the thread.")
    ] = None


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


class Content(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What happened. Both kinds of record carry it."""

    channel: Annotated[str, Meta(description="sms, chat, email, whatsapp, or the provider's word.")]
    direction: Annotated[
        Direction | None,
        Meta(description="inbound from a customer, outbound from us; absent when nobody can tell."),
    ] = None
    conversation: Annotated[
        str,
        Meta(
            description="Groups what belongs together: the thread, or the pair of addresses.",
            min_length=1,
        ),
    ]
    occurred_at: Annotated[
        Instant | None,
        Meta(description="When it happened, if the event has a time of its own for that."),
    ] = None
    sender: Annotated[
        Party | None, Meta(description="Who wrote the message or made the change.")
    ] = None
    recipients: Annotated[
        tuple[Party, ...], Meta(description="Whom the event names as receiving it.")
    ] = ()
    participant: Annotated[Party | None, Meta(description="Who was added or removed.")] = None
    message: Message | None = None
    thread: Thread | None = None
    delivery: Delivery | None = None
    event: Annotated[
        SourceEvent | None,
        Meta(description="The event behind it; absent from a work item that several events give."),
    ] = None
    extra: Extra = {}


class Fact(Content, frozen=True, kw_only=True):
    """What happened, and what of it only ids need."""

    conversation: str = ""
    """Empty where the event names none; ``identity`` then makes one."""
    event: SourceEvent
    attempt: str = ""
    """Of a delivery report: status and details exactly as they came."""
