"""What ``az functionapp`` asks: regions and stacks, publishing, the functions of a site."""

import json
from typing import Any

from tests.deploy.arm_templates import Json
from tests.deploy.stub.azure import SITE, Azure

_KEY = "EVENT-GRID-KEY-NOT-TO-BE-SEEN"
_HERE = "127.0.0.1"
_REGIONS = {"westeurope": "West Europe", "northeurope": "North Europe"}


def regions(_azure: Azure, _question: Any) -> Json:
    """Those that offer Flex Consumption."""
    return {
        "value": [
            {"name": name, "properties": {"orgDomain": "FUNCTIONS"}} for name in _REGIONS.values()
        ]
    }


def locations(_azure: Azure, _question: Any) -> Json:
    """Those of the subscription; one of them without Flex Consumption."""
    return {"value": [{"name": name} for name in [*_REGIONS, "westindia"]]}


def stacks(_azure: Azure, _question: Any) -> Json:
    """Python as az reads it: every key here is one that it fails without."""
    versions = [_stack(version) for version in ("3.14", "3.13", "3.12", "3.11")]
    return {
        "value": [
            {"name": "python", "properties": {"majorVersions": [{"minorVersions": versions}]}}
        ]
    }


def _stack(version: str) -> Json:
    memory = [{"size": size, "isDefault": size == "2048"} for size in ("512", "2048", "4096")]
    sku = {
        "skuCode": "FC1",
        "instanceMemoryMB": memory,
        "maximumInstanceCount": {"lowestMaximumInstanceCount": 1, "defaultValue": 100},
        "functionAppConfigProperties": {"runtime": {"name": "python", "version": version}},
    }
    settings = {
        "runtimeVersion": f"Python|{version}",
        "isDefault": version == "3.13",
        "appInsightsSettings": {"isSupported": True},
        "gitHubActionSettings": {"isSupported": True, "supportedVersion": version},
        "appSettingsDictionary": {"FUNCTIONS_WORKER_RUNTIME": "python"},
        "Sku": [sku],
    }
    return {"value": version, "stackSettings": {"linuxRuntimeSettings": settings}}


def functions(azure: Azure, question: Any) -> Json:
    """What the host found in the last package."""
    site = question.path.split("/")[-2]
    found = azure.functions if azure.packages else []
    below = question.path
    return {"value": [{"id": f"{below}/{name}", "name": f"{site}/{name}"} for name in found]}


def web_config(azure: Azure, question: Any) -> Json:
    """Who may call the app; the runtime of other plans: that of this one is functionAppConfig."""
    if question.method == "PATCH":
        azure.access_rules = question.body["properties"]["ipSecurityRestrictions"]
    properties = {"linuxFxVersion": "", "ipSecurityRestrictions": azure.access_rules}
    return {"id": question.path, "name": "web", "properties": properties}


def refuses(azure: Azure) -> bool:
    """Whether the app lets this machine in: the front end answers, the app does not see it."""
    allowed = {rule["ipAddress"] for rule in azure.access_rules if rule["action"] == "Allow"}
    return bool(azure.access_rules) and f"{_HERE}/32" not in allowed


def webhook(azure: Azure, question: Any) -> tuple[int, Any, tuple[tuple[str, str], ...]]:
    """An event for a function of the package, which is really run."""
    if refuses(azure):
        named = (("x-ms-forbidden-ip", _HERE),) if azure.names_the_refused else ()
        return 403, None, named
    if azure.cold_answers or question.headers.get("x-functions-key") != _KEY:
        azure.cold_answers = max(0, azure.cold_answers - 1)
        return 401, None, ()
    (site,) = azure.of_type(SITE)
    settings = azure.reference(f"{site['id']}/config/appsettings")["properties"]
    body = json.dumps(question.body).encode()
    function = question.query["functionName"]
    return azure.app.deliver(azure.packages[-1], settings, function, body), None, ()


def app_settings(azure: Azure, question: Any) -> Json:
    """The settings as they were deployed."""
    found = azure.get(question.path.removesuffix("/list"))
    return {"properties": found["properties"] if found else {}}


def host_keys(azure: Azure, _question: Any) -> Json:
    """Keys of the host, which must not be shown; az reads the first to look at its state."""
    new, old = {"eventgrid_extension": _KEY}, {"eventgrid_extension": f"OLD-{_KEY}"}
    system: Json = {0: new, 1: old}.get(azure.cold_answers, {})
    return {"masterKey": "MASTER-KEY-NOT-TO-BE-SEEN", "functionKeys": {}, "systemKeys": system}


def publish(azure: Azure, question: Any) -> tuple[int, Any]:
    """Take a package."""
    if azure.publish_failures:
        azure.publish_failures -= 1
        return 403, {"message": "the identity may not read the container"}
    azure.packages.append(question.body)
    return 202, "1"
