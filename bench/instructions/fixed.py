"""A fixed computation of a normalizer's kind, to divide counts by. NEVER CHANGE IT.

JSON is read, keys are folded, structs made, texts matched and cut, an id hashed, and JSON written,
in about the proportions of a normalizer, so that another build of the interpreter, or another
processor, is quicker or slower at both alike. It is written for that, not for anybody's use.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import msgspec
from msgspec import Struct

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_BLANKS = re.compile(r"[\s().\-]")
_PREFIXES = (("4:", "number"), ("28:", "bot"), ("8:orgid:", "worker"), ("8:acs:", "user"))
_EVENT = """{"id": "6f3ff40e-0c8b-4a1b-9c2f-6b1b7e5ad0c1", "source": "/plants/7/lines/3",
"subject": "lot/4711/from/8:acs:5b7c_0001/to/4:+14255550123", "type": "Example.Thing.Happened",
"time": "2024-05-06T07:08:09.1234567Z", "dataVersion": "1.0", "metadataVersion": "1",
"data": {"Sender": {"kind": "user", "rawId": "8:acs:5b7c_0001", "name": "Alice Example"},
"receiver": {"kind": "number", "rawId": "4:+1 425-555-0123"}, "Text": "Is table 4 free? \\u2615",
"sentAt": "2024-05-06T07:08:08.5Z", "version": 1714979288500, "lot": "4711", "colour": "green",
"properties": {"priority": "high", "shelf": "b-12", "seen": "false"}, "note": "Two of a kind.",
"others": [{"kind": "user", "rawId": "8:acs:5b7c_0002", "name": "Bob"},
{"kind": "worker", "rawId": "8:orgid:5b7c_0003", "name": "Carol"}]}}"""


class _Payload(Struct, frozen=True, rename="camel"):
    sender: dict[str, Any] | None = None
    receiver: dict[str, Any] | None = None
    text: str | None = None
    sent_at: str | None = None
    version: int | None = None
    properties: dict[str, str] | None = None
    others: list[dict[str, Any]] | None = None


class _Who(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    kind: str
    raw_id: str
    number: str | None = None
    name: str | None = None


class _Origin(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    id: str
    type: str
    source: str
    subject: str | None = None
    time: str | None = None
    data_version: str | None = None
    metadata_version: str | None = None


class _Fact(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    event: _Origin
    lot: str
    sender: _Who | None
    receiver: _Who | None
    others: tuple[_Who, ...] = ()
    text: str | None = None
    sent_at: str | None = None
    version: int | None = None
    properties: dict[str, str] | None = None
    extra: dict[str, Any] = {}


class _Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    group: str
    data: _Fact


def compute() -> list[bytes]:
    """One turn of it; always the same answer."""
    wire = {key.lower(): value for key, value in msgspec.json.decode(_EVENT).items()}
    fact = _fact(wire)
    key = "\x1f".join((wire["source"], fact.lot, str(fact.version), wire["type"]))
    group = _id(key, "group")
    records = (
        _Record(
            id=_id(key, purpose),
            source=wire["source"],
            type=wire["type"],
            subject=fact.lot,
            time=_instant(wire["time"]),
            group=group,
            data=fact,
        )
        for purpose in ("first", "second")
    )
    return [msgspec.json.encode(record) for record in records]


def _fact(wire: dict[str, Any]) -> _Fact:
    known, extra = _fold(_Payload, wire["data"])
    payload = msgspec.convert(known, _Payload)
    parts = wire["subject"].split("/")
    named = dict(zip(parts[::2], parts[1::2], strict=False))
    return _Fact(
        event=_Origin(
            id=wire["id"],
            type=wire["type"],
            source=wire["source"],
            subject=wire["subject"],
            time=wire["time"],
            data_version=wire["dataversion"],
            metadata_version=wire["metadataversion"],
        ),
        lot=named["lot"],
        sender=_who(payload.sender),
        receiver=_who(payload.receiver),
        others=tuple(who for other in payload.others or () if (who := _who(other))),
        text=payload.text,
        sent_at=_instant(payload.sent_at),
        version=payload.version,
        properties=payload.properties,
        extra=extra,
    )


def _id(key: str, purpose: str) -> str:
    digest = sha1(f"{key}\x1f{purpose}".encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _fold(shape: type[Struct], wire: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {name.lower(): name for name in shape.__struct_encode_fields__}
    known: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for key, value in wire.items():
        name = names.get(key.lower())
        if name is None:
            rest[key] = value
        else:
            known[name] = value
    return known, rest


def _who(wire: dict[str, Any] | None) -> _Who | None:
    if not wire:
        return None
    raw_id, number = wire["rawId"], None
    kind = next((kind for prefix, kind in _PREFIXES if raw_id.startswith(prefix)), "unknown")
    if kind == "number":
        number = _BLANKS.sub("", raw_id.removeprefix("4:"))
    return _Who(kind=kind, raw_id=raw_id, number=number, name=wire.get("name"))


def _instant(value: str | None) -> str | None:
    match = _TIME.fullmatch(value) if value else None
    if value is None or match is None:
        return None
    *numbers, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return f"{value[:19]}.{(fraction or '').rstrip('0')}Z"
