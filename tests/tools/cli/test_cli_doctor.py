"""``dev.py doctor``: why nothing arrives, from an event subscription's JSON or the local run."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import diagnosis, ports
from tests.tools.cli.conftest import Ended
from tools.subscriptions import subscriptions

pytestmark = pytest.mark.e2e

OPEN = {"telemetryMode": "OpenTelemetry"}
ON = {"PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true"}
SITE = "/subscriptions/0/resourceGroups/r/providers/Microsoft.Web/sites/app/functions/"


def _shown(function: str = "sms_received", **changes: Any) -> dict[str, Any]:
    """What ``az eventgrid system-topic event-subscription show`` prints of a sound one."""
    made = next(each for each in subscriptions() if each["function"] == "sms_received")
    return {
        "name": "sms-received",
        "destination": {
            "endpointType": "AzureFunction",
            "maxEventsPerBatch": 1,
            "resourceId": SITE + function,
        },
        "deadLetterDestination": None,
        "deadLetterWithResourceIdentity": {"identity": {"type": "SystemAssigned"}},
        "eventDeliverySchema": "EventGridSchema",
        "filter": made["filter"],
        "provisioningState": "Succeeded",
    } | changes


def _filter(**changes: Any) -> dict[str, Any]:
    sound: dict[str, Any] = _shown()["filter"]
    return {"filter": sound | changes}


@pytest.fixture
def doctor(tmp_path: Path, dev: Callable[..., Ended]) -> Callable[[Any], Ended]:
    """Run the command on what `az` prints."""

    def run(shown: Any) -> Ended:
        file = tmp_path / "subscription.json"
        file.write_text(json.dumps(shown), encoding="utf-8")
        return dev("doctor", str(file))

    return run


def test_a_sound_subscription(doctor: Callable[[Any], Ended]) -> None:
    """It delivers every sample of its function."""
    ended = doctor(_shown())

    assert ended.status == 0
    assert re.search(r"delivers (\d+) of \1 samples", ended.output)


def test_what_a_deployment_creates_is_sound(doctor: Callable[[Any], Ended]) -> None:
    deployed = [
        _shown(str(each["function"]), name=each["name"], filter=each["filter"])
        for each in subscriptions()
    ]

    ended = doctor(deployed)

    assert ended.status == 0
    assert "error" not in ended.output
    assert ended.output.count("warning") == 1
    assert "chat is subscribed and STAFF_IDS is empty" in ended.output


def test_with_staff_there_is_nothing_to_warn_of(
    doctor: Callable[[Any], Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAFF_IDS", "8:acs:agent")
    chat = next(each for each in subscriptions() if each["function"] == "chat_events")

    assert "warning" not in doctor(_shown("chat_events", filter=chat["filter"])).output


def test_the_settings_of_the_app_are_read_as_the_app_reads_them(
    tmp_path: Path, dev: Callable[..., Ended]
) -> None:
    """As ``az functionapp config appsettings list`` prints them."""
    subscription, settings = tmp_path / "subscription.json", tmp_path / "settings.json"
    subscription.write_text(json.dumps(_shown()), encoding="utf-8")
    values = [
        {"name": "AzureWebJobsStorage__accountName", "value": "contoso"},
        {"name": "WORK_ITEMS_QUEUE", "value": "Bad_Name"},
        {"name": "ROUTE_OVERRIDES", "value": '{"SMSReceived": {"work": "create"}}'},
    ]
    settings.write_text(json.dumps(values), encoding="utf-8")

    ended = dev("doctor", str(subscription), "--settings", str(settings))

    assert ended.status == 1
    assert "WORK_ITEMS_QUEUE='Bad_Name'" in ended.output
    assert "ROUTE_OVERRIDES" in ended.output


@pytest.mark.parametrize(
    ("host", "worker", "packages", "expected"),
    [
        ({}, {}, "", []),
        ({}, ON, "", ["error", "warning"]),
        ({}, ON, "azure-monitor-opentelemetry==1.8.11", ["warning"]),
        (OPEN, {}, "", ["warning"]),
        (OPEN, ON, "azure-core\nazure-monitor-opentelemetry==1.8.11", []),
        (OPEN, ON, "opentelemetry-sdk", []),
        (OPEN, ON, "# opentelemetry-sdk", ["error"]),
        (
            {},
            ON | {"AzureFunctionsJobHost__telemetryMode": "openTelemetry"},
            "opentelemetry-api",
            [],
        ),
    ],
)
def test_telemetry_is_asked_for_in_three_places(
    host: dict[str, str],
    worker: dict[str, str],
    packages: str,
    expected: list[str],
    tmp_path: Path,
) -> None:
    """The host's file, the worker's setting, the packages: each is of no use without the others."""
    (tmp_path / "host.json").write_text(json.dumps(host), encoding="utf-8")
    (tmp_path / "requirements.txt").write_text(packages, encoding="utf-8")
    environ = {"RecordStorage": "UseDevelopmentStorage=true", "STAFF_IDS": "8:acs:agent"}

    found = diagnosis.of_settings(environ | worker, tmp_path)

    assert [finding.level for finding in found] == expected


WRONG = {
    "no leading slash": (_filter(subjectBeginsWith="phonenumber/1555"), "leading slash", 1),
    "a plus": (_filter(subjectBeginsWith="/phonenumber/+1555"), "has a plus", 1),
    "another number": (_filter(subjectBeginsWith="/phonenumber/999"), "does not begin with", 1),
    "a type that does not exist": (
        _filter(includedEventTypes=["Microsoft.Communication.MessageReceived"]),
        "SMSReceived or ChatMessageReceived was meant",
        1,
    ),
    "a type of another family": (
        _filter(includedEventTypes=["Microsoft.Communication.RouterJobQueued"]),
        "job router events become no records",
        1,
    ),
    "a type of another function": (
        _filter(
            includedEventTypes=[
                "Microsoft.Communication.SMSReceived",
                "Microsoft.Communication.ChatMessageReceived",
            ]
        ),
        "move it to that of chat_events",
        0,
    ),
    "every type": (_filter(includedEventTypes=None), "includes every event type", 0),
    "advanced filters": (_filter(advancedFilters=[{"key": "data.to"}]), "advanced filters", 0),
    "no dead letters": ({"deadLetterWithResourceIdentity": None}, "no dead-letter destination", 0),
    "the wrong schema": ({"eventDeliverySchema": "CustomInputSchema"}, "delivery schema", 1),
    "still being made": ({"provisioningState": "Failed"}, "provisioning state is Failed", 1),
    "a batch": (
        {"destination": {"resourceId": SITE + "sms_received", "maxEventsPerBatch": 10}},
        "batches up to 10",
        0,
    ),
    "another casing of the name": (
        {"destination": {"resourceId": SITE + "SMS_Received"}},
        "there is no function 'SMS_Received'",
        1,
    ),
    "a webhook's name": (
        {"destination": {"endpointBaseUrl": "https://a/x?functionName=Sms&code=x"}},
        "there is no function 'Sms'",
        1,
    ),
    "a queue": ({"destination": {"endpointType": "StorageQueue"}}, "delivers to no function", 1),
}


@pytest.mark.parametrize(("changes", "text", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_comes_with_advice(
    changes: dict[str, Any], text: str, expected: int, doctor: Callable[[Any], Ended]
) -> None:
    """Errors fail the command; what matters only when something fails is a warning."""
    ended = doctor(_shown(**changes))

    assert text in ended.output
    assert expected == ended.status


def test_the_form_of_the_resource_manager(doctor: Callable[[Any], Ended]) -> None:
    """``az resource show`` nests under properties what ``az eventgrid`` prints flat."""
    shown = _shown()
    target = shown.pop("destination")
    nested = {"destination": {"endpointType": target["endpointType"], "properties": target}}

    ended = doctor({"name": shown.pop("name"), "properties": shown | nested})

    assert ended.status == 0
    assert "sms-received -> sms_received" in ended.output


def test_a_chat_prefix_has_no_slash(doctor: Callable[[Any], Ended]) -> None:
    shown = _shown("chat_events", **_filter(subjectBeginsWith="/thread/"))

    assert "has a leading slash" in doctor(shown).output


@pytest.mark.parametrize("content", ["{", "[]", "[1]"])
def test_what_is_no_subscription_is_an_error(
    content: str, tmp_path: Path, dev: Callable[..., Ended]
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, encoding="utf-8")

    assert dev("doctor", str(file)).status == 1
    assert dev("doctor", str(tmp_path / "no-such-file")).status == 1


def test_a_local_run_that_is_not_there(dev: Callable[..., Ended]) -> None:
    host, topic, blob, queue = map(str, ports.free(4))

    ended = dev(
        "doctor", "--port", host, "--topic-port", topic, "--blob-port", blob, "--queue-port", queue
    )

    assert ended.status == 1
    assert f"no Functions host runs on port {host}: python3 dev.py start" in ended.output
    assert "no queue service" in ended.output
