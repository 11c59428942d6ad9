"""``dev.py doctor``: why nothing arrives, from an event subscription's JSON or the local run."""

import json
from pathlib import Path
from typing import Any

import pytest

from local import __main__ as commands
from local import paths, ports
from tests.e2e.cli.commands import dev
from tools.subscriptions import subscriptions

pytestmark = pytest.mark.e2e

SITE = "/subscriptions/0/resourceGroups/r/providers/Microsoft.Web/sites/app/functions/"


def _shown(function: str = "sms_received", **changes: Any) -> dict[str, Any]:
    """What ``az eventgrid system-topic event-subscription show`` prints of a sound one."""
    wanted = next(each for each in subscriptions() if each["function"] == "sms_received")
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
        "filter": wanted["filter"],
        "provisioningState": "Succeeded",
    } | changes


def _filter(**changes: Any) -> dict[str, Any]:
    sound: dict[str, Any] = _shown()["filter"]
    return {"filter": sound | changes}


def _doctor(shown: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    file = tmp_path / "subscription.json"
    file.write_text(json.dumps(shown), encoding="utf-8")
    status = commands.main(["doctor", str(file)])
    return status, capsys.readouterr().out


def test_a_sound_subscription(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The samples that it refuses lack a part that only careless senders leave out."""
    status, said = _doctor(_shown(), tmp_path, capsys)

    assert status == 0
    assert "error" not in said
    assert "warning" not in said
    assert "delivers 7 of 7 samples" in said


def test_what_a_deployment_creates_is_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = [
        _shown(str(each["function"]), name=each["name"], filter=each["filter"])
        for each in subscriptions()
    ]

    status, said = _doctor(deployed, tmp_path, capsys)

    assert status == 0
    assert "error" not in said
    assert "warning" not in said


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
        "move it to the subscription of chat_events",
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


@pytest.mark.parametrize(("changes", "told", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_what_to_mend(
    changes: dict[str, Any],
    told: str,
    expected: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Errors fail the command; what only hurts on a bad day is a warning."""
    status, said = _doctor(_shown(**changes), tmp_path, capsys)

    assert told in said
    assert expected == status


def test_the_form_of_the_resource_manager(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``az resource show`` nests under properties what ``az eventgrid`` prints flat."""
    shown = _shown()
    target = shown.pop("destination")
    nested = {"destination": {"endpointType": target["endpointType"], "properties": target}}
    wire = {"name": shown.pop("name"), "properties": shown | nested}

    status, said = _doctor(wire, tmp_path, capsys)

    assert status == 0
    assert "sms-received -> sms_received" in said


def test_a_chat_prefix_has_no_slash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown("chat_events", **_filter(subjectBeginsWith="/thread/"))

    assert "has a leading slash" in _doctor(shown, tmp_path, capsys)[1]


@pytest.mark.parametrize("content", ["{", "[]", "[1]"])
def test_what_is_no_subscription_is_said(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, encoding="utf-8")

    assert commands.main(["doctor", str(file)]) == 1
    assert commands.main(["doctor", str(paths.ROOT / "no-such-file")]) == 1


def test_a_local_run_that_is_not_there() -> None:
    host, topic, blob, queue = map(str, ports.free(4))
    at = ["--port", host, "--topic-port", topic, "--blob-port", blob, "--queue-port", queue]

    said = dev("doctor", *at)

    assert said.returncode == 1
    assert f"no Functions host runs on port {host}: python3 dev.py start" in said.stdout
    assert "no queue service" in said.stdout
