"""The vocabulary: what happened, in the same words for every channel and provider.

These structs are the contract with whoever reads the queues (``docs/records.md``); their JSON
Schemas are generated into ``schemas/``. A new optional field is an additive change; anything else
is a new version of the record.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from shared.records.parts import (
    Attachment,
    Delivery,
    Engagement,
    Extra,
    Instant,
    Recording,
    RetentionPolicy,
    SourceEvent,
)

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
    "communication.engagement.updated",
    "communication.call.incoming",
    "communication.call.started",
    "communication.call.ended",
    "communication.recording.available",
]
PartyKind = Literal[
    "communicationUser",
    "phoneNumber",
    "shortCode",
    "alphanumericSender",
    "microsoftTeamsUser",
    "microsoftTeamsApp",
    "teamsExtensionUser",
    "emailAddress",
    "channelRegistration",
    "whatsAppUser",
    "unknown",
]
Keyword = Literal["stop", "start", "help"]
Direction = Literal["inbound", "outbound"]

ANONYMOUS = "4:anonymous"
"""The raw id of everybody who hides the number (``PhoneNumberIdentifier`` of the identity SDKs)."""


class Party(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A person, number, address or service that takes part."""

    kind: Annotated[PartyKind, Meta(description="What it is; readers must accept new words.")]
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
        """Derive the key, so that no spelling of a party can miss it; many share ``ANONYMOUS``."""
        key = self.phone_number or self.email_address or self.raw_id or ""
        force_setattr(self, "key", "" if (key := key.lower()) == ANONYMOUS else key)


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One message, or what is known of it."""

    id: Annotated[str | None, Meta(description="The provider's id of the message.")] = None
    text: Annotated[str | None, Meta(description="As it came: never trimmed or cut.")] = None
    plain_text: Annotated[
        str | None,
        Meta(
            description="Where the format is html or another mark-up: what a person would read, "
            "on one line, without quotes of other people's words."
        ),
    ] = None
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
    attachments: tuple[Attachment, ...] = ()
    choice: Annotated[
        str | None, Meta(description="The id of the button or row that was chosen; text names it.")
    ] = None
    reaction_to: Annotated[
        str | None, Meta(description="The id of the message that text, an emoji, is a reaction to.")
    ] = None
    reply_to: Annotated[
        str | None, Meta(description="The id of the message that this one answers.")
    ] = None

    @property
    def is_reaction_removed(self) -> bool:
        """A reaction without its emoji was taken back (WhatsApp's webhook of reactions)."""
        return bool(self.reaction_to) and not self.text


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
    retention_policy: Annotated[
        RetentionPolicy | None, Meta(description="When the thread is deleted by itself.")
    ] = None
    reason: Annotated[
        str | None,
        Meta(description="Why it was deleted: deletedByUser, deletedByPolicy or another word."),
    ] = None


class Call(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A call, or what is known of it."""

    id: Annotated[str | None, Meta(description="The provider's id of the call.")] = None
    correlation_id: str | None = None
    group_id: str | None = None
    room_id: str | None = None
    is_two_party: bool | None = None
    missed: Annotated[
        bool, Meta(description="On a call that ended: somebody called and nobody answered.")
    ] = False
    duration_seconds: int | None = None
    ended_by: Party | None = None
    end_code: Annotated[str | None, Meta(description="Why it ended: code and subcode.")] = None
    end_reason: Annotated[str | None, Meta(description="Why it ended, for people.")] = None
    on_behalf_of: Annotated[
        Party | None, Meta(description="The party for whom the one who was called answers.")
    ] = None
    answer_context: Annotated[
        str | None, Meta(description="Whoever has it can answer the call: a secret.")
    ] = None
    participant_id: Annotated[
        str | None, Meta(description="Of the participant added or removed, in this call.")
    ] = None
    user_agent: Annotated[str | None, Meta(description="Of that participant.")] = None


class Content(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What happened. Both kinds of record carry it."""

    channel: Annotated[
        str, Meta(description="sms, chat, email, whatsapp, call, or the provider's word.")
    ]
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
        tuple[Party, ...], Meta(description="The receivers that the event names.")
    ] = ()
    participant: Annotated[Party | None, Meta(description="Who was added or removed.")] = None
    message: Message | None = None
    keyword: Annotated[
        Keyword | None,
        Meta(description="The inbound SMS is this keyword alone, in any of its wordings."),
    ] = None
    thread: Thread | None = None
    delivery: Delivery | None = None
    engagement: Engagement | None = None
    call: Call | None = None
    recording: Recording | None = None
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
