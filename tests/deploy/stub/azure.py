"""What there is in the stand-in's Azure, and the rules that deployments run into."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from shared import routes
from tests.deploy.arm_functions import Place
from tests.deploy.arm_templates import Json, Resource
from tests.deploy.stub.app import PublishedApp

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
CLIENT = "33333333-3333-4333-8333-333333333333"
ACS_GROUP = "communication"
ACS_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{ACS_GROUP}"
    "/providers/Microsoft.Communication/CommunicationServices/contoso-acs"
)
FUNCTIONS = sorted(routes.FUNCTIONS)
SITE = "Microsoft.Web/sites"
TOPIC = "Microsoft.EventGrid/systemTopics"
ROLE = "Microsoft.Authorization/roleAssignments"
LOCK = "Microsoft.Authorization/locks"


class Refusal(Exception):
    """A service refuses a resource, with its own error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Azure:
    """Resource groups, resources and deployments; and what is to go wrong."""

    host: str
    groups: dict[str, str] = field(default_factory=dict)
    """Lower-cased name to location."""
    resources: dict[str, Json] = field(default_factory=dict)
    """By lower-cased resource id."""
    deployments: dict[str, Json] = field(default_factory=dict)
    packages: list[bytes] = field(default_factory=list)
    """What was published, the newest last."""
    functions: list[str] = field(default_factory=lambda: list(FUNCTIONS))
    """What the host will find in a published package."""
    may_assign_roles: bool = True
    publish_failures: int = 0
    """How often publishing answers 403 first, as it does until a role is in force."""
    ready: str = "Succeeded"
    """The provisioning state of event subscriptions."""
    may_read_topics: bool = True
    takes_topic_identity: bool = True
    """Event Grid's documentation says that a topic in the location ``global`` has none."""
    cold_answers: int = 0
    """How often a webhook answers 401 first: a host makes its key only when it runs.

    Before the last of them there is a key that the host does not know.
    """
    access_rules: list[Json] = field(default_factory=list)
    """Who may call the app, as its configuration says; everybody, where there is none."""
    names_the_refused: bool = True
    """Whether a refusal says whom: github.com/Azure/static-web-apps/issues/1666."""
    app: PublishedApp = field(default_factory=PublishedApp)

    def with_acs(self) -> "Azure":
        """A Communication Services resource in its group, as every user has."""
        self.groups[ACS_GROUP] = "westeurope"
        kind = "Microsoft.Communication/CommunicationServices"
        self.put(ACS_ID, {"type": kind, "name": "contoso-acs", "location": "global"})
        return self

    def put(self, resource_id: str, body: Json) -> Json:
        """Write a resource and return it as Azure shows it."""
        kind = str(body.get("type") or _type_of(resource_id))
        old = self.resources.get(resource_id.lower(), {})
        shown = dict(body) | {
            "id": resource_id,
            "type": kind,
            "name": resource_id.rpartition("/")[2],
        }
        shown["properties"] = self._added(kind, resource_id) | body.get("properties", {})
        shown["properties"]["provisioningState"] = "Succeeded"
        if "identity" in body:
            shown["identity"] = _identity(resource_id, body["identity"], old.get("identity"))
        if kind == f"{TOPIC}/eventSubscriptions":
            shown["properties"]["provisioningState"] = self.ready
        config = body.get("properties", {}).get("siteConfig", {})
        if kind == SITE and "ipSecurityRestrictions" in config:
            self.access_rules = config["ipSecurityRestrictions"]
        self.resources[resource_id.lower()] = shown
        return shown

    def write(self, resource: Resource) -> Json:
        """Write what a deployment holds.

        Raises:
            Refusal: a service would not take it.
        """
        if resource.type == ROLE and not self.may_assign_roles:
            raise Refusal(
                "AuthorizationFailed",
                f"The client does not have authorization to perform action '{ROLE}/write'",
            )
        if resource.type == TOPIC:
            self._check_topic(resource)
        if resource.type == f"{TOPIC}/eventSubscriptions":
            self._check_destination(resource.body["properties"]["destination"])
        return self.put(resource.id, resource.body)

    def get(self, resource_id: str) -> Json | None:
        """A resource by its id, in any casing."""
        return self.resources.get(resource_id.lower())

    def reference(self, resource_id: str) -> Json:
        """What ``reference()`` in a template sees."""
        found = self.get(resource_id)
        if found is None:
            raise Refusal("ResourceNotFound", f"The resource '{resource_id}' was not found.")
        return found

    def delete(self, resource_id: str) -> bool:
        """Delete a resource with all that is in it.

        Raises:
            Refusal: a lock keeps it, or what it is in, from being deleted.
        """
        wanted = resource_id.lower()
        if f"/providers/{LOCK.lower()}/" not in wanted:
            self._check_locks(wanted)
        found = [one for one in self.resources if one == wanted or one.startswith(f"{wanted}/")]
        for one in found:
            del self.resources[one]
        return bool(found)

    def below(self, resource_id: str) -> list[Json]:
        """Whatever is below an id."""
        wanted = resource_id.lower()
        return [body for found, body in self.resources.items() if found.startswith(wanted)]

    def of_type(self, kind: str, below: str = "") -> list[Json]:
        """Resources of a type, in any casing, below an id."""
        return [body for body in self.below(below) if body["type"].lower() == kind.lower()]

    def place(self, group: str) -> Place:
        """Where a deployment to a group goes."""
        return Place(SUBSCRIPTION, group, self.groups[group.lower()])

    def _check_locks(self, wanted: str) -> None:
        for lock in self.of_type(LOCK):
            locked = lock["id"].lower().rpartition(f"/providers/{LOCK.lower()}/")[0]
            if f"{wanted}/".startswith(f"{locked}/"):
                raise Refusal("ScopeLocked", f"following scope(s) are locked: '{locked}'")

    def _check_topic(self, topic: Resource) -> None:
        """One for each source: github.com/MicrosoftDocs/azure-docs/issues/97986."""
        if topic.body.get("identity") and not self.takes_topic_identity:
            raise Refusal("InvalidRequest", "Identity is not supported for global topics.")
        source = topic.body["properties"]["source"].lower()
        for other in self.of_type(TOPIC):
            if other["properties"]["source"].lower() == source and other["id"] != topic.id:
                raise Refusal(
                    "InvalidRequest", "There is an existing tracked system topic for the source."
                )

    def _check_destination(self, destination: Json) -> None:
        """github.com/Azure/bicep/issues/11656."""
        site, _, function = destination["properties"]["resourceId"].rpartition("/functions/")
        if not (self.get(site) and self.packages and function in self.functions):
            raise Refusal("Endpoint validation", "Destination endpoint not found.")

    def _added(self, kind: str, resource_id: str) -> Json:
        """What the service adds to a new resource."""
        own: dict[str, Any] = {
            "Microsoft.ManagedIdentity/userAssignedIdentities": {
                "principalId": _guid(resource_id, "principal"),
                "clientId": _guid(resource_id, "client"),
            },
            "Microsoft.Insights/components": {"ConnectionString": "InstrumentationKey=0;"},
            SITE: {
                "reserved": True,
                "sku": "FlexConsumption",
                "state": "Running",
                "defaultHostName": self.host,
                "hostNameSslStates": [
                    {"name": self.host, "hostType": "Standard"},
                    {"name": self.host, "hostType": "Repository"},
                ],
            },
        }
        return dict(own.get(kind, {}))


def _identity(resource_id: str, wanted: Json, old: Json | None) -> Json:
    identity = dict(wanted)
    if "SystemAssigned" in str(wanted.get("type")):
        identity["principalId"] = (old or {}).get("principalId") or _guid(resource_id, "system")
        identity["tenantId"] = TENANT
    return identity


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts)))


def _type_of(resource_id: str) -> str:
    provider, *rest = resource_id.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *rest[::2]])
