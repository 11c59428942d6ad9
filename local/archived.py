"""Events of the archive, and making records of them again."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobProperties, ContainerClient

from local import console
from local.account import Opened
from local.errors import CommandError
from shared import pipeline
from shared.errors import DeliveryError, RejectedEvent
from shared.pipeline import Send
from shared.reading import envelope
from shared.records.cloudevents import WORK_ITEM_SCHEMA
from shared.writing import archive

_AT_ONCE = 32
"""Events that are read, and then written, at the same time."""
_MOST_BYTES = 8 * 1024 * 1024
_HEADERS = ["EVENT TYPE", "EVENTS", "WORK ITEMS", "PUSHES"]


@dataclass(frozen=True)
class Wanted:
    """Which records of which events."""

    hours: list[datetime]
    revision: int
    has_pushes: bool


@dataclass
class Done:
    """The records that were made, or would be, and what failed."""

    events: Counter[str] = field(default_factory=Counter)
    work: Counter[str] = field(default_factory=Counter)
    pushes: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    """Blobs of which no record could be made, and why."""
    ids: set[str] = field(default_factory=set)
    """Of the records: several events can be about one fact."""

    def report(self, *, is_dry: bool) -> int:
        """Print all of it; the exit status."""
        rows = [
            [name, str(self.events[name]), str(self.work[name]), str(self.pushes[name])]
            for name in sorted(self.events)
        ]
        if rows:
            console.print_table(_HEADERS, rows)
        total = f"{self.work.total()} work items and {self.pushes.total()} push notifications"
        print(f"{total} {'would be ' if is_dry else ''}written.")
        for line in self.failed:
            print(f"no record: {console.harmless(line)}")
        if self.failed:
            print(f"{len(self.failed)} events became no record; they stay in the archive.")
        if is_dry:
            print("Nothing was done. Do it with --yes.")
        return 1 if self.failed else 0


def rederive(account: Opened, wanted: Wanted, *, is_dry: bool) -> Done:
    """Write the records of the archived events again, or only count them.

    Raises:
        CommandError: storage did not take them; what was written before is there.
    """
    container = account.container(str(account.settings.archive_container))
    done, blobs = Done(), _blobs(container, wanted.hours)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while some := list(islice(blobs, _AT_ONCE)):
            events = pool.map(partial(_text, container), some)
            sends = [
                send
                for blob, event in zip(some, events, strict=True)
                for send in _records(blob.name, event, account, wanted, done)
            ]
            try:
                if not is_dry:
                    account.deliver(sends)
            except DeliveryError as error:
                raise CommandError(f"{error}. Run it again: the ids are the same.") from error
    return done


def _records(
    blob: str, event: str | None, account: Opened, wanted: Wanted, done: Done
) -> list[Send]:
    """The records of an event that are wanted and not written yet."""
    if event is None:
        done.failed.append(f"{blob}: it is gone, too large or no text")
        return []
    try:
        parsed = envelope.parse(event)
        sends = pipeline.convert(parsed, account.settings, wanted.revision)
    except RejectedEvent as rejection:
        done.failed.append(f"{blob}: {type(rejection).__name__}: {rejection}")
        return []
    done.events[parsed.type] += 1
    chosen = []
    for send in sends:
        record = send.record.envelope
        is_work = record.dataschema == WORK_ITEM_SCHEMA
        if record.id not in done.ids and (is_work or wanted.has_pushes):
            done.ids.add(record.id)
            (done.work if is_work else done.pushes)[parsed.type] += 1
            chosen.append(send)
    return chosen


def _blobs(container: ContainerClient, hours: list[datetime]) -> Iterator[BlobProperties]:
    try:
        for hour in hours:
            yield from container.list_blobs(name_starts_with=archive.hour(hour))
    except ResourceNotFoundError:
        raise CommandError(f"there is no container {container.container_name}.") from None


def _text(container: ContainerClient, blob: BlobProperties) -> str | None:
    try:
        if blob.size <= _MOST_BYTES:
            return container.download_blob(blob.name).readall().decode()
    except (ResourceNotFoundError, UnicodeDecodeError):
        pass
    return None
