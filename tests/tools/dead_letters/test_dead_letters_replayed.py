"""``dev.py dead-letters replay``: the app's own pipeline, and every event in exactly one place."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from local import __main__ as commands
from local import azurite as storage
from local import samples
from local.azurite import StoragePorts
from tests.app import App
from tests.tools.dead_letters.conftest import BLOB, WHY, Command, Letters, sms

pytestmark = pytest.mark.e2e

_NOTHING: dict[str, list[Any]] = {"work-items": [], "push-notifications": []}


def _ids(records: dict[str, list[dict[str, Any]]]) -> list[str]:
    return sorted(record["id"] for queue in records.values() for record in queue)


def test_a_dry_run_says_what_it_would_do_and_where(
    app: App, command: Command, letters: Letters, azurite: StoragePorts
) -> None:
    letters.put(BLOB, [sms() | WHY])
    before = letters.blobs()

    status, output = command("replay")

    assert 0 == status
    blobs, queues = (f"127.0.0.1:{at}/devstoreaccount1" for at in (azurite.blob, azurite.queue))
    target = f"the queues work-items and push-notifications of {queues}, large ones to the "
    assert output.splitlines() == [
        f"Dead letters in dead-letters of {blobs}.",
        f"Records go to {target}container record-payloads of {blobs}.",
        f"{BLOB}: would be replayed: work-items 1, push-notifications 1; replay 1 of at most 3",
        "Nothing was done. Do it with --yes.",
    ]
    assert (before, _NOTHING) == (letters.blobs(), app.records())


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("words", ["replay", "replay --yes"])
def test_a_replay_for_scripts_says_what_the_lines_say(
    words: str, command: Command, letters: Letters
) -> None:
    """The same letters twice, to compare; one of them stays, so both exit with 1."""
    is_dry = "--yes" not in words
    printed = []
    for options in ([], ["--json"]):
        letters.clear()
        letters.put(BLOB, [sms() | WHY, sms("bad", eventType="Contoso.Thing") | WHY])
        printed.append(command(*words.split(), *options))

    (status, text), (status_for_scripts, output) = printed
    assert (1, 1) == (status, status_for_scripts)
    document = json.loads(output)
    assert document["account"] in text
    assert document["queueAccount"] in text
    assert (["work-items", "push-notifications"], "record-payloads", None, is_dry) == tuple(
        document[key] for key in ("queues", "payloads", "archive", "dryRun")
    )
    first, second = document["outcomes"]
    assert ("replay", not is_dry, 1, 2) == tuple(
        first[k] for k in ("action", "done", "number", "of")
    )
    assert {"work-items": 1, "push-notifications": 1} == first["records"]
    assert ("leave", False, {}) == (second["action"], second["done"], second["records"])
    for each in (first, second):
        assert each["text"] in text


def test_every_sample_gives_the_records_of_its_first_delivery(
    app: App, command: Command, letters: Letters
) -> None:
    """As dead letters of Event Grid, in both schemas; what cannot be processed stays."""
    wanted, refused = [], 0
    for sample in samples.every():
        golden, events = sample.golden, sample.events()
        if golden is None or len(events) != 1:
            continue
        letters.put(f"topic/S/2026/1/6/9/{sample.name}.json", [events[0] | WHY])
        wanted += [record["id"] for queue in golden.records.values() for record in queue]
        refused += not any(golden.records.values())

    status, _ = command("replay", "--yes")

    assert (1, sorted(wanted)) == (status, _all(app))
    waiting = [name for name in letters.blobs() if not name.startswith("replayed/")]
    assert refused == len(waiting)


def _all(app: App) -> list[str]:
    found: list[str] = []
    while some := _ids(app.records()):
        found += some
    return sorted(found)


def test_the_first_delivery_and_a_replay_give_equal_records(
    app: App, command: Command, letters: Letters
) -> None:
    event = sms() | {"DEADLETTERREASON": "mine", "publishTime": "2020-01-01T00:00:00Z"}
    app.deliver(json.dumps([event]), "sms_received")
    first = app.records()

    letters.put(BLOB, f"[{json.dumps(event)[:-1]}, {json.dumps(WHY)[1:]}]")
    assert 0 == command("replay", "--yes")[0]

    assert first == app.records() != _NOTHING


def test_what_the_app_kept_as_text_is_read_as_an_event(
    app: App, command: Command, letters: Letters
) -> None:
    """A delivery of an array is no JSON object, and was kept as a text."""
    raw = {"rawEvent": json.dumps([sms()]), "deadLetterReason": "UnknownEventType"}
    letters.put("sms_received/2026/01/05/09/0.json", [raw])

    assert 0 == command("replay", "--yes")[0]
    assert 2 == len(_ids(app.records()))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param({"eventType": "Contoso.Thing"}, "UnknownEventType", id="no route"),
        pytest.param({"data": {"colour": "blue"}}, "UnreadablePayload", id="unreadable"),
        pytest.param(
            {"eventType": "Microsoft.Communication.ChatTypingIndicatorReceivedInThread"},
            "the app makes no record of it",
            id="no record",
        ),
    ],
)
def test_what_the_app_cannot_process_stays_where_it_is(
    event: dict[str, Any], why: str, app: App, command: Command, letters: Letters
) -> None:
    """A type without a route is in exactly one place after it, with the reason on the screen."""
    letters.put(BLOB, [sms() | event | WHY])
    before = letters.blobs()

    for words in (["replay"], ["replay", "--yes"]):
        status, output = command(*words)
        assert 1 == status
        assert f"{BLOB}: not replayed: " in output
        assert why in output
    assert (before, _NOTHING) == (letters.blobs(), app.records())


def test_two_events_of_one_blob_are_settled_by_themselves(
    app: App, command: Command, letters: Letters
) -> None:
    """One was replayed too often, one is good, one cannot be processed: each is in one place."""
    for number in (1, 2, 3):
        letters.put(f"topic/S/{number}.json", [sms("often") | WHY])
        command("replay", "--yes")
    app.records()
    bad = sms("bad", eventType="Contoso.Thing")
    letters.put(BLOB, [sms("often") | WHY, sms("good") | WHY, bad | WHY])

    status, output = command("replay", "--yes")

    assert 1 == status
    assert f"{BLOB} (1 of 3): quarantined: 3 replays did not help" in output
    assert f"{BLOB} (2 of 3): replayed" in output
    assert f"{BLOB} (3 of 3): not replayed: UnknownEventType" in output
    assert {
        "often": ["quarantine", *["replayed"] * 3],
        "good": ["replayed"],
        "bad": ["waiting"],
    } == {event: sorted(places) for event, places in letters.places().items()}
    assert [bad | WHY] == json.loads(letters.blobs()[BLOB])
    assert ["good", "good"] == [
        record["data"]["event"]["id"] for queue in app.records().values() for record in queue
    ]


def test_only_the_reason_that_was_asked_for_is_replayed(command: Command, letters: Letters) -> None:
    other = WHY | {"deadLetterReason": "TimeToLiveExceeded"}
    letters.put(BLOB, [sms("1") | WHY, sms("2") | other])

    command("replay", "--yes", "--reason", "TimeToLiveExceeded")

    assert {"1": ["waiting"], "2": ["replayed"]} == letters.places()


def test_another_account_keeps_its_letters_with_a_local_run_up(
    app: App,
    letters: Letters,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Read from that account, written to that account, and the local run has nothing of it."""
    letters.put(BLOB, [sms("local") | WHY])
    with storage.running() as elsewhere:
        there = Letters(elsewhere.connection_string)
        there.put(BLOB, [sms("theirs") | WHY])
        monkeypatch.setenv("RecordStorage", elsewhere.connection_string)

        assert 0 == commands.main(["dead-letters", "replay", "--settings", "--yes"])

        assert f"127.0.0.1:{elsewhere.queue}/devstoreaccount1" in capsys.readouterr().out
        assert {"theirs": ["replayed"]} == there.places()
        assert 2 == len(_ids(App(0, elsewhere.connection_string).records()))
    assert {"local": ["waiting"]} == letters.places()
    assert _NOTHING == app.records()


def test_without_settings_the_environment_s_account_is_not_touched(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RecordStorage__accountName", "contoso")
    letters.put(BLOB, [sms() | WHY])

    status, output = command("replay", "--yes")

    assert 0 == status
    assert "contoso" not in output
    assert {"sms-1": ["replayed"]} == letters.places()


@pytest.mark.parametrize("form", ["array", "local.settings.json"])
def test_the_settings_of_an_app_come_from_a_file(
    form: str, app: App, letters: Letters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its routes and its queues are those of the app."""
    overrides = {"Microsoft.Communication.SMSReceived": {"work": "update", "priority": "high"}}
    values = {
        "AzureWebJobsStorage": app.connection_string,
        "ROUTE_OVERRIDES": json.dumps(overrides),
    }
    entries = [{"name": n, "slotSetting": False, "value": v} for n, v in values.items()]
    entries.append({"name": "UNSET", "slotSetting": False, "value": None})
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"Values": values} if form != "array" else entries))
    letters.put(BLOB, [sms() | WHY])

    assert 0 == commands.main(["dead-letters", "replay", "--yes", "--settings", str(file)])

    assert "work-items 1; replay 1" in capsys.readouterr().out
    (item,) = app.records()["work-items"]
    assert ("update", "high") == (item["data"]["action"], item["data"]["priority"])


@pytest.mark.parametrize("content", ["{}", "[1]", "{", '{"IsEncrypted": true, "Values": {}}', None])
def test_a_file_without_settings(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.json"
    if content is not None:
        file.write_text(content)

    assert 1 == commands.main(["dead-letters", "list", "--settings", str(file)])

    assert str(file) in capsys.readouterr().err


def test_wrong_settings_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORK_ITEMS_QUEUE", "Bad_Name")

    assert 1 == commands.main(["dead-letters", "list", "--settings"])

    assert "WORK_ITEMS_QUEUE" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for az is a shell script")
def test_without_a_login_the_command_fails_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever identity the app has, and before anything is asked of Azure."""
    az = tmp_path / "az"
    az.write_text(
        "#!/bin/sh\necho \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n"
    )
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("RecordStorage__accountName", "contoso")
    monkeypatch.setenv("RecordStorage__credential", "managedidentity")

    started = time.monotonic()
    assert 1 == commands.main(["dead-letters", "list", "--settings"])

    assert time.monotonic() - started < 10
    (line,) = capsys.readouterr().err.splitlines()
    assert "nobody is logged in to Azure" in line
    assert "Run `az login`" in line


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        ("http://127.0.0.1:1", "nothing answers at 127.0.0.1:1/a. Check the account's name"),
        ("http://127.0.0.1:99999", "127.0.0.1:99999"),
    ],
)
def test_an_account_that_cannot_be_reached_is_given_up_soon(
    endpoint: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, and no more waiting between two requests than somebody at a terminal bears."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    places = "".join(f"{kind}Endpoint={endpoint}/a;" for kind in ("Blob", "Queue"))
    monkeypatch.setenv("RecordStorage", f"AccountName=a;AccountKey=YQ==;{places}")

    assert 1 == commands.main(["dead-letters", "list", "--settings"])

    (line,) = capsys.readouterr().err.splitlines()
    assert text in line
    assert sum(waited) <= 5


def test_a_wrong_key_is_one_line_that_says_so(
    azurite: StoragePorts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = azurite.connection_string.replace(storage.KEY, "c2VjcmV0LXNlY3JldA==")
    monkeypatch.setenv("RecordStorage", wrong)

    assert 1 == commands.main(["dead-letters", "list", "--settings"])

    (line,) = capsys.readouterr().err.splitlines()
    assert "HTTP 403 AuthorizationFailure. A key in the settings is wrong" in line
    assert "c2Vj" not in line


def test_without_the_azure_cli_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("RecordStorage__accountName", "contoso")

    assert 1 == commands.main(["dead-letters", "list", "--settings"])

    (line,) = capsys.readouterr().err.splitlines()
    assert "Install it, run `az login`" in line


def test_events_go_to_the_archive_too(
    app: App, command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They never were there: a dead letter gave no records."""
    monkeypatch.setenv("ARCHIVE_CONTAINER", "replay-archive")
    letters.put(BLOB, [sms() | WHY])

    assert "go to the container replay-archive, too" in command("replay", "--yes")[1]

    (event,) = app._take("replay-archive")  # noqa: SLF001 - what the app's fixture has for it
    assert "sms-1" == json.loads(event)["id"]
