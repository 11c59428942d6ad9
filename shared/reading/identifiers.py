"""Communication identifiers as they come: raw ids, and objects with at most one nested part.

Raw id prefixes, and how a raw id is built from an identifier's parts: the azure-communication
identity SDKs (``identifier_from_raw_id``, ``_shared/models.py`` of azure-communication-
callautomation 1.6.0). Other prefixes (``8:live:``, ``8:sfb:``, ``48:``, ``29:``) are known to no
SDK: kind ``unknown``.
"""

import re
from typing import Any, get_args

from msgspec import Struct

from shared.reading.values import text
from shared.records.facts import ANONYMOUS, PartyKind

Identifier = str | dict[str, Any] | None
"""A communication identifier in an event: a raw id (before 2021-03) or an object."""

KINDS = {kind.lower(): kind for kind in get_args(PartyKind)}
_KIND_OF_PREFIX: tuple[tuple[str, PartyKind], ...] = (
    ("8:acs:", "communicationUser"),  # most are
    ("4:", "phoneNumber"),
    ("28:", "microsoftTeamsApp"),
    ("8:orgid:", "microsoftTeamsUser"),
    ("8:dod:", "microsoftTeamsUser"),
    ("8:gcch:", "microsoftTeamsUser"),
    ("8:teamsvisitor:", "microsoftTeamsUser"),
    ("8:dod-acs:", "communicationUser"),
    ("8:gcch-acs:", "communicationUser"),
    ("8:spool:", "communicationUser"),
)
_EXTENSION = re.compile(r"8:(?:dod-|gcch-)?acs:[^_]*_[^_]*_[^_]*")
"""Resource, tenant and user."""
_TEAMS_CLOUDS = {"dod": "dod", "gcch": "gcch"}


class IdentifierObject(Struct, frozen=True, rename="camel"):
    """The object form (``CommunicationIdentifierModel``). At most one nested part is set."""

    kind: str | None = None
    raw_id: str | None = None
    communication_user: dict[str, Any] | str | None = None
    phone_number: dict[str, Any] | str | None = None
    microsoft_teams_user: dict[str, Any] | None = None
    microsoft_teams_app: dict[str, Any] | None = None
    teams_extension_user: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    id: str | None = None
    communication_user_id: str | None = None
    """The JavaScript SDK's form, which some senders copy into events."""
    microsoft_teams_user_id: str | None = None


def plain_user(identifier: dict[str, Any]) -> str | None:
    """The raw id of a user whose object has nothing but that id, as the service writes most."""
    raw_id = identifier.get("rawId")
    user: dict[str, Any] = {"rawId": raw_id, "communicationUser": {"id": raw_id}}
    if not isinstance(raw_id, str) or not raw_id:
        return None
    is_plain = identifier == user or identifier == user | {"kind": "communicationUser"}
    return raw_id if is_plain else None


def kind_of(raw_id: str | None) -> PartyKind:
    """The kind that the prefix of a raw id stands for, whatever its casing.

    Three parts after the prefix of a user are those of a Teams extension user.
    """
    folded = (raw_id or "").lower()
    if folded.count("_") > 1 and _EXTENSION.fullmatch(folded):
        return "teamsExtensionUser"
    return next((kind for prefix, kind in _KIND_OF_PREFIX if folded.startswith(prefix)), "unknown")


def kind_named(name: str | None) -> PartyKind | None:
    """The kind of this name, as the wire or an SDK spells it (``microsoft_teams_user``)."""
    return KINDS.get((name or "").replace("_", "").lower())


def is_anonymous(parts: IdentifierObject) -> bool:
    """Whether somebody hides the number (``isAnonymous``, or ``anonymous`` in its place)."""
    raw_id, nested = (parts.raw_id or "").lower(), parts.phone_number
    number = (inside(nested, "value") or "").lower()
    return raw_id == ANONYMOUS or number == "anonymous" or _is_true(nested, "isanonymous")


def kind_of_part(parts: IdentifierObject) -> PartyKind | None:
    """The kind that the nested part stands for."""
    if parts.communication_user:
        return "communicationUser"
    if parts.phone_number:
        return "phoneNumber"
    if parts.microsoft_teams_user:
        return "microsoftTeamsUser"
    if parts.teams_extension_user:
        return "teamsExtensionUser"
    return "microsoftTeamsApp" if parts.microsoft_teams_app else None


def inside(nested: dict[str, Any] | str | None, name: str) -> str | None:
    """The text of this lower-cased name in a nested part, or the part itself if it is text."""
    if isinstance(nested, str):
        return nested or None
    value = next((v for k, v in (nested or {}).items() if k.lower() == name), None)
    return text(value) if isinstance(value, (str, int)) else None


def derived_raw_id(parts: IdentifierObject, number: str | None) -> str | None:
    """The raw id that an SDK would build of the parts."""
    if user := inside(parts.communication_user, "id") or parts.communication_user_id or parts.id:
        return user
    if number:
        return f"4:{number}"
    if user := inside(parts.microsoft_teams_user, "userid") or parts.microsoft_teams_user_id:
        return f"{_teams_prefix(parts.microsoft_teams_user)}{user}"
    if app := inside(parts.microsoft_teams_app, "appid"):
        cloud = (inside(parts.microsoft_teams_app, "cloud") or "").lower()
        return f"28:{_TEAMS_CLOUDS.get(cloud, 'orgid')}:{app}"
    return _extension_raw_id(parts.teams_extension_user)


def unread_parts(parts: IdentifierObject, raw_id: str | None) -> dict[str, Any]:
    """The nested parts with anything that the raw id does not hold, under their own names."""
    nested = {
        "communicationUser": parts.communication_user,
        "phoneNumber": parts.phone_number,
        "microsoftTeamsUser": parts.microsoft_teams_user,
        "microsoftTeamsApp": parts.microsoft_teams_app,
        "teamsExtensionUser": parts.teams_extension_user,
    }
    known = {raw_id, (raw_id or "").removeprefix("4:")}
    return {
        name: part
        for name, part in nested.items()
        if part and {str(v) for v in (part.values() if isinstance(part, dict) else [part])} - known
    }


def _extension_raw_id(user: dict[str, Any] | None) -> str | None:
    """``8:acs:{resource}_{tenant}_{user}``, where all three are there."""
    parts = [inside(user, name) for name in ("resourceid", "tenantid", "userid")]
    if None in parts:
        return None
    cloud = _TEAMS_CLOUDS.get((inside(user, "cloud") or "").lower())
    return f"8:{f'{cloud}-' if cloud else ''}acs:{'_'.join(map(str, parts))}"


def _is_true(nested: dict[str, Any] | str | None, name: str) -> bool:
    found = nested.items() if isinstance(nested, dict) else ()
    return any(key.lower() == name and value is True for key, value in found)


def _teams_prefix(user: dict[str, Any] | None) -> str:
    if _is_true(user, "isanonymous"):
        return "8:teamsvisitor:"
    cloud = (inside(user, "cloud") or "").lower()
    return f"8:{_TEAMS_CLOUDS.get(cloud, 'orgid')}:"
