"""The JSON Schemas of the records, made from the structs that write them.

Three documents (draft 2020-12): the CloudEvents envelope, and the data of each kind of record under
the URN that ``dataschema`` names.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from local.paths import ROOT
from shared.records.cloudevents import (
    PUSH_NOTIFICATION_SCHEMA,
    WORK_ITEM_SCHEMA,
    PushNotification,
    Record,
    WorkItem,
)

FOLDER = ROOT / "schemas"
RECORD_SCHEMA = "urn:communication-records:record:v1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KINDS = (
    (WORK_ITEM_SCHEMA, "work-item.v1.json", WorkItem),
    (PUSH_NOTIFICATION_SCHEMA, "push-notification.v1.json", PushNotification),
)


def documents() -> dict[Path, str]:
    """Every schema file and its text."""
    files = {FOLDER / name: _document(urn, kind) for urn, name, kind in _KINDS}
    files[FOLDER / "record.v1.json"] = _text(_record())
    return files


def _document(urn: str, kind: type[msgspec.Struct]) -> str:
    (reference,), definitions = msgspec.json.schema_components(
        [kind], ref_template="#/$defs/{name}"
    )
    # Closed words stay closed, but a new channel brings new kinds of parties.
    party = definitions["Party"]["properties"]["kind"]
    definitions["Party"]["properties"]["kind"] = {
        "type": "string",
        "description": f"{party['description']} Now: {', '.join(party['enum'])}.",
    }
    definitions["Delivery"] |= _FAILED
    if kind is PushNotification:
        definitions["PushNotification"] |= _SHOWN
        definitions["PushNotification"]["required"].append("event")
    return _text({"$schema": _DIALECT, "$id": urn, **reference, "$defs": definitions})


_FAILED = {
    "if": {"properties": {"status": {"const": "failed"}}},
    "then": {"required": ["failureReason"]},
}
_SHOWN = {
    "if": {"properties": {"interruptionLevel": {"enum": ["active", "passive"]}}},
    "then": {
        "required": ["title", "body"],
        "properties": {name: {"type": "string", "minLength": 1} for name in ("title", "body")},
    },
}
_REQUIRED = {
    "communication.message.": ["message"],
    "communication.delivery.": ["delivery", "direction", "message"],
    "communication.thread.": ["thread"],
    "communication.engagement.": ["engagement", "direction", "message"],
    "communication.call.": ["call"],
    "communication.recording.": ["recording"],
}
"""What data always has, by the beginning of the type."""
_ONE_OF = {"communication.participant.": ["thread", "call"]}
"""Of which data always has one."""


def _record() -> dict[str, Any]:
    """The envelope; ``data`` or ``dataref`` is there, and data fits ``dataschema`` and type."""
    _, definitions = msgspec.json.schema_components([Record[Any]], ref_template="#/$defs/{name}")
    (envelope,) = definitions.values()
    kinds: list[dict[str, Any]] = [
        {
            "if": {"properties": {"dataschema": {"const": urn}}},
            "then": {"properties": {"data": {"$ref": urn}}},
        }
        for urn, _, _ in _KINDS
    ]
    types: list[dict[str, Any]] = [
        {
            "if": {"properties": {"type": {"pattern": f"^{re.escape(prefix)}"}}},
            "then": {"properties": {"data": {"required": required}}},
        }
        for prefix, required in _REQUIRED.items()
    ]
    types += [
        {
            "if": {"properties": {"type": {"pattern": f"^{re.escape(prefix)}"}}},
            "then": {"properties": {"data": {"anyOf": [{"required": [one]} for one in names]}}},
        }
        for prefix, names in _ONE_OF.items()
    ]
    properties = envelope["properties"] | {
        "id": {"type": "string", "format": "uuid", **_described(envelope, "id")},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"}
        | _described(envelope, "source"),
        "type": {"type": "string", "minLength": 1} | _described(envelope, "type"),
        "dataschema": {"enum": [urn for urn, _, _ in _KINDS]} | _described(envelope, "dataschema"),
        "specversion": {"const": "1.0"},
        "datacontenttype": {"const": "application/json"},
    }
    return {
        "$schema": _DIALECT,
        "$id": RECORD_SCHEMA,
        **envelope,
        "title": "Record",
        "properties": properties,
        "required": sorted({*envelope["required"], "specversion", "datacontenttype"}),
        "anyOf": [{"required": ["data"]}, {"required": ["dataref"]}],
        "allOf": [*kinds, *types],
    }


def _described(envelope: dict[str, Any], name: str) -> dict[str, str]:
    described = envelope["properties"][name]
    return {"description": described["description"]} if "description" in described else {}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
