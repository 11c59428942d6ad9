"""The floor: msgspec decodes the bytes into typed structs, and encodes the same records. No logic.

The structs name every field of the documented events, so nothing is read as a plain dict except
what is one: a customer's metadata. The records are those that the app made of the event, built
beforehand.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from shared import pipeline
from shared.families import email, sms, whatsapp
from shared.reading import envelope
from shared.records import records
from shared.records.cloudevents import PushNotification, Record, WorkItem
from tools.golden import DEFAULTS

D = TypeVar("D")


class _Part(Struct, rename="camel"):
    id: str | None = None
    value: str | None = None
    user_id: str | None = None
    is_anonymous: bool | None = None
    cloud: str | None = None
    app_id: str | None = None


class _Identifier(Struct, rename="camel"):
    kind: str | None = None
    raw_id: str | None = None
    communication_user: _Part | None = None
    phone_number: _Part | None = None
    microsoft_teams_user: _Part | None = None
    microsoft_teams_app: _Part | None = None


class _Participant(Struct, rename="camel"):
    display_name: str | None = None
    participant_communication_identifier: _Identifier | None = None
    metadata: dict[str, str] | None = None


class _Member(Struct, rename="camel"):
    display_name: str | None = None
    member_id: str | None = None


class _Properties(Struct):
    topic: str | None = None


class _Chat(Struct, rename="camel"):
    """Message, thread and participant events: their fields overlap, absent ones cost nothing."""

    message_id: str | None = None
    message_body: str | None = None
    sender_communication_identifier: _Identifier | None = None
    sender_display_name: str | None = None
    recipient_communication_identifier: _Identifier | None = None
    compose_time: str | None = None
    edit_time: str | None = None
    delete_time: str | None = None
    type: str | None = None
    version: int | str | None = None
    metadata: dict[str, str] | None = None
    thread_id: str | None = None
    transaction_id: str | None = None
    created_by_communication_identifier: _Identifier | None = None
    edited_by_communication_identifier: _Identifier | None = None
    deleted_by_communication_identifier: _Identifier | None = None
    added_by_communication_identifier: _Identifier | None = None
    removed_by_communication_identifier: _Identifier | None = None
    create_time: str | None = None
    time: str | None = None
    properties: _Properties | None = None
    participants: list[_Participant] | None = None
    participant_added: _Participant | None = None
    participant_removed: _Participant | None = None
    # The two types whose names were retired in 2021 have only ever had these.
    member_added: _Member | None = None
    member_removed: _Member | None = None
    added_by: str | None = None
    removed_by: str | None = None
    recipient_id: str | None = None


class _Attempt(Struct, rename="camel"):
    timestamp: str | None = None
    segments_succeeded: int | None = None
    segments_failed: int | None = None


class _SmsReport(sms.SmsReport, frozen=True, rename="camel"):
    delivery_attempts: list[_Attempt] | None = None  # type: ignore[assignment] # typed here


class _Event(Struct, Generic[D], rename="camel"):
    id: str
    topic: str
    subject: str
    event_type: str
    event_time: str
    data: D
    data_version: str
    metadata_version: str


_DATA: dict[str, type[Struct]] = {
    "SMSReceived": sms.SmsReceived,
    "SMSDeliveryReportReceived": _SmsReport,
    "EmailDeliveryReportReceived": email.EmailReport,
    "AdvancedMessageDeliveryStatusUpdated": whatsapp.AdvancedStatus,
}


def floor_of(event: str) -> Callable[[], object]:
    """Decode this event, and encode the records that the app makes of it."""
    parsed = envelope.parse(event)
    data = _DATA.get(parsed.type.rpartition(".")[2], _Chat)
    decode = msgspec.json.Decoder(_Event[data]).decode  # type: ignore[valid-type] # per event type
    encode = msgspec.json.Encoder().encode
    built = [_typed(send.record.body) for send in pipeline.convert(parsed, DEFAULTS)]
    wire = event.encode()

    def call() -> None:
        decode(wire)
        for record in built:
            encode(record)

    return call


def _typed(body: bytes) -> Record[Any]:
    """The record as a struct again, all the way down."""
    is_push = msgspec.json.decode(body)["dataschema"] == records.PUSH_NOTIFICATION_SCHEMA
    kind: type[Struct] = PushNotification if is_push else WorkItem
    return msgspec.json.decode(body, type=Record[kind])  # type: ignore[valid-type] # per record
