"""What no schema knows: no keys, least roles, ranges, and settings that the app itself reads."""

import json
import re
from typing import Any

import pytest

from shared.settings import Settings
from tests.deploy.arm_templates import Json, property_of
from tests.deploy.our_templates import (
    INFRA,
    STORAGE,
    all_templates,
    everything,
    expanded,
    of_type,
    roles,
    subscriptions,
    template,
)

pytestmark = pytest.mark.deploy

# learn.microsoft.com/azure/role-based-access-control/built-in-roles
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
QUEUE_SENDER = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"
METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"

EXPECTED: list[tuple[str, Any]] = [
    ("Microsoft.Storage/storageAccounts properties.allowSharedKeyAccess", False),
    ("Microsoft.Storage/storageAccounts properties.allowBlobPublicAccess", False),
    ("Microsoft.Storage/storageAccounts properties.supportsHttpsTrafficOnly", True),
    ("Microsoft.Storage/storageAccounts properties.minimumTlsVersion", "TLS1_2"),
    # Event Grid writes dead letters from outside: github.com/MicrosoftDocs/azure-docs/issues/84665
    ("Microsoft.Storage/storageAccounts properties.networkAcls.bypass", "AzureServices"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers properties.publicAccess", "None"),
    ("Microsoft.Insights/components properties.DisableLocalAuth", True),
    ("Microsoft.Web/serverfarms sku.name", "FC1"),
    ("Microsoft.Web/sites properties.httpsOnly", True),
    ("Microsoft.Web/sites properties.siteConfig.ftpsState", "Disabled"),
    ("Microsoft.Web/sites properties.siteConfig.minTlsVersion", "1.2"),
    ("Microsoft.Web/sites properties.siteConfig.scmMinTlsVersion", "1.2"),
    ("Microsoft.Web/sites properties.functionAppConfig.runtime.name", "python"),
    ("Microsoft.Web/sites properties.functionAppConfig.runtime.version", "3.13"),
    ("Microsoft.Web/sites/basicPublishingCredentialsPolicies properties.allow", False),
    ("Microsoft.EventGrid/systemTopics location", "global"),
    ("Microsoft.EventGrid/systemTopics identity.type", "SystemAssigned"),
]

# github.com/Azure/azure-functions-flex-consumption-samples and az refuse or ignore these.
NOT_ON_FLEX = {
    "AzureWebJobsStorage",
    "ENABLE_ORYX_BUILD",
    "FUNCTIONS_WORKER_RUNTIME",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_RUN_FROM_PACKAGE",
}


@pytest.mark.parametrize(("where", "value"), EXPECTED, ids=[where for where, _ in EXPECTED])
def test_secure_by_default(where: str, value: object) -> None:
    """Without any parameter but names."""
    kind, path = where.split(" ")
    resources = of_type(all_templates(), kind)

    assert resources
    assert {json.dumps(value)} == {json.dumps(property_of(one, path)) for one in resources}


@pytest.mark.parametrize("name", ["main.json", "eventgrid.json", "desk.json"])
def test_no_key_is_read_or_written(name: str) -> None:
    """No list function gives one to a template, and no connection string holds one."""
    text = (INFRA / name).read_text(encoding="utf-8")

    assert not re.search(r"list\w*\(|AccountKey|SharedAccess|connectionString\b", text)


def test_least_roles() -> None:
    """Exactly these: the host's on its account, a sender on each queue, telemetry, dead letters."""
    storage = STORAGE.partition("/providers/")[2]

    assert {
        (BLOB_OWNER, storage),
        (QUEUE_SENDER, f"{storage}/queueServices/default/queues/work-items"),
        (QUEUE_SENDER, f"{storage}/queueServices/default/queues/push-notifications"),
        (METRICS_PUBLISHER, "Microsoft.Insights/components/my-app"),
        (BLOB_CONTRIBUTOR, f"{storage}/blobServices/default/containers/dead-letters"),
    } == roles(everything())


def test_without_identity_event_grid_gets_no_role() -> None:
    """It writes with the account's key then, which main.json must allow."""
    assert set() == roles(expanded("eventgrid.json", deadLetterWithIdentity=False))


def _settings(**more: Any) -> Json:
    (found,) = of_type(expanded("main.json", **more), "Microsoft.Web/sites/config")
    return dict(found.body["properties"])


def test_the_app_reads_its_settings() -> None:
    """shared/settings.py takes them, by identity, and needs nothing else."""
    environ = _settings()
    settings = Settings.from_env(environ)
    account = settings.account

    assert "https://strecords.queue.core.windows.net" == account.queue_url
    assert "https://strecords.blob.core.windows.net" == account.blob_url
    assert account.managed_identity
    assert environ["AzureWebJobsStorage__clientId"] == account.client_id
    assert account.connection_string is None
    assert not NOT_ON_FLEX & environ.keys()


def test_what_the_app_writes_to_is_declared() -> None:
    """So that a role that may send is enough: the app need not make queues or containers."""
    names: Json = {
        "workItemsQueue": "open-work",
        "pushNotificationsQueue": "to-show",
        "deadLettersContainer": "rejected",
        "recordPayloadsContainer": "large",
    }
    for given in ({}, names):
        settings = Settings.from_env(_settings(**given))
        resources = expanded("main.json", **given)
        declared = {one.body["name"].rpartition("/")[2] for one in resources}

        assert declared >= {
            settings.work_items_queue,
            settings.push_notifications_queue,
            settings.dead_letters_container,
            settings.record_payloads_container,
        }


def test_extra_settings_are_added() -> None:
    """A setting made by hand is lost at the next deployment; this is where it belongs."""
    extra = {"CHAT_WORK_ITEMS": "user"}

    assert _settings() | extra == _settings(extraSettings=extra)
    assert Settings.from_env(_settings(extraSettings=extra)).user_work_items


@pytest.mark.parametrize("name", ["main.json", "desk.json"])
def test_the_package_lies_in_a_declared_container(name: str) -> None:
    """Flex Consumption starts from a blob, read with the app's identity."""
    (site,) = of_type(expanded(name), "Microsoft.Web/sites")
    storage = property_of(site, "properties.functionAppConfig.deployment.storage")
    container = storage["value"].rpartition("/")[2]
    identity = storage["authentication"]["userAssignedIdentityResourceId"]

    assert container in {one.body["name"].rpartition("/")[2] for one in expanded(name)}
    assert [identity] == list(site.body["identity"]["userAssignedIdentities"])


def _subscriptions(**more: Any) -> list[Json]:
    kind = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
    found = of_type(expanded("eventgrid.json", **more), kind)
    return [one.body["properties"] | {"name": one.body["name"]} for one in found]


def test_ranges_of_event_subscriptions() -> None:
    """learn.microsoft.com/azure/event-grid/delivery-and-retry; the schema has no ranges."""
    for subscription in _subscriptions():
        destination = subscription["destination"]["properties"]

        assert 1 <= subscription["retryPolicy"]["maxDeliveryAttempts"] <= 30
        assert 1 <= subscription["retryPolicy"]["eventTimeToLiveInMinutes"] <= 1440
        assert 1 == destination["maxEventsPerBatch"], "one failure resends a whole batch"
        assert 1 <= destination["preferredBatchSizeInKilobytes"] <= 1024
        assert 3 <= len(subscription["name"].rpartition("/")[2]) <= 64


def test_every_subscription_has_dead_letters() -> None:
    """In the app's own container, with the topic's identity; or in the same without one."""
    container = {"resourceId": STORAGE, "blobContainerName": "dead-letters"}
    destination = {"endpointType": "StorageBlob", "properties": container}
    for subscription in _subscriptions():
        with_identity = subscription["deadLetterWithResourceIdentity"]

        assert {"type": "SystemAssigned"} == with_identity["identity"]
        assert destination == with_identity["deadLetterDestination"]
        assert "deadLetterDestination" not in subscription
    for subscription in _subscriptions(deadLetterWithIdentity=False):
        assert destination == subscription["deadLetterDestination"]
        assert "deadLetterWithResourceIdentity" not in subscription


def test_the_longest_name_fits() -> None:
    """46 characters of an app's name leave room for the subscriptions' (64 at most)."""
    longest = template("main.json")["parameters"]["functionAppName"]["maxLength"]

    assert all(longest + 1 + len(one["name"]) <= 64 for one in subscriptions())
