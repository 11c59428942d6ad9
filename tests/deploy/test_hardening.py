"""What protects data and app by default, what turns it off, and that a mistake is found."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from local.paths import ROOT
from shared.routes import FUNCTIONS
from tests.deploy.arm_templates import Json, property_of
from tests.deploy.hardening_rules import BLOBS, POLICIES, SITES, broken, deletions
from tests.deploy.our_templates import expanded, of_type, template

pytestmark = pytest.mark.deploy


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


def test_rules_follow_the_names_of_the_containers() -> None:
    """The archive's is a setting of the app."""
    resources = expanded(
        "main.json",
        deadLettersContainer="rejected",
        recordPayloadsContainer="large",
        extraSettings={"ARCHIVE_CONTAINER": "events"},
    )

    assert {"rejected/": 90, "large/": 365, "events/": 30} == deletions(resources)


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


def documented() -> dict[str, list[str]]:
    """The other cells of each row of the table in docs/deploy.md, by the parameter."""
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    _, _, table = text.partition(
        "| parameter | default | what it does | billed by |\n|---|---|---|---|\n"
    )
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()]
    return {name.strip("`"): cells for name, *cells in rows}


def test_every_parameter_is_documented_with_its_default_and_its_cost() -> None:
    """One that changes nothing in the rules is a detail of another."""
    declared = template("main.json")["parameters"]
    details = {"location", "alertEmails"}

    assert OFF.keys() - details | {"virtualNetworkSubnetId"} == documented().keys()
    for name, (default, _, billed_by) in documented().items():
        assert billed_by
        if name != "storageSku":
            assert declared[name]["defaultValue"] == json.loads(default.strip("`"))


def test_the_documented_instances_are_of_a_function() -> None:
    """And are what the template takes."""
    (example,) = re.findall(r"`(\[\{.+?\}\])`", documented()["alwaysReady"][1])
    (site,) = of_type(expanded("main.json", alwaysReady=json.loads(example)), SITES)
    (instances,) = property_of(site, "properties.functionAppConfig.scaleAndConcurrency.alwaysReady")

    assert instances["name"].removeprefix("function:") in FUNCTIONS
    assert example in template("main.json")["parameters"]["alwaysReady"]["metadata"]["description"]


def test_the_desk_is_stored_as_the_records_are() -> None:
    """The same regions and the same rule; names as az writes them, each once."""
    main, desk = (template(name)["parameters"] for name in ("main.json", "desk.json"))
    regions = main["zoneRedundantStorageRegions"]["defaultValue"]
    (account,) = of_type(expanded("desk.json"), "Microsoft.Storage/storageAccounts")

    assert [
        main[name] | {"metadata": 0} for name in ("zoneRedundantStorageRegions", "storageSku")
    ] == [desk[name] | {"metadata": 0} for name in ("zoneRedundantStorageRegions", "storageSku")]
    assert sorted(set(regions)) == regions
    assert all(re.fullmatch("[a-z]+[0-9]?", region) for region in regions)
    assert "Standard_ZRS" == account.body["sku"]["name"]
