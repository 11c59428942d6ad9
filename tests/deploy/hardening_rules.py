"""What must hold of `infra/main.json` to protect data and app, as rules that a change can break."""

from collections.abc import Callable
from typing import Any

from tests.deploy import arm_schemas
from tests.deploy.arm_templates import Json, Resource, property_of
from tests.deploy.our_templates import (
    STORAGE,
    WORKSPACE,
    expanded,
    of_type,
)

ACCOUNTS = "Microsoft.Storage/storageAccounts"
POLICIES = f"{ACCOUNTS}/managementPolicies"
LOGS = "Microsoft.Insights/diagnosticSettings"
SITES = "Microsoft.Web/sites"
KEPT_BY_RULES = {"dead-letters/": 90, "record-payloads/": 365, "archive/": 30}
EVENT_GRID = [("event-grid", "ServiceTag", "AzureEventGrid", "Allow")]


def _of(resources: list[Resource], kind: str, path: str) -> Any:
    (found,) = of_type(resources, kind)
    return property_of(found, f"properties.{path}")


def deletions(resources: list[Resource]) -> dict[str, int]:
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
    "lifecycle": lambda r: deletions(r) == KEPT_BY_RULES,
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
