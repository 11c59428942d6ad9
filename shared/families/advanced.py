"""What customers write over advanced messaging: WhatsApp, and channels to come.

Fields: learn.microsoft.com/azure/event-grid/communication-services-advanced-messaging-events and
``AcsMessageReceivedEventData`` of @azure/eventgrid 5.12; ``fromBSUID``: see ``whatsapp``.
"""

from typing import Any, TypeVar

from msgspec import Struct, field

from shared.families.route import OPEN_AND_SHOW, Route
from shared.families.whatsapp import channel_of, registration, user
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.fields import read
from shared.reading.identities import conversation
from shared.reading.values import Number, Text, moment, text
from shared.records.facts import Fact, Message
from shared.records.parts import Attachment


class AdvancedReceived(Struct, frozen=True, rename="camel"):
    """``AcsAdvancedMessageReceivedEventData``."""

    message_id: Text = None
    channel_type: str | None = None
    message_type: str | None = None
    from_: Text = field(default=None, name="from")
    from_bsuid: Text = field(default=None, name="fromBSUID")
    to: Text = None
    received_timestamp: Number = None
    content: str | None = None
    media: dict[str, Any] | None = None
    reaction: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    button: dict[str, Any] | None = None
    interactive: dict[str, Any] | None = None


class _Media(Struct, frozen=True, rename="camel"):
    """``AcsMessageMediaContent``."""

    id: Text = None
    mime_type: str | None = None
    file_name: str | None = None
    caption: str | None = None


class _Button(Struct, frozen=True, rename="camel"):
    """``AcsMessageButtonContent``."""

    text: str | None = None
    payload: str | None = None


class _Interactive(Struct, frozen=True, rename="camel"):
    """``AcsMessageInteractiveContent``: a button of several, or a row of a list."""

    button_reply: dict[str, Any] | None = None
    list_reply: dict[str, Any] | None = None


class _Reply(Struct, frozen=True, rename="camel"):
    """``AcsMessageInteractiveButtonReplyContent`` and ``…ListReplyContent``."""

    id: Text = None
    title: str | None = None


class _Reaction(Struct, frozen=True, rename="camel"):
    """``AcsMessageReactionContent``."""

    message_id: Text = None
    emoji: str | None = None


class _Context(Struct, frozen=True, rename="camel"):
    """``AcsMessageContext``; ``from`` is whose message is answered."""

    id: Text = None


def received(payload: AdvancedReceived, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A customer wrote, sent a file, pressed a button or reacted to a message."""
    channel = channel_of(payload.channel_type)
    _, _, subject = (envelope.subject or "").strip("/").partition("/")
    from_ = text(payload.from_)
    if from_ is None and text(payload.from_bsuid) is None:
        from_ = in_subject(subject, "sender")
    sender = user("from", from_, payload.from_bsuid, channel, extra)
    to = text(payload.to) or in_subject(subject, "recipient")
    recipient = registration(to, channel)
    received_at = moment("receivedTimestamp", payload.received_timestamp, extra)
    return Fact(
        channel=channel,
        direction="inbound",
        event=provenance(envelope),
        conversation=conversation(channel, recipient, sender),
        occurred_at=received_at,
        sender=sender,
        recipients=(recipient,) if recipient else (),
        message=_message(payload, envelope, received_at, extra),
        extra=extra,
    )


def _message(
    payload: AdvancedReceived, envelope: Envelope, sent_at: str | None, extra: dict[str, Any]
) -> Message:
    media = _part("media", _Media, payload.media, extra)
    button = _part("button", _Button, payload.button, extra)
    reaction = _part("reaction", _Reaction, payload.reaction, extra)
    context = _part("context", _Context, payload.context, extra)
    chosen = _part("interactive", _Interactive, payload.interactive, extra)
    reply = _part("reply", _Reply, chosen.button_reply or chosen.list_reply, extra)
    words = (payload.content, media.caption, button.text, reply.title, reaction.emoji)
    ids = (reply.id, button.payload)
    if chosen.button_reply and chosen.list_reply:
        extra["listReply"] = chosen.list_reply
    if (kind := text(payload.message_type)) and kind.lower() != "text":
        extra["messageType"] = kind
    return Message(
        id=text(payload.message_id) or envelope.id,
        text=_first("texts", words, extra),
        format="text",
        sent_at=sent_at,
        attachments=_attachments(media),
        choice=_first("choices", ids, extra),
        reaction_to=text(reaction.message_id),
        reply_to=text(context.id),
    )


def _first(name: str, values: tuple[Text, ...], extra: dict[str, Any]) -> str | None:
    """The first of these that is not blank; a message has one, and any other goes to extra."""
    found = [own for value in values if (own := text(value))]
    if found[1:]:
        extra[name] = found[1:]
    return found[0] if found else None


def _attachments(media: _Media) -> tuple[Attachment, ...]:
    file = Attachment(
        id=text(media.id), mime_type=text(media.mime_type), name=text(media.file_name)
    )
    return () if file == Attachment() else (file,)


P = TypeVar("P", bound=Struct)


def _part(name: str, shape: type[P], wire: dict[str, Any] | None, extra: dict[str, Any]) -> P:
    """A part of a message; what its struct does not hold is kept in ``extra``."""
    part, rest = read(shape, wire or {})
    if rest:
        extra[name] = rest
    return part


# fmt: off
ROWS = (
    Route("Microsoft.Communication.AdvancedMessageReceived",
        "advanced_messages", AdvancedReceived, received, "communication.message.received",
        OPEN_AND_SHOW),
)
