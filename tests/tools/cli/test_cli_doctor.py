"""``dev.py doctor``: why nothing arrives, from an event subscription's JSON or the local run."""

import json
import re
import sys
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
    assert "error: WORK_ITEMS_QUEUE='Bad_Name'" in ended.output
    assert "error: ROUTE_OVERRIDES: no record can come of 'SMSReceived', write" in ended.output


def test_the_settings_of_the_local_run_are_read_too(
    monkeypatch: pytest.MonkeyPatch, dev: Callable[..., Ended]
) -> None:
    """Every wrong one is a finding, although nothing runs."""
    monkeypatch.setenv("WORK_ITEMS_QUEUE", "Bad_Name")
    monkeypatch.setenv("ROUTE_OVERRIDES", '{"Microsoft.Communication.SMSReceived": {"work": "x"}}')

    ended = dev("doctor", "--port=1", "--json")

    whats = [finding["what"] for finding in json.loads(ended.output)["findings"]]
    assert any(what.startswith("WORK_ITEMS_QUEUE='Bad_Name'") for what in whats)
    assert any(what.startswith("ROUTE_OVERRIDES: Microsoft.Comm") for what in whats)
    text = dev("doctor", "--port=1").output
    assert all(f": {what}: " in text for what in whats)


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
        "the right name is SMSReceived or ChatMessageReceived",
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


def test_where_no_function_is_named_nothing_else_is_judged(
    doctor: Callable[[Any], Ended], dev: Callable[..., Ended]
) -> None:
    ended = doctor(_shown("nobody", eventDeliverySchema="X", deadLetterWithResourceIdentity=None))

    assert 2 == ended.output.count("error: ")
    assert "warning" not in ended.output
    assert "samples" not in ended.output
    listed = dev("doctor", "infra/event-subscriptions.json").output
    assert len(subscriptions()) == listed.count("it delivers to no function")
    assert "another subscription" not in listed


def test_doctor_for_scripts_says_what_the_text_says(
    tmp_path: Path, dev: Callable[..., Ended]
) -> None:
    """About a subscription; the exit status is the same."""
    file = tmp_path / "subscription.json"
    file.write_text(json.dumps(_shown(**_filter(subjectBeginsWith="/phonenumber/+1"))))
    text, found = dev("doctor", str(file)), dev("doctor", "--json", str(file))

    assert (1, 1) == (text.status, found.status)
    (one,) = json.loads(found.output)["subscriptions"]
    assert {"name", "function", "findings", "delivered", "refused"} == set(one)
    assert "sms-received -> sms_received" in text.output
    assert ("sms-received", "sms_received") == (one["name"], one["function"])
    for finding in one["findings"]:
        assert f"  {finding['level']}: {finding['what']}\n    {finding['advice']}\n" in text.output
    count = len(one["delivered"])
    assert f"delivers {count} of {count + len(one['refused'])} samples" in text.output
    assert all(why in text.output and name in text.output for name, why in one["refused"].items())


_CONTROL = "\x1b[2J\u202e\r\n\x07"
_STRANGE = [
    {"properties": "x", "destination": [1], "filter": None},
    {"filter": {"includedEventTypes": "x"}},
    {"filter": {"includedEventTypes": [1, None]}},
    {"filter": [1]},
    {"filter": {"subjectBeginsWith": 5}},
    {"destination": {"maxEventsPerBatch": "many", "resourceId": SITE}},
    {"destination": {"destination": 1, "properties": 2}},
    {"eventDeliverySchema": [1]},
    {"name": {"a": 1}},
]


@pytest.mark.parametrize("changes", _STRANGE)
def test_a_subscription_of_the_wrong_kind_is_no_traceback(
    changes: dict[str, Any], doctor: Callable[[Any], Ended]
) -> None:
    ended = doctor(_shown(**changes))

    assert ended.status in {0, 1}
    assert ended.output


@pytest.mark.parametrize(
    "changes",
    [
        {"name": _CONTROL},
        {"destination": {"resourceId": SITE + _CONTROL}},
        {"destination": {"endpointUrl": f"https://x/?functionName={_CONTROL}&code=secret"}},
        {"eventDeliverySchema": _CONTROL},
        {"provisioningState": _CONTROL},
        _filter(includedEventTypes=[_CONTROL]),
        _filter(includedEventTypes=["Microsoft.Communication." + "x" * 100_000]),
        _filter(subjectBeginsWith=_CONTROL, subjectEndsWith=_CONTROL),
    ],
)
def test_what_a_subscription_holds_cannot_move_the_cursor(
    changes: dict[str, Any], doctor: Callable[[Any], Ended]
) -> None:
    lines = doctor(_shown(**changes)).output.splitlines()

    assert lines
    assert all(line.isprintable() and len(line) < 500 for line in lines)
    assert "secret" not in "".join(lines)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for az is a shell script")
@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("echo \"ERROR: Please run 'az login'\" >&2; echo more >&2; exit 1", "run 'az login'"),
        ("exit 3", "az: no answer"),
        ("echo no json", "is not JSON: line 1"),
        ("exec sleep 60", "az did not answer within 0.2 s"),
    ],
)
def test_az_that_fails_is_one_line(
    script: str,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dev: Callable[..., Ended],
) -> None:
    (tmp_path / "az").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("local.doctor._AZ_SECONDS", 0.2 if "sleep" in script else 30)

    ended = dev("doctor", "/subscriptions/0/resourceGroups/r")

    assert (1, 1) == (ended.status, len(ended.output.splitlines()))
    assert text in ended.output


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
