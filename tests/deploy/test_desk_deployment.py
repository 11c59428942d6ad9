"""The desk deployed as docs/deploy.md says: with az, beside an app that is there."""

import argparse
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from local.paths import ROOT
from tests.deploy.cloud import Cloud, Run, options
from tests.deploy.our_templates import INFRA, TELEMETRY, parameters
from tests.deploy.stub.azure import ROLE, Azure
from tools import package

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.deploy


class Desk(NamedTuple):
    """What docs/deploy.md tells to do, one after the other."""

    anonymous: Run
    deployed: Run
    published: Run
    removed: Run
    resources: set[str]
    azure: Azure


@pytest.fixture(scope="module")
def life(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Beside an app that is there."""
    azure = cloud.stub.reset()
    azure.groups["records"] = "westeurope"
    azure.put(TELEMETRY, {})
    file: Path = tmp_path_factory.mktemp("desk") / "desk.zip"
    folder = ROOT / "examples" / "desk"
    package.run(argparse.Namespace(folder=folder, output=file, prebuilt=False))
    given = {key: f"{key}={value}" for key, value in parameters("desk.json").items()}
    anonymous = _create(cloud, *(text for key, text in given.items() if key != "entraClientId"))
    made = _create(cloud, *given.values())
    resources = {one["type"] for one in azure.resources.values()}
    publish = "functionapp deployment source config-zip -g records -n my-desk --build-remote true"
    published = cloud.az(*publish.split(), "--src", str(file))
    removed = cloud.deploy(*options(name="my-desk"), "--uninstall", "--delete-data", "--yes")
    return Desk(anonymous, made, published, removed, resources, azure)


def _create(cloud: Cloud, *given: str) -> Run:
    command = "deployment group create --resource-group records --name my-desk --template-file"
    return cloud.az(*command.split(), str(INFRA / "desk.json"), "--parameters", *given)


def test_without_a_client_id_nothing_is_sent(life: Desk) -> None:
    """Az names what is missing."""
    assert 0 != life.anonymous.code
    assert "entraClientId" in life.anonymous.stderr
    assert [] == life.anonymous.writes


def test_it_is_deployed_and_published(life: Desk) -> None:
    """The package is examples/desk and nothing else."""
    assert 0 == life.deployed.code, life.deployed.stderr
    assert 0 == life.published.code, life.published.stderr
    assert {"Microsoft.Web/sites", "Microsoft.Web/sites/config", ROLE} <= life.resources
    assert ["PUT deployments/my-desk"] == life.deployed.writes
    assert ["POST api/publish"] == life.published.writes


def test_the_database_is_not_shown(life: Desk) -> None:
    """Neither by az nor in what the deployment gives back."""
    shown = life.deployed.stdout + life.deployed.stderr

    assert "identityPrincipalId" in shown
    assert not re.search("password|postgresql:", shown)


def test_uninstalling_leaves_the_app(life: Desk) -> None:
    """Its own account, roles and all; of the records' account only the poison queues are left."""
    left = {resource.partition("/providers/")[2] for resource in life.azure.resources}
    queue = "microsoft.storage/storageaccounts/strecords/queueservices/default/queues"

    assert 0 == life.removed.code, life.removed.stderr
    assert {
        TELEMETRY.partition("/providers/")[2].lower(),
        f"{queue}/work-items-poison",
        f"{queue}/push-notifications-poison",
        "microsoft.communication/communicationservices/contoso-acs",
    } == left
