"""How loosely written JSON objects are read: the casing of keys, old names, wrong types.

The casing of keys is settled by no source: Microsoft's samples of one event type are PascalCase or
camelCase by their age, and one of them mixes both (``Tag``). A struct may name older field names
in its class attribute ``old_names``. Nothing here looks inside a customer's ``metadata``.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

P = TypeVar("P", bound=msgspec.Struct)

_HASHED = (1 << 61) - 1
"""Whole numbers from here on can all have one hash, and a set of such costs quadratic time
(docs.python.org/3/library/stdtypes.html, "Hashing of numeric types")."""


@cache
def _names(shape: type[msgspec.Struct]) -> tuple[frozenset[str], dict[str, tuple[str, bool]]]:
    """The exact field names, and every lower-cased name with its field and whether it is old."""
    exact = frozenset(shape.__struct_encode_fields__)
    old_names: dict[str, str] = getattr(shape, "old_names", {})
    old = {name.lower(): (field, True) for name, field in old_names.items() if field in exact}
    return exact, old | {name.lower(): (name, False) for name in exact}


def fold(shape: type[P], wire: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Split a JSON object into the fields of ``shape``, by their exact names, and the rest.

    The exact name wins, then another casing of it, then the old name; but a value that holds all
    of the winner and more wins over it, so an empty new field hides nothing. A value that loses
    stays in the rest under its own name, unless it only repeats the winner.
    """
    exact, names = _names(shape)
    if wire.keys() <= exact:
        return wire, {}
    known: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    others: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for key, value in wire.items():
        if key in exact:
            known[key] = value
        elif (found := names.get(key.lower())) is None:
            rest[key] = value
        else:
            field, is_old = found
            others[is_old].setdefault(field, []).append(key)
    for fields in others:
        for field, keys in fields.items():
            _choose(field, keys, wire, known, rest)
    return known, rest


def _choose(
    field: str,
    keys: list[str],
    wire: Mapping[str, Any],
    known: dict[str, Any],
    rest: dict[str, Any],
) -> None:
    """Take the fullest value under ``keys`` for a field; what it does not hold goes to the rest."""
    if field not in known:
        known[field] = wire[keys.pop(0)]
    held = _leaves(known[field]) if keys else set()
    for key in keys:
        leaves = _leaves(wire[key])
        if held < leaves:
            known[field], held = wire[key], leaves
        elif not leaves <= held:
            rest[key] = wire[key]


def _leaves(value: Any) -> set[Any]:
    """Every scalar in a value but null and empty text: what must not get lost."""
    found: set[Any] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, int) and abs(item) >= _HASHED:
            found.add((str(item),))
        elif item is not None and item != "":
            found.add(item)
    return found


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
    """Put a field where it belongs: as it is, in a form that fits, or in the rest."""
    for form in _forms(value):
        try:
            msgspec.convert({name: form}, shape)
        except msgspec.ValidationError:
            continue
        readable[name] = form
        if isinstance(form, str) or _leaves(value) <= _leaves(form):
            return
        break
    rest[name] = value


def _forms(value: Any) -> list[Any]:
    """A value, then other forms of it that a field may accept."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value, str(value)]
    if value == "":
        return [value, None]
    if isinstance(value, list):
        return [value, [item for item in value if isinstance(item, dict)]]
    return [value]


def take(wire: dict[str, Any], name: str) -> Any:
    """Take a value out of a JSON object, by the lower-cased name of its key."""
    for key in wire:
        if key.lower() == name:
            return wire.pop(key)
    return None
