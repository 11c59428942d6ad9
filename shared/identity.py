"""Communication identifiers, phone numbers and addresses to ``Party``.

Raw id prefixes, and how a raw id is built from an identifier's parts: the azure-communication
identity SDKs (``identifier_from_raw_id``, ``_shared/models.py``). Phone numbers: ITU-T E.164.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from msgspec import Struct, structs

from shared.facts import Party, PartyKind
from shared.wire import read, strings, text

Identifier = str | dict[str, Any] | None
"""A communication identifier on the wire: a raw id (before 2021-03) or an object."""

_KINDS = {kind.lower(): kind for kind in get_args(PartyKind)}
_KIND_OF_PREFIX: tuple[tuple[str, PartyKind], ...] = (
    ("4:", "phoneNumber"),
    ("28:", "microsoftTeamsApp"),
    ("8:orgid:", "microsoftTeamsUser"),
    ("8:dod:", "microsoftTeamsUser"),
    ("8:gcch:", "microsoftTeamsUser"),
    ("8:teamsvisitor:", "microsoftTeamsUser"),
    ("8:acs:", "communicationUser"),
    ("8:dod-acs:", "communicationUser"),
    ("8:gcch-acs:", "communicationUser"),
    ("8:spool:", "communicationUser"),
)
_WITH_PLUS, _WITHOUT, _SHORT_CODE = range(7, 16), range(11, 16), range(3, 9)
"""Digits of an E.164 number that is written with and without its ``+``, and of a short code."""
_TEAMS_CLOUDS = {"dod": "dod", "gcch": "gcch"}
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015]")


class _Identifier(Struct, frozen=True, rename="camel"):
    """The object form (``CommunicationIdentifierModel``). At most one nested part is set."""

    kind: str | None = None
    raw_id: str | None = None
    communication_user: dict[str, Any] | str | None = None
    phone_number: dict[str, Any] | str | None = None
    microsoft_teams_user: dict[str, Any] | None = None
    microsoft_teams_app: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    id: str | None = None
    communication_user_id: str | None = None
    """The JavaScript SDK's form, which some senders copy into events."""
    microsoft_teams_user_id: str | None = None


class _Participant(Struct, frozen=True, rename="camel"):
    """``ChatThreadParticipant``, or the ``ChatThreadMember`` of before 2021-03."""

    display_name: str | None = None
    participant_communication_identifier: Identifier = None
    metadata: dict[str, Any] | None = None
    raw_id: str | None = None
    id: str | None = None


def e164(number: str | None) -> str | None:
    """The number in E.164, when that is sure.

    Sure is a number with its ``+``, and 11 to 15 digits without (the documented SMS samples leave
    the ``+`` out). Ten digits or fewer may be a national number or a short code, and a guess would
    address somebody else.
    """
    if not number:
        return None
    digits = _SEPARATORS.sub("", number)
    plus = digits.startswith("+")
    digits = digits.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
        return None
    return f"+{digits}" if len(digits) in (_WITH_PLUS if plus else _WITHOUT) else None


def from_phone(number: str | int | None) -> Party | None:
    """An SMS address: a phone number, a short code, or an alphanumeric sender id."""
    raw = text(number)
    if raw is None:
        return None
    digits = _SEPARATORS.sub("", raw).removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return Party(kind="alphanumericSender", raw_id=raw)
    if phone_number := e164(raw):
        return Party(kind="phoneNumber", raw_id=raw, phone_number=phone_number)
    short = len(digits) in _SHORT_CODE and not raw.startswith("+")
    return Party(kind="shortCode" if short else "phoneNumber", raw_id=raw)


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
        return _party(identifier, _kind_of(identifier), None, display_name, metadata, {})
    parts, extra = read(_Identifier, identifier)
    number = _part(parts.phone_number, "value")
    raw_id = parts.raw_id or _derived_raw_id(parts, number)
    kind = _KINDS.get((parts.kind or "").lower(), "unknown")
    if kind == "unknown":
        kind = _kind_of_part(parts) or _kind_of(raw_id)
    extra |= _beyond(parts, raw_id)
    misplaced = strings(parts.metadata)  # there in Microsoft's spec examples
    if misplaced and metadata and misplaced != metadata:
        extra["metadata"] = parts.metadata
    metadata = metadata or misplaced
    if parts.kind and parts.kind.lower() not in _KINDS:
        extra["kind"] = parts.kind
    if raw_id is None and kind == "unknown" and not extra:
        return _nameless(display_name, metadata)
    return _party(raw_id, kind, number, display_name, metadata, extra)


def from_participant(participant: Mapping[str, Any]) -> Party:
    """Somebody in a thread, in the form of any year; never fails to be a party."""
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


def _kind_of(raw_id: str | None) -> PartyKind:
    return next(
        (kind for prefix, kind in _KIND_OF_PREFIX if (raw_id or "").startswith(prefix)),
        "unknown",
    )


def _kind_of_part(parts: _Identifier) -> PartyKind | None:
    if parts.communication_user:
        return "communicationUser"
    if parts.phone_number:
        return "phoneNumber"
    if parts.microsoft_teams_user:
        return "microsoftTeamsUser"
    return "microsoftTeamsApp" if parts.microsoft_teams_app else None


def _part(part: dict[str, Any] | str | None, name: str) -> str | None:
    if isinstance(part, str):
        return part or None
    value = next((v for k, v in (part or {}).items() if k.lower() == name), None)
    return text(value) if isinstance(value, (str, int)) else None


def _derived_raw_id(parts: _Identifier, number: str | None) -> str | None:
    if user := _part(parts.communication_user, "id") or parts.communication_user_id or parts.id:
        return user
    if number:
        return f"4:{number}"
    if user := _part(parts.microsoft_teams_user, "userid") or parts.microsoft_teams_user_id:
        return f"{_teams_prefix(parts.microsoft_teams_user)}{user}"
    if app := _part(parts.microsoft_teams_app, "appid"):
        cloud = (_part(parts.microsoft_teams_app, "cloud") or "").lower()
        return f"28:{_TEAMS_CLOUDS.get(cloud, 'orgid')}:{app}"
    return None


def _teams_prefix(user: dict[str, Any] | None) -> str:
    if any(key.lower() == "isanonymous" and value is True for key, value in (user or {}).items()):
        return "8:teamsvisitor:"
    cloud = (_part(user, "cloud") or "").lower()
    return f"8:{_TEAMS_CLOUDS.get(cloud, 'orgid')}:"


def _beyond(parts: _Identifier, raw_id: str | None) -> dict[str, Any]:
    """The nested parts that say more than the raw id does, under their wire names."""
    nested = {
        "communicationUser": parts.communication_user,
        "phoneNumber": parts.phone_number,
        "microsoftTeamsUser": parts.microsoft_teams_user,
        "microsoftTeamsApp": parts.microsoft_teams_app,
    }
    return {
        name: part
        for name, part in nested.items()
        if part
        and {str(v) for v in (part.values() if isinstance(part, dict) else [part])}
        - {raw_id, (raw_id or "").removeprefix("4:")}
    }
