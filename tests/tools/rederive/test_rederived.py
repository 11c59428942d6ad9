"""``dev.py rederive``: records of archived events again, and what a reader makes of them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from azure.storage.blob import BlobServiceClient

from local import __main__ as commands
from local import archived
from local.account import Opened
from local.azurite import StoragePorts
from shared import pipeline, routes
from shared.errors import DeliveryError
from shared.reading import envelope
from shared.records.facts import Fact, Message
from shared.settings import Settings
from shared.writing.storage import StorageAccount
from tests.app import App
from tests.unit.events import ALICE, BOB, CHAT_MESSAGE, SMS, event, settings
from tests.unit.test_consumer import Desk

pytestmark = pytest.mark.e2e

HOURS = ["--from", "2026-11-25T10", "--to", "2026-11-25T12"]
Rederive = Callable[..., tuple[int, str]]
Put = Callable[[str, Any], str]


@pytest.fixture
def _archive(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlobServiceClient]:
    """An empty archive."""
    monkeypatch.setenv("ARCHIVE_CONTAINER", "rederive-archive")
    with BlobServiceClient.from_connection_string(app.connection_string) as service:
        container = service.get_container_client("rederive-archive")
        if not container.exists():
            container.create_container()
        for name in list(container.list_blob_names()):
            container.delete_blob(name)
        yield service


@pytest.fixture
def put(_archive: BlobServiceClient) -> Put:
    """Put an event into the archive."""

    def write(name: str, content: Any) -> str:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        client = _archive.get_blob_client("rederive-archive", f"2026/11/25/{name}.json")
        client.upload_blob(body, overwrite=True)
        return str(client.blob_name)

    return write


@pytest.fixture
def rederive(azurite: StoragePorts, capsys: pytest.CaptureFixture[str]) -> Rederive:
    """Run the command with these words: the exit status and the output."""

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        ports = ["--blob-port", str(azurite.blob), "--queue-port", str(azurite.queue)]
        status = commands.main(["rederive", *HOURS, *ports, *words])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def _sms(number: int = 1) -> dict[str, Any]:
    return event("SMSReceived", SMS | {"messageId": f"Incoming_{number}"}, id=f"sms-{number}")


def _ids(found: dict[str, list[dict[str, Any]]], queue: str) -> list[str]:
    return sorted(record["id"] for record in found[queue])


def _first_ids(wire: dict[str, Any], revision: int = 0) -> dict[str, str]:
    """By queue."""
    sends = pipeline.convert(envelope.parse(json.dumps(wire)), settings(), revision)
    return {send.queue: send.record.envelope.id for send in sends}


def test_a_dry_run_counts_by_type_and_says_where(app: App, put: Put, rederive: Rederive) -> None:
    put("10/a", _sms(1))
    put("11/b", _sms(2))
    put("12/not-included", _sms(3))
    put("09/before", _sms(4))

    status, output = rederive("--revision", "1")

    assert 0 == status
    assert "Events in rederive-archive of 127.0.0.1:" in output
    assert "2 hours (UTC) from 2026-11-25T10, revision 1." in output
    assert "Records go to the queues work-items and push-notifications of 127.0.0.1:" in output
    assert ["Microsoft.Communication.SMSReceived", "2", "2", "0"] == output.splitlines()[3].split()
    assert "2 work items and 0 push notifications would be written." in output
    assert "Nothing was done. Do it with --yes." in output
    assert not any(app.records().values())


@pytest.mark.parametrize(("words", "pushes"), [([], 0), (["--pushes"], 1)])
def test_pushes_are_written_only_when_asked_for(
    words: list[str], pushes: int, app: App, put: Put, rederive: Rederive
) -> None:
    put("10/a", _sms())

    assert 0 == rederive("--revision", "2", "--yes", *words)[0]

    found, first, again = app.records(), _first_ids(_sms()), _first_ids(_sms(), 2)
    assert [again["work-items"]] == _ids(found, "work-items")
    assert [again["push-notifications"]] * pushes == _ids(found, "push-notifications")
    assert set(first.values()).isdisjoint(again.values())


def test_revision_0_gives_the_very_first_records(app: App, put: Put, rederive: Rederive) -> None:
    put("10/a", _sms())

    assert 0 == rederive("--revision", "0", "--pushes", "--yes")[0]

    found = app.records()
    assert _first_ids(_sms()) == {queue: record["id"] for queue, (record,) in found.items()}


def test_several_events_of_one_fact_give_it_once(
    app: App, put: Put, rederive: Rederive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_WORK_ITEMS", "user")
    for user in (ALICE, BOB):
        put(f"10/{user[-4:]}", event("ChatMessageReceived", CHAT_MESSAGE | {"recipientId": user}))

    _, output = rederive("--revision", "1", "--yes")

    assert "1 work items and 0 push" in output
    assert 1 == len(app.records()["work-items"])


def test_what_cannot_be_converted_is_named_and_stays(
    app: App, put: Put, rederive: Rederive
) -> None:
    """The others are written all the same."""
    bad = [put("10/text", b"\xff"), put("10/type", event("Nonsense\x1b[2J", {}))]
    huge = json.dumps(_sms(9)).encode() + b" " * archived._MOST_BYTES  # noqa: SLF001
    bad += [put("11/json", b"{"), put("11/huge", huge)]
    put("11/z", _sms())

    status, output = rederive("--revision", "1", "--yes")

    assert 1 == status
    assert all(f"no record: {name}: " in output for name in bad)
    assert "4 events became no record; they stay in the archive." in output
    assert output.replace("\n", "").isprintable()
    assert 1 == len(app.records()["work-items"])


def test_an_interrupted_run_is_begun_again(
    app: App, put: Put, rederive: Rederive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage fails after the first events: the second run gives the same ids and the rest."""
    for number in range(5):
        put(f"10/{number}", _sms(number))
    deliver = Opened.deliver

    def once(self: Opened, sends: list[Any], archive_of: str | None = None) -> None:
        monkeypatch.undo()
        monkeypatch.setenv("ARCHIVE_CONTAINER", "rederive-archive")
        deliver(self, sends[:2], archive_of)
        raise DeliveryError("queue 'work-items': HTTP 503")

    monkeypatch.setattr(Opened, "deliver", once)
    status, output = rederive("--revision", "1", "--yes")
    assert (1, True) == (status, "HTTP 503. Run it again: the ids are the same." in output)
    first = _ids(app.records(), "work-items")

    assert 0 == rederive("--revision", "1", "--yes")[0]

    second = _ids(app.records(), "work-items")
    assert (2, 5) == (len(first), len(second))
    assert set(first) < set(second)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--revision", "1", "--to", "2026-11-25T10"], "--to must be later than --from"),
        (["--revision", "1", "--to", "2036-11-25T10"], "by 400 days at most"),
    ],
)
def test_wrong_hours(words: list[str], message: str, put: Put, rederive: Rederive) -> None:
    del put
    status, output = rederive(*words)

    assert (1, True) == (status, message in output)


@pytest.mark.parametrize(
    "words", [["--revision", "10000"], ["--revision", "-1"], ["--revision", "1", "--from", "now"]]
)
def test_wrong_options(words: list[str], rederive: Rederive) -> None:
    with pytest.raises(SystemExit):
        rederive(*words)


def test_without_an_archive(app: App, rederive: Rederive, monkeypatch: pytest.MonkeyPatch) -> None:
    del app
    monkeypatch.delenv("ARCHIVE_CONTAINER", raising=False)
    assert "have no ARCHIVE_CONTAINER" in rederive("--revision", "1")[1]

    monkeypatch.setenv("ARCHIVE_CONTAINER", "not-there")
    assert (1, True) == (
        (found := rederive("--revision", "1"))[0],
        "there is no container not-there" in found[1],
    )


def test_a_wrong_record_its_correction_and_a_reader(
    app: App, put: Put, azurite: StoragePorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """End to end: delivered by code with a bug, resolved, derived again, and read by the rules."""
    del put
    right = routes.fact_of

    def bug(*words: Any) -> Fact:
        fact = right(*words)
        return msgspec.structs.replace(fact, message=Message(id="Incoming_1", text="???"))

    with monkeypatch.context() as patch:
        patch.setattr(routes, "fact_of", bug)
        asyncio.run(_deliver(app))
    desk, subject = Desk(), sha256(b"sms:+15555550199:+15555550100").hexdigest()[:32]
    _read(desk, app)
    desk.resolve(subject, "2026-11-25T12:00:00.0000000Z")
    ticket = desk.tickets[subject]
    assert {"Incoming_1": ("???", False)} == ticket.messages

    now = datetime.now(UTC)
    hours = [now - timedelta(hours=1), now + timedelta(hours=2)]
    first, end = (f"{hour:%Y-%m-%dT%H}" for hour in hours)
    words = ["--from", first, "--to", end, "--revision", "1", "--yes"]
    words += ["--blob-port", str(azurite.blob), "--queue-port", str(azurite.queue)]
    assert 0 == commands.main(["rederive", *words])

    assert 1 == _read(desk, app)
    assert {"Incoming_1": (SMS["message"], False)} == ticket.messages
    assert ("resolved", 1, 1) == (ticket.state, ticket.entries, desk.alerts)


async def _deliver(app: App) -> None:
    """By the app's pipeline, into the archive, too."""
    environ = {"AzureWebJobsStorage": app.connection_string}
    chosen = Settings.from_env(environ | {"ARCHIVE_CONTAINER": "rederive-archive"})
    store = StorageAccount(chosen)
    try:
        await pipeline.process(json.dumps(_sms()), "sms_received", chosen, store)
    finally:
        await store.close()


def _read(desk: Desk, app: App) -> int:
    """Give a reader everything that lies on the queues."""
    taken = [record for queue in app.records().values() for record in queue]
    for record in taken:
        desk.take(json.dumps(record).encode())
    return len(taken)
