"""Whoever takes part in a chat, and mail addresses, to ``Party``.

The forms of an identifier: ``identifiers``. Phone numbers: ``phones``.
"""

from typing import Any

from msgspec import Struct, structs

from shared.reading.exact import User, UserInThread, narrowed
from shared.reading.fields import read
from shared.reading.identifiers import (
    KINDS,
    Identifier,
    IdentifierObject,
    Participant,
    beyond,
    derived_raw_id,
    inside,
    kind_of,
    kind_of_part,
)
from shared.reading.phones import e164
from shared.reading.values import strings, text
from shared.records.facts import Party, PartyKind


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
    identifier: Identifier | User,
    display_name: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Party | None:
    """A communication identifier in either form; kind and raw id are derived where absent."""
    if isinstance(identifier, dict):
        user = narrowed(User, identifier)
        if user is None:
            return _loose(identifier, text(display_name), metadata)
        identifier = user
    if isinstance(identifier, User):
        return from_participant(UserInThread(identifier, display_name, metadata))
    display_name = text(display_name)
    if not identifier:
        return _nameless(display_name, metadata)
    return _party(identifier, kind_of(identifier), None, display_name, metadata, {})


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


def from_participant(participant: Participant | UserInThread) -> Party:
    """Somebody in a thread, in the form of any year; never fails to be a party."""
    if isinstance(participant, dict):
        told = narrowed(UserInThread, participant)
        return from_participant(told) if told else _loose_participant(participant)
    # What _loose gives, at a tenth of its cost; text() is not called, for there may be 250.
    user = participant.participant_communication_identifier
    name, extra = participant.display_name, {}
    if (other := user.communication_user.id) != user.raw_id:
        extra = beyond(IdentifierObject(communication_user={"id": other}), user.raw_id)
    return Party(
        kind="communicationUser",
        raw_id=user.raw_id,
        display_name=name if name and not name.isspace() else None,
        metadata=participant.metadata or None,
        extra=extra,
    )


def _loose_participant(participant: Participant) -> Party:
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
