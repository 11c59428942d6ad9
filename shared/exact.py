"""Data exactly as the service writes it today, decoded straight into payload structs.

Exactly is: every name as it should be and none unknown, every value of its type, people as users.
``wire`` reads whatever else there is. Both ways give the same facts, which a test holds.
"""

from functools import cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from shared.identifiers import Identifier, Participant


class _UserId(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    id: str


class User(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """A user as the service writes one today: all of it is in the raw id."""

    raw_id: Annotated[str, Meta(min_length=1)]
    communication_user: _UserId
    kind: Literal["communicationUser"] | None = None


# A thread may have 250, and its event come for each of them: gc=False spares the garbage collector
# what can be part of no cycle, since it holds only text.
class UserInThread(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """The same as a participant."""

    participant_communication_identifier: User
    display_name: str | None = None
    metadata: dict[str, str] | None = None


_TYPES: dict[Any, Any] = {
    Identifier: str | User | None,
    Participant | None: UserInThread | None,
    list[Participant] | None: list[UserInThread] | None,
}
"""How the types of payloads are narrowed."""

P = TypeVar("P", bound=Struct)


@cache
def _decoder(shape: type[P]) -> msgspec.json.Decoder[P]:
    """For a struct that is a ``shape``, and has the one field that all know and none reads."""
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


def read(shape: type[P], data: msgspec.Raw) -> tuple[P, dict[str, Any]] | None:
    """What ``wire.read`` gives, at a fraction of its cost; None when it is not sure, or blank."""
    try:
        payload: Any = _decoder(shape).decode(data)
    except msgspec.DecodeError:
        return None
    transaction = payload.transaction_id
    if payload == type(payload)(transaction_id=transaction):
        return None
    return payload, {} if transaction is UNSET else {"transactionId": transaction}
