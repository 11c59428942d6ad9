"""The ways back: replay, rederive, and what docs/recovery.md says of each disaster."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueServiceClient

from examples import read_records as reader
from examples.requeue import requeue
from local import __main__ as commands
from local.eventgrid.options import Options
from shared import pipeline
from shared.settings import Settings
from tests.memory import MemoryStore
from tests.reliability import events
from tests.reliability.accounts import QUEUES, account_for
from tests.reliability.events import publish
from tests.reliability.figures import Figures
from tests.reliability.system import System, kill
from tests.reliability.test_event_grid_misbehaves import impatient

pytestmark = pytest.mark.reliability


def test_given_up_and_replayed(alone: System, figures: Figures, tmp_path: Path) -> None:
    """Events that Event Grid gave up while the app was away are on their queues after a replay."""
    alone.start_azurite()
    published = [one for one in events.mixed(60) if not one.is_poison]
    with alone.topic(Options(impatient(tmp_path))) as topic:
        publish(topic, published)
        topic.wait_until_idle(300)
        figures.delivered(topic)
    assert len(published) == account_for(published, alone.connection_string).dead_letters

    assert 0 == _run(alone, "dead-letters", "replay", "--yes")

    totals = account_for(published, alone.connection_string)
    figures.account(totals)
    assert len(published) == totals.on_queues


def test_derived_again(alone: System, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that were lost or wrong are made again from the archive, the same or corrected."""
    alone.start_azurite()
    alone.start_host(ARCHIVE_CONTAINER="archive")
    published = events.mixed(60)
    with alone.topic() as topic:
        publish(topic, published)
        topic.wait_until_idle(300)
    first = _taken(alone)
    monkeypatch.setenv("ARCHIVE_CONTAINER", "archive")
    now = datetime.now(UTC)
    hours = [f"{now + timedelta(hours=by):%Y-%m-%dT%H}" for by in (-1, 2)]
    words = ["rederive", "--from", hours[0], "--to", hours[1], "--yes", "--revision"]

    assert 0 == _run(alone, *words, "0", "--pushes")

    again = _taken(alone)
    assert {queue: set(found) for queue, found in first.items()} == {
        queue: set(found) for queue, found in again.items()
    }
    assert 0 == _run(alone, *words, "1")

    corrected = _taken(alone)
    figures.add(
        events=len(published),
        records=sum(map(len, first.values())),
        the_same_again=sum(map(len, again.values())),
        corrections=len(corrected["work-items"]),
    )
    assert {} == corrected["push-notifications"]
    assert len(first["work-items"]) == len(corrected["work-items"])
    assert first["work-items"].keys().isdisjoint(corrected["work-items"])
    assert _sequences(first["work-items"], "0000") == _sequences(corrected["work-items"], "0001")


def test_the_storage_account_is_deleted(alone: System, figures: Figures) -> None:
    """A new storage account in place of a deleted one gets whatever Event Grid still has."""
    alone.start_azurite()
    alone.start_host()
    before, meanwhile = events.sms(10), events.sms(30)
    with alone.topic() as topic:
        publish(topic, before)
        topic.wait_until_idle(300)
        kill(alone.azurite)
        publish(topic, meanwhile)
        topic.wait_until(lambda: bool(topic.counts("sms-received")["retried"]), 60)
        alone.start_azurite()
        topic.wait_until_idle(300)
        figures.delivered(topic)

    with pytest.raises(AssertionError, match="10 of 40 are neither"):
        account_for([*before, *meanwhile], alone.connection_string)
    figures.add(events=40, lost_with_the_account=len(before), on_queues=len(meanwhile))


async def test_two_regions(figures: Figures) -> None:
    """Two regions side by side give equal records; a reader of both has each of them once."""
    published = [one for one in events.mixed(60) if not one.is_poison]
    west, east = MemoryStore(), MemoryStore()
    for number, one in enumerate(published):
        for region, is_up in ((west, number < 40), (east, number >= 20)):
            if is_up:
                settings = Settings.from_env({"RecordStorage__accountName": "contoso"})
                await pipeline.process(json.dumps(one.body), "any", settings, region)

    seen: set[str] = set()
    messages = [one for store in (west, east) for queue in QUEUES for one in store.queues[queue]]
    kept = [message for message in messages if reader.first(reader.read(message), seen)]
    figures.add(events=len(published), messages=len(messages), records=len(kept))
    assert len(set(messages)) == len(kept) < len(messages)


def test_a_reader_parks_a_record(alone: System, figures: Figures) -> None:
    """What a reader has put on the poison queue comes back as it was, when the reader is mended."""
    alone.start_azurite()
    alone.start_host()
    for one in events.sms(40):
        alone.post(one)
    with _queues(alone) as service:
        work, poison = (service.get_queue_client(f"work-items{end}") for end in ("", "-poison"))
        poison.create_queue()
        parked = []
        for message in work.receive_messages(messages_per_page=32, max_messages=40):
            poison.send_message(message.content, time_to_live=-1)
            work.delete_message(message)
            parked.append(message.content)

        assert 40 == requeue(service, "work-items")

        assert sorted(parked) == sorted(one.content for one in work.receive_messages())
        assert [] == list(poison.receive_messages())
    figures.add(parked=len(parked), back=40)


def _run(system: System, command: str, *words: str) -> int:
    """The command, as it is typed."""
    ports = ["--blob-port", str(system.storage.blob), "--queue-port", str(system.storage.queue)]
    return commands.main([command, *words, *ports])


def _taken(system: System) -> dict[str, dict[str, dict[str, Any]]]:
    """The records by queue and id, taken off."""
    with _queues(system) as service:
        found: dict[str, dict[str, dict[str, Any]]] = {queue: {} for queue in QUEUES}
        for queue in QUEUES:
            client = service.get_queue_client(queue)
            for message in client.receive_messages(messages_per_page=32):
                record = json.loads(base64.b64decode(message.content))
                found[queue][record["id"]] = record
                client.delete_message(message)
        return found


@contextmanager
def _queues(system: System) -> Iterator[QueueServiceClient]:
    with QueueServiceClient.from_connection_string(system.connection_string) as service:
        yield service


def _sequences(records: dict[str, dict[str, Any]], revision: str) -> list[str]:
    """Without the revision, which all of them have."""
    texts = [record["sequence"] for record in records.values() if "sequence" in record]
    assert all(text.endswith(f"/{revision}") for text in texts)
    return sorted(text.removesuffix(revision) for text in texts)
