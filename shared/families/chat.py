"""Chat messages, at user level and at thread level.

Fields: learn.microsoft.com/azure/event-grid/communication-services-chat-events. A user-level event
comes once for every user in the thread and names its recipient; a thread-level event comes once.
Both describe the same fact, so one struct and one normalizer reads both.
"""

from typing import Any, ClassVar

from msgspec import Struct

from shared.families.route import NOTHING, OPEN, REPLACE, SHOW, SYNC, UPDATE, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.identifiers import Identifier
from shared.reading.identities import from_identifier
from shared.reading.values import Number, Text, moment, number, strings, text
from shared.records.facts import Fact, Message, Party, Thread
from shared.records.plain_text import text_of

_FORMATS = {
    "text": "text",
    "text/plain": "text",
    "html": "html",
    "richtext": "html",
    "richtext/html": "html",
    "text/html": "html",
}
"""Others are kept in the provider's word, such as ``RichText/Media_CallRecording``."""


class ChatMessage(Struct, frozen=True, rename="camel"):
    """``AcsChatMessage…EventData`` of received, edited and deleted, at both levels.

    ``old_names``: names of before 2021-03-19 (Azure/Communication release notes); for months both
    were in each event. ``messageType`` is what senders to custom topics call ``type``.
    """

    old_names: ClassVar = {
        "senderId": "senderCommunicationIdentifier",
        "recipientId": "recipientCommunicationIdentifier",
        "messageType": "type",
    }

    message_id: Text = None
    message_body: str | None = None
    sender_communication_identifier: Identifier = None
    sender_display_name: str | None = None
    recipient_communication_identifier: Identifier = None
    compose_time: Number = None
    edit_time: Number = None
    delete_time: Number = None
    type: str | None = None
    version: Number = None
    metadata: dict[str, Any] | None = None
    thread_id: str | None = None
    sequence_id: Number = None


def message_received(payload: ChatMessage, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A message was written."""
    message = _message(payload, extra)
    return _fact(payload, envelope, extra, message, message.sent_at)


def message_edited(payload: ChatMessage, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A message has another text now."""
    message = _message(payload, extra)
    return _fact(payload, envelope, extra, message, message.edited_at)


def message_deleted(payload: ChatMessage, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A message is gone."""
    message = _message(payload, extra)
    return _fact(payload, envelope, extra, message, message.deleted_at)


def _message(payload: ChatMessage, extra: dict[str, Any]) -> Message:
    format_ = _FORMATS.get((payload.type or "").strip().lower(), payload.type)
    return Message(
        id=text(payload.message_id),
        text=payload.message_body,
        plain_text=text_of(format_, payload.message_body),
        format=format_,
        sent_at=moment("composeTime", payload.compose_time, extra),
        edited_at=moment("editTime", payload.edit_time, extra),
        deleted_at=moment("deleteTime", payload.delete_time, extra),
        version=number("version", payload.version, extra),
        sequence_id=number("sequenceId", payload.sequence_id, extra),
        metadata=strings(payload.metadata),
    )


def _fact(
    payload: ChatMessage,
    envelope: Envelope,
    extra: dict[str, Any],
    message: Message,
    occurred_at: str | None,
) -> Fact:
    sender = payload.sender_communication_identifier or in_subject(envelope.subject, "sender")
    return in_thread(
        envelope,
        extra,
        recipient=payload.recipient_communication_identifier,
        occurred_at=occurred_at,
        sender=from_identifier(sender, payload.sender_display_name),
        thread=Thread(id=thread_id_of(payload.thread_id, envelope)),
        message=message,
    )


def in_thread(
    envelope: Envelope,
    extra: dict[str, Any],
    *,
    recipient: Identifier,
    thread: Thread,
    occurred_at: str | None,
    sender: Party | None,
    message: Message | None = None,
    participant: Party | None = None,
) -> Fact:
    """What every chat event has: a thread, who acted and, at user level, a recipient."""
    to = from_identifier(recipient or in_subject(envelope.subject, "recipient"))
    return Fact(
        channel="chat",
        event=provenance(envelope),
        conversation=thread.id or "",
        occurred_at=occurred_at,
        sender=sender,
        recipients=(to,) if to else (),
        participant=participant,
        message=message,
        thread=thread,
        extra=extra,
    )


def thread_id_of(thread_id: str | None, envelope: Envelope) -> str | None:
    """The thread, out of the subject when the data has none."""
    return thread_id or in_subject(envelope.subject, "thread")


# fmt: off
ROWS = (
    Route("Microsoft.Communication.ChatMessageReceived",
        "chat_events", ChatMessage, message_received, "communication.message.received", SHOW,
        level="user", user_work="open"),
    Route("Microsoft.Communication.ChatMessageEdited",
        "chat_events", ChatMessage, message_edited, "communication.message.edited", REPLACE,
        level="user", user_work="update"),
    Route("Microsoft.Communication.ChatMessageDeleted",
        "chat_events", ChatMessage, message_deleted, "communication.message.deleted", SYNC,
        level="user", user_work="update"),
    Route("Microsoft.Communication.ChatMessageReceivedInThread",
        "chat_events", ChatMessage, message_received, "communication.message.received", OPEN,
        level="thread", notify=None),
    Route("Microsoft.Communication.ChatMessageEditedInThread",
        "chat_events", ChatMessage, message_edited, "communication.message.edited", UPDATE,
        level="thread", notify=None),
    Route("Microsoft.Communication.ChatMessageDeletedInThread",
        "chat_events", ChatMessage, message_deleted, "communication.message.deleted", UPDATE,
        level="thread", notify=None),
    # Acknowledged without a record: nobody has to act on these.
    Route("Microsoft.Communication.ChatTypingIndicatorReceivedInThread",
        "chat_events", ChatMessage, message_received, None, NOTHING, level="thread", notify=None),
    Route("Microsoft.Communication.ChatAzureBotCommandReceivedInThread",
        "chat_events", ChatMessage, message_received, None, NOTHING, level="thread", notify=None),
)
