"""``dev.py dead-letters list`` and ``show``: what waits and why, whatever a sender wrote."""

import json
from typing import Any

import pytest
from azure.storage.blob import BlobClient

from local import __main__ as commands
from local import console
from local.dead_letters.format import MOST_BYTES, read
from shared.errors import UnknownEventType
from shared.writing import dead_letters
from tests.app import App
from tests.tools.dead_letters.conftest import BLOB, WHY, Command, Letters, sms
from tests.unit.events import NOW

pytestmark = pytest.mark.e2e

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
_HOUR = "sms_received/2026/01/05/09"
_DEEP = "[" * 100_000 + "]" * 100_000


def _ours(event: dict[str, Any]) -> str:
    """A dead letter as the app writes it."""
    rejection = UnknownEventType("no route")
    return dead_letters.body(json.dumps(event), rejection, "sms_received", NOW).decode()


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("words", ["list", "replay --yes", "list --replayed", "list --quarantined"])
def test_nothing_waits(words: str, command: Command) -> None:
    status, output = command(*words.split())

    assert 0 == status
    assert output.startswith("No dead letters in dead-letters of 127.0.0.1")


def test_the_list_groups_by_reason_and_says_nothing_personal(
    app: App, command: Command, letters: Letters
) -> None:
    letters.put(BLOB, [sms() | WHY])
    app.deliver(json.dumps([_POISON]), "sms_received")
    app.deliver(json.dumps([_POISON | {"id": "2", "eventType": "Contoso.Thing"}]), "sms_received")

    status, output = command("list")

    assert 0 == status
    for reason in ("UnreadablePayload", "UnknownEventType", "MaxDeliveryAttemptsExceeded"):
        assert f"\n1 {reason}\n" in output
    for shown in ("sms_received", "Event Grid, sms-received", "GenericError", BLOB):
        assert shown in output
    assert _PRIVATE not in output


@pytest.mark.parametrize("reason", ["MaxDeliveryAttemptsExceeded", "Other"])
def test_dead_letters_are_chosen_by_reason(reason: str, command: Command, letters: Letters) -> None:
    letters.put(BLOB, [sms() | WHY])

    _, output = command("list", "--reason", reason)

    assert (reason == "MaxDeliveryAttemptsExceeded") == (BLOB in output)


@pytest.mark.parametrize("waits", [True, False])
def test_the_list_for_scripts_says_what_the_table_says(
    waits: bool,  # noqa: FBT001 - whether there is one
    command: Command,
    letters: Letters,
) -> None:
    if waits:
        letters.put(BLOB, [sms() | WHY | {"deadLetterReason": f"x{_CONTROL}"}])
        letters.put("topic/S/bad.json", "{")
    _, table = command("list")

    status, output = command("list", "--json")

    assert 0 == status
    assert all(line.isascii() and line.isprintable() for line in output.splitlines())
    document = json.loads(output)
    assert document.pop("account").startswith("127.0.0.1:")
    assert "dead-letters" == document.pop("container")
    found = document.pop("deadLetters")
    assert not document
    assert ["topic/S/bad.json", BLOB] * waits == [each["blob"] for each in found]
    for each in found:
        assert {"blob", "reason", "explanation", "source", "time", "eventId", "eventType"} == set(
            each
        )
        assert all(console.harmless(value) in table for value in each.values())


def test_show_for_scripts(command: Command, letters: Letters) -> None:
    """The same that is shown without it."""
    letters.put(BLOB, [_POISON | WHY])
    letters.put("bad.json", "{")

    status, output = command("show", BLOB, "bad.json", "--json")

    assert 0 == status
    good, bad = json.loads(output)["deadLetters"]
    assert json.loads(command("show", BLOB)[1]) == good["content"] == _POISON | WHY
    assert (None, "it is no JSON") == (bad["content"], bad["unreadable"])
    assert good["unreadable"] is None


@pytest.mark.parametrize("text", ['[{"id":"1","id":"2"}]', '[{"id":NaN}]', f'[{{"a":{_DEEP}}}]'])
def test_what_would_lose_something_as_values_is_shown_as_it_is(
    text: str, command: Command, letters: Letters
) -> None:
    """A key that comes twice, what is no JSON to others, and what is nested too deeply."""
    letters.put(BLOB, text)

    assert text[1:-1] == command("show", BLOB)[1].strip()
    assert text[1:-1] == json.loads(command("show", BLOB, "--json")[1])["deadLetters"][0]["content"]


@pytest.mark.parametrize("name", ["", "nope", "\udcff", "../..", "x\x1b[2J"])
def test_a_dead_letter_that_is_not_there(name: str, command: Command, letters: Letters) -> None:
    letters.put(BLOB, [sms() | WHY])

    for action in ("show", "list", "replay"):
        status, output = command(action, name)
        assert 1 == status
        (line,) = output.splitlines()
        assert line.isprintable()


def test_show_prints_the_whole_dead_letter(command: Command, letters: Letters) -> None:
    """On the developer's own screen, and only when asked for by name."""
    letters.put(BLOB, [_POISON | WHY])

    status, output = command("show", BLOB)

    assert (0, _POISON | WHY) == (status, json.loads(output))


@pytest.mark.parametrize("place", ["replayed", "quarantined"])
def test_what_is_settled_can_be_listed_and_shown(
    place: str, command: Command, letters: Letters
) -> None:
    letters.put(BLOB, [sms() | WHY])
    command("replay", "--yes", "--cap", "1" if place == "replayed" else "0")

    _, listed = command("list", f"--{place}")
    (name,) = letters.blobs()
    _, shown = command("show", name)

    assert f"\n1 {WHY['deadLetterReason']}\n" in listed
    assert name in listed
    assert "Event Grid" not in listed, "nothing says any more who gave it up"
    assert sms() | WHY == json.loads(shown)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show", "name the dead letters to show"),
        ("show no/such.json", "no such dead letter"),
        ("replay no/such.json", "no such dead letter: no/such.json"),
        ("replay --quarantined", "only what waits is replayed"),
    ],
)
@pytest.mark.usefixtures("letters")
def test_a_wrong_name(words: str, message: str, command: Command) -> None:
    status, output = command(*words.split())

    assert 1 == status
    assert message in output


@pytest.mark.parametrize(
    "words", ["--yes --reason R replay {}", "replay --yes {} --reason R", "replay {} --yes"]
)
def test_names_and_options_come_in_any_order(
    words: str, command: Command, letters: Letters
) -> None:
    letters.put(BLOB, [sms() | WHY | {"deadLetterReason": "R"}])

    assert 0 == command(*words.format(BLOB).split())[0]
    assert {"sms-1": ["replayed"]} == letters.places()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"{", "it is no JSON", id="not JSON"),
        pytest.param(b"\xff[]", "it is no JSON", id="not UTF-8"),
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"[1]", "MalformedEvent", id="no event"),
        pytest.param(f"[{_DEEP}]".encode(), "MalformedEvent", id="nested too deeply"),
        pytest.param(
            f'[{{"id": "a", "eventType": "b", "data": {_DEEP}}}]'.encode(),
            "nested too deeply",
            id="data nested too deeply",
        ),
        pytest.param(b"[" + b" " * MOST_BYTES + b"]", "it has more than", id="huge"),
    ],
)
def test_what_cannot_be_read_stops_nobody(
    content: bytes, why: str, command: Command, letters: Letters
) -> None:
    """It is listed and stays; what comes after it is replayed."""
    bad = letters.put(f"{_HOUR}/bad.json", content)
    letters.put(BLOB, [sms() | WHY])

    _, listed = command("list")
    status, output = command("replay", "--yes")

    assert bad in listed
    assert 1 == status
    assert f"{BLOB}: replayed" in output
    assert any(line.startswith(bad) and why in line for line in output.splitlines())
    assert content == letters.blobs()[bad]
    assert 0 == command("show", bad)[0]


def test_no_more_of_a_blob_is_fetched_than_may_be_in_it(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    download = BlobClient.download_blob

    def noted(self: BlobClient, offset: int, length: int, **options: Any) -> Any:
        asked.append(offset + length)
        return download(self, offset, length, **options)

    letters.put(BLOB, [sms() | WHY])
    monkeypatch.setattr(BlobClient, "download_blob", noted)

    command("list")
    command("replay", "--yes")

    assert [MOST_BYTES + 1] * 2 == asked


@pytest.mark.parametrize("spelled", ["deadLetterReason", "DEADLETTERREASON", "deadletterreason"])
@pytest.mark.parametrize("key", ["deadLetterError", "deadLetterFunction", "lastDeliveryOutcome"])
def test_the_keys_of_a_sender_do_not_count(spelled: str, key: str) -> None:
    """Ours stand behind the event's own; in Event Grid's blobs two of them are never its own."""
    forged = _POISON | {spelled: "forged", spelled.upper(): "forged", key.upper(): "forged"}

    (ours,) = read(f"{_HOUR}/0.json", _ours(forged).encode())
    event, added = json.dumps(forged | {key: "forged"}), json.dumps(WHY)
    (theirs,) = read(BLOB, f"[{event[:-1]}, {added[1:]}]".encode())

    assert ("UnknownEventType", "no route", "sms_received") == (
        ours.reason,
        ours.explanation,
        ours.source,
    )
    assert (WHY["deadLetterReason"], WHY["lastDeliveryOutcome"], "Event Grid, sms-received") == (
        theirs.reason,
        theirs.explanation,
        theirs.source,
    )
    (alone,) = read(f"{_HOUR}/0.json", _ours(_POISON).encode())
    assert alone.key == ours.key, "they do not make another event of it either"


_CONTROL = "\x1b[2J\x1b[31m\x9b1A\u202etxt.exe\u2066\r\nNo dead letters.\n\x07"


@pytest.mark.parametrize("part", ["id", "eventType", "deadLetterReason", "lastDeliveryOutcome"])
def test_nothing_printed_moves_the_cursor(part: str, command: Command, letters: Letters) -> None:
    """Neither the list, nor a whole dead letter, nor what a replay says."""
    letters.put(BLOB, [sms() | WHY | {part: f"x{_CONTROL}"}])

    for words in (["list"], ["replay"], ["show", BLOB], ["replay", "--yes"]):
        _, output = command(*words)
        assert all(line.isprintable() for line in output.split("\n"))
        assert "\nNo dead letters." not in output


def test_the_reason_of_a_refusal_is_printable_too(command: Command, letters: Letters) -> None:
    name = letters.put(BLOB, [{"id": "1", "type": _CONTROL} | WHY])

    status, output = command("replay", "--yes")

    assert 1 == status
    assert all(line.isprintable() for line in output.split("\n"))
    assert name in letters.blobs()


def test_help_needs_no_settings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.main(["dead-letters", "--help"])

    assert "--topic" not in capsys.readouterr().out
