"""The JSON Schemas of the records, made from the structs that write them.

Three documents (draft 2020-12): the CloudEvents envelope, and the data of each kind of record under
the URN that ``dataschema`` names.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from local.paths import ROOT
from shared.records.records import (
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
    return _text({"$schema": _DIALECT, "$id": urn, **reference, "$defs": definitions})


def _record() -> dict[str, Any]:
    """The envelope; ``data`` or ``dataref`` is there, and data fits what ``dataschema`` names."""
    _, definitions = msgspec.json.schema_components([Record[Any]], ref_template="#/$defs/{name}")
    (envelope,) = definitions.values()
    kinds = [
        {
            "if": {"properties": {"dataschema": {"const": urn}}},
            "then": {"properties": {"data": {"$ref": urn}}},
        }
        for urn, _, _ in _KINDS
    ]
    properties = envelope["properties"] | {
        "id": {"type": "string", "format": "uuid", **_described(envelope, "id")},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"}
        | _described(envelope, "source"),
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
        "allOf": kinds,
    }


def _described(envelope: dict[str, Any], name: str) -> dict[str, str]:
    described = envelope["properties"][name]
    return {"description": described["description"]} if "description" in described else {}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
