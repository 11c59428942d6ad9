"""pydantic v2: models check the event, its ``to_json`` writes the records."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import to_json

from bench.normalizing import dicts


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _UserId(_Model):
    id: str


class _Identifier(_Model):
    kind: str
    raw_id: str
    communication_user: _UserId


class _Participant(_Model):
    display_name: str
    participant_communication_identifier: _Identifier
    metadata: dict[str, str] | None = None


class _Properties(_Model):
    topic: str


class _Sms(_Model):
    message_id: str
    from_: str
    to: str
    message: str
    received_timestamp: str
    segment_count: int

    model_config = ConfigDict(alias_generator=lambda name: to_camel(name.rstrip("_")), frozen=True)


class _ChatMessage(_Model):
    message_id: str
    message_body: str
    sender_communication_identifier: _Identifier
    sender_display_name: str
    recipient_communication_identifier: _Identifier
    compose_time: str
    type: str
    version: int
    metadata: dict[str, str] | None = None
    thread_id: str
    transaction_id: str


class _Thread(_Model):
    created_by_communication_identifier: _Identifier
    recipient_communication_identifier: _Identifier
    create_time: str
    version: int
    properties: _Properties
    participants: list[_Participant]
    metadata: dict[str, str] | None = None
    thread_id: str
    transaction_id: str


class _Event(_Model):
    id: str
    topic: str
    subject: str
    event_type: str
    event_time: str
    data: _Sms | _ChatMessage | _Thread
    data_version: str
    metadata_version: str


def with_pydantic(text: str) -> list[bytes]:
    """Event text to the texts of its records."""
    event: dict[str, Any] = _Event.model_validate_json(text).model_dump(
        by_alias=True, exclude_unset=True
    )
    return [to_json(record) for record in dicts.records_of(event)]
