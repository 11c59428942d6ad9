"""`infra/smoke.sh` against the stand-in; what it asks of the queues is answered by a shim of az."""

from pathlib import Path

import pytest

from local.paths import ROOT, SAMPLES
from tests.deploy.cloud import Cloud, Run, options
from tests.deploy.deployed_app import EVENT_GRID_ONLY
from tests.deploy.our_templates import everything
from tests.deploy.stub.azure import Azure

pytestmark = pytest.mark.deploy

SHIM = """\
#!/bin/sh
case "$1 $2" in
"storage message") head -n "$(wc -l <"$PEEKS")" "$PEEKS"; echo more >>"$PEEKS" ;;
"storage blob") echo 2 ;;
"deployment group") echo strecords ;;
*) exec "$REAL_AZ" "$@" ;;
esac
"""
ARGUMENTS = [part for part in options() if part not in {"--location", "West Europe"}]


@pytest.fixture
def deployed(azure: Azure) -> Azure:
    """Everything is there."""
    azure.groups["records"] = "westeurope"
    azure.packages.append(b"")
    for resource in everything():
        azure.put(resource.id, resource.body)
    return azure


def smoke(cloud: Cloud, folder: Path, *arguments: str) -> Run:
    """Run it; every look at the queue shows one message more."""
    shim, peeks = folder / "az", folder / "peeks"
    shim.write_text(SHIM, encoding="utf-8")
    shim.chmod(0o755)
    peeks.write_text("first\n", encoding="utf-8")
    script = str(ROOT / "infra" / "smoke.sh")
    return cloud.script(
        script,
        *ARGUMENTS,
        *arguments,
        AZ=str(shim),
        REAL_AZ=cloud.environment["AZ"],
        PEEKS=str(peeks),
    )


@pytest.mark.usefixtures("deployed")
def test_all_is_well(cloud: Cloud, tmp_path: Path) -> None:
    """Functions, subscriptions, and a record that comes; nothing is changed, no key is read."""
    run = smoke(cloud, tmp_path, "--wait", "30")

    assert 0 == run.code, run.stderr
    assert "function sms_received: there" in run.stdout
    assert "event subscription my-app-chat-events: Succeeded" in run.stdout
    assert "queue work-items: a record came" in run.stdout
    assert "dead letters: 2" in run.stdout
    assert [] == run.writes
    assert not [one.path for one in run.requests if "listkeys" in one.path.lower()]


def test_a_function_is_missing(cloud: Cloud, deployed: Azure, tmp_path: Path) -> None:
    """Code 3."""
    deployed.functions = ["sms_received"]

    run = smoke(cloud, tmp_path)

    assert 3 == run.code
    assert "function delivery_report is missing or disabled" in run.stderr


def test_a_subscription_is_missing(cloud: Cloud, deployed: Azure, tmp_path: Path) -> None:
    """Code 4."""
    for one in deployed.of_type("Microsoft.EventGrid/systemTopics/eventSubscriptions"):
        deployed.delete(one["id"])

    run = smoke(cloud, tmp_path)

    assert 4 == run.code
    assert "my-app-sms-received: missing" in run.stderr


@pytest.mark.parametrize(("status", "code"), [(202, 0), (500, 7)])
def test_the_sample_reaches_a_restricted_app(
    status: int,
    code: int,
    cloud: Cloud,
    deployed: Azure,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Event Grid would bring it; whoever may call the app is the same as before."""
    deployed.access_rules = [EVENT_GRID_ONLY]
    monkeypatch.setattr(deployed.app, "deliver", lambda *_: status)

    run = smoke(cloud, tmp_path, "--send")

    assert code == run.code, run.stderr
    sent = [one.text for one in run.requests if one.path == "/runtime/webhooks/EventGrid"]
    assert {(SAMPLES / "SMSReceived.current.json").read_text(encoding="utf-8").strip()} == {*sent}
    assert [EVENT_GRID_ONLY] == deployed.access_rules
    assert "KEY-NOT-TO-BE-SEEN" not in run.stdout + run.stderr
