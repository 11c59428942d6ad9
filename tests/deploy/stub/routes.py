"""Which request is answered by what. A request that nothing here answers fails the test."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.deploy.arm_templates import Json
from tests.deploy.stub import deployments, login, sites
from tests.deploy.stub.azure import LOCK, SUBSCRIPTION, TOPIC, Azure, Refusal


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


FORBIDDEN = "Ip Forbidden"
"""What Azure calls its 403 where access is restricted; az looks for it."""


class Question(NamedTuple):
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: Mapping[str, str]


Handler = Callable[[Azure, Question, re.Match[str]], Answer]
_GROUP = r"/subscriptions/[^/]+/resource[gG]roups/(?P<group>[^/]+)"
_DEPLOYMENT = rf"{_GROUP}/providers/Microsoft.Resources/deployments/(?P<name>[^/]+)"


def answer(azure: Azure, question: Question) -> Answer | None:
    """The answer of the first row that fits."""
    for method, pattern, handler in _ROWS:
        match = re.fullmatch(pattern, question.path, re.IGNORECASE)
        if method == question.method and match:
            return handler(azure, question, match)
    return None


def _fixed(body: Callable[[Azure, Question], Any]) -> Handler:
    return lambda azure, question, _match: Answer(200, body(azure, question))


def _group(azure: Azure, question: Question, match: re.Match[str]) -> Answer:
    name = match["group"]
    if question.method == "PUT":
        azure.groups[name.lower()] = question.body["location"]
    location = azure.groups.get(name.lower())
    if location is None:
        return not_found(f"Resource group '{name}' could not be found.", "ResourceGroupNotFound")
    if question.method == "HEAD":
        return Answer(204)
    shown = {"id": question.path, "name": name, "location": location}
    return Answer(200, shown | {"properties": {"provisioningState": "Succeeded"}})


def _validate(azure: Azure, question: Question, match: re.Match[str]) -> Answer:
    error = deployments.validate(azure, match["group"], question.body)
    if error:
        return Answer(400, {"error": error})
    return Answer(200, {"properties": {"provisioningState": "Succeeded"}})


def _what_if(azure: Azure, question: Question, match: re.Match[str]) -> Answer:
    return Answer(200, deployments.what_if(azure, match["group"], question.body))


def _deploy(azure: Azure, question: Question, match: re.Match[str]) -> Answer:
    """The operation shows how it ended: az cannot read a refusal of the request itself."""
    made = deployments.create(azure, match["group"], match["name"], question.body)
    accepted = {**made, "properties": {"provisioningState": "Accepted"}}
    operation = f"https://{azure.host}{question.path}/operationStatuses/1?api-version=2024-11-01"
    return Answer(201, accepted, (("Azure-AsyncOperation", operation), ("Retry-After", "0")))


def _deployment(azure: Azure, question: Question, match: re.Match[str]) -> Answer:
    found = azure.deployments.get(question.path.partition("/operationStatuses")[0].lower())
    if question.method == "DELETE":
        azure.deployments.pop(question.path.lower(), None)
        return Answer(204)
    if found is None:
        return not_found(f"Deployment '{match['name']}' could not be found.", "DeploymentNotFound")
    if "/operationstatuses" not in question.path.lower():
        return Answer(200, found)
    properties = found["properties"]
    status = {"status": properties["provisioningState"]}
    return Answer(200, status | {key: properties[key] for key in ("error",) if key in properties})


def _resource(azure: Azure, question: Question, _match: re.Match[str]) -> Answer:
    """Any resource by its id."""
    old = azure.get(question.path)
    match question.method:
        case "PUT":
            return Answer(201, azure.put(question.path, question.body))
        case "DELETE":
            return _delete(azure, question.path)
        case _ if old is None:
            return not_found(f"The Resource '{question.path}' was not found.", "ResourceNotFound")
        case _:
            return Answer(200, old)


def _delete(azure: Azure, path: str) -> Answer:
    try:
        return Answer(200 if azure.delete(path) else 204)
    except Refusal as error:
        return Answer(409, {"error": {"code": error.code, "message": str(error)}})


def _listed(azure: Azure, question: Question, _match: re.Match[str]) -> Answer:
    """``az resource list --resource-group``: only what is a resource of its own, with its tags."""
    wanted = re.search(r"resourceGroup eq '([^']+)'", question.query.get("$filter", ""))
    if not wanted:
        return not_found("The stand-in lists resources by group only.", "BadRequest")
    below = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{wanted[1]}/".lower()
    whole = [body for body in azure.below(below) if body["type"].count("/") == 1]
    return Answer(200, {"value": [body for body in whole if "location" in body]})


def _topics(azure: Azure, _question: Question, _match: re.Match[str]) -> Answer:
    if not azure.may_read_topics:
        return Answer(403, {"error": {"code": "AuthorizationFailed", "message": "You may not."}})
    return Answer(200, {"value": azure.of_type(TOPIC)})


def _subscriptions(azure: Azure, question: Question, _match: re.Match[str]) -> Answer:
    return Answer(200, {"value": azure.of_type(f"{TOPIC}/eventSubscriptions", question.path)})


def _locks(azure: Azure, question: Question, _match: re.Match[str]) -> Answer:
    """Those on a resource; az asks for all of the subscription before it deletes one."""
    scope = question.path.partition(f"/providers/{LOCK}")[0]
    return Answer(200, {"value": azure.of_type(LOCK, scope)})


def _host_status(azure: Azure, _question: Question, _match: re.Match[str]) -> Answer:
    return Answer(403) if sites.refuses(azure) else Answer(200, {"state": "Running"})


def not_found(message: str, code: str) -> Answer:
    """In the shape of Azure's errors."""
    return Answer(404, {"error": {"code": code, "message": message}})


def _provider(_azure: Azure, question: Question) -> Json:
    """``az resource`` asks which API versions there are, unless it is given one."""
    namespace = question.path.rpartition("/")[2]
    return {
        "namespace": namespace,
        "resourceTypes": [
            {"resourceType": kind.partition("/")[2], "locations": [], "apiVersions": [version]}
            for kind, version in _API_VERSIONS.items()
            if kind.startswith(f"{namespace}/")
        ],
    }


_API_VERSIONS = {
    "Microsoft.Web/sites": "2024-04-01",
    "Microsoft.Web/serverfarms": "2024-04-01",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/metricAlerts": "2018-03-01",
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
    "Microsoft.OperationalInsights/workspaces": "2023-09-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
    "Microsoft.Storage/storageAccounts": "2024-01-01",
}

_SITE = rf"{_GROUP}/providers/Microsoft.Web/sites/(?P<site>[^/]+)"
_ROWS: list[tuple[str, str, Handler]] = [
    ("GET", r"/metadata/endpoints", _fixed(login.metadata)),
    ("GET", r"/[^/]+(/v2.0)?/.well-known/openid-configuration", _fixed(login.openid)),
    ("POST", r"/[^/]+/oauth2/v2.0/token", _fixed(login.token)),
    ("GET", r"/subscriptions", _fixed(login.subscriptions)),
    ("GET", r"/tenants", _fixed(login.tenants)),
    ("GET", r"/subscriptions/[^/]+/locations", _fixed(sites.locations)),
    ("GET", r"/subscriptions/[^/]+/providers/Microsoft.Web/geoRegions", _fixed(sites.regions)),
    ("GET", r"/providers/Microsoft.Web/locations/[^/]+/functionAppStacks", _fixed(sites.stacks)),
    ("GET", rf"/subscriptions/[^/]+/providers/{TOPIC}", _topics),
    ("GET", r"/subscriptions/[^/]+/providers/[^/]+", _fixed(_provider)),
    ("HEAD", _GROUP, _group),
    ("GET", _GROUP, _group),
    ("PUT", _GROUP, _group),
    ("GET", r"/subscriptions/[^/]+/resources", _listed),
    ("POST", rf"{_DEPLOYMENT}/validate", _validate),
    ("POST", rf"{_DEPLOYMENT}/whatIf", _what_if),
    ("PUT", _DEPLOYMENT, _deploy),
    ("GET", rf"{_DEPLOYMENT}(/operationStatuses/1)?", _deployment),
    ("DELETE", _DEPLOYMENT, _deployment),
    ("GET", rf"{_GROUP}/providers/{TOPIC}/[^/]+/eventSubscriptions", _subscriptions),
    ("GET", rf"{_SITE}/functions", _fixed(sites.functions)),
    ("GET", rf"{_SITE}/config/web", _fixed(sites.web_config)),
    ("PATCH", rf"{_SITE}/config/web", _fixed(sites.web_config)),
    ("POST", rf"{_SITE}/config/appsettings/list", _fixed(sites.app_settings)),
    ("POST", rf"{_SITE}/host/default/listkeys", _fixed(sites.host_keys)),
    ("POST", r"/api/publish", lambda azure, question, _: Answer(*sites.publish(azure, question))),
    ("GET", r"/api/deployments/latest", _fixed(lambda _a, _q: {"status": 4})),
    ("GET", r"/admin/host/status", _host_status),
    ("POST", r"/runtime/webhooks/EventGrid", lambda a, q, _: Answer(*sites.webhook(a, q))),
    ("GET", rf"{_GROUP}/providers/.+/providers/{LOCK}", _locks),
    ("GET", rf"/subscriptions/[^/]+/providers/{LOCK}", _locks),
    *((method, rf"{_GROUP}/providers/.+", _resource) for method in ("GET", "PUT", "DELETE")),
]
