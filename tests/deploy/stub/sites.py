"""What ``az functionapp`` asks: regions and stacks, publishing, the functions of a site."""

from typing import Any

from tests.deploy.arm_templates import Json
from tests.deploy.stub.azure import Azure

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
    versions = [_stack(version) for version in ("3.13", "3.12", "3.11")]
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


def web_config(_azure: Azure, question: Any) -> Json:
    """The runtime of other plans; on Flex Consumption it is in functionAppConfig."""
    return {"id": question.path, "name": "web", "properties": {"linuxFxVersion": ""}}


def app_settings(azure: Azure, question: Any) -> Json:
    """The settings as they were deployed."""
    found = azure.get(question.path.removesuffix("/list"))
    return {"properties": found["properties"] if found else {}}


def host_keys(_azure: Azure, _question: Any) -> Json:
    """Keys of the host; az reads one to look at the host's state, and must not show it."""
    return {"masterKey": "MASTER-KEY-NOT-TO-BE-SEEN", "functionKeys": {}, "systemKeys": {}}


def publish(azure: Azure, question: Any) -> tuple[int, Any]:
    """Take a package."""
    if azure.publish_failures:
        azure.publish_failures -= 1
        return 403, {"message": "the identity may not read the container"}
    azure.packages.append(question.body)
    return 202, "1"
