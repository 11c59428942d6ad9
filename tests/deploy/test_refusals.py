"""`infra/deploy.sh` when something is wrong: its exit code, its message, what it left alone."""

import re
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.deploy.cloud import Cloud, Run, options
from tests.deploy.stub.azure import ACS_ID, TOPIC, Azure

pytestmark = pytest.mark.deploy

SMOKE = "test_smoke_script.py"
"""Of another script, with codes of its own."""


def subscriptions_of(azure: Azure) -> list[str]:
    """The event subscriptions that were made."""
    return [one["name"] for one in azure.of_type(f"{TOPIC}/eventSubscriptions")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--resource-group is missing"),
        (["--name"], "--name needs a value"),
        (["--locaton", "x"], "unknown option --locaton"),
        (options(name="a" * 47), "is no name for the app"),
        (options(name="-app"), "'-app' is no name for the app"),
        (options(group="records."), "is no name for a resource group"),
        (options(acs="contoso-acs"), "is no resource id"),
        ([*options(), "--python-version", "3.9"], "not tested with Python '3.9'"),
        ([*options(), "--parameters", "not-there.json"], "there is no file not-there.json"),
        ([*options(), "--delete-data"], "--delete-data goes with --uninstall"),
        ([*options(), "--my-address", "here"], "'here' is no address"),
    ],
)
@pytest.mark.usefixtures("azure")
def test_wrong_options(cloud: Cloud, arguments: list[str], message: str) -> None:
    """Code 2, before az is called."""
    run = cloud.deploy(*arguments, AZ="/nowhere/az")

    assert 2 == run.code
    assert message in run.stderr


def test_every_option_comes_from_the_environment_too(cloud: Cloud) -> None:
    """As azd hands them on: a wrong value of each is found; with right ones it comes to az."""
    usage = cloud.deploy("--help").stdout
    needed = ("RESOURCE_GROUP", "NAME", "LOCATION", "ACS_RESOURCE_ID")
    names = [f"DEPLOY_{name}" for name in needed]
    environment = dict(zip(names, options()[1::2], strict=True))
    wrong = {"NAME": "-", "LOCATION": "", "RESOURCE_GROUP": "a/b"}
    messages = {"LOCATION": "--location is missing"}
    for option in re.findall(r"^  --([a-z-]+)", usage, re.MULTILINE):
        name = option.upper().replace("-", "_")
        value = wrong.get(name, "nothing there")

        run = cloud.deploy(AZ="/nowhere/az", **(environment | {f"DEPLOY_{name}": value}))

        assert 2 == run.code, option
        assert messages.get(name, value) in run.stderr

    assert 11 == cloud.deploy(AZ="/nowhere/az", **environment).code


def test_without_az(cloud: Cloud) -> None:
    """Code 11, and where to get it."""
    run = cloud.deploy(*options(), AZ="/nowhere/az")

    assert 11 == run.code
    assert "install-azure-cli" in run.stderr


def test_without_login(cloud: Cloud, tmp_path: Path) -> None:
    """Code 11, and what to do."""
    run = cloud.deploy(*options(), AZURE_CONFIG_DIR=str(tmp_path))

    assert 11 == run.code
    assert "az login" in run.stderr


def nothing_written(run: Run, code: int, message: str) -> None:
    """It ended with the code, printed the reason, and changed nothing."""
    assert code == run.code, run.stderr
    assert message in run.stderr
    assert [] == run.writes


def test_az_fails_without_a_code_of_its_own(cloud: Cloud, azure: Azure) -> None:
    """Code 1, with what az said: here topics may not be listed."""
    azure.may_read_topics = False

    nothing_written(cloud.deploy(*options()), 1, "AuthorizationFailed")


def test_no_such_communication_services(cloud: Cloud, azure: Azure) -> None:
    """Code 3, before anything is made."""
    azure.delete(ACS_ID)

    nothing_written(cloud.deploy(*options()), 3, "does not find the Communication Services")


@pytest.mark.usefixtures("azure")
def test_communication_services_of_another_subscription(cloud: Cloud) -> None:
    """Code 3, and how to change over: a topic and its source share a subscription."""
    other = ACS_ID.replace("11111111-", "99999999-")

    nothing_written(cloud.deploy(*options(acs=other)), 3, "az account set --subscription 99999999-")


@pytest.mark.usefixtures("azure")
def test_a_region_without_flex_consumption(cloud: Cloud) -> None:
    """Code 4, before anything is made."""
    arguments = [*options(), "--location", "West India"]

    nothing_written(cloud.deploy(*arguments), 4, "'westindia' does not offer Flex Consumption")


def test_a_role_is_missing(cloud: Cloud, azure: Azure) -> None:
    """Code 6, and which role; nothing is published, nothing subscribed."""
    azure.may_assign_roles = False

    run = cloud.deploy(*options())

    assert 6 == run.code, run.stderr
    assert "Role Based Access Control Administrator" in run.stderr
    assert [] == azure.packages
    assert [] == subscriptions_of(azure)


def test_provisioning_fails(cloud: Cloud, azure: Azure, tmp_path: Path) -> None:
    """Code 5, with Azure's own message."""
    file = tmp_path / "parameters.json"
    file.write_text('{"parameters": {"instanceMemoryMB": {"value": 1024}}}', encoding="utf-8")

    run = cloud.deploy(*options(), "--parameters", str(file))

    assert 5 == run.code, run.stderr
    assert "1024 is not allowed" in run.stderr
    assert [] == azure.packages


def test_publishing_fails(cloud: Cloud, azure: Azure) -> None:
    """Code 7 after some attempts; no subscription."""
    azure.publish_failures = 99

    run = cloud.deploy(*options())

    assert 7 == run.code, run.stderr
    assert "publishing failed 2 times" in run.stderr
    assert [] == subscriptions_of(azure)


@pytest.mark.usefixtures("azure")
def test_a_package_that_is_not_complete(cloud: Cloud) -> None:
    """Code 7 before anything is made, when it cannot even be built."""
    nothing_written(cloud.deploy(*options(), PYTHON="false"), 7, "the package could not be built")


def test_a_function_is_missing(cloud: Cloud, azure: Azure) -> None:
    """Code 8, naming it; no event is asked for, for it would be dead-lettered."""
    azure.functions.remove("chat_events")

    run = cloud.deploy(*options(), RETRIES="2")

    assert 8 == run.code, run.stderr
    assert "Azure does not list: chat_events" in run.stderr
    assert [] == subscriptions_of(azure)


def test_event_grid_refuses_an_identity(cloud: Cloud, azure: Azure) -> None:
    """Code 9, with the word that docs/deploy.md names; nothing is published."""
    azure.takes_topic_identity = False

    run = cloud.deploy(*options())

    assert 9 == run.code, run.stderr
    assert "Identity is not supported" in run.stderr
    assert [] == azure.packages


def test_a_subscription_is_not_ready(cloud: Cloud, azure: Azure) -> None:
    """Code 10, with its state."""
    azure.ready = "AwaitingManualAction"

    run = cloud.deploy(*options())

    assert 10 == run.code, run.stderr
    assert "my-app-sms-received: AwaitingManualAction" in run.stderr


@pytest.mark.usefixtures("azure")
def test_events_only_needs_an_app(cloud: Cloud) -> None:
    """Code 5: what azd calls after publishing says what is missing."""
    run = cloud.deploy(*options(), "--events-only")

    assert 5 == run.code, run.stderr
    assert "has no deployment called my-app" in run.stderr


def test_the_codes_are_those_that_the_script_lists() -> None:
    """Its first lines are the documentation; docs/deploy.md says what to do about each.

    Some test sees the script end with each of them.
    """
    text = (ROOT / "infra" / "deploy.sh").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^# +(\d+)  ", text, re.MULTILINE)}
    used = {int(code) for code in re.findall(r"\b(?:fail|change) (\d+) ", text)}

    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}

    files = {*Path(__file__).parent.glob("test_*.py")} - {Path(__file__).parent / SMOKE}
    tests = "".join(file.read_text(encoding="utf-8") for file in files)
    seen = re.findall(r"assert (\d+) == [\w.]*code\b|nothing_written\(.+, (\d+), ", tests)

    assert {*range(14)} == listed == documented
    assert used <= listed
    assert listed <= {int(one or other) for one, other in seen}
