"""`infra/private.json`, and the two templates whose apps may join its network."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest

from local.paths import ROOT
from tests.deploy import arm_schemas
from tests.deploy.arm_templates import Json, Resource, property_of
from tests.deploy.our_templates import GROUP, STORAGE, deployed, expanded, of_type, template

pytestmark = pytest.mark.deploy

NETWORKS = "Microsoft.Network/virtualNetworks"
ENDPOINTS = "Microsoft.Network/privateEndpoints"
ZONES = "Microsoft.Network/privateDnsZones"
NETWORK = f"{GROUP.group_id}/providers/{NETWORKS}/my-app-net"
SUBNET = {"main.json": f"{NETWORK}/subnets/app", "desk.json": f"{NETWORK}/subnets/desk"}
SERVICES = ["blob", "queue"]


def _subnets(resources: list[Resource]) -> dict[str, Json]:
    (network,) = of_type(resources, NETWORKS)
    return {one["name"]: one["properties"] for one in property_of(network, "properties.subnets")}


def _delegations(resources: list[Resource]) -> dict[str, list[str]]:
    return {
        name: [one["properties"]["serviceName"] for one in subnet.get("delegations", [])]
        for name, subnet in _subnets(resources).items()
    }


def _reached(resources: list[Resource]) -> list[tuple[Any, ...]]:
    """Service, account and subnet of each private endpoint."""
    found = []
    for one in of_type(resources, ENDPOINTS):
        (connection,) = property_of(one, "properties.privateLinkServiceConnections")
        link = connection["properties"]
        found.append((*link["groupIds"], link["privateLinkServiceId"], _subnet_of(one)))
    return found


def _subnet_of(endpoint: Resource) -> str:
    subnet: str = property_of(endpoint, "properties.subnet.id")
    return subnet


def _zones_of_endpoints(resources: list[Resource]) -> list[str]:
    groups = of_type(resources, f"{ENDPOINTS}/privateDnsZoneGroups")
    configs = [property_of(one, "properties.privateDnsZoneConfigs")[0] for one in groups]
    return [one["properties"]["privateDnsZoneId"].rpartition("/")[2] for one in configs]


def _linked_zones(resources: list[Resource]) -> list[str]:
    links = of_type(resources, f"{ZONES}/virtualNetworkLinks")
    return [
        one.body["name"].partition("/")[0]
        for one in links
        if property_of(one, "properties.virtualNetwork.id") == NETWORK
    ]


ADDRESSES = [f"privatelink.{service}.core.windows.net" for service in SERVICES]
FLEX = ["Microsoft.App/environments"]
RULES: dict[str, Callable[[list[Resource]], bool]] = {
    # learn.microsoft.com/azure/azure-functions/flex-consumption-plan, "Considerations"
    "delegated": lambda r: _delegations(r) == {"app": FLEX, "desk": FLEX, "endpoints": []},
    "endpoints": lambda r: (
        _reached(r) == [(one, STORAGE, f"{NETWORK}/subnets/endpoints") for one in SERVICES]
    ),
    # learn.microsoft.com/azure/private-link/private-endpoint-dns
    "zones": lambda r: [one.body["name"] for one in of_type(r, ZONES)] == ADDRESSES,
    "zones of endpoints": lambda r: _zones_of_endpoints(r) == ADDRESSES,
    "linked": lambda r: _linked_zones(r) == ADDRESSES,
}


def broken(document: Json | None = None) -> set[str]:
    """The rules that private.json, or a changed one, does not keep."""
    resources = expanded("private.json", document)
    assert [] == [problem for one in resources for problem in arm_schemas.problems(one)]
    return {name for name, holds in RULES.items() if not holds(resources)}


def test_storage_is_reached_privately() -> None:
    """From a subnet that the app may join, under the account's usual names."""
    assert set() == broken()


def _body(document: Json, kind: str) -> Json:
    found: Json = next(one for one in document["resources"] if one["type"] == kind)
    return found


MISTAKES: dict[str, tuple[str, Callable[[Json], object]]] = {
    "delegated as for other plans": (
        "delegated",
        lambda t: t["variables"]["delegation"][0]["properties"].update(
            serviceName="Microsoft.Web/serverFarms"
        ),
    ),
    "an endpoint in the app's subnet": (
        "endpoints",
        lambda t: _body(t, ENDPOINTS)["properties"]["subnet"].update(
            id="[concat(variables('networkId'), '/subnets/app')]"
        ),
    ),
    "zones that nobody asks": (
        "linked",
        lambda t: t["resources"].remove(_body(t, f"{ZONES}/virtualNetworkLinks")),
    ),
    "endpoints without a name": (
        "zones of endpoints",
        lambda t: t["resources"].remove(_body(t, f"{ENDPOINTS}/privateDnsZoneGroups")),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_breaks_its_rule(mistake: str) -> None:
    """And no other one."""
    rule, spoil = MISTAKES[mistake]
    document = template("private.json")
    spoil(document)

    assert {rule} == broken(document)


def test_subnets_fit_into_the_network() -> None:
    """And do not overlap."""
    resources = expanded("private.json")
    (network,) = of_type(resources, NETWORKS)
    (whole,) = property_of(network, "properties.addressSpace.addressPrefixes")
    parts = [IPv4Network(one["addressPrefix"]) for one in _subnets(resources).values()]

    assert all(part.subnet_of(IPv4Network(whole)) for part in parts)
    assert not [(a, b) for a in parts for b in parts if a is not b and a.overlaps(b)]


def test_what_it_gives_is_what_the_apps_take() -> None:
    """The outputs are the subnets that the other two templates are given."""
    _, outputs = deployed("private.json")

    assert SUBNET["main.json"] == outputs["appSubnetId"]["value"]
    assert SUBNET["desk.json"] == outputs["deskSubnetId"]["value"]


@pytest.mark.parametrize("name", SUBNET)
def test_the_app_joins_the_network(name: str) -> None:
    """If it is told to."""
    (joined,) = of_type(expanded(name, virtualNetworkSubnetId=SUBNET[name]), "Microsoft.Web/sites")
    (alone,) = of_type(expanded(name), "Microsoft.Web/sites")

    assert SUBNET[name] == property_of(joined, "properties.virtualNetworkSubnetId")
    assert "virtualNetworkSubnetId" not in alone.body["properties"]


def test_the_records_are_closed_to_other_networks() -> None:
    """But for Event Grid, which writes dead letters from outside as a trusted service."""
    kind = "Microsoft.Storage/storageAccounts"
    (closed,) = of_type(expanded("main.json", virtualNetworkSubnetId=SUBNET["main.json"]), kind)
    (opened,) = of_type(expanded("main.json"), kind)

    rules = {"bypass": "AzureServices", "defaultAction": "Deny"}
    assert rules == property_of(closed, "properties.networkAcls")
    assert rules | {"defaultAction": "Allow"} == property_of(opened, "properties.networkAcls")


def test_the_documented_command_fits() -> None:
    """docs/deploy.md, "Private networking": its parameters and its output are there."""
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    given, output = re.findall(
        r"infra/private\.json \\\n  --parameters (.+?) --query properties\.outputs\.(\w+)", text
    )[0]
    declared = template("private.json")
    required = {
        name for name, rules in declared["parameters"].items() if "defaultValue" not in rules
    }

    assert required == set(re.findall(r"(\w+)=", given))
    assert output in declared["outputs"]
