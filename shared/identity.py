"""Whoever takes part in a chat, and mail addresses, to ``Party``.

The forms of an identifier: ``identifiers``. Phone numbers: ``phones``.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, ValidationError, convert, structs

from shared.facts import Party, PartyKind
from shared.identifiers import (
    KINDS,
    Identifier,
    IdentifierObject,
    beyond,
    derived_raw_id,
    inside,
    kind_of,
    kind_of_part,
)
from shared.phones import e164
from shared.values import strings, text
from shared.wire import read


class _UserId(Struct, frozen=True, forbid_unknown_fields=True):
    id: str


class _User(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A user as the service writes one today: all of it is in the raw id."""

    raw_id: str
    communication_user: _UserId
    kind: Literal["communicationUser"] | None = None


class _UserInThread(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The same as a participant. A thread may have 250, and its event come for each of them."""

    participant_communication_identifier: _User
    display_name: str | None = None
    metadata: dict[str, str] | None = None


class _UsersInThread(Struct, frozen=True):
    participants: list[_UserInThread]


class _Participant(Struct, frozen=True, rename="camel"):
    """``ChatThreadParticipant``, or the ``ChatThreadMember`` of before 2021-03."""

    display_name: str | None = None
    participant_communication_identifier: Identifier = None
    metadata: dict[str, Any] | None = None
    raw_id: str | None = None
    id: str | None = None


def from_email(address: str | None) -> Party | None:
    """A mail address."""
    return Party(kind="emailAddress", raw_id=address, email_address=address) if address else None


def from_identifier(
    identifier: Identifier, display_name: str | None = None, metadata: dict[str, str] | None = None
) -> Party | None:
    """A communication identifier in either form; kind and raw id are derived where absent."""
    display_name = text(display_name)
    if not isinstance(identifier, dict):
        if not identifier:
            return _nameless(display_name, metadata)
        return _party(identifier, kind_of(identifier), None, display_name, metadata, {})
    return _exact_user(identifier, display_name, metadata) or _loose(
        identifier, display_name, metadata
    )


def _exact_user(
    identifier: dict[str, Any], display_name: str | None, metadata: dict[str, str] | None
) -> Party | None:
    try:
        user = convert(identifier, _User)
    except ValidationError:
        return None
    return _known(user, display_name, metadata)


def _known(user: _User, display_name: str | None, metadata: dict[str, str] | None) -> Party | None:
    """The party that the thorough way gives, at a tenth of its cost; None when it is not sure."""
    if not user.raw_id or user.raw_id != user.communication_user.id:
        return None
    return Party(
        kind="communicationUser",
        raw_id=user.raw_id,
        display_name=display_name,
        metadata=metadata,
    )


def _loose(
    identifier: dict[str, Any], display_name: str | None, metadata: dict[str, str] | None
) -> Party | None:
    parts, extra = read(IdentifierObject, identifier)
    number = inside(parts.phone_number, "value")
    raw_id = parts.raw_id or derived_raw_id(parts, number)
    kind = KINDS.get((parts.kind or "").lower(), "unknown")
    if kind == "unknown":
        kind = kind_of_part(parts) or kind_of(raw_id)
    extra |= beyond(parts, raw_id)
    misplaced = strings(parts.metadata)  # there in Microsoft's spec examples
    if misplaced and metadata and misplaced != metadata:
        extra["metadata"] = parts.metadata
    metadata = metadata or misplaced
    if parts.kind and parts.kind.lower() not in KINDS:
        extra["kind"] = parts.kind
    if raw_id is None and kind == "unknown" and not extra:
        return _nameless(display_name, metadata)
    return _party(raw_id, kind, number, display_name, metadata, extra)


def from_participants(participants: list[dict[str, Any]]) -> list[Party]:
    """Everybody in a thread, in the order told."""
    try:
        told = convert({"participants": participants}, _UsersInThread).participants
    except ValidationError:
        return [from_participant(each) for each in participants]
    pairs = zip(told, participants, strict=True)
    return [_known_participant(user) or _loose_participant(wire) for user, wire in pairs]


def from_participant(participant: Mapping[str, Any]) -> Party:
    """Somebody in a thread, in the form of any year; never fails to be a party."""
    try:
        user = convert(participant, _UserInThread)
    except ValidationError:
        return _loose_participant(participant)
    return _known_participant(user) or _loose_participant(participant)


def _known_participant(told: _UserInThread) -> Party | None:
    user = told.participant_communication_identifier
    return _known(user, text(told.display_name), told.metadata or None)


def _loose_participant(participant: Mapping[str, Any]) -> Party:
    parts, extra = read(_Participant, participant)
    # A careless sender may put the identifier's own field beside the name.
    identifier = parts.participant_communication_identifier or parts.raw_id or parts.id
    party = from_identifier(identifier, parts.display_name, strings(parts.metadata))
    return structs.replace(party or Party(kind="unknown"), extra=_both(party, extra))


def merged(first: Party, again: Party) -> Party:
    """One party told twice: gaps of the first are filled, and what differs goes to its extra."""
    pairs = {
        "rawId": (first.raw_id, again.raw_id),
        "displayName": (first.display_name, again.display_name),
        "metadata": (first.metadata, again.metadata),
    }
    differs = {name: new for name, (old, new) in pairs.items() if old and new and new != old}
    return structs.replace(
        first,
        display_name=first.display_name or again.display_name,
        metadata=first.metadata or again.metadata,
        extra=_both(again, first.extra | ({"toldAgain": differs} if differs else {})),
    )


def conversation(channel: str, ours: Party | None, theirs: Party | None) -> str | None:
    """One name for both directions between two addresses: the resource's own comes first."""
    if ours is None and theirs is None:
        return None
    return f"{channel}:{ours.key if ours else ''}:{theirs.key if theirs else ''}"


def _both(party: Party | None, extra: dict[str, Any]) -> dict[str, Any]:
    return (party.extra if party else {}) | extra


def _nameless(display_name: str | None, metadata: dict[str, str] | None) -> Party | None:
    if display_name is None and metadata is None:
        return None
    return Party(kind="unknown", display_name=display_name, metadata=metadata)


def _party(
    raw_id: str | None,
    kind: PartyKind,
    number: str | None,
    display_name: str | None,
    metadata: dict[str, str] | None,
    extra: dict[str, Any],
) -> Party:
    phone_number = None
    if kind == "phoneNumber":
        phone_number = e164(number or (raw_id or "").removeprefix("4:"))
    return Party(
        kind=kind,
        raw_id=raw_id,
        phone_number=phone_number,
        display_name=display_name,
        metadata=metadata,
        extra=extra,
    )
