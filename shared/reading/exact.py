"""Events exactly as the service writes them today, decoded straight into structs.

Exactly is: every name as it should be and none unknown, every value of its type, people as users.
``envelope`` and ``wire`` read whatever else there is. Both ways give the same, which tests hold.
"""

from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from shared.reading.identifiers import Identifier, Participant
from shared.records.facts import Schema

_Text = Annotated[str, Meta(min_length=1)]


class _EventGrid(
    Struct,
    frozen=True,
    rename={"source": "topic", "type": "eventType", "time": "eventTime"}.get,
    forbid_unknown_fields=True,
):
    """An event as Event Grid itself writes it: with exact names, and nothing else."""

    id: _Text
    source: _Text
    subject: str
    type: _Text
    time: _Text
    data: Raw
    data_version: str | None = field(default=None, name="dataVersion")
    metadata_version: str | None = field(default=None, name="metadataVersion")
    traceparent: ClassVar[None] = None
    schema: ClassVar[Schema] = "EventGridSchema"


class _CloudEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in the CloudEvents schema."""

    id: _Text
    source: _Text
    type: _Text
    time: _Text
    data: Raw
    specversion: str | None = None
    subject: str | None = None
    datacontenttype: str | None = None
    traceparent: str | None = None
    data_version: ClassVar[None] = None
    metadata_version: ClassVar[None] = None
    schema: ClassVar[Schema] = "CloudEventSchemaV1_0"


class _UserId(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    id: str


class User(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """A user as the service writes one today: all of it is in the raw id."""

    raw_id: _Text
    communication_user: _UserId
    kind: Literal["communicationUser"] | None = None


# A thread may have 250, and its event come for each of them: gc=False spares the garbage collector
# what can be part of no cycle, since it holds only text.
class UserInThread(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """The same as a participant."""

    participant_communication_identifier: User
    display_name: str | None = None
    metadata: dict[str, str] | None = None


_SCHEMAS = (msgspec.json.Decoder(_EventGrid), msgspec.json.Decoder(_CloudEvent))
_TYPES: dict[Any, Any] = {
    Identifier: str | User | None,
    Participant | None: UserInThread | None,
    list[Participant] | None: list[UserInThread] | None,
}
"""How the types of payloads are narrowed."""

P = TypeVar("P", bound=Struct)


def event(text: str) -> _EventGrid | _CloudEvent | None:
    """The event, its data only skipped over; None when it is not exact."""
    for schema in _SCHEMAS:
        try:
            return schema.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
    return None


@cache
def _decoder(shape: type[P]) -> msgspec.json.Decoder[P]:
    """For a ``shape`` that takes ``transactionId`` too, which chat events carry and no fact has."""
    fields = [
        (each.name, _TYPES[each.type], None)
        for each in msgspec.structs.fields(shape)
        if each.type in _TYPES
    ]
    exact = msgspec.defstruct(
        f"Exact{shape.__name__}",
        [*fields, ("transaction_id", str | UnsetType, UNSET)],
        bases=(shape,),
        frozen=True,
        rename="camel",
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(exact)


def narrowed(shape: type[P], value: dict[str, Any]) -> P | None:
    """One of the structs above, of a value in data that is read by ``wire`` for another reason."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return None


def read(shape: type[P], data: Raw) -> tuple[P, dict[str, Any]] | None:
    """What ``wire.read`` gives, at a fraction of its cost; None when it is not sure, or blank."""
    try:
        payload: Any = _decoder(shape).decode(data)
    except msgspec.DecodeError:
        return None
    transaction = payload.transaction_id
    if payload == type(payload)(transaction_id=transaction):
        return None
    return payload, {} if transaction is UNSET else {"transactionId": transaction}
