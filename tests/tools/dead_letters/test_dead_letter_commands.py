"""``dev.py dead-letters``: what waits, why, and publishing it again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from local import __main__ as commands
from local import samples
from local.azurite import StoragePorts
from local.dead_letters.format import read
from local.eventgrid.thread import LocalTopic
from tests.e2e.app.conftest import App

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("app")]

_PRIVATE = "+15555550177"
_POISON: dict[str, Any] = {
    "id": "poison-1",
    "topic": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Communication/x/y",
    "subject": "/phonenumber/15555550177",
    "eventType": "Microsoft.Communication.SMSReceived",
    "eventTime": "2026-01-05T09:30:00Z",
    "data": {"colour": _PRIVATE},
    "dataVersion": "1.0",
}
_BLOB = "topic/SMS-RECEIVED/2026/1/6/9/4d1f0f0e.json"

Command = Callable[..., tuple[int, str]]
Put = Callable[[str, str], None]


@pytest.fixture
def command(
    azurite: StoragePorts, topic: LocalTopic, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run ``dead-letters`` with these words: the exit status and the output."""

    def run(*words: str, to: str = topic.endpoint) -> tuple[int, str]:
        capsys.readouterr()
        options = ["--blob-port", str(azurite.blob), "--topic", to]
        status = commands.main(["dead-letters", *words, *options])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


@pytest.fixture
def put(app: App) -> Put:
    """Write a blob among the dead letters; nothing that ran before has to have made them."""

    def write(name: str, text: str) -> None:
        with ContainerClient.from_connection_string(
            app.connection_string, "dead-letters"
        ) as container:
            if not container.exists():
                container.create_container()
            container.upload_blob(name, text, overwrite=True)

    return write


@pytest.fixture
def undelivered(put: Put) -> str:
    """A dead letter as Event Grid writes it, of an event that the app can process."""
    (event,) = samples.find("SMSReceived").events()
    why = {
        "deadLetterReason": "MaxDeliveryAttemptsExceeded",
        "deliveryAttempts": 30,
        "lastDeliveryOutcome": "GenericError",
        "publishTime": "2026-01-05T09:30:00Z",
        "lastDeliveryAttemptTime": "2026-01-06T09:30:00Z",
    }
    put(_BLOB, json.dumps([event | why]))
    return _BLOB


def test_nothing_waits(command: Command) -> None:
    assert (0, "No dead letters.\n") == command("list")
    assert (0, "No dead letters.\n") == command("replay", "--yes")


def test_the_list_groups_by_reason_and_tells_nothing_personal(
    app: App, command: Command, undelivered: str
) -> None:
    app.deliver(json.dumps([_POISON]), "sms_received")
    app.deliver(json.dumps([_POISON | {"id": "2", "eventType": "Contoso.Thing"}]), "sms_received")

    status, output = command("list")

    assert 0 == status
    for reason in ("UnreadablePayload", "UnknownEventType", "MaxDeliveryAttemptsExceeded"):
        assert f"\n1 {reason}\n" in output
    for shown in ("sms_received", "Event Grid, sms-received", "GenericError", undelivered):
        assert shown in output
    assert _PRIVATE not in output


def test_show_prints_the_whole_dead_letter(app: App, command: Command) -> None:
    """On the developer's own screen, and only when asked for by name."""
    app.deliver(json.dumps([_POISON]), "sms_received")
    _, listed = command("list")
    blob = next(word for word in listed.split() if word.startswith("sms_received/"))

    status, output = command("show", blob)

    assert 0 == status
    assert _POISON.items() <= json.loads(output).items()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show"], "name the dead letters to show"),
        (["show", "no/such.json"], "no such dead letter"),
        (["replay", "no/such.json"], "no such dead letter: no/such.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_name(words: list[str], message: str, command: Command) -> None:
    status, output = command(*words)

    assert 1 == status
    assert message in output


def test_a_replay_prints_first_what_it_would_do(
    app: App, command: Command, undelivered: str
) -> None:
    status, output = command("replay")

    assert 0 == status
    assert f"{undelivered}: published again, replay 1 of at most 3" in output
    assert "Do it with --yes" in output
    assert undelivered in command("list")[1]
    assert {"work-items": [], "push-notifications": []} == app.records()


@pytest.mark.usefixtures("undelivered")
def test_a_replayed_event_gives_the_very_same_records(
    app: App, command: Command, topic: LocalTopic
) -> None:
    """The ids of its records are those it would have had the first time."""
    golden = samples.find("SMSReceived").golden
    assert golden is not None

    status, _ = command("replay", "--yes")
    topic.wait_until_idle()

    assert 0 == status
    assert golden.records == app.records()
    assert (0, "No dead letters.\n") == command("list")


def test_an_event_that_keeps_coming_back_is_quarantined(
    app: App, command: Command, topic: LocalTopic
) -> None:
    """After three replays a fourth would not help either."""
    app.deliver(json.dumps([_POISON]), "sms_received")
    for number in (1, 2, 3):
        assert f"replay {number} of at most 3" in command("replay", "--yes")[1]
        topic.wait_until_idle()

    assert "quarantined: 3 replays did not help" in command("replay", "--yes")[1]
    assert (0, "No dead letters.\n") == command("list")
    assert "poison-1" in command("list", "--quarantine")[1]


def test_what_is_not_an_event_cannot_be_replayed(command: Command, put: Put) -> None:
    put("sms_received/x.json", '[{"rawEvent":"{","deadLetterReason":"R"}]')

    status, output = command("replay", "--yes")

    assert 1 == status
    assert "not replayed: it is not an event" in output
    assert "sms_received/x.json" in command("list")[1]


def test_a_topic_that_is_not_there_moves_nothing(command: Command, undelivered: str) -> None:
    to = "http://127.0.0.1:1/api/events"

    status, output = command("replay", "--yes", to=to)

    assert 1 == status
    assert f"{undelivered}: not replayed: {to} did not take" in output
    assert undelivered in command("list")[1]


@pytest.mark.parametrize("reason", ["MaxDeliveryAttemptsExceeded", "Other"])
def test_dead_letters_are_chosen_by_reason(reason: str, command: Command, undelivered: str) -> None:
    _, output = command("list", "--reason", reason)

    assert (reason == "MaxDeliveryAttemptsExceeded") == (undelivered in output)


def test_the_settings_of_the_app_name_the_account(
    app: App,
    undelivered: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for an account in Azure: the same variables that the function app has."""
    monkeypatch.setenv("RecordStorage", app.connection_string)

    assert 0 == commands.main(["dead-letters", "list", "--settings"])

    assert undelivered in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"{", b"[1]"])
def test_what_is_not_a_dead_letter_is_listed_all_the_same(content: bytes) -> None:
    (found,) = read("a.json", content)

    assert (None, "unknown") == (found.event, found.reason)
