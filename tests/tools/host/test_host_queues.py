"""Queue triggers: what becomes of a message, and how many run at once.

Most tests give the listener a queue in memory and a wait that takes no time.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from azure.core.exceptions import ResourceNotFoundError, ServiceRequestError
from azure.storage.queue import QueueClient, QueueMessage

from local.azurite import StoragePorts
from local.host.app import Binding, Function
from local.host.call import Call
from local.host.errors import HostError
from local.host.queue_trigger import Listener, Options, listener, options
from tests.commands import eventually
from tests.tools.host.hosting import host_of, write_function, write_settings


@dataclass
class Queue:
    """A queue as the listener uses it."""

    queue_name: str = "records"
    waiting: list[QueueMessage] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)
    """Seconds, by message."""
    is_there: bool = True
    is_away: bool = False
    sent: list[tuple[str, int]] = field(default_factory=list)
    """Texts and times to live."""

    async def receive_messages(self, **asked: int) -> AsyncIterator[QueueMessage]:
        """Take the first messages."""
        assert 600 == asked["visibility_timeout"]
        if not self.is_there:
            raise ResourceNotFoundError
        if self.is_away:
            raise ServiceRequestError("refused")
        for message in [self.waiting.pop(0) for _ in self.waiting[: asked["max_messages"]]]:
            yield message

    async def delete_message(self, message: QueueMessage) -> None:
        """Remember it."""
        if self.is_away:
            raise ServiceRequestError("refused")
        self.deleted.append(message.id)

    async def update_message(self, message: QueueMessage, *, visibility_timeout: int) -> None:
        """Remember how long it is hidden."""
        self.hidden[message.id] = visibility_timeout

    async def send_message(self, content: str, *, time_to_live: int) -> None:
        """Remember it."""
        if not self.is_there:
            raise ResourceNotFoundError
        self.sent.append((content, time_to_live))

    async def create_queue(self) -> None:
        """Be there from now on."""
        self.is_there = True


def message(number: int, tries: int = 1, content: str | None = None) -> QueueMessage:
    """A message that was taken that often."""
    text = base64.b64encode(b"Hello").decode() if content is None else content
    made = QueueMessage(content=text, id=str(number), pop_receipt="receipt", dequeue_count=tries)
    made.inserted_on = datetime(2026, 1, 2, tzinfo=UTC)
    return made


def listening(
    queue: Queue, poison: Queue | None, *, succeeds: bool = True, **found: Any
) -> tuple[Listener, list[Call]]:
    """A listener, and what it runs the function with."""
    calls: list[Call] = []

    async def call(given: Call) -> bool:
        calls.append(given)
        return succeeds

    made = Listener(cast("Any", queue), cast("Any", poison), Options(**found), call)
    return made, calls


async def once(made: Listener) -> int:
    """One batch, to its end."""
    count = await made.take()
    await made.finish()
    return count


async def test_a_message_is_deleted_after_its_function() -> None:
    """The function gets the text, and as metadata what the worker reads."""
    queue = Queue(waiting=[message(1)])
    made, calls = listening(queue, Queue())

    assert 1 == await once(made)

    assert (["1"], {}) == (queue.deleted, queue.hidden)
    assert {"string": "Hello"} == vars(calls[0].data)
    assert {"json": "1"} == vars(calls[0].metadata["DequeueCount"])
    assert {"json": '"2026-01-02T00:00:00+00:00"'} == vars(calls[0].metadata["InsertionTime"])


@pytest.mark.parametrize(
    ("tries", "content", "is_run", "is_poison"),
    [
        pytest.param(1, None, True, False, id="comes again"),
        pytest.param(4, None, True, False, id="one try is left"),
        pytest.param(5, None, True, True, id="the last try"),
        pytest.param(6, None, False, True, id="died in the last try"),
        pytest.param(1, "{}", False, True, id="not Base64"),
        pytest.param(1, "é", False, True, id="not ASCII"),
    ],
)
async def test_a_message_that_fails(
    tries: int, content: str | None, *, is_run: bool, is_poison: bool
) -> None:
    """It is hidden for a while, or kept as it is on the poison queue, without expiry."""
    failing = message(1, tries, content)
    queue, poison = Queue(waiting=[failing]), Queue("records-poison", is_there=False)
    made, calls = listening(queue, poison, succeeds=False, visibility_timeout=timedelta(seconds=30))

    await once(made)

    assert is_run == bool(calls)
    assert ({} if is_poison else {"1": 30}) == queue.hidden
    assert (["1"] if is_poison else []) == queue.deleted
    assert ([(failing.content, -1)] if is_poison else []) == poison.sent


async def test_a_poison_queue_has_none_itself() -> None:
    """Its messages come again for ever."""
    queue = Queue("records-poison", waiting=[message(1, 99)])
    made, calls = listening(queue, None, succeeds=False)

    await once(made)

    assert (1, {"1": 0}, []) == (len(calls), queue.hidden, queue.deleted)


async def test_no_queue_and_no_storage_are_an_empty_queue() -> None:
    queue = Queue(is_there=False)
    made, _ = listening(queue, Queue())
    assert 0 == await once(made)
    queue.is_there, queue.is_away = True, True
    assert 0 == await once(made)


async def test_a_message_that_cannot_be_deleted_stays() -> None:
    """It comes again when nobody hides it any more."""
    queue = Queue(waiting=[message(1)])
    made, calls = listening(queue, Queue())

    await made.take()
    queue.is_away = True
    await made.finish()

    assert (1, []) == (len(calls), queue.deleted)


async def test_a_batch_runs_at_once_and_the_next_when_few_are_left() -> None:
    """Batch size 4, threshold 2: four run, and the next four start when two have ended."""
    queue = Queue(waiting=[message(number) for number in range(10)])
    gates = [asyncio.Event() for _ in range(10)]
    started: list[Call] = []

    async def call(given: Call) -> bool:
        started.append(given)
        await gates[len(started) - 1].wait()
        return True

    async def settle() -> None:
        for _ in range(30):
            await asyncio.sleep(0)

    found = Options(batch_size=4, new_batch_threshold=2)
    made = Listener(cast("Any", queue), None, found, call)
    task = asyncio.create_task(made.listen())
    await settle()
    assert 4 == len(started)
    gates[0].set()
    await settle()
    assert 4 == len(started)
    gates[1].set()
    await settle()
    assert 8 == len(started)
    task.cancel()


async def test_it_looks_into_an_empty_queue_more_and_more_seldom() -> None:
    """From a tenth of a second to the longest, and from the start again after a message."""
    queue, waits = Queue(), list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 6:
            queue.waiting.append(message(1))
        if len(waits) == 8:
            raise asyncio.CancelledError

    made = Listener(cast("Any", queue), None, Options(), _succeed, wait)
    with pytest.raises(asyncio.CancelledError):
        await made.listen()

    assert [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 0.1, 0.2] == waits


def queues(**found: object) -> dict[str, Any]:
    """A host.json with these options."""
    return {"extensions": {"queues": found}}


def test_options_of_host_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    given = {"batchSize": 8, "newBatchThreshold": 4, "maxDequeueCount": 3000}
    times = {"visibilityTimeout": "00:00:30", "maxPollingInterval": "00:00:01"}

    assert Options(new_batch_threshold=24) == options({})
    assert Options(8, 4, 3000, timedelta(seconds=30), timedelta(seconds=1)) == options(
        queues(**given, **times)
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("batchSize", 33), ("batchSize", 0), ("maxDequeueCount", 0), ("visibilityTimeout", 30)],
)
def test_what_the_extension_does_not_take_is_refused(name: str, value: object) -> None:
    with pytest.raises(HostError, match=f"extensions.queues.{name}"):
        options(queues(**{name: value}))


def function(**properties: str) -> Function:
    """A function with a queue trigger of these properties."""
    trigger = Binding("message", "queueTrigger", properties)
    return Function("takes", Path(), Path(), "main", trigger, {}, disabled=False)


async def test_queue_and_connection_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue's name is in lower case; a connection is found without `AzureWebJobs`, too."""
    monkeypatch.setenv("QUEUE", "Records")
    monkeypatch.setenv("AzureWebJobsElsewhere", "UseDevelopmentStorage=true")
    made = listener(function(queueName="%QUEUE%", connection="Elsewhere"), Options(), _succeed)
    assert "records" == made._queue.queue_name  # noqa: SLF001
    await made.close()
    with pytest.raises(HostError, match="needs a queueName"):
        listener(function(queueName="%NONE%", connection="Elsewhere"), Options(), _succeed)


async def _succeed(_call: Call) -> bool:
    return True


TAKES = """
import json
from pathlib import Path

import azure.functions as func


def main(message: func.QueueMessage) -> None:
    seen = [message.id, message.get_body().decode(), message.dequeue_count, message.pop_receipt]
    seen.append(message.insertion_time.year)
    with Path("seen.jsonl").open("a") as file:
        file.write(json.dumps(seen) + "\\n")
    if "bad" in seen[1]:
        raise ValueError("the message asked for it")
"""
BINDING = {"type": "queueTrigger", "name": "message", "queueName": "takes"}


@pytest.fixture
def queue(azurite: StoragePorts) -> Iterator[QueueClient]:
    """A queue of Azurite."""
    with QueueClient.from_connection_string(azurite.connection_string, "takes") as client:
        client.create_queue()
        yield client
        client.delete_queue()


@pytest.mark.e2e
def test_on_the_real_runtime_and_azurite(
    queue: QueueClient, azurite: StoragePorts, tmp_path: Path
) -> None:
    """The worker's library reads what it is given; what fails ends on the poison queue."""
    connection = azurite.connection_string
    fast = {"queues": {"maxDequeueCount": 2}}
    write_settings(tmp_path, {"AzureWebJobsStorage": connection}, extensions=fast)
    write_function(tmp_path, "takes", TAKES, json.dumps({"bindings": [BINDING]}))
    sent = [
        queue.send_message(base64.b64encode(text).decode()) for text in ("good é".encode(), b"bad")
    ]
    with (
        host_of(tmp_path) as host,
        QueueClient.from_connection_string(connection, "takes-poison") as poison,
    ):
        host.await_log("is moved to queue 'takes-poison'")
        assert eventually(lambda: not queue.get_queue_properties().approximate_message_count)
        (kept,) = poison.peek_messages()
        poison.delete_queue()
    lines = (tmp_path / "seen.jsonl").read_text().splitlines()
    seen = sorted(map(json.loads, lines), key=lambda each: (each[1], each[2]))
    texts = [(sent[1].id, "bad", 1), (sent[1].id, "bad", 2), (sent[0].id, "good é", 1)]
    assert texts == [(each[0], each[1], each[2]) for each in seen]
    assert all(each[3] and each[4] >= 2026 for each in seen)
    assert base64.b64encode(b"bad").decode() == kept.content
    assert kept.expires_on is not None
    assert 9999 == kept.expires_on.year
