"""What protects data and app by default, what turns it off, and that a mistake is found."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy import arm_schemas
from tests.deploy.arm_templates import Json, Resource, property_of
from tests.deploy.our_templates import (
    STORAGE,
    WORKSPACE,
    expanded,
    of_type,
    template,
)

pytestmark = pytest.mark.deploy

ACCOUNTS = "Microsoft.Storage/storageAccounts"
POLICIES = f"{ACCOUNTS}/managementPolicies"
LOGS = "Microsoft.Insights/diagnosticSettings"
SITES = "Microsoft.Web/sites"
KEPT_BY_RULES = {"dead-letters/": 90, "record-payloads/": 365, "archive/": 30}
EVENT_GRID = [("event-grid", "ServiceTag", "AzureEventGrid", "Allow")]


def _of(resources: list[Resource], kind: str, path: str) -> Any:
    (found,) = of_type(resources, kind)
    return property_of(found, f"properties.{path}")


def _deletions(resources: list[Resource]) -> dict[str, int]:
    """Days by prefix, of the rules that are on and delete blobs, not only versions of them."""
    found = {}
    for rule in _of(resources, POLICIES, "policy.rules"):
        delete = rule["definition"]["actions"].get("baseBlob", {}).get("delete")
        if rule["enabled"] and delete:
            for prefix in rule["definition"]["filters"].get("prefixMatch", [""]):
                found[prefix] = delete["daysAfterModificationGreaterThan"]
    return found


def _days_of_versions(resources: list[Resource]) -> list[int]:
    rules = (rule["definition"] for rule in _of(resources, POLICIES, "policy.rules"))
    return [
        rule["actions"]["version"]["delete"]["daysAfterCreationGreaterThan"]
        for rule in rules
        if "version" in rule["actions"] and "prefixMatch" not in rule["filters"]
    ]


def _logs(resources: list[Resource]) -> dict[str, set[str]]:
    """What goes to the workspace, by the resource that it is about."""
    found = {}
    for one in of_type(resources, LOGS):
        about = one.id.rpartition("/providers/Microsoft.Insights/")[0].rpartition("/providers/")[2]
        logs = [log["category"] for log in one.body["properties"]["logs"] if log["enabled"]]
        assert one.body["properties"]["workspaceId"] == WORKSPACE
        found[about.partition("/")[2]] = set(logs)
    return found


def _entrance(resources: list[Resource]) -> tuple[Any, list[tuple[Any, ...]]]:
    config = _of(resources, SITES, "siteConfig")
    keys = ("name", "tag", "ipAddress", "action")
    rules = [tuple(rule[key] for key in keys) for rule in config["ipSecurityRestrictions"]]
    return config["ipSecurityRestrictionsDefaultAction"], rules


def _locks(resources: list[Resource]) -> list[tuple[str, str]]:
    """Id and level: a script finds the lock by its name."""
    found = of_type(resources, "Microsoft.Authorization/locks")
    return [(one.id, one.body["properties"]["level"]) for one in found]


CHANGES = {"StorageWrite", "StorageDelete"}
SERVICES = {
    f"storageAccounts/strecords/{one}Services/default": CHANGES for one in ("blob", "queue")
}
BLOBS = f"{ACCOUNTS}/blobServices"
WEEK = {"enabled": True, "days": 7}
RULES: dict[str, Callable[[list[Resource]], bool]] = {
    "deleted blobs": lambda r: _of(r, BLOBS, "deleteRetentionPolicy") == WEEK,
    "deleted containers": lambda r: _of(r, BLOBS, "containerDeleteRetentionPolicy") == WEEK,
    "overwritten blobs": lambda r: _of(r, BLOBS, "isVersioningEnabled") is True,
    "versions end": lambda r: _days_of_versions(r) == [WEEK["days"]],
    "lifecycle": lambda r: _deletions(r) == KEPT_BY_RULES,
    "lock": lambda r: (
        _locks(r)
        == [(f"{STORAGE}/providers/Microsoft.Authorization/locks/keep-records", "CanNotDelete")]
    ),
    "logs": lambda r: _logs(r) == SERVICES,
    "entrance": lambda r: _entrance(r) == ("Deny", EVENT_GRID),
    "publishing": lambda r: _of(r, SITES, "siteConfig.scmIpSecurityRestrictionsUseMain") is False,
    "zones of storage": lambda r: of_type(r, ACCOUNTS)[0].body["sku"]["name"] == "Standard_ZRS",
    "nothing runs idle": lambda r: (
        _of(r, SITES, "functionAppConfig.scaleAndConcurrency.alwaysReady") == []
        and _of(r, "Microsoft.Web/serverfarms", "zoneRedundant") is False
    ),
}


def broken(document: Json | None = None, **given: Any) -> set[str]:
    """The rules that main.json, or a changed one, does not keep."""
    resources = expanded("main.json", document, **given)
    assert [] == [problem for one in resources for problem in arm_schemas.problems(one)]
    return {name for name, holds in RULES.items() if not holds(resources)}


def test_everything_is_on_by_default() -> None:
    """Without any parameter but names; and in any spelling of the region."""
    assert set() == broken()
    assert set() == broken(location="West Europe")


OFF: dict[str, tuple[Any, set[str]]] = {
    "blobRecoveryDays": (
        0,
        {"deleted blobs", "deleted containers", "overwritten blobs", "versions end"},
    ),
    "deadLetterDays": (0, {"lifecycle"}),
    "recordPayloadDays": (0, {"lifecycle"}),
    "archiveDays": (0, {"lifecycle"}),
    "deleteLock": (False, {"lock"}),
    "resourceLogs": ("none", {"logs"}),
    "functionAppLogs": (True, {"logs"}),
    "onlyEventGrid": (False, {"entrance"}),
    "storageSku": ("Standard_LRS", {"zones of storage"}),
    "location": ("westcentralus", {"zones of storage"}),
    "zoneRedundant": (True, {"nothing runs idle"}),
    "alwaysReady": (
        [{"name": "function:sms_received", "instanceCount": 1}],
        {"nothing runs idle"},
    ),
    "alerts": (False, set()),
    "alertEmails": (["somebody@contoso.com"], set()),
}


@pytest.mark.parametrize("name", OFF)
def test_a_parameter_changes_its_part_and_no_other(name: str) -> None:
    """And what it makes is as valid."""
    value, rules = OFF[name]

    assert rules == broken(**{name: value})


def _properties(document: Json, kind: str) -> Json:
    found: Json = next(one for one in document["resources"] if one["type"] == kind)["properties"]
    return found


def _definition(document: Json, index: int) -> Json:
    found: Json = _properties(document, POLICIES)["policy"]["rules"][index]["definition"]
    return found


def _without_versions(document: Json) -> None:
    _properties(document, POLICIES)["policy"]["rules"].pop()


MISTAKES: dict[str, tuple[str, Callable[[Json], object]]] = {
    "soft delete off": (
        "deleted blobs",
        lambda t: _properties(t, BLOBS).update(deleteRetentionPolicy={"enabled": False}),
    ),
    "containers forgotten": (
        "deleted containers",
        lambda t: _properties(t, BLOBS).update(containerDeleteRetentionPolicy={"enabled": False}),
    ),
    "no versions": (
        "overwritten blobs",
        lambda t: _properties(t, BLOBS).update(isVersioningEnabled=False),
    ),
    "versions for ever": ("versions end", _without_versions),
    "a rule for the whole account": (
        "lifecycle",
        lambda t: _definition(t, 0)["filters"].pop("prefixMatch"),
    ),
    "a rule for the host's containers": (
        "lifecycle",
        lambda t: _definition(t, 1)["filters"]["prefixMatch"].append("azure-webjobs"),
    ),
    "payloads gone before their messages": (
        "lifecycle",
        lambda t: t["parameters"]["recordPayloadDays"].update(defaultValue=7),
    ),
    "dead letters for ever": (
        "lifecycle",
        lambda t: t["parameters"]["deadLetterDays"].update(defaultValue=0),
    ),
    "no lock": ("lock", lambda t: t["parameters"]["deleteLock"].update(defaultValue=False)),
    "the lock has another name": (
        "lock",
        lambda t: next(one for one in t["resources"] if one["name"] == "keep-records").update(
            name="lock"
        ),
    ),
    "a lock that stops deployments": (
        "lock",
        lambda t: _properties(t, "Microsoft.Authorization/locks").update(level="ReadOnly"),
    ),
    "queues are not logged": (
        "logs",
        lambda t: t["variables"].update(loggedServices=["blobServices"]),
    ),
    "deletions are not logged": (
        "logs",
        lambda t: t["variables"]["storageLogs"]["changes"].pop(),
    ),
    "open to everybody": (
        "entrance",
        lambda t: t["parameters"]["onlyEventGrid"].update(defaultValue=False),
    ),
    "another service may come in": (
        "entrance",
        lambda t: t["variables"]["eventGridOnly"][0].update(ipAddress="AzureCloud"),
    ),
    "nobody may publish": (
        "publishing",
        lambda t: _properties(t, SITES)["siteConfig"].update(scmIpSecurityRestrictionsUseMain=True),
    ),
    "one zone": (
        "zones of storage",
        lambda t: t["parameters"]["storageSku"].update(defaultValue="Standard_LRS"),
    ),
    "idle instances": (
        "nothing runs idle",
        lambda t: t["parameters"]["zoneRedundant"].update(defaultValue=True),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_breaks_its_rule(mistake: str) -> None:
    """And no other one."""
    rule, spoil = MISTAKES[mistake]
    document = template("main.json")
    spoil(document)

    assert {rule} == broken(document)
