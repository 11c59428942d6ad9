"""Queue triggers, as Microsoft.Azure.WebJobs.Extensions.Storage.Queues runs them.

A message is deleted after the function returned. After a failure it comes again, and after too many
it goes to `<queue>-poison` (QueueListener, QueueProcessor). The real extension also hides a message
anew while a function takes longer than ten minutes; this one does not.
"""

import asyncio
import base64
import binascii
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host import settings
from local.host.app import Function
from local.host.call import Call, TypedData
from local.host.errors import HostError

_HIDDEN_SECONDS = 600
"""How long a message is hidden while a function works on it (QueueListener)."""
_SHORTEST_WAIT = 0.1
"""Seconds between two looks into an empty queue; doubled each time (QueuePollingIntervals)."""
_LONGEST_NAME = 63
_POISON = "-poison"

_log = logging.getLogger("host")
_requests = logging.getLogger("host.storage")
_requests.setLevel(logging.WARNING)  # else each look into a queue is a dozen lines
_CLIENT: dict[str, Any] = {"use_env_settings": False, "retry_total": 0, "logger": _requests}


@dataclass(frozen=True)
class Options:
    """`extensions.queues` of host.json, with the defaults of QueuesOptions."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta()
    max_polling_interval: timedelta = timedelta(seconds=2)
    """Two seconds where the environment is Development, else a minute."""


def options(host_json: dict[str, Any]) -> Options:
    """Read host.json.

    Raises:
        HostError: a value is not what the extension takes.
    """
    batch_size = _count(host_json, "batchSize", 16, range(1, 33))
    default = batch_size // 2 * (os.cpu_count() or 1)
    return Options(
        batch_size=batch_size,
        new_batch_threshold=_count(host_json, "newBatchThreshold", default, range(1001)),
        max_dequeue_count=_count(host_json, "maxDequeueCount", 5, range(1, 1 << 31)),
        visibility_timeout=_time(host_json, "visibilityTimeout", "00:00:00"),
        max_polling_interval=_time(host_json, "maxPollingInterval", "00:00:02"),
    )


def listener(
    function: Function, found: Options, call: Callable[[Call], Awaitable[bool]]
) -> "Listener":
    """Make the listener of a function, by its function.json.

    Raises:
        HostError: the queue's name or the connection is missing.
    """
    properties = function.trigger.properties
    name = _resolved(str(properties.get("queueName", ""))).lower()
    setting = str(properties.get("connection") or "AzureWebJobsStorage")
    connection = os.environ.get(setting) or os.environ.get(f"AzureWebJobs{setting}")
    if not name or not connection:
        raise HostError(
            f"The {function.trigger.type} of '{function.name}' needs a queueName, and a connection "
            f"string in the setting '{setting}'."
        )
    has_poison = not name.endswith(_POISON) and len(name + _POISON) <= _LONGEST_NAME
    try:
        queue = QueueClient.from_connection_string(connection, name, **_CLIENT)
        poison = (
            QueueClient.from_connection_string(connection, name + _POISON, **_CLIENT)
            if has_poison
            else None
        )
    except ValueError as error:
        raise HostError(f"The connection string in the setting '{setting}': {error}") from None
    return Listener(queue, poison, found, call)


class Listener:
    """Takes messages of one queue and runs one function with them."""

    def __init__(
        self,
        queue: QueueClient,
        poison: QueueClient | None,
        found: Options,
        call: Callable[[Call], Awaitable[bool]],
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._queue, self._poison, self._options = queue, poison, found
        self._call, self._wait = call, wait
        self._at_work: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Work until it is cancelled."""
        pause = _SHORTEST_WAIT
        longest = self._options.max_polling_interval.total_seconds()
        while True:
            if await self.take():
                pause = _SHORTEST_WAIT
                await self._until_room()
            else:
                await self._wait(pause)
                pause = min(2 * pause, longest)

    async def take(self) -> int:
        """Start the function for one batch; the number of its messages."""
        try:
            batch = [
                message
                async for message in self._queue.receive_messages(
                    messages_per_page=self._options.batch_size,
                    max_messages=self._options.batch_size,
                    visibility_timeout=_HIDDEN_SECONDS,
                )
            ]
        except ResourceNotFoundError:  # nothing was written to it yet
            return 0
        except AzureError as error:
            _log.warning("Cannot read queue '%s': %s", self._queue.queue_name, error)
            return 0
        for message in batch:
            task = asyncio.create_task(self._process(message))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        return len(batch)

    async def finish(self, seconds: float | None = None) -> None:
        """Wait for the functions that run, at most so long."""
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=seconds)

    async def close(self) -> None:
        """Close the connections."""
        for client in filter(None, (self._queue, self._poison)):
            await client.close()

    async def _until_room(self) -> None:
        while len(self._at_work) > self._options.new_batch_threshold:
            await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)

    async def _process(self, message: QueueMessage) -> None:
        try:
            await self._outcome(message)
        except AzureError as error:  # it comes again when its ten minutes are over
            _log.warning("Cannot finish message %s: %s", message.id, error)

    async def _outcome(self, message: QueueMessage) -> None:
        tries, most = message.dequeue_count or 1, self._options.max_dequeue_count
        try:
            text = base64.b64decode(message.content, validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            _log.error("Message %s is not Base64.", message.id)
            await self._fail(message, is_last=True)
            return
        if self._poison and tries > most:
            await self._fail(message, is_last=True)
        elif await self._call(self._as_call(message, text)):
            await self._queue.delete_message(message)
        else:
            await self._fail(message, is_last=tries >= most)

    async def _fail(self, message: QueueMessage, *, is_last: bool) -> None:
        """Let the message come again, or keep it on the poison queue without expiry."""
        if self._poison is None or not is_last:
            hidden = int(self._options.visibility_timeout.total_seconds())
            await self._queue.update_message(message, visibility_timeout=hidden)
            return
        name = self._poison.queue_name
        _log.warning("Message %s is moved to queue '%s'.", message.id, name)
        try:
            await self._poison.send_message(message.content, time_to_live=-1)
        except ResourceNotFoundError:
            await self._poison.create_queue()
            await self._poison.send_message(message.content, time_to_live=-1)
        await self._queue.delete_message(message)

    def _as_call(self, message: QueueMessage, text: str) -> Call:
        """What the worker gets: text, and as metadata what is no text as JSON (ToRpc)."""
        times = {
            "InsertionTime": message.inserted_on,
            "ExpirationTime": message.expires_on,
            "NextVisibleTime": message.next_visible_on,
        }
        metadata = {
            "Id": TypedData(string=message.id),
            "PopReceipt": TypedData(string=message.pop_receipt),
            "QueueTrigger": TypedData(string=text),
            "DequeueCount": TypedData(json=str(message.dequeue_count)),
        } | {
            name: TypedData(json=json.dumps(at.isoformat(timespec="seconds")))
            for name, at in times.items()
            if at
        }
        reason = f"New queue message detected on '{self._queue.queue_name}'."
        return Call(TypedData(string=text), reason, metadata)


def _resolved(name: str) -> str:
    """Put settings in for `%NAME%`."""
    return re.sub(r"%([^%]+)%", lambda match: os.environ.get(match[1], ""), name)


def _count(host_json: dict[str, Any], name: str, default: int, allowed: range) -> int:
    value = settings.host_value(host_json, "extensions", "queues", name)
    try:
        number = default if value is None else int(str(value))
    except ValueError:
        number = -1
    if number not in allowed:
        raise HostError(
            f"extensions.queues.{name} in host.json must be a number from {allowed[0]} to "
            f"{allowed[-1]}: {value!r}"
        )
    return number


def _time(host_json: dict[str, Any], name: str, default: str) -> timedelta:
    value = settings.host_value(host_json, "extensions", "queues", name)
    return settings.time_span(f"extensions.queues.{name}", default if value is None else value)
