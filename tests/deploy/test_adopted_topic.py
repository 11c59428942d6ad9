"""A system topic that somebody made by hand: used as it is, whatever its name, casing or group."""

import pytest

from tests.deploy.cloud import Cloud, options
from tests.deploy.our_templates import subscriptions
from tests.deploy.stub.azure import ACS_ID, SUBSCRIPTION, TOPIC, Azure

pytestmark = pytest.mark.deploy

HAND_MADE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Portal/providers/{TOPIC}/By-Hand"
EVERY_TYPE = f"{HAND_MADE}/eventSubscriptions/everything"


def test_a_topic_made_by_hand_is_adopted(cloud: Cloud, azure: Azure) -> None:
    """It keeps tags and identities, and gets the one that dead letters need; no second is made.

    A subscription that delivers to the app as well is named: it doubles every event.
    """
    azure.groups |= {"portal": "westeurope", "records": "westeurope"}
    mine = {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/x/id": {}}}
    properties = {"source": ACS_ID.upper(), "topicType": "any"}
    azure.put(
        HAND_MADE,
        {"location": "global", "tags": {"team": "chat"}, "identity": mine}
        | {"properties": properties},
    )
    target = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/records/providers/Microsoft.Web"
    target += "/sites/my-app/functions/sms_received"
    destination = {"endpointType": "AzureFunction", "properties": {"resourceId": target}}
    azure.put(EVERY_TYPE, {"properties": {"destination": destination}})

    run = cloud.deploy(*options())

    assert 0 == run.code, run.stderr
    (topic,) = azure.of_type(TOPIC)
    assert {"team": "chat"} == topic["tags"]
    assert "SystemAssigned, UserAssigned" == topic["identity"]["type"]
    assert mine["userAssignedIdentities"] == topic["identity"]["userAssignedIdentities"]
    made = [one["name"] for one in azure.of_type(f"{TOPIC}/eventSubscriptions", HAND_MADE)]
    assert {"everything", *(f"my-app-{one['name']}" for one in subscriptions())} == set(made)
    assert "system topic: By-Hand, which is there (group Portal)" in run.stdout
    assert "WARNING: event subscription everything delivers here as well" in run.stdout


def test_uninstalling_leaves_what_is_not_ours(cloud: Cloud, azure: Azure) -> None:
    """An adopted topic stays, with the subscriptions of others; the app's own ones go."""
    azure.groups["portal"] = "westeurope"
    properties = {"source": ACS_ID, "topicType": "any"}
    azure.put(HAND_MADE, {"location": "global", "properties": properties})
    azure.put(EVERY_TYPE, {"properties": {}})
    for one in subscriptions():
        azure.put(f"{HAND_MADE}/eventSubscriptions/my-app-{one['name']}", {"properties": {}})

    run = cloud.deploy(*options(), "--uninstall")

    assert 0 == run.code, run.stderr
    left = {one["name"] for one in azure.of_type(f"{TOPIC}/eventSubscriptions")}
    assert {"everything"} == left
    assert azure.get(HAND_MADE)
    assert "There is no resource group records." in run.stdout
