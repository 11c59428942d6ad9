"""Deployments: templates are really expanded, and their resources written one by one."""

import json
import re
from typing import Any

from tests.deploy.arm_expressions import TemplateError
from tests.deploy.arm_templates import Json, expand, outputs
from tests.deploy.stub.azure import Azure, Refusal


def read(text: str) -> Any:
    """A request body; az splices templates into JSON behind a key without quotes."""
    return json.loads(re.sub(r"([{,]\s*)template:", r'\1"template":', text, count=1) or "null")


def create(azure: Azure, group: str, name: str, body: Json) -> Json:
    """Run a deployment and keep how it ended: what a service refuses is its error."""
    place = azure.place(group)
    template, parameters = _of(body)
    deployment: Json = {
        "id": f"{place.group_id}/providers/Microsoft.Resources/deployments/{name}",
        "name": name,
        "type": "Microsoft.Resources/deployments",
        "properties": {"provisioningState": "Succeeded", "mode": "Incremental"},
    }
    try:
        for resource in expand(template, parameters, place, azure.reference):
            azure.write(resource)
        found = outputs(template, parameters, place, azure.reference)
        deployment["properties"]["outputs"] = found
    except (Refusal, TemplateError) as error:
        deployment["properties"]["provisioningState"] = "Failed"
        deployment["properties"]["error"] = _error(error)
    azure.deployments[deployment["id"].lower()] = deployment
    return deployment


def what_if(azure: Azure, group: str, body: Json) -> Json:
    """What a deployment would write, in the shape of the real answer; nothing is written."""
    trial = Azure(azure.host, dict(azure.groups), dict(azure.resources))
    trial.packages = list(azure.packages)
    changes = []
    template, parameters = _of(body)
    for resource in expand(template, parameters, azure.place(group), trial.reference):
        before = azure.get(resource.id)
        after = trial.write(resource)
        change = "Create" if before is None else "NoChange"
        changes.append({"resourceId": resource.id, "changeType": change, "after": after})
    return {"status": "Succeeded", "properties": {"changes": changes}}


def validate(azure: Azure, group: str, body: Json) -> Json | None:
    """The error of a template that cannot be read; what refers to a service is not evaluated."""
    template, parameters = _of(body)
    place = azure.place(group)
    try:
        outputs(template, parameters, place, azure.reference)
    except TemplateError as error:
        return _error(error)
    except Refusal:
        return None
    return None


def _of(body: Json) -> tuple[Json, Json]:
    properties = body["properties"]
    given = properties.get("parameters") or {}
    return properties["template"], {name: entry["value"] for name, entry in given.items()}


def _error(error: Exception) -> Json:
    code = error.code if isinstance(error, Refusal) else "InvalidTemplate"
    return {
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed.",
        "details": [{"code": code, "message": str(error)}],
    }
