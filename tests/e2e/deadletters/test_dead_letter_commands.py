"""``dev.py dead-letters``: what waits, why, and publishing it again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from local import __main__ as commands
from local import eventgrid, letters, paths
from local.eventgrid import LocalTopic
from local.stack import Stack
from tests.app import App
from tools import golden

pytestmark = pytest.mark.e2e

PRIVATE = "+15555550177"
POISON: dict[str, Any] = {
    "id": "poison-1",
    "topic": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Communication/x/y",
    "subject": "/phonenumber/15555550177",
    "eventType": "Microsoft.Communication.SMSReceived",
    "eventTime": "2026-01-05T09:30:00Z",
    "data": {"colour": PRIVATE},
    "dataVersion": "1.0",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The app, Azurite and a topic."""
    with Stack.on_free_ports() as running:
        yield running


@pytest.fixture(scope="module")
def topic(stack: Stack) -> Iterator[LocalTopic]:
    """Event Grid before the app."""
    with eventgrid.running(stack.url, stack.connection_string) as running:
        yield running


@pytest.fixture
def app(stack: Stack) -> App:
    """The app, with empty queues and no dead letters."""
    app = App(stack.host_port, stack.connection_string)
    app.records()
    app.dead_letters()
    return app


class Console:
    """Runs the command and gives its exit status and output."""

    def __init__(self, stack: Stack, topic: LocalTopic, capsys: pytest.CaptureFixture[str]) -> None:
        self._ports = ["--blob-port", str(stack.storage.blob)]
        self.topic = topic.endpoint
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        """Run ``dead-letters`` with these words."""
        self._capsys.readouterr()
        options = [*self._ports, "--topic", self.topic]
        status = commands.main(["dead-letters", *words, *options])
        captured = self._capsys.readouterr()
        return status, captured.out + captured.err


@pytest.fixture
def console(stack: Stack, topic: LocalTopic, capsys: pytest.CaptureFixture[str]) -> Console:
    """The command line, pointed at this run."""
    return Console(stack, topic, capsys)


def _given_up_by_event_grid(stack: Stack, sample: Path) -> str:
    """A dead letter as Event Grid writes it, of an event that the app can process."""
    (event,) = json.loads(sample.read_text(encoding="utf-8"))
    kept = event | {
        "deadLetterReason": "MaxDeliveryAttemptsExceeded",
        "deliveryAttempts": 30,
        "lastDeliveryOutcome": "GenericError",
        "publishTime": "2026-01-05T09:30:00Z",
        "lastDeliveryAttemptTime": "2026-01-06T09:30:00Z",
    }
    name = "topic/SMS-RECEIVED/2026/1/6/9/4d1f0f0e.json"
    _put(stack, name, json.dumps([kept]))
    return name


def _put(stack: Stack, name: str, text: str) -> None:
    """A blob among the dead letters; nothing that ran before has to have made their container."""
    with ContainerClient.from_connection_string(stack.connection_string, "dead-letters") as box:
        if not box.exists():
            box.create_container()
        box.upload_blob(name, text, overwrite=True)


def test_nothing_waits(app: App, console: Console) -> None:
    assert app.dead_letters() == []
    assert console("list") == (0, "No dead letters.\n")


def test_the_list_groups_by_reason_and_tells_nothing_personal(app: App, console: Console) -> None:
    app.deliver(json.dumps([POISON]), "sms_received")
    app.deliver(json.dumps([POISON | {"id": "2", "eventType": "Contoso.Thing"}]), "sms_received")

    status, said = console("list")

    assert status == 0
    assert "1 UnreadablePayload" in said
    assert "1 UnknownEventType" in said
    assert "sms_received" in said
    assert PRIVATE not in said


def test_show_prints_the_whole_letter(app: App, console: Console) -> None:
    """On the developer's own screen, and only when asked for by name."""
    app.deliver(json.dumps([POISON]), "sms_received")
    _, listed = console("list")
    blob = next(w for w in listed.split() if w.startswith("sms_received/"))

    status, said = console("show", blob)

    assert status == 0
    assert POISON.items() <= json.loads(said).items()
    assert console("show", "no/such.json")[0] == 1


def test_a_replay_says_first_what_it_would_do(app: App, console: Console, stack: Stack) -> None:
    blob = _given_up_by_event_grid(stack, paths.SAMPLES / "SMSReceived.json")

    status, said = console("replay")

    assert status == 0
    assert f"{blob}: published again, replay 1 of at most 3" in said
    assert "Do it with --yes" in said
    assert blob in console("list")[1]
    assert app.records() == {"work-items": [], "push-notifications": []}


def test_a_replayed_event_gives_the_very_same_records(
    app: App, console: Console, stack: Stack, topic: LocalTopic
) -> None:
    """The ids of its records are those it would have had the first time."""
    sample = paths.SAMPLES / "SMSReceived.json"
    expected = json.loads(golden.golden_path(sample).read_text(encoding="utf-8"))
    _given_up_by_event_grid(stack, sample)

    status, _ = console("replay", "--yes")
    topic.wait_until_idle()

    assert status == 0
    assert {q: expected[q] for q in ("work-items", "push-notifications")} == app.records()
    assert console("list")[1] == "No dead letters.\n"


def test_an_event_that_keeps_coming_back_is_quarantined(
    app: App, console: Console, topic: LocalTopic
) -> None:
    """After three replays a fourth would not help either."""
    app.deliver(json.dumps([POISON]), "sms_received")
    for number in (1, 2, 3):
        assert f"replay {number} of at most 3" in console("replay", "--yes")[1]
        topic.wait_until_idle()

    assert "quarantined: 3 replays did not help" in console("replay", "--yes")[1]
    assert console("list")[1] == "No dead letters.\n"
    assert "poison-1" in console("list", "--quarantine")[1]


def test_what_is_no_event_cannot_be_replayed(app: App, console: Console, stack: Stack) -> None:
    assert app.dead_letters() == []
    _put(stack, "sms_received/x.json", '[{"rawEvent":"{","deadLetterReason":"R"}]')

    status, said = console("replay", "--yes")

    assert status == 1
    assert "not replayed: it is no event" in said
    assert "sms_received/x.json" in console("list")[1]


def test_a_topic_that_is_not_there_moves_nothing(app: App, console: Console, stack: Stack) -> None:
    assert app.dead_letters() == []
    blob = _given_up_by_event_grid(stack, paths.SAMPLES / "SMSReceived.json")

    console.topic = "http://127.0.0.1:1/api/events"

    status, said = console("replay", "--yes")

    assert status == 1
    assert f"{blob}: not replayed: http://127.0.0.1:1/api/events did not take" in said
    assert blob in console("list")[1]


@pytest.mark.parametrize("reason", ["UnreadablePayload", "Other"])
def test_letters_are_chosen_by_reason(reason: str, app: App, console: Console) -> None:
    app.deliver(json.dumps([POISON]), "sms_received")

    said = console("list", "--reason", reason)[1]

    assert ("poison-1" in said) == (reason == "UnreadablePayload")


def test_the_settings_of_the_app_name_the_account(
    app: App, stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for an account in Azure: the same variables that the function app has."""
    app.deliver(json.dumps([POISON]), "sms_received")
    monkeypatch.setenv("RecordStorage", stack.connection_string)

    assert commands.main(["dead-letters", "list", "--settings"]) == 0

    assert "poison-1" in capsys.readouterr().out


def test_what_is_no_dead_letter_is_seen_all_the_same() -> None:
    found = [*letters.read("a.json", b"{"), *letters.read("b.json", b"[1]")]

    assert [letter.event for letter in found] == [None, None]
    assert [letter.reason for letter in found] == ["unknown", "unknown"]
