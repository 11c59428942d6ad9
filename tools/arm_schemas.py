"""Prune the schemas of Azure Resource Manager to what the templates in infra/ use.

`python3 -m tools.arm_schemas FOLDER` reads full files, FOLDER/API-VERSION/PROVIDER.json, and writes
the pruned ones to tests/deploy/arm-schemas. Run it when a template takes a new type or version.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.paths import ROOT

TARGET = ROOT / "tests" / "deploy" / "arm-schemas"
_COMMON = "https://schema.management.azure.com/schemas/common/definitions.json"
_OR_EXPRESSION = {"$ref": f"{_COMMON}#/definitions/expression"}
_WIDTH = 100  # characters of a line

Json = dict[str, Any]


def pruned(source: Path) -> dict[str, str]:
    """The pruned files, by their names below ``source``.

    Raises:
        KeyError: a definition that another one refers to is missing.
    """
    templates = [json.loads(file.read_bytes()) for file in (ROOT / "infra").glob("*.json")]
    used = {(one["type"], one["apiVersion"]) for one in _objects(templates) if "apiVersion" in one}
    files = {}
    for file in sorted(source.glob("*/Microsoft.*.json")):
        full = json.loads(file.read_bytes())
        roots = full["resourceDefinitions"].items()
        kept = {name: _simple(root) for name, root in roots if type_of(root) in used}
        for root in kept.values():
            root["properties"].pop("resources", None)  # nested children, which our templates lack
        if kept:
            definitions: Json = {}
            _keep_reached(kept, full["definitions"], definitions)
            shown = {"id": full["id"], "resourceDefinitions": kept, "definitions": definitions}
            files[file.relative_to(source).as_posix()] = _text(shown) + "\n"
    return files


def type_of(root: Json) -> tuple[str, str]:
    """The resource type that a schema describes, and its API version."""
    return root["properties"]["type"]["enum"][0], root["properties"]["apiVersion"]["enum"][0]


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _objects(inner)


def _simple(schema: Any) -> Any:
    """Without descriptions, and without "or an expression": tests check evaluated resources."""
    if isinstance(schema, list):
        return [_simple(one) for one in schema if one != _OR_EXPRESSION]
    if not isinstance(schema, dict):
        return schema
    kept = {k: _simple(v) for k, v in schema.items() if k != "description" or isinstance(v, dict)}
    return kept["oneOf"][0] if kept.keys() == {"oneOf"} and len(kept["oneOf"]) == 1 else kept


def _keep_reached(schema: Json, full: Json, kept: Json) -> None:
    for one in _objects(schema):
        name = one.get("$ref", "").removeprefix("#/definitions/")
        if name and name not in kept:
            kept[name] = _simple(full[name])
            _keep_reached(kept[name], full, kept)


def _text(value: Any, newline: str = "\n") -> str:
    """JSON with everything that fits into a line in one line."""
    line = json.dumps(value)
    if len(newline + line) <= _WIDTH or not isinstance(value, dict | list):
        return line
    deeper = f"{newline} "
    if isinstance(value, list):
        return "[" + ",".join(deeper + _text(one, deeper) for one in value) + newline + "]"
    rows = (f"{deeper}{json.dumps(key)}: {_text(one, deeper)}" for key, one in value.items())
    return "{" + ",".join(rows) + newline + "}"


if __name__ == "__main__":
    for name, text in pruned(Path(sys.argv[1])).items():
        (TARGET / name).parent.mkdir(exist_ok=True)
        (TARGET / name).write_text(text, encoding="utf-8")
