"""A deployment over what is there: it keeps what nobody asked to change, and says so."""

import copy

import pytest

from tests.deploy.arm_templates import Json
from tests.deploy.cloud import Cloud, Run, options
from tests.deploy.deployed_app import deployed_app, present
from tests.deploy.our_templates import subscriptions
from tests.deploy.stub import deployments
from tests.deploy.stub.azure import TOPIC, Azure

pytestmark = pytest.mark.deploy

EVENTS_ONLY = [*options(), "--events-only"]


@pytest.fixture
def changed(azure: Azure) -> Azure:
    """By hand: a filter, retries and batches; no dead letters; one that is missing."""
    found = present(deployed_app(azure))
    chat = found["chat-events"]
    chat["filter"]["includedEventTypes"] = ["Microsoft.Communication.ChatMessageReceived"]
    chat["filter"]["advancedFilters"] = [
        {"operatorType": "StringContains", "key": "subject", "values": ["thread/"]}
    ]
    chat["retryPolicy"] = {"maxDeliveryAttempts": 5, "eventTimeToLiveInMinutes": 60}
    chat["destination"]["properties"]["maxEventsPerBatch"] = 10
    found["sms-received"]["deadLetterWithResourceIdentity"] = None
    for one in azure.of_type(f"{TOPIC}/eventSubscriptions"):
        if one["name"] == "my-app-call-events":
            azure.delete(one["id"])
    return azure


def written(run: Run) -> list[Json]:
    """The event subscriptions that a run deployed."""
    bodies = [
        deployments.read(one.text)["properties"]["parameters"]["subscriptions"]["value"]
        for one in run.requests
        if one.method == "PUT" and one.path.endswith("my-app-events")
    ]
    return [entry for body in bodies for entry in body]


def default(name: str) -> Json:
    """What event-subscriptions.json says."""
    (found,) = (one for one in subscriptions() if one["name"] == name)
    return found


def test_what_is_there_stays(cloud: Cloud, changed: Azure) -> None:
    """To the last property; what is missing is made; what differs is said."""
    before = copy.deepcopy(present(changed))

    run = cloud.deploy(*EVENTS_ONLY)

    assert 0 == run.code, run.stderr
    after = present(changed)
    assert [default("call-events")] == written(run)
    assert before == {name: after[name] for name in before}
    assert {*before, "call-events"} == set(after)
    assert "my-app-chat-events: is there and stays as it is (dead letters: identity)" in run.stdout
    assert "WARNING: my-app-sms-received has no dead letters" in run.stdout
    assert "my-app-chat-events does not ask for Microsoft.Communication.ChatMessageE" in run.stdout
    assert 2 == run.stdout.count("WARNING")


def test_reset_writes_all_anew(cloud: Cloud, changed: Azure) -> None:
    """As event-subscriptions.json and the templates say."""
    run = cloud.deploy(*EVENTS_ONLY, DEPLOY_RESET_SUBSCRIPTIONS="true")

    assert 0 == run.code, run.stderr
    assert subscriptions() == written(run)
    assert present(changed)["sms-received"]["deadLetterWithResourceIdentity"]
    assert "WARNING" not in run.stdout


def test_dead_letters_are_changed_alone(cloud: Cloud, changed: Azure) -> None:
    """The rest of an event subscription goes back as it was."""
    before = copy.deepcopy(present(changed)["chat-events"])

    run = cloud.deploy(*EVENTS_ONLY, "--dead-letter-without-identity")

    assert 0 == run.code, run.stderr
    after = present(changed)["chat-events"]
    assert after["deadLetterDestination"]
    assert not after.get("deadLetterWithResourceIdentity")
    assert before["destination"] == after["destination"]
    assert before["retryPolicy"] == after["retryPolicy"]
    kept = {key: value for key, value in after["filter"].items() if value is not None}
    assert before["filter"] == kept
    assert len(subscriptions()) == len(written(run))


def test_a_forgotten_option_turns_nothing_off(cloud: Cloud, azure: Azure) -> None:
    """Where dead letters need the account's key, it works after the next deployment, too."""
    deployed_app(azure, deadLetterWithIdentity=False)

    run = cloud.deploy(*options(), "--what-if")

    assert 0 == run.code, run.stderr
    app, events = (
        deployments.read(one.text)["properties"]["parameters"]
        for one in run.requests
        if one.path.lower().endswith("/whatif")
    )
    assert app["allowSharedKeyAccess"]["value"]
    assert not events["deadLetterWithIdentity"]["value"]
    assert [] == events["subscriptions"]["value"]
    assert "dead letters: written with the account's key, as now" in run.stdout
