"""Read what a record has; null, and what has another type than the contract says, is absent."""

from hashlib import sha256
from typing import Any

from desk.read_records import Record, Thing, sequence_of, thing

__all__ = [
    "Record",
    "Thing",
    "key",
    "name",
    "order",
    "part",
    "parts",
    "sequence_of",
    "text",
    "thing",
]


def part(of: dict[str, Any], field: str) -> dict[str, Any]:
    """An object in an object; empty where there is none."""
    found = of.get(field)
    return found if isinstance(found, dict) else {}


def parts(of: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """A list of objects; empty where there is none."""
    found = of.get(field)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def text(of: dict[str, Any], field: str) -> str | None:
    """A text that says something."""
    found = of.get(field)
    return found if isinstance(found, str) and found else None


def key(found: str) -> str:
    """A text that fits into an index, whatever a stranger made of it."""
    longest = 200
    return found if len(found) <= longest else sha256(found.encode(errors="replace")).hexdigest()


def name(party: dict[str, Any]) -> str | None:
    """How people call somebody."""
    spellings = ("displayName", "phoneNumber", "emailAddress", "rawId", "key")
    return next((found for each in spellings if (found := text(party, each))), None)


def order(record: Record) -> str:
    """The place of the record among all: by ``time``, the id decides between equals."""
    return f"{text(record, 'time') or ''} {record['id']}"
