"""Resources checked against the published schemas of Azure Resource Manager."""

import functools
import json
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError, best_match

from tests.deploy.arm_templates import Json, Resource
from tools.arm_schemas import TARGET, type_of


def problems(resource: Resource) -> list[str]:
    """What the schema of its type and version finds wrong, unknown properties included.

    Some schemas describe the name of a child in full, some its last part only.
    """
    schema = _schemas().get((resource.type, resource.body["apiVersion"]))
    if schema is None:
        return [f"no schema of {resource.type} {resource.body['apiVersion']}"]
    validator = Draft4Validator(schema)
    names = (resource.body["name"], resource.body["name"].rpartition("/")[2])
    found = [_problems(validator, resource.body | {"name": name}) for name in names]
    return [f"{resource.type}: {problem}" for problem in min(found, key=len)]


def _problems(validator: Draft4Validator, body: Json) -> list[str]:
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {_message(error)}"
        for error in validator.iter_errors(body)
    ]


def _message(error: ValidationError) -> str:
    best = best_match(iter([error]))
    return (best or error).message


@functools.cache
def _schemas() -> dict[tuple[str, str], Json]:
    """By resource type and API version."""
    found = {}
    for file in TARGET.glob("*/*.json"):
        whole = json.loads(file.read_bytes())
        definitions = {name: _closed(schema) for name, schema in whole["definitions"].items()}
        for root in whole["resourceDefinitions"].values():
            # Tags and the like may be listed in a branch of the root only, so that only what is
            # inside the root's properties is closed.
            found[type_of(root)] = {**_closed_inside(root), "definitions": definitions}
    return found


def _closed(schema: Any) -> Any:
    """With ``additionalProperties: false`` wherever properties are listed: Azure refuses others."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("properties") and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed


def _closed_inside(root: Json) -> Json:
    inside = dict(root)
    if "properties" in root:
        inside["properties"] = {name: _closed(value) for name, value in root["properties"].items()}
    if "oneOf" in root:
        inside["oneOf"] = [_closed_inside(branch) for branch in root["oneOf"]]
    return inside
