"""How loosely written JSON objects are read: the casing of keys, old names, wrong types.

The casing of keys on the wire is settled by no source: Microsoft's samples of one event type are
PascalCase or camelCase by their age, and one of them mixes both (``Tag``). Fields were renamed in
2021, and for months both names were sent side by side. Nothing here looks inside a customer's
``metadata``.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

# Old field names and what they became on 2021-03-19 (Azure/Communication release notes).
RENAMED = {
    "senderId": "senderCommunicationIdentifier",
    "recipientId": "recipientCommunicationIdentifier",
    "createdBy": "createdByCommunicationIdentifier",
    "deletedBy": "deletedByCommunicationIdentifier",
    "editedBy": "editedByCommunicationIdentifier",
    "addedBy": "addedByCommunicationIdentifier",
    "removedBy": "removedByCommunicationIdentifier",
    "members": "participants",
    "memberAdded": "participantAdded",
    "memberRemoved": "participantRemoved",
    "memberId": "participantCommunicationIdentifier",
    # Not Microsoft's renaming, but what third parties call the field of another family.
    "deliveryStatus": "status",
    "status": "deliveryStatus",
}

P = TypeVar("P", bound=msgspec.Struct)


@cache
def _names(shape: type[msgspec.Struct]) -> tuple[frozenset[str], dict[str, str]]:
    """The exact wire names of a struct, and every lower-cased name that stands for one."""
    exact = frozenset(shape.__struct_encode_fields__)
    folded = {old.lower(): new for old, new in RENAMED.items() if new in exact}
    return exact, folded | {name.lower(): name for name in exact}


def fold(shape: type[P], wire: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a JSON object into what ``shape`` knows, by its exact names, and the rest.

    The exact name wins over another casing, and a new name over the old one, unless the other says
    all of it and more: an empty new field hides nothing. What is left over goes to the rest under
    the name it came with, so nothing is dropped, and what only repeats is not kept twice.
    """
    exact, folded = _names(shape)
    other = [key for key in wire if key not in exact]
    known = {key: wire[key] for key in wire if key in exact} if other else dict(wire)
    rest: dict[str, Any] = {}
    weak: list[tuple[str, str, Any]] = []
    for key in other:
        name = folded.get(key.lower())
        if name is None:
            rest[key] = wire[key]
        else:
            weak.append((name, key, wire[key]))
    if weak:
        _choose(weak, known, rest)
    return known, rest


def _choose(weak: list[tuple[str, str, Any]], known: dict[str, Any], rest: dict[str, Any]) -> None:
    """Put each ``(name, key it came with, value)`` where it belongs."""
    # Another casing of the new name is tried before the old name, whatever came first.
    weak.sort(key=lambda entry: entry[0].lower() != entry[1].lower())
    for name, key, value in weak:
        said, here = _leaves(value), _leaves(known.get(name))
        if name not in known or here < said:
            known[name] = value
        elif not said <= here:
            rest[key] = value


def _leaves(value: Any) -> set[Any]:
    """Every scalar that says something: what must be found elsewhere before a value is let go."""
    if isinstance(value, dict):
        return set().union(*map(_leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(_leaves, value))
    return set() if value is None or value == "" else {value}


def read(shape: type[P], wire: Mapping[str, Any]) -> tuple[P, dict[str, Any]]:
    """Read a JSON object as ``shape``, whose fields are all optional; return it and the rest.

    One field of the wrong JSON type spoils no event: it is read as far as it can be, and kept in
    the rest. A failed delivery with a number for its tag is still a failed delivery.
    """
    known, rest = fold(shape, wire)
    try:
        return msgspec.convert(known, shape), rest
    except msgspec.ValidationError:
        readable: dict[str, Any] = {}
        for name, value in known.items():
            _read_field(shape, name, value, readable, rest)
        return msgspec.convert(readable, shape), rest


def _read_field(
    shape: type[msgspec.Struct],
    name: str,
    value: Any,
    readable: dict[str, Any],
    rest: dict[str, Any],
) -> None:
    """Put a field where it belongs: as it is, as what was meant by it, or with the rest."""
    for meant in _meanings(value):
        try:
            msgspec.convert({name: meant}, shape)
        except msgspec.ValidationError:
            continue
        readable[name] = meant
        if _leaves(value) <= _leaves(meant) or isinstance(meant, str):
            return
        break
    rest[name] = value


def _meanings(value: Any) -> list[Any]:
    """A value, and what a careless sender may have meant by it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value, str(value)]
    if value == "":
        return [value, None]
    if isinstance(value, list):
        return [value, [item for item in value if isinstance(item, dict)]]
    return [value]


def take(wire: dict[str, Any], name: str) -> Any:
    """Take a value out of a JSON object, whatever the casing of its key."""
    for key in wire:
        if key.lower() == name:
            return wire.pop(key)
    return None
