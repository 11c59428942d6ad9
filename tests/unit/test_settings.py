"""Settings from a mapping; every problem named at once, no secret quoted."""

import os

import pytest

from shared.connection import Account
from shared.errors import ConfigError
from shared.records.roles import Staff
from shared.settings import OPEN_TELEMETRY, Settings

DEVELOPMENT = "UseDevelopmentStorage=true"
KEY = "c2VjcmV0LXNlY3JldA=="
BY_KEY = (
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={KEY};EndpointSuffix=core.windows.net"
)
BY_SAS = (
    "BlobEndpoint=https://a.blob.core.windows.net;QueueEndpoint=https://a.queue.core.windows.net;"
    "SharedAccessSignature=sv=2024&sig=secret"
)


def _problem(**environ: str) -> str:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env(environ)
    return str(raised.value)


def test_defaults() -> None:
    found = Settings.from_env({"AzureWebJobsStorage": DEVELOPMENT})

    assert found == Settings(
        account=Account(setting="AzureWebJobsStorage", connection_string=DEVELOPMENT),
        work_items_queue="work-items",
        push_notifications_queue="push-notifications",
        dead_letters_container="dead-letters",
        record_payloads_container="record-payloads",
        archive_container=None,
        user_work_items=False,
        staff=Staff(kinds=frozenset({"microsoftTeamsUser", "microsoftTeamsApp"})),
        push_expires=24 * 60 * 60,
        overrides={},
        use_proxy=False,
        storage_connections=400,
        events_in_flight=200,
        trace_records=False,
        spans=False,
    )


def test_everything_set() -> None:
    found = Settings.from_env(
        {
            "RecordStorage": BY_KEY,
            "WORK_ITEMS_QUEUE": "w-1",
            "PUSH_NOTIFICATIONS_QUEUE": " p-1 ",
            "DEAD_LETTERS_CONTAINER": "d-1",
            "RECORD_PAYLOADS_CONTAINER": "r-1",
            "CHAT_WORK_ITEMS": "User",
            "STAFF_KINDS": "phoneNumber",
            "STAFF_IDS": "8:acs:A, 4:+15555550100",
            "PUSH_EXPIRES": "30M",
            "STORAGE_USE_PROXY": "TRUE",
            "STORAGE_CONNECTIONS": "1",
            "EVENTS_IN_FLIGHT": " 10000 ",
            "TRACE_RECORDS": "True",
        }
    )

    assert (found.work_items_queue, found.push_notifications_queue) == ("w-1", "p-1")
    assert (found.dead_letters_container, found.record_payloads_container) == ("d-1", "r-1")
    assert (found.user_work_items, found.use_proxy, found.trace_records) == (True, True, True)
    assert (found.storage_connections, found.events_in_flight) == (1, 10_000)
    assert found.staff.kinds == {"phoneNumber"}
    assert {"8:acs:a", "+15555550100"} <= found.staff.keys
    assert found.push_expires == 30 * 60


def test_without_a_mapping_it_is_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"RecordStorage": DEVELOPMENT})

    assert Settings.from_env() == Settings.from_env({"RecordStorage": DEVELOPMENT})


@pytest.mark.parametrize(
    "connection_string",
    [
        pytest.param(DEVELOPMENT, id="development"),
        pytest.param("usedevelopmentstorage=true", id="lower case"),
        pytest.param("UseDevelopmentStorage=true;", id="semicolon"),
        pytest.param(BY_KEY, id="key"),
        pytest.param(BY_SAS, id="shared access signature"),
    ],
)
def test_a_connection_string(connection_string: str) -> None:
    account = Settings.from_env({"RecordStorage": connection_string}).account

    assert account == Account(setting="RecordStorage", connection_string=connection_string)


def test_record_storage_wins_over_the_hosts_storage() -> None:
    found = Settings.from_env({"RecordStorage": BY_KEY, "AzureWebJobsStorage": DEVELOPMENT})

    assert found.account.connection_string == BY_KEY


@pytest.mark.parametrize("prefix", ["RecordStorage", "AzureWebJobsStorage"])
def test_an_identity_by_addresses(prefix: str) -> None:
    found = Settings.from_env(
        {
            f"{prefix}__queueServiceUri": "https://a.queue.core.windows.net",
            f"{prefix}__blobServiceUri": "https://a.blob.core.windows.net",
        }
    )

    assert found.account == Account(
        setting=prefix,
        queue_url="https://a.queue.core.windows.net",
        blob_url="https://a.blob.core.windows.net",
    )


def test_an_identity_by_the_name_of_the_account() -> None:
    account = Settings.from_env({"AzureWebJobsStorage__accountName": "a"}).account

    assert (account.queue_url, account.blob_url) == (
        "https://a.queue.core.windows.net",
        "https://a.blob.core.windows.net",
    )


def test_an_address_wins_over_the_name_of_the_account() -> None:
    account = Settings.from_env(
        {
            "RecordStorage__accountName": "a",
            "RecordStorage__queueServiceUri": "https://a.queue.core.chinacloudapi.cn",
        }
    ).account

    assert (account.queue_url, account.blob_url) == (
        "https://a.queue.core.chinacloudapi.cn",
        "https://a.blob.core.windows.net",
    )


def test_a_managed_identity() -> None:
    account = Settings.from_env(
        {
            "RecordStorage__accountName": "a",
            "RecordStorage__credential": "ManagedIdentity",
            "RecordStorage__clientId": "c",
        }
    ).account

    assert (account.managed_identity, account.client_id) == (True, "c")


def test_no_storage_at_all_names_every_form() -> None:
    problem = _problem()

    assert "RecordStorage__queueServiceUri" in problem
    assert "RecordStorage__blobServiceUri" in problem
    assert "AzureWebJobsStorage" in problem


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"RecordStorage__queueServiceUri": "https://q"}, ["RecordStorage__blobServiceUri"]),
        ({"RecordStorage__blobServiceUri": "https://b"}, ["RecordStorage__queueServiceUri"]),
        (
            {"AzureWebJobsStorage__credential": "managedidentity"},
            ["AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri"],
        ),
        (
            {"RecordStorage__accountName": "a", "RecordStorage__blobServiceUri": "http://b"},
            ["RecordStorage__blobServiceUri must be an https:// address"],
        ),
        (
            {"RecordStorage__accountName": "a", "RecordStorage__credential": "key"},
            ["RecordStorage__credential must be managedidentity"],
        ),
    ],
    ids=["no blob", "no queue", "credential only", "http", "another credential"],
)
def test_what_an_identity_lacks_is_named(environ: dict[str, str], named: list[str]) -> None:
    problem = _problem(**environ)

    assert all(name in problem for name in named)


@pytest.mark.parametrize(
    ("connection_string", "words"),
    [
        pytest.param("AccountName=a;AccountKey=", "AccountName and AccountKey", id="no key"),
        pytest.param(f"AccountKey={KEY}", "AccountName and AccountKey", id="no name"),
        pytest.param("topsecret", "not a storage connection string", id="garbage"),
        pytest.param("AccountName=a;AccountKey=topsecret-c", "not base64", id="a cut key"),
        pytest.param("AccountName=a;AccountKey=topsecreté", "not base64", id="a mistyped key"),
        pytest.param(
            "@Microsoft.KeyVault(SecretUri=https://v/secrets/topsecret)", "Key Vault", id="vault"
        ),
        pytest.param(
            "QueueEndpoint=https://a.queue.core.windows.net;SharedAccessSignature=sig=topsecret",
            "BlobEndpoint",
            id="no blob address",
        ),
        pytest.param(
            "BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sig=topsecret",
            "QueueEndpoint",
            id="no queue address",
        ),
        pytest.param("SharedAccessSignature=sig=topsecret", "QueueEndpoint", id="no address"),
    ],
)
@pytest.mark.parametrize("setting", ["RecordStorage", "AzureWebJobsStorage"])
def test_a_wrong_connection_string_is_explained_and_never_quoted(
    setting: str, connection_string: str, words: str
) -> None:
    problem = _problem(**{setting: connection_string})

    assert problem.startswith(f"{setting}: ")
    assert words in problem
    assert "topsecret" not in problem
    assert KEY not in problem


@pytest.mark.parametrize(
    "setting",
    [
        "WORK_ITEMS_QUEUE",
        "PUSH_NOTIFICATIONS_QUEUE",
        "DEAD_LETTERS_CONTAINER",
        "RECORD_PAYLOADS_CONTAINER",
    ],
)
@pytest.mark.parametrize(
    "name", ["ab", "x" * 64, "Work", "a--b", "-ab", "ab-", "a_b", "a b", "é" * 3]
)
def test_a_wrong_name_is_named(setting: str, name: str) -> None:
    assert f"{setting}={name!r}" in _problem(RecordStorage=DEVELOPMENT, **{setting: name})


@pytest.mark.parametrize("name", ["abc", "x" * 63, "a-b", "1-2"])
def test_a_right_name(name: str) -> None:
    found = Settings.from_env({"RecordStorage": DEVELOPMENT, "WORK_ITEMS_QUEUE": name})

    assert name == found.work_items_queue


@pytest.mark.parametrize("setting", ["CHAT_WORK_ITEMS", "STORAGE_USE_PROXY", "TRACE_RECORDS"])
def test_a_wrong_choice_names_the_right_ones(setting: str) -> None:
    assert f"{setting} must be" in _problem(RecordStorage=DEVELOPMENT, **{setting: "maybe"})


@pytest.mark.parametrize("setting", OPEN_TELEMETRY)
def test_spans_are_on_where_the_worker_has_open_telemetry_on(setting: str) -> None:
    """What counts as yes is the worker's (``is_true_like``)."""
    values = ["true", " Yes ", "1", "T", "y", "on", "false", "0", ""]
    found = [Settings.from_env({"RecordStorage": DEVELOPMENT, setting: value}) for value in values]

    assert [each.spans for each in found] == 5 * [True] + 4 * [False]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        pytest.param("{", "ROUTE_OVERRIDES: ", id="no JSON"),
        pytest.param('"\udc80"', "ROUTE_OVERRIDES: ", id="no text"),
        pytest.param("[]", "ROUTE_OVERRIDES: ", id="no object"),
        pytest.param(
            '{"Microsoft.Communication.SMSReceived": {"work": "shut"}}', "shut", id="no action"
        ),
        pytest.param(
            '{"Microsoft.Communication.SMSReceived": {"wrok": "open"}}', "wrok", id="mistyped"
        ),
        pytest.param('{"SMSReceived": {}}', "'SMSReceived'", id="no such event"),
        pytest.param(
            '{"Microsoft.Communication.ChatTypingIndicatorReceivedInThread": {"work": "open"}}',
            "no record can come of",
            id="an ignored event",
        ),
        pytest.param(
            '{"Microsoft.Communication.SMSReceived": {"whenFailed": {"work": "open"}}}',
            "whenFailed never applies",
            id="no delivery",
        ),
        pytest.param(
            '{"Microsoft.Communication.ChatMessageReceivedInThread": {"push": "active"}}',
            "user-level twin",
            id="nobody to push to",
        ),
    ],
)
def test_a_wrong_override_is_named(overrides: str, words: str) -> None:
    problem = _problem(RecordStorage=DEVELOPMENT, ROUTE_OVERRIDES=overrides)

    assert problem.startswith("ROUTE_OVERRIDES: ")
    assert words in problem


def test_overrides_are_rows_of_the_table_by_type_in_lower_case() -> None:
    found = Settings.from_env(
        {
            "RecordStorage": DEVELOPMENT,
            "ROUTE_OVERRIDES": '{"MICROSOFT.Communication.SMSReceived": {"work": "close"}}',
        }
    ).overrides

    (route,) = found.values()
    assert set(found) == {"microsoft.communication.smsreceived"}
    assert route.event == "Microsoft.Communication.SMSReceived"
    assert (route.yields.work, route.yields.push) == ("close", None)


@pytest.mark.parametrize("event", ["ChatMessageReceived", "SMSDeliveryReportReceived"])
@pytest.mark.parametrize(("old", "new"), [("visible", "active"), ("silent", "background")])
def test_an_old_word_of_an_override_is_refused_with_the_new_one(
    old: str, new: str, event: str
) -> None:
    overrides = [f'{{"push": "{old}"}}', f'{{"whenFailed": {{"push": "{old}"}}}}']
    for override in overrides:
        problem = _problem(
            RecordStorage=DEVELOPMENT,
            ROUTE_OVERRIDES=f'{{"Microsoft.Communication.{event}": {override}}}',
        )
        assert f"of push, {old} is now {new}" in problem


@pytest.mark.parametrize("level", ["active", "passive", "background"])
def test_the_words_of_an_override(level: str) -> None:
    override = f'{{"push": "{level}", "whenFailed": {{"push": "{level}"}}}}'
    (route,) = Settings.from_env(
        {
            "RecordStorage": DEVELOPMENT,
            "ROUTE_OVERRIDES": '{"Microsoft.Communication.SMSDeliveryReportReceived": '
            f"{override}}}",
        }
    ).overrides.values()

    assert route.when_failed is not None
    assert [route.yields.push, route.when_failed.push] == [level, level]


@pytest.mark.parametrize("kinds", ["agent", "communicationUser, Agent ,phoneNumber"])
def test_an_unknown_kind_of_staff_is_refused_with_the_known_ones(kinds: str) -> None:
    problem = _problem(RecordStorage=DEVELOPMENT, STAFF_KINDS=kinds)

    assert problem.lower().startswith("staff_kinds: no kind of party is 'agent'; ")
    for known in ("communicationUser", "phoneNumber", "microsoftTeamsUser", "microsoftTeamsApp"):
        assert known in problem


@pytest.mark.parametrize("value", ["24", "h", "1.5h", "-1h", "1 h", "1w", "never", "1234567s"])
def test_a_wrong_duration_is_refused_with_a_right_one(value: str) -> None:
    problem = _problem(RecordStorage=DEVELOPMENT, PUSH_EXPIRES=value)

    assert "PUSH_EXPIRES must be a number with s, m, h or d, such as 24h, or empty" in problem
    assert repr(value) in problem


@pytest.mark.parametrize("setting", ["STORAGE_CONNECTIONS", "EVENTS_IN_FLIGHT"])
@pytest.mark.parametrize("value", ["0", "-1", "10001", "1.5", "many", "²", "1" * 5000])
def test_a_wrong_number_is_refused_with_the_right_ones(setting: str, value: str) -> None:
    problem = _problem(RecordStorage=DEVELOPMENT, **{setting: value})

    assert f"{setting} must be a number from 1 to 10000" in problem


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("AccountName=contosoQueueEndpoint", "AccountName"),
        ("DefaultEndpointsProtocol=httpsAccountName=a", "DefaultEndpointsProtocol"),
        ("EndpointSuffix=core.windows.net,BlobEndpoint", "EndpointSuffix"),
        ("QueueEndpoint=https://a.queue.core.windows.netBlobEndpoint=https://b", "QueueEndpoint"),
        (f"BlobEndpoint=https://a.blob.core.windows.net/?{BY_SAS}", "BlobEndpoint"),
        ("QueueEndpoint=a.queue.core.windows.net", "QueueEndpoint"),
    ],
)
@pytest.mark.parametrize("whole", [BY_KEY, BY_SAS], ids=["key", "signature"])
def test_a_part_that_another_was_glued_to_is_named(whole: str, part: str, named: str) -> None:
    """Else it would become an address, and the address a part of messages."""
    problem = _problem(RecordStorage=f"{whole};{part}")

    assert problem.startswith(f"RecordStorage: its {named} cannot be right")
    assert KEY not in problem


def test_an_account_name_that_is_none_is_not_made_an_address() -> None:
    assert "RecordStorage__accountName is no name" in _problem(RecordStorage__accountName=BY_KEY)


def test_every_problem_is_named_at_once() -> None:
    problem = _problem(
        RecordStorage__credential="key",
        WORK_ITEMS_QUEUE="A",
        CHAT_WORK_ITEMS="both",
        STAFF_KINDS="agent",
        PUSH_EXPIRES="tomorrow",
        ROUTE_OVERRIDES="{",
        STORAGE_USE_PROXY="yes",
        STORAGE_CONNECTIONS="0",
        EVENTS_IN_FLIGHT="0",
        TRACE_RECORDS="always",
    )

    assert [
        name
        for name in (
            "RecordStorage__credential",
            "RecordStorage__queueServiceUri",
            "RecordStorage__blobServiceUri",
            "WORK_ITEMS_QUEUE",
            "CHAT_WORK_ITEMS",
            "STAFF_KINDS",
            "PUSH_EXPIRES",
            "ROUTE_OVERRIDES",
            "STORAGE_USE_PROXY",
            "STORAGE_CONNECTIONS",
            "EVENTS_IN_FLIGHT",
            "TRACE_RECORDS",
        )
        if name not in problem
    ] == []
