"""An app that is deployed already, put into the stand-in without az: that takes no time."""

import io
import zipfile
from typing import Any

from local.paths import ROOT
from tests.deploy.arm_templates import Json
from tests.deploy.our_templates import parameters, template
from tests.deploy.stub import deployments
from tests.deploy.stub.azure import ACS_GROUP, TOPIC, Azure
from tools.package import package_files

EVENT_GRID_ONLY = {
    "name": "event-grid",
    "ipAddress": "AzureEventGrid",
    "tag": "ServiceTag",
    "action": "Allow",
    "priority": 100,
}


def deployed_app(azure: Azure, package: bytes | None = None, **events: Any) -> Azure:
    """Both templates, a package, and no rule about who may call the app."""
    azure.groups["records"] = "westeurope"
    azure.packages.append(package or zipped())
    main = {"properties": {"template": template("main.json"), "parameters": given("main.json")}}
    values = given("eventgrid.json", **events)
    grid = {"properties": {"template": template("eventgrid.json"), "parameters": values}}
    for group, name, body in (("records", "my-app", main), (ACS_GROUP, "my-app-events", grid)):
        made = deployments.create(azure, group, name, body)
        assert made["properties"]["provisioningState"] == "Succeeded", made
    azure.access_rules = []
    return azure


def given(name: str, **more: Any) -> Json:
    """Parameters in the shape of a request."""
    return {key: {"value": value} for key, value in parameters(name, **more).items()}


def zipped(**changed: str) -> bytes:
    """The package of this repository; ``changed`` has other texts for function folders."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in package_files(ROOT).items():
            text = changed.get(name.removesuffix("/__init__.py"))
            archive.writestr(name, path.read_bytes() if text is None else text)
    return target.getvalue()


def present(azure: Azure) -> dict[str, Json]:
    """The properties of the event subscriptions that are there, by name without the app's."""
    found = azure.of_type(f"{TOPIC}/eventSubscriptions")
    return {one["name"].removeprefix("my-app-"): one["properties"] for one in found}
