"""Nothing is deleted before its copy is there, and nobody settles a dead letter twice."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.blob import BlobLeaseClient, ContainerClient

from local import account, settings
from local.account import Opened
from local.azurite import StoragePorts
from local.dead_letters import replay
from local.dead_letters.container import QUARANTINE, Container, Held
from local.dead_letters.format import DeadLetter
from local.dead_letters.progress import counted
from local.dead_letters.replay import Plan, Replay
from local.errors import CommandError
from shared.errors import DeliveryError
from tests.app import App
from tests.tools.dead_letters.conftest import BLOB, WHY, Command, Letters, sms

pytestmark = pytest.mark.e2e


def _check_a_copy_that_fails(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service refuses every copy: the dead letter has to be where it was."""
    letters.put(BLOB, [sms() | WHY])
    upload = ContainerClient.upload_blob

    def refuse(self: ContainerClient, name: str, *words: Any, **options: Any) -> Any:
        if name.startswith(("replayed/", "quarantine/")):
            raise ServiceRequestError("no network")
        return upload(self, name, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ContainerClient, "upload_blob", refuse)
        status, output = command("replay", "--yes")

    assert 1 == status
    assert "nothing answers at 127.0.0.1" in output
    assert {"sms-1": ["waiting"]} == letters.places()


def _check_a_blob_with_one_to_quarantine(command: Command, letters: Letters) -> None:
    """The good event beside it is delivered."""
    letters.put("topic/S/1.json", [sms("often") | WHY])
    command("replay", "--yes")
    letters.put(BLOB, [sms("good") | WHY, sms("often") | WHY])

    assert 0 == command("replay", "--yes", "--cap", "1")[0]

    places = letters.places()
    assert ["replayed"] == places["good"]
    assert ["quarantine", "replayed"] == sorted(places["often"])


def test_a_dead_letter_stays_while_its_copy_fails(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check_a_copy_that_fails(command, letters, monkeypatch)


@pytest.mark.usefixtures("app")
def test_the_good_event_beside_one_to_quarantine(command: Command, letters: Letters) -> None:
    _check_a_blob_with_one_to_quarantine(command, letters)


def test_a_dead_letter_stays_while_its_records_fail(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a copy; the next event of the blob is settled all the same."""
    letters.put(BLOB, [sms("1") | WHY, sms("2") | WHY])
    deliver = Opened.deliver

    def fail_once(_self: Opened, *_words: Any) -> None:
        monkeypatch.setattr(Opened, "deliver", deliver)
        raise DeliveryError("queue 'work-items': HTTP 503 ServerBusy")

    monkeypatch.setattr(Opened, "deliver", fail_once)
    status, output = command("replay", "--yes")

    assert 1 == status
    assert f"{BLOB} (1 of 2): not replayed: queue 'work-items': HTTP 503 ServerBusy" in output
    assert {"1": ["waiting"], "2": ["replayed"]} == letters.places()


def test_a_mutant_that_deletes_before_it_copies_fails(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check above would find it."""
    settle = replay.settle

    def mutant(dead_letter: DeadLetter, *words: Any) -> None:
        with letters.client() as container:
            blob = container.get_blob_client(dead_letter.blob)
            BlobLeaseClient(blob).break_lease(0)
            blob.delete_blob()
        settle(dead_letter, *words)

    monkeypatch.setattr(replay, "settle", mutant)
    with pytest.raises(AssertionError, match="waiting"):
        _check_a_copy_that_fails(command, letters, monkeypatch)


def test_a_mutant_that_quarantines_a_whole_blob_fails(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check above would find it."""
    plan = replay.plan

    def mutant(dead_letter: DeadLetter, container: Container, *words: Any) -> Plan:
        inside = container.read(dead_letter.blob)
        plans = [plan(each, container, *words) for each in inside]
        chosen = [each for each in plans if each.action == "quarantine"]
        return (chosen or [plan(dead_letter, container, *words)])[0]

    monkeypatch.setattr(replay, "plan", mutant)
    with pytest.raises(AssertionError, match="quarantine"):
        _check_a_blob_with_one_to_quarantine(command, letters)


def test_a_replay_that_was_cut_off_is_done_again_and_counts_once(
    app: App, command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between copy and deletion: the same records again, one copy, one replay."""

    def killed(_self: Held, _left: list[DeadLetter]) -> None:
        raise ServiceRequestError("killed")

    letters.put(BLOB, [sms() | WHY])
    with monkeypatch.context() as patch:
        patch.setattr(Held, "leave", killed)
        command("replay", "--yes")
    first = app.records()
    assert {"sms-1": ["replayed", "waiting"]} == {
        event: sorted(places) for event, places in letters.places().items()
    }

    _, output = command("replay", "--yes")

    assert "replay 1 of at most 3" in output
    assert first == app.records()
    assert {"sms-1": ["replayed"]} == letters.places()


def test_a_copy_is_never_written_over(letters: Letters) -> None:
    """What lies at its place, however it came there, stays as it is."""
    letters.put(BLOB, [sms() | WHY])
    with letters.client() as client:
        container = Container(client)
        (dead_letter,) = container.read(BLOB)
        container.keep(dead_letter, QUARANTINE)
        (name,) = container.names(QUARANTINE)
        letters.put(name, "[]")
        container.keep(dead_letter, QUARANTINE)

    assert b"[]" == letters.blobs()[name]


def test_two_replays_at_once_settle_each_dead_letter_once(
    app: App, azurite: StoragePorts, letters: Letters
) -> None:
    """Each blob has one of them; its events are on their queues once."""
    names = [letters.put(f"topic/S/{n}.json", [sms(f"sms-{n}") | WHY]) for n in range(12)]
    begin = threading.Barrier(2)
    lines: list[str] = []
    threads = [threading.Thread(target=_run, args=(azurite, names, begin, lines)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 12 == sum(": replayed: " in line for line in lines)
    assert 12 == sum("left alone, another replay" in line for line in lines)
    assert {f"sms-{n}": ["replayed"] for n in range(12)} == letters.places()
    taken = app.records()
    assert [12, 12] == [len({r["id"] for r in queue}) for queue in taken.values()]
    assert [12, 12] == [len(queue) for queue in taken.values()]


def _run(
    azurite: StoragePorts, names: list[str], begin: threading.Barrier, lines: list[str]
) -> None:
    with account.opened(settings.of_local_run(azurite), is_local=True) as opened:
        container = Container(opened.container("dead-letters"))
        replaying = Replay(opened, container, 3, None)
        begin.wait()
        for name in names:
            lines += [outcome.line(is_dry=False) for outcome in replaying.run(name)]


def test_the_lease_is_renewed_before_each_event(
    app: App, command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends after a minute, and a blob may hold more events than fit into one."""
    letters.put(BLOB, [sms(str(number)) | WHY for number in range(3)])
    done: list[str] = []
    renew, deliver = BlobLeaseClient.renew, Opened.deliver

    def noted_renew(self: BlobLeaseClient, **options: Any) -> None:
        done.append("renewed")
        renew(self, **options)

    def noted_deliver(self: Opened, *words: Any) -> None:
        done.append("delivered")
        deliver(self, *words)

    monkeypatch.setattr(BlobLeaseClient, "renew", noted_renew)
    monkeypatch.setattr(Opened, "deliver", noted_deliver)

    assert 0 == command("replay", "--yes")[0]

    assert ["renewed", "delivered"] * 3 == done
    assert [3, 3] == [len(queue) for queue in app.records().values()]


def test_a_lease_that_was_lost_stops_the_replay(
    command: Command, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody broke it: what is in the blob may be settled by another replay now."""
    letters.put(BLOB, [sms() | WHY])
    renew = BlobLeaseClient.renew

    def lost(self: BlobLeaseClient, **options: Any) -> None:
        with letters.client() as container:
            BlobLeaseClient(container.get_blob_client(BLOB)).break_lease(0)
        renew(self, **options)

    monkeypatch.setattr(BlobLeaseClient, "renew", lost)
    status, output = command("replay", "--yes")

    assert 1 == status
    assert "HTTP 409" in output
    assert {"sms-1": ["waiting"]} == letters.places()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_long_command_shows_how_far_it_is_on_a_terminal(
    is_terminal: bool,  # noqa: FBT001 - of stderr
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gone before anything else is printed, also before an error."""
    stream = _Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)

    def work() -> Iterator[str]:
        yield "a"
        raise CommandError("no more")

    done = counted(work(), 2, "reading")
    assert "a" == next(done)
    shown = "\rreading 1 of 2\x1b[K\r\x1b[K" if is_terminal else ""
    assert shown == stream.getvalue()
    with pytest.raises(CommandError):
        next(done)
    assert shown.replace("1 of", "2 of") == stream.getvalue()[len(shown) :]


def test_a_blob_that_somebody_holds_is_left_alone(
    app: App, command: Command, letters: Letters
) -> None:
    letters.put(BLOB, [sms() | WHY])
    with letters.client() as container:
        lease = container.get_blob_client(BLOB).acquire_lease(15)
        try:
            status, output = command("replay", "--yes")
        finally:
            lease.release()

    assert 0 == status
    assert f"{BLOB}: left alone, another replay has it or had it" in output
    assert {"sms-1": ["waiting"]} == letters.places()
    assert not any(app.records().values())
