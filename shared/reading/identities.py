"""Users and mail addresses to ``Party``.

The forms of an identifier: ``identifiers``. Phone numbers: ``phones``.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from msgspec import Struct, structs

from shared.reading.fields import read
from shared.reading.identifiers import (
    Identifier,
    IdentifierObject,
    derived_raw_id,
    inside,
    is_anonymous,
    kind_named,
    kind_of,
    kind_of_part,
    plain_user,
    unread_parts,
)
from shared.reading.phones import e164
from shared.reading.values import strings, text
from shared.records.facts import ANONYMOUS, Party, PartyKind


class _Participant(Struct, frozen=True, rename="camel"):
    """``ChatThreadParticipant``, or the ``ChatThreadMember`` of before 2021-03."""

    old_names: ClassVar = {"memberId": "participantCommunicationIdentifier"}

    display_name: str | None = None
    participant_communication_identifier: Identifier = None
    metadata: dict[str, Any] | None = None
    raw_id: str | None = None
    id: str | None = None


def from_email(address: str | None) -> Party | None:
    """A mail address."""
    return Party(kind="emailAddress", raw_id=address, email_address=address) if address else None


def from_identifier(
    identifier: Identifier,
    display_name: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Party | None:
    """A communication identifier in either form; kind and raw id are derived where absent."""
    display_name = text(display_name)
    if not identifier:
        return _nameless(display_name, metadata)
    if isinstance(identifier, str):
        return _party(identifier, kind_of(identifier), None, display_name, metadata, {})
    if raw_id := plain_user(identifier):
        return Party(
            kind="communicationUser", raw_id=raw_id, display_name=display_name, metadata=metadata
        )
    return _from_object(identifier, display_name, metadata)


def _from_object(
    identifier: dict[str, Any], display_name: str | None, metadata: dict[str, str] | None
) -> Party | None:
    parts, extra = read(IdentifierObject, identifier)
    number = inside(parts.phone_number, "value")
    raw_id = parts.raw_id or derived_raw_id(parts, number)
    if is_anonymous(parts):
        raw_id, number = ANONYMOUS, None
    kind = kind_named(parts.kind)
    if kind is None or kind == "unknown":
        kind = kind_of_part(parts) or kind_of(raw_id)
    extra |= unread_parts(parts, raw_id)
    misplaced = strings(parts.metadata)  # there in Microsoft's spec examples
    if misplaced and metadata and misplaced != metadata:
        extra["metadata"] = parts.metadata
    metadata = metadata or misplaced
    if parts.kind and not kind_named(parts.kind):
        extra["kind"] = parts.kind
    if raw_id is None and kind == "unknown" and not extra:
        return _nameless(display_name, metadata)
    return _party(raw_id, kind, number, display_name, metadata, extra)


def from_participant(participant: dict[str, Any]) -> Party:
    """Somebody in a thread, in the form of any year; never fails to be a party."""
    parts, extra = read(_Participant, participant)
    # A careless sender may put the identifier's own field beside the name.
    identifier = parts.participant_communication_identifier or parts.raw_id or parts.id
    party = from_identifier(identifier, parts.display_name, strings(parts.metadata))
    party = party or Party(kind="unknown")
    return structs.replace(party, extra=party.extra | extra) if extra else party


def each_once(participants: Iterable[Party]) -> tuple[Party, ...]:
    """The parties in their order, each once; without an id duplicates can't be detected."""
    copies: dict[str | int, list[Party]] = {}
    for index, party in enumerate(participants):
        copies.setdefault(party.key or index, []).append(party)
    return tuple(_merged(same) if len(same) > 1 else same[0] for same in copies.values())


def _merged(copies: list[Party]) -> Party:
    """One party that came several times: gaps are filled, and what differs goes to its extra."""
    first = copies[0]
    display_name = next((copy.display_name for copy in copies if copy.display_name), None)
    metadata = next((copy.metadata for copy in copies if copy.metadata), None)
    extra: dict[str, Any] = {}
    for copy in reversed(copies):
        extra |= copy.extra
    others = []
    for copy in copies[1:]:
        pairs = {
            "rawId": (first.raw_id, copy.raw_id),
            "displayName": (display_name, copy.display_name),
            "metadata": (metadata, copy.metadata),
        }
        others.append({name: new for name, (old, new) in pairs.items() if new and new != old})
    if others := [other for other in others if other]:
        extra["duplicates"] = others
    return structs.replace(first, display_name=display_name, metadata=metadata, extra=extra)


def conversation(channel: str, ours: Party | None, theirs: Party | None) -> str:
    """One name for both directions between two addresses: the resource's own comes first.

    Colons inside an address are percent-encoded, so two pairs never share a name. Empty where the
    other side is unknown: such messages do not belong together.
    """
    if theirs is None or not theirs.key:
        return ""
    own = ours.key if ours else ""
    return f"{channel}:{_escaped(own) or 'unknown'}:{_escaped(theirs.key)}"


def _escaped(key: str) -> str:
    return key.replace("%", "%25").replace(":", "%3A")


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
        # ``4:+14255550123_id``: the suffix distinguishes calls through one number.
        phone_number = e164(number or (raw_id or "").removeprefix("4:").partition("_")[0])
    return Party(
        kind=kind,
        raw_id=raw_id,
        phone_number=phone_number,
        display_name=display_name,
        metadata=metadata,
        extra=extra,
    )
