"""The templates against Azure's published schemas, and proof that a mistake is found."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy import arm_schemas
from tests.deploy.arm_expressions import TemplateError
from tests.deploy.arm_templates import Json
from tests.deploy.our_templates import all_templates, expanded, subscriptions, template
from tools.arm_schemas import TARGET, pruned

pytestmark = pytest.mark.deploy

TOP_LEVEL = {"type", "apiVersion", "name", "location", "tags", "kind", "sku", "identity"}
EVENT_GRID = "2025-02-15/Microsoft.EventGrid.json"
OTHER = {"properties": {"type": {"enum": ["a/b"]}, "apiVersion": {"enum": ["2025-02-15"]}}}


def test_every_resource_is_what_its_schema_says() -> None:
    """Types, enumerations, required and unknown properties, of all templates."""
    resources = all_templates()

    assert [] == [problem for one in resources for problem in arm_schemas.problems(one)]
    assert [] == [one.id for one in resources if one.body.keys() - TOP_LEVEL - {"properties"}]


def test_schemas_hold_what_is_used_and_no_more() -> None:
    """Pruned again they are the same; mended with tools/arm_schemas.py."""
    files = {file.relative_to(TARGET).as_posix(): file for file in TARGET.glob("*/*")}

    assert pruned(TARGET) == {name: file.read_text("utf-8") for name, file in files.items()}


@pytest.mark.parametrize("kind", ["definitions", "resourceDefinitions"])
def test_a_schema_too_many_is_found(kind: str, tmp_path: Path) -> None:
    """A definition that nothing refers to, and a resource type that no template has."""
    _copy(tmp_path, lambda whole: whole[kind].update(other=OTHER))

    assert (TARGET / EVENT_GRID).read_text("utf-8") == pruned(tmp_path)[EVENT_GRID]


def test_a_missing_definition_is_found(tmp_path: Path) -> None:
    """By its name."""
    _copy(tmp_path, lambda whole: whole["definitions"].pop("RetryPolicy"))

    with pytest.raises(KeyError, match="RetryPolicy"):
        pruned(tmp_path)


def _copy(folder: Path, spoil: Callable[[Json], object]) -> None:
    """A changed copy of one of the files."""
    whole = json.loads((TARGET / EVENT_GRID).read_bytes())
    spoil(whole)
    file = folder / EVENT_GRID
    file.parent.mkdir()
    file.write_text(json.dumps(whole), encoding="utf-8")


@pytest.mark.parametrize(
    "more",
    [{"deadLetterWithIdentity": False}, {"eventDeliverySchema": "CloudEventSchemaV1_0"}],
    ids=lambda more: next(iter(more)),
)
def test_other_ways_to_bind_are_as_valid(more: Json) -> None:
    """The fallback without an identity, and the other schema."""
    resources = expanded("eventgrid.json", **more)

    assert [] == [problem for one in resources for problem in arm_schemas.problems(one)]


def test_without_the_gate_no_subscription_is_made() -> None:
    """Event Grid refuses a destination that is not there: the default is to wait."""
    kinds = {one.type for one in expanded("eventgrid.json", createEventSubscriptions=False)}

    assert {"Microsoft.EventGrid/systemTopics"} == {kind for kind in kinds if "EventGrid" in kind}


def _resource(document: Json, kind: str) -> Json:
    found: Json = next(one for one in document["resources"] if one["type"] == kind)
    return found


def _site(document: Json) -> Json:
    properties: Json = _resource(document, "Microsoft.Web/sites")["properties"]
    return properties


def _subscription(document: Json) -> Json:
    kind = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
    properties: Json = _resource(document, kind)["properties"]
    return properties


def _storage(document: Json) -> Json:
    return _resource(document, "Microsoft.Storage/storageAccounts")


def _rename(of: Json, old: str, new: str) -> None:
    of[new] = of.pop(old)


MISTAKES: dict[str, tuple[str, Callable[[Json], object]]] = {
    "runtime misspelt": (
        "main.json",
        lambda t: _rename(_site(t)["functionAppConfig"], "runtime", "runtimes"),
    ),
    "runtime unknown": (
        "main.json",
        lambda t: _site(t)["functionAppConfig"]["runtime"].update(name="pyton"),
    ),
    "memory as text": (
        "main.json",
        lambda t: _site(t)["functionAppConfig"]["scaleAndConcurrency"].update(instanceMemoryMB="2"),
    ),
    "package storage type": (
        "main.json",
        lambda t: _site(t)["functionAppConfig"]["deployment"]["storage"].update(type="blob"),
    ),
    "package identity misspelt": (
        "main.json",
        lambda t: _rename(
            _site(t)["functionAppConfig"]["deployment"]["storage"]["authentication"],
            "userAssignedIdentityResourceId",
            "userAssignedIdentityId",
        ),
    ),
    "https misspelt": ("main.json", lambda t: _rename(_site(t), "httpsOnly", "httpOnly")),
    "TLS version": ("main.json", lambda t: _site(t)["siteConfig"].update(minTlsVersion="1.4")),
    "ftps state": ("main.json", lambda t: _site(t)["siteConfig"].update(ftpsState="Off")),
    "shared key misspelt": (
        "main.json",
        lambda t: _rename(
            _storage(t)["properties"], "allowSharedKeyAccess", "allowSharedKeysAccess"
        ),
    ),
    "storage sku": ("main.json", lambda t: _storage(t)["sku"].update(name="Standard_XRS")),
    "storage kind": ("main.json", lambda t: _storage(t).update(kind="StorageV3")),
    "unpublished API version": ("main.json", lambda t: _storage(t).update(apiVersion="2024-13-01")),
    "principal type": (
        "main.json",
        lambda t: _resource(t, "Microsoft.Authorization/roleAssignments")["properties"].update(
            principalType="Service"
        ),
    ),
    "role missing": (
        "main.json",
        lambda t: _resource(t, "Microsoft.Authorization/roleAssignments")["properties"].pop(
            "roleDefinitionId"
        ),
    ),
    "local auth as text": (
        "main.json",
        lambda t: _resource(t, "Microsoft.Insights/components")["properties"].update(
            DisableLocalAuth="yes"
        ),
    ),
    "endpoint type in lower case": (
        "eventgrid.json",
        lambda t: _subscription(t)["destination"].update(endpointType="azurefunction"),
    ),
    "dead letters in the wrong shape": (
        "eventgrid.json",
        lambda t: t["variables"]["deadLetterWithResourceIdentity"].update(
            deadLetterDestination={"endpointType": "StorageBlob", "resourceId": "x"}
        ),
    ),
    "identity of dead letters": (
        "eventgrid.json",
        lambda t: t["variables"]["deadLetterWithResourceIdentity"].update(
            identity={"type": "systemassigned"}
        ),
    ),
    "retry policy misspelt": (
        "eventgrid.json",
        lambda t: _rename(_subscription(t), "retryPolicy", "retrypolicy"),
    ),
    "topic property unknown": (
        "eventgrid.json",
        lambda t: _resource(t, "Microsoft.EventGrid/systemTopics")["properties"].update(sourc="x"),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_template_is_found(mistake: str) -> None:
    """Mistakes of a hand that writes templates; a plain schema overlooks the misspelt ones."""
    name, spoil = MISTAKES[mistake]
    document = template(name)
    spoil(document)

    assert [problem for one in expanded(name, document) for problem in arm_schemas.problems(one)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("includeEventTypes", ["Microsoft.Communication.SMSReceived"]),
        ("subjectStartsWith", "/phonenumber/"),
        ("isSubjectCaseSensitive", "no"),
    ],
)
def test_a_mistake_in_a_filter_is_found(key: str, value: object) -> None:
    """Filters are generated, and still held against the schema."""
    changed = subscriptions()
    changed[0]["filter"][key] = value
    resources = expanded("eventgrid.json", subscriptions=changed)

    assert [problem for one in resources for problem in arm_schemas.problems(one)]


@pytest.mark.parametrize(
    "expression",
    [
        "[parameters('nam')]",
        "[variables('nam')]",
        "[toUpper('a')]",
        "[resourceId('Microsoft.Web/sites')]",
        "[concat('a']",
        "[environment().suffixes.storag]",
    ],
)
def test_an_expression_that_azure_cannot_evaluate_is_found(expression: str) -> None:
    """Unknown names, unknown functions, missing names of a resource id, broken syntax."""
    document = template("main.json")
    document["resources"][0]["tags"] = {"a": expression}

    with pytest.raises(TemplateError):
        expanded("main.json", document)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("main.json", {"functionAppName": "a" * 47}),
        ("main.json", {"pythonVersion": "3.9"}),
        ("main.json", {"maximumInstanceCount": 0}),
        ("main.json", {"instanceMemoryMB": 1024}),
        ("main.json", {"functionsAppName": "typing error"}),
        ("eventgrid.json", {"topicName": "ab"}),
        ("eventgrid.json", {"createTopic": "true"}),
        ("eventgrid.json", {"eventDeliverySchema": "CustomInputSchema"}),
    ],
)
def test_a_wrong_parameter_is_refused(name: str, given: Json) -> None:
    """The templates say what they take, so that Azure refuses it before anything is made."""
    with pytest.raises(TemplateError):
        expanded(name, **given)
