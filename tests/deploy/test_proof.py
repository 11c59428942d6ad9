"""After publishing and before subscribing, every function takes an event: a list proves nothing."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.paths import ROOT
from shared.routes import FUNCTIONS
from tests.deploy.cloud import SECONDS, Cloud, Run, options
from tests.deploy.deployed_app import EVENT_GRID_ONLY, deployed_app, zipped
from tests.deploy.stub.azure import TOPIC, Azure

pytestmark = pytest.mark.deploy

BROKEN = "import a_requirement_that_was_not_installed\n"
EVENTS_ONLY = [*options(), "--events-only"]
CURL = """\
#!/bin/sh
echo "$@" >>"$ARGUMENTS"
exec {curl} "$@"
"""


def posted(run: Run) -> list[str]:
    """The functions that were handed an event, in order."""
    events = [one for one in run.requests if one.path == "/runtime/webhooks/EventGrid"]
    return [one.query["functionName"] for one in events]


def without_subscriptions(azure: Azure) -> Azure:
    """As after publishing for the first time."""
    for one in azure.of_type(f"{TOPIC}/eventSubscriptions"):
        azure.delete(one["id"])
    return azure


def test_an_app_that_cannot_import(cloud: Cloud, azure: Azure, tmp_path: Path) -> None:
    """Azure lists its functions all the same: code 12, naming the first; nothing is subscribed."""
    package = tmp_path / "broken.zip"
    package.write_bytes(zipped(chat_events=BROKEN))

    run = cloud.deploy(*options(), "--package", str(package), RETRIES="3")

    assert 12 == run.code, run.stdout + run.stderr
    assert "functions: sms_received delivery_report chat_events" in run.stdout
    assert "function delivery_report: takes an event" in run.stdout
    assert "chat_events does not take an event: HTTP 500: it cannot be imported" in run.stderr
    assert ["sms_received", "delivery_report", "chat_events"] == list(dict.fromkeys(posted(run)))
    assert [] == azure.of_type(f"{TOPIC}/eventSubscriptions")


def test_a_setting_that_is_wrong(cloud: Cloud, azure: Azure) -> None:
    """The functions run with the deployed settings: what fails every event is found before one."""
    without_subscriptions(deployed_app(azure))
    (settings,) = azure.of_type("Microsoft.Web/sites/config")
    settings["properties"]["PUSH_EXPIRES"] = "soon"

    run = cloud.deploy(*EVENTS_ONLY, RETRIES="1")

    assert 12 == run.code, run.stdout + run.stderr
    assert "or a setting is wrong" in run.stderr


def test_a_restricted_app_is_opened_and_closed(cloud: Cloud, azure: Azure, tmp_path: Path) -> None:
    """For the address that it refused, and even where it fails; curl is shown no key."""
    without_subscriptions(deployed_app(azure, zipped(call_events=BROKEN)))
    azure.access_rules = [EVENT_GRID_ONLY]
    shim, arguments = tmp_path / "curl", tmp_path / "arguments"
    shim.write_text(CURL.format(curl=shutil.which("curl")), encoding="utf-8")
    shim.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    run = cloud.deploy(*EVENTS_ONLY, RETRIES="3", PATH=path, ARGUMENTS=str(arguments))

    assert 12 == run.code, run.stdout + run.stderr
    assert {*FUNCTIONS} == {*posted(run)}
    added, removed = (one.body["properties"] for one in run.requests if one.method == "PATCH")
    (rule,) = (one for one in added["ipSecurityRestrictions"] if one["name"] != "event-grid")
    assert ("127.0.0.1/32", "Allow") == (rule["ipAddress"], rule["action"])
    assert {"ipSecurityRestrictions": [EVENT_GRID_ONLY]} == removed
    assert [] == azure.of_type(f"{TOPIC}/eventSubscriptions")
    shown = arguments.read_text(encoding="utf-8")
    assert "functionName=call_events" in shown
    assert not re.search("KEY-NOT-TO-BE-SEEN", shown + run.stdout + run.stderr)


def test_an_address_that_the_app_does_not_name(cloud: Cloud, azure: Azure) -> None:
    """Code 12, and the option; with it, the rest goes on: here as azd gives it."""
    without_subscriptions(deployed_app(azure))
    azure.access_rules = [EVENT_GRID_ONLY]
    azure.names_the_refused = False

    refused = cloud.deploy(*EVENTS_ONLY)
    run = cloud.deploy(*EVENTS_ONLY, DEPLOY_MY_ADDRESS="127.0.0.1")

    assert 12 == refused.code, refused.stderr
    assert "(it does not name the address), see --my-address" in refused.stderr
    assert 0 == run.code, run.stderr
    assert "127.0.0.1/32 is let in" in run.stdout
    assert [EVENT_GRID_ONLY] == azure.access_rules
    assert len(FUNCTIONS) == len(azure.of_type(f"{TOPIC}/eventSubscriptions"))


def test_an_interrupted_run_is_closed(cloud: Cloud, azure: Azure) -> None:
    """Ctrl-C reaches the script and all that it has started; another signal is too late.

    Bash drops one that comes just when the program it waits for ends by itself: people press again.
    """
    without_subscriptions(deployed_app(azure, zipped(sms_received=BROKEN)))
    azure.access_rules = [EVENT_GRID_ONLY]
    process = subprocess.Popen(
        [shutil.which("bash") or "bash", ROOT / "infra" / "deploy.sh", *EVENTS_ONLY],
        env=cloud.environment | {"RETRIES": "9999", "RETRY_SECONDS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )

    def looked_at_rules() -> int:
        return sum(one.path.endswith("/config/web") for one in cloud.stub.requests)

    def closing_or_pressed(before: int) -> bool:
        closing = looked_at_rules() > before
        if not closing:
            os.killpg(process.pid, signal.SIGINT)
        return closing

    try:
        wait_until(process, lambda: len(azure.access_rules) > 1 and bool(azure.app.answers))
        before = looked_at_rules()
        wait_until(process, lambda: closing_or_pressed(before))
        os.killpg(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    assert 130 == process.returncode, output
    assert [EVENT_GRID_ONLY] == azure.access_rules


def wait_until(process: "subprocess.Popen[str]", happened: Callable[[], bool]) -> None:
    """Wait for what a running script does."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)
