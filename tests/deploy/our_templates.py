"""Our templates, expanded with what a deployment gives them."""

import copy
import json
from typing import Any

from local.paths import ROOT
from tests.deploy.arm_functions import Place
from tests.deploy.arm_templates import Json, Resource, expand, outputs, property_of
from tests.deploy.stub.azure import ACS_GROUP, ACS_ID, SUBSCRIPTION, Azure

INFRA = ROOT / "infra"
GROUP = Place(SUBSCRIPTION, "records")
TOPIC_GROUP = Place(SUBSCRIPTION, ACS_GROUP)
CLIENT_ID = "44444444-4444-4444-8444-444444444444"
DATABASE = "postgresql://desk:password@server/desk?sslmode=verify-full"
SITE = f"{GROUP.group_id}/providers/Microsoft.Web/sites/my-app"
TELEMETRY = f"{GROUP.group_id}/providers/Microsoft.Insights/components/my-app"
STORAGE = f"{GROUP.group_id}/providers/Microsoft.Storage/storageAccounts/strecords"
WORKSPACE = f"{GROUP.group_id}/providers/Microsoft.OperationalInsights/workspaces/my-app-logs"
ACTION_GROUP = f"{GROUP.group_id}/providers/Microsoft.Insights/actionGroups/my-app-alerts"


def template(name: str) -> Json:
    """A template of infra/, for a test to spoil."""
    return copy.deepcopy(_TEMPLATES[name])


def subscriptions() -> list[Json]:
    """The generated event subscriptions."""
    text = (INFRA / "event-subscriptions.json").read_text(encoding="utf-8")
    found: list[Json] = json.loads(text)
    return found


def parameters(name: str, **more: Any) -> Json:
    """What a deployment gives a template; ``more`` wins."""
    if name == "desk.json":
        return {
            "functionAppName": "my-desk",
            "storageAccountName": "stdesk",
            "recordsAppName": "my-app",
            "recordsStorageAccountName": "strecords",
            "databaseUrl": DATABASE,
            "entraClientId": CLIENT_ID,
        } | more
    if name in {"main.json", "private.json"}:
        return {"functionAppName": "my-app", "storageAccountName": "strecords"} | more
    events: Json = {
        "communicationServicesId": ACS_ID,
        "topicName": "contoso-acs-events",
        "functionAppId": SITE,
        "storageAccountId": STORAGE,
        "subscriptions": subscriptions(),
        "createEventSubscriptions": True,
        "logsWorkspaceId": WORKSPACE,
        "actionGroupId": ACTION_GROUP,
    }
    return events | more


def expanded(name: str, changed: Json | None = None, **more: Any) -> list[Resource]:
    """The resources that a template, or a changed one, would write."""
    return deployed(name, changed, **more)[0]


def deployed(
    name: str, changed: Json | None = None, **more: Any
) -> tuple[list[Resource], dict[str, Any]]:
    """The resources that a template, or a changed one, would write; and its outputs."""
    azure = Azure("localhost").with_acs()
    if name == "desk.json":
        azure.put(TELEMETRY, {})
    document = changed or template(name)
    given = parameters(name, **more)
    place = TOPIC_GROUP if name == "eventgrid.json" else GROUP
    found = []
    for resource in expand(document, given, place, azure.reference):
        azure.put(resource.id, resource.body)
        found.append(resource)
    return found, outputs(document, given, place, azure.reference)


def everything() -> list[Resource]:
    """All that deploy.sh writes."""
    return expanded("main.json") + expanded("eventgrid.json")


def all_templates() -> list[Resource]:
    """All that our templates write."""
    return everything() + expanded("desk.json") + expanded("private.json")


def of_type(resources: list[Resource], kind: str) -> list[Resource]:
    """Those of a type."""
    return [resource for resource in resources if resource.type == kind]


def roles(resources: list[Resource]) -> set[tuple[str, str]]:
    """(role, scope below the group) of every role assignment."""
    found = set()
    for one in of_type(resources, "Microsoft.Authorization/roleAssignments"):
        scope = one.id.split("/providers/Microsoft.Authorization/")[0]
        role = property_of(one, "properties.roleDefinitionId").rpartition("/")[2]
        found.add((role, scope.partition("/providers/")[2]))
        assert property_of(one, "properties.principalType") == "ServicePrincipal"
    return found


_TEMPLATES: dict[str, Json] = {
    name: json.loads((INFRA / name).read_text(encoding="utf-8"))
    for name in ("main.json", "eventgrid.json", "desk.json", "private.json")
}
