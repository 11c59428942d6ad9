"""`infra/deploy.sh --uninstall --delete-data`: the records go when somebody says so."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.deploy.cloud import SECONDS, Cloud, options
from tests.deploy.our_templates import STORAGE
from tests.deploy.stub.azure import LOCK, Azure

pytestmark = pytest.mark.deploy

DELETE = [*options(), "--uninstall", "--delete-data"]


@pytest.fixture
def storage(azure: Azure) -> Azure:
    """A locked storage account is all that is left of an app."""
    azure.groups["records"] = "westeurope"
    azure.put(STORAGE, {"location": "westeurope", "tags": {"acs-event-records": "my-app"}})
    azure.put(f"{STORAGE}/providers/{LOCK}/keep-records", {"properties": {"level": "CanNotDelete"}})
    return azure


def typed(cloud: Cloud, answer: str) -> tuple[int, str]:
    """Run the script at a terminal, where somebody types an answer."""
    terminal, script_side = os.openpty()
    process = subprocess.Popen(
        [shutil.which("bash") or "bash", ROOT / "infra" / "deploy.sh", *DELETE],
        env=cloud.environment,
        stdin=script_side,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(script_side)
    try:
        os.write(terminal, f"{answer}\n".encode())
        output, _ = process.communicate(timeout=SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        os.close(terminal)
    return process.returncode, output


def test_another_answer_deletes_nothing(cloud: Cloud, storage: Azure) -> None:
    """Code 13, after it said what would be deleted."""
    before = set(storage.resources)

    code, output = typed(cloud, "yes")

    assert 13 == code, output
    assert "with every record in it: " in output
    assert STORAGE in output
    assert before == set(storage.resources)


def test_the_name_of_the_app_deletes(cloud: Cloud, storage: Azure) -> None:
    """The lock first, else Azure would refuse."""
    code, output = typed(cloud, "my-app")

    assert 0 == code, output
    assert [] == storage.below(STORAGE)


def test_what_is_not_ours_keeps_its_lock(cloud: Cloud, storage: Azure) -> None:
    """A lock of another name stays, Azure refuses, and ours is made again: code 1."""
    storage.put(f"{STORAGE}/providers/{LOCK}/company", {"properties": {"level": "CanNotDelete"}})

    run = cloud.deploy(*DELETE, "--yes")

    assert 1 == run.code, run.stdout
    assert "storageAccounts/strecords" in run.stderr
    assert {"company", "keep-records"} == {one["name"] for one in storage.of_type(LOCK)}


def test_it_asks_and_there_is_nobody(cloud: Cloud, tmp_path: Path) -> None:
    """Code 2, before az is called."""
    run = cloud.deploy(*DELETE, AZ=str(tmp_path / "not-there"))

    assert 2 == run.code
    assert "there is no terminal: add --yes" in run.stderr
