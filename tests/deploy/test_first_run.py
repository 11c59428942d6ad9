"""`infra/deploy.sh` from nothing, and again: what is asked of Azure, in which order."""

import io
import json
import re
import zipfile
from http import HTTPStatus
from typing import NamedTuple

import pytest

from local.paths import ROOT
from tests.deploy.arm_templates import Json
from tests.deploy.cloud import Cloud, Run, options
from tests.deploy.our_templates import subscriptions
from tests.deploy.stub import deployments
from tests.deploy.stub.azure import ACS_GROUP, FUNCTIONS, TOPIC, Azure
from tools.package import package_files

pytestmark = pytest.mark.deploy

WRITES = [
    "PUT resourcegroups/records",
    "PUT deployments/my-app",
    "PUT deployments/my-app-events",
    "POST api/publish",
    "POST webhooks/EventGrid",
    "PUT deployments/my-app-events",
]


class Deployed(NamedTuple):
    """Two runs with the same options, and what they left."""

    first: Run
    again: Run
    azure: Azure


@pytest.fixture(scope="module")
def deployed(cloud: Cloud) -> Deployed:
    """The first run meets a role that is not yet in force, and a host that has no key yet."""
    azure = cloud.stub.reset()
    azure.publish_failures = 1
    azure.cold_answers = 2
    first = cloud.deploy(*options())
    again = cloud.deploy(*options())
    return Deployed(first, again, azure)


def test_it_ends_well(deployed: Deployed) -> None:
    """Both times; and says what is there."""
    for run in (deployed.first, deployed.again):
        assert 0 == run.code, run.stderr
        for one in subscriptions():
            assert f"event subscription my-app-{one['name']}: Succeeded" in run.stdout


def test_order_of_the_first_run(deployed: Deployed) -> None:
    """Group, app, topic and role, package, an event for each function, then the subscriptions."""
    published = [one for one in deployed.first.requests if one.path == "/api/publish"]

    assert WRITES == deployed.first.steps
    assert [403, 202] == [one.status for one in published]
    assert "no key eventgrid_extension yet" in deployed.first.stdout


def test_every_function_takes_an_event(deployed: Deployed) -> None:
    """In both runs; and who may call the app is then the same as before."""
    for run in (deployed.first, deployed.again):
        posts = [one for one in run.requests if one.path == "/runtime/webhooks/EventGrid"]
        taken = [one.query["functionName"] for one in posts if one.status == HTTPStatus.ACCEPTED]

        assert FUNCTIONS == sorted(taken)
    assert not [one for one in deployed.azure.access_rules if one["name"].startswith("deploy-")]


def test_functions_are_looked_for_before_subscriptions(deployed: Deployed) -> None:
    """Event Grid refuses a destination that is not there."""
    paths = [f"{one.method} {one.path}" for one in deployed.first.requests]
    listed = next(i for i, path in enumerate(paths) if path.endswith("sites/my-app/functions"))
    last = max(i for i, path in enumerate(paths) if path.endswith("deployments/my-app-events"))

    assert max(i for i, path in enumerate(paths) if path == "POST /api/publish") < listed < last


def test_the_second_run_makes_the_same(deployed: Deployed) -> None:
    """Nothing but what it must write, with equal bodies: no new names, no group.

    The event subscriptions are there, and stay as they are.
    """
    assert WRITES[1:-1] == deployed.again.steps

    write = "PUT deployments/my-app"
    assert deployed.first.body_of(write) == deployed.again.body_of(write)


def test_subscriptions_only_once_the_functions_are_there(deployed: Deployed) -> None:
    """The first deployment of eventgrid.json is the topic and its role only."""
    first, second = events(deployed.first)
    (again,) = events(deployed.again)

    for body, create in ((first, False), (second, True), (again, False)):
        assert create is body["createEventSubscriptions"]["value"]
    assert subscriptions() == second["subscriptions"]["value"]
    assert [] == again["subscriptions"]["value"]


def test_the_topic_that_it_made_is_adopted_again(deployed: Deployed) -> None:
    """A resource has one system topic: the second run finds it and leaves it as it is."""
    (topic,) = deployed.azure.of_type(TOPIC)

    assert "contoso-acs-events" == topic["name"]
    assert f"/resourceGroups/{ACS_GROUP}/" in topic["id"]
    assert [False] == [body["createTopic"]["value"] for body in events(deployed.again)]


def events(run: Run) -> list[Json]:
    """The parameters of the deployments of eventgrid.json."""
    return [
        deployments.read(one.text)["properties"]["parameters"]
        for one in run.requests
        if one.method == "PUT" and one.path.endswith("my-app-events")
    ]


def test_every_subscription_delivers_to_its_function(deployed: Deployed) -> None:
    """One for each function; none is there twice after the second run."""
    found = deployed.azure.of_type(f"{TOPIC}/eventSubscriptions")
    targets = [
        one["properties"]["destination"]["properties"]["resourceId"].rpartition("/")[2]
        for one in found
    ]

    assert FUNCTIONS == sorted(targets)


def test_the_package_is_what_funcignore_allows(deployed: Deployed) -> None:
    """Built by the script, the same bytes both times, built remotely by Azure."""
    packages = deployed.azure.packages
    names = zipfile.ZipFile(io.BytesIO(packages[0])).namelist()
    queries = [one.query for one in deployed.again.requests if one.path == "/api/publish"]

    assert packages[0] == packages[1]
    assert [*package_files(ROOT)] == names
    assert [{"RemoteBuild": "true", "Deployer": "az_cli"}] == queries


def test_no_key_in_any_request(deployed: Deployed) -> None:
    """Neither sent nor asked for, but for the host's: az looks at its state, deploy.sh tries it."""
    requests = [*deployed.first.requests, *deployed.again.requests]
    keys = {one.path.partition("/sites/")[2] for one in requests if "key" in one.path.lower()}

    assert {"my-app/host/default/listkeys"} == keys
    assert not [r for r in requests if re.search("AccountKey|listKeys|SharedAccess", r.text)]


def test_nothing_secret_is_shown(deployed: Deployed) -> None:
    """Nor any app setting."""
    shown = "".join(run.stdout + run.stderr for run in (deployed.first, deployed.again))

    assert not re.search("KEY-NOT-TO-BE-SEEN|InstrumentationKey|clientId|Bearer|AccountKey", shown)


def test_settings_are_those_of_an_identity(deployed: Deployed) -> None:
    """As they arrived: no value is a connection string of storage."""
    (found,) = deployed.azure.of_type("Microsoft.Web/sites/config")
    settings = json.dumps(found["properties"])

    assert "AzureWebJobsStorage__clientId" in settings
    assert "AccountName=" not in settings


def test_the_topic_tells_the_app(deployed: Deployed) -> None:
    """Its alerts reach the app's action group, its log the app's workspace."""
    alerts = deployed.azure.of_type("Microsoft.Insights/metricAlerts")
    (group,) = deployed.azure.of_type("Microsoft.Insights/actionGroups")
    (workspace,) = deployed.azure.of_type("Microsoft.OperationalInsights/workspaces")
    (topic,) = deployed.azure.of_type(TOPIC)
    (log,) = deployed.azure.of_type("Microsoft.Insights/diagnosticSettings", topic["id"])
    watched = [one for one in alerts if one["properties"]["scopes"] == [topic["id"]]]
    told = [action for one in watched for action in one["properties"]["actions"]]

    assert ["dead-lettered", "dropped", "failed-deliveries"] == sorted(
        one["name"].removeprefix("my-app-") for one in watched
    )
    assert [{"actionGroupId": group["id"]}] * len(watched) == told
    assert workspace["id"] == log["properties"]["workspaceId"]
