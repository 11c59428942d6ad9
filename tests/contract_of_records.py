"""Every record that a test sees is held to the committed JSON Schemas, formats included."""

import json
from functools import cache
from typing import Any

import jsonschema
from referencing import Registry, Resource

from tools import schemas


@cache
def validator() -> jsonschema.Draft202012Validator:
    """What `schemas/record.v1.json` demands."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in schemas.documents()]
    registry: Registry[Any] = Registry().with_resources(
        (document["$id"], Resource.from_contents(document)) for document in documents
    )
    record = next(d for d in documents if d["$id"] == schemas.RECORD_SCHEMA)
    return jsonschema.Draft202012Validator(
        record, registry=registry, format_checker=jsonschema.FormatChecker()
    )


def held(record: dict[str, Any]) -> dict[str, Any]:
    """The record, if it is what its schema says.

    Raises:
        jsonschema.ValidationError: it is not.
    """
    validator().validate(record)
    return record
