"""Our templates, expanded with what a deployment gives them."""

import copy
import json
from typing import Any

from local.paths import ROOT
from tests.deploy.arm_functions import Place
from tests.deploy.arm_templates import Json, Resource, expand
from tests.deploy.stub.azure import ACS_GROUP, ACS_ID, SUBSCRIPTION, Azure

INFRA = ROOT / "infra"
GROUP = Place(SUBSCRIPTION, "records")
TOPIC_GROUP = Place(SUBSCRIPTION, ACS_GROUP)
SITE = f"{GROUP.group_id}/providers/Microsoft.Web/sites/my-app"
STORAGE = f"{GROUP.group_id}/providers/Microsoft.Storage/storageAccounts/strecords"


def template(name: str) -> Json:
    """A template of infra/, for a test to spoil."""
    return copy.deepcopy(_TEMPLATES[name])


def subscriptions() -> list[Json]:
    """The generated event subscriptions."""
    text = (INFRA / "event-subscriptions.json").read_text(encoding="utf-8")
    found: list[Json] = json.loads(text)
    return found


def parameters(name: str, **more: Any) -> Json:
    """What deploy.sh gives a template; ``more`` wins."""
    if name == "main.json":
        return {"functionAppName": "my-app", "storageAccountName": "strecords"} | more
    events: Json = {
        "communicationServicesId": ACS_ID,
        "topicName": "contoso-acs-events",
        "functionAppId": SITE,
        "storageAccountId": STORAGE,
        "subscriptions": subscriptions(),
        "createEventSubscriptions": True,
    }
    return events | more


def expanded(name: str, changed: Json | None = None, **more: Any) -> list[Resource]:
    """The resources that a template, or a changed one, would write."""
    azure = Azure("localhost").with_acs()
    place = GROUP if name == "main.json" else TOPIC_GROUP
    found = []
    given = parameters(name, **more)
    for resource in expand(changed or template(name), given, place, azure.reference):
        azure.put(resource.id, resource.body)
        found.append(resource)
    return found


def everything() -> list[Resource]:
    """All that a deployment writes."""
    return expanded("main.json") + expanded("eventgrid.json")


def of_type(resources: list[Resource], kind: str) -> list[Resource]:
    """Those of a type."""
    return [resource for resource in resources if resource.type == kind]


_TEMPLATES: dict[str, Json] = {
    name: json.loads((INFRA / name).read_text(encoding="utf-8"))
    for name in ("main.json", "eventgrid.json")
}
