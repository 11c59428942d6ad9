"""`infra/deploy.sh --what-if`, `--events-only` and `--uninstall`, one after the other."""

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from shared.routes import FUNCTIONS
from tests.deploy.cloud import Cloud, Run, options
from tests.deploy.stub import deployments
from tests.deploy.stub.azure import ACS_ID, LOCK, TOPIC, Azure

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.deploy


class Life(NamedTuple):
    """One app from the first look to the last byte."""

    looked: Run
    deployed: Run
    looked_again: Run
    fallback: Run
    """A look at dead letters without an identity."""
    events: Run
    removed: Run
    left: set[str]
    """The types of what uninstalling left."""
    removed_all: Run
    azure: Azure


@pytest.fixture(scope="module")
def life(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The group is there, as a person without rights on the subscription has it."""
    azure = cloud.stub.reset()
    azure.groups["records"] = "westeurope"
    file: Path = tmp_path_factory.mktemp("life") / "parameters.json"
    queues = {"workItemsQueue": {"value": "open-work"}, "tags": {"value": {"team": "chat"}}}
    file.write_text(json.dumps({"parameters": queues}), encoding="utf-8")
    with_parameters = [*options(), "--parameters", str(file)]
    looked = cloud.deploy(*with_parameters, "--what-if")
    deployed = cloud.deploy(*with_parameters)
    looked_again = cloud.deploy(*with_parameters, "--what-if")
    fallback = cloud.deploy(*options(), "--dead-letter-without-identity", "--what-if")
    events = cloud.deploy(*options(), "--events-only")
    removed = cloud.deploy(*options(), "--uninstall")
    left = {one["type"] for one in azure.resources.values()}
    removed_all = cloud.deploy(*options(), "--uninstall", "--delete-data", "--yes")
    return Life(looked, deployed, looked_again, fallback, events, removed, left, removed_all, azure)


def test_what_if_changes_nothing(life: Life) -> None:
    """It shows the resources, and the subscriptions at least by name."""
    assert 0 == life.looked.code, life.looked.stderr
    assert [] == life.looked.writes
    assert "Microsoft.Web/sites/my-app" in life.looked.stdout
    assert "my-app-sms-received" in life.looked.stdout


def test_what_if_of_a_group_that_is_not_there(cloud: Cloud, azure: Azure) -> None:
    """Azure cannot look into it: the script says so, and makes none."""
    run = cloud.deploy(*options(), "--what-if")

    assert 0 == run.code, run.stderr
    assert [] == run.writes
    assert "The resource group records would be made." in run.stdout
    assert "records" not in azure.groups


def test_what_if_of_a_deployed_app(life: Life) -> None:
    """Both templates; the event subscriptions are there, and stay."""
    assert 0 == life.looked_again.code, life.looked_again.stderr
    assert [] == life.looked_again.writes
    assert "my-app-chat-events: is there and stays as it is" in life.looked_again.stdout


def test_dead_letters_without_identity(life: Life) -> None:
    """Where Event Grid refuses one: the account's keys are allowed, the topic gets no identity."""
    app, events = (
        deployments.read(one.text)["properties"]["parameters"]
        for one in life.fallback.requests
        if one.path.lower().endswith("/whatif")
    )

    assert 0 == life.fallback.code, life.fallback.stderr
    assert app["allowSharedKeyAccess"]["value"]
    assert not events["deadLetterWithIdentity"]["value"]


def test_parameters_reach_the_template(life: Life) -> None:
    """A file of parameters beside the names that the script gives."""
    assert 0 == life.deployed.code, life.deployed.stderr
    assert '"open-work"' in life.deployed.body_of("PUT deployments/my-app")


def test_events_only_touches_only_event_subscriptions(life: Life) -> None:
    """What azd calls after it has published, and what mends a filter."""
    assert 0 == life.events.code, life.events.stderr
    assert ["POST webhooks/EventGrid", "PUT deployments/my-app-events"] == life.events.steps


def test_uninstalling_stops_delivery_first(life: Life) -> None:
    """Subscriptions, topic, roles, then the app: nothing is delivered to what is being removed."""
    writes = life.removed.writes
    kinds = [write.partition(" ")[2].partition("/")[0] for write in writes]

    assert 0 == life.removed.code, life.removed.stderr
    assert {"DELETE", "PUT locks"} == {
        write.partition("/")[0] if write.startswith("PUT") else write.partition(" ")[0]
        for write in writes
    }
    assert [*["eventSubscriptions"] * len(FUNCTIONS), "systemTopics"] == kinds[: len(FUNCTIONS) + 1]
    assert kinds.index("sites") > max(i for i, kind in enumerate(kinds) if "role" in kind)
    assert kinds.index("locks") < min(i for i, kind in enumerate(kinds) if "role" in kind)
    assert "PUT locks/keep-records" == writes[-1]


def test_uninstalling_keeps_the_records(life: Life) -> None:
    """The storage account with its queues and containers stays; so does what others own."""
    storage = "Microsoft.Storage/storageAccounts"

    assert {
        "Microsoft.Communication/CommunicationServices",
        storage,
        LOCK,
        f"{storage}/blobServices",
        f"{storage}/blobServices/containers",
        f"{storage}/managementPolicies",
        f"{storage}/queueServices/queues",
        "Microsoft.Insights/diagnosticSettings",
    } == life.left
    assert "--delete-data removes them too" in life.removed.stdout


def test_delete_data_leaves_nothing(life: Life) -> None:
    """A second run of the same is no error, and removes the account."""
    assert 0 == life.removed_all.code, life.removed_all.stderr
    assert [ACS_ID.lower()] == list(life.azure.resources)
    assert [] == life.azure.of_type(TOPIC)
