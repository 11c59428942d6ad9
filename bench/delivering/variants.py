"""What the app is compared with: four ways of putting one event's two messages on two queues.

Nothing of ``shared`` is imported here: it silences the SDK's logger for the whole process.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64EncodePolicy, aio

from bench.delivering.raw import RawAccount

Queues = tuple[str, str]
Messages = tuple[bytes, bytes]


class Blocking(Protocol):
    """A client that blocks; to have several events in flight takes threads."""

    keeps: bool
    """Whether connections outlive an event."""

    def deliver(self, queues: Queues) -> None:
        """Put both messages of one event."""

    def close(self) -> None:
        """Close connections."""


class Awaited(Protocol):
    """A client of the event loop."""

    async def deliver(self, queues: Queues) -> None:
        """Put both messages of one event."""

    async def close(self) -> None:
        """Close connections."""


class PerEvent:
    """What samples do: a client for each queue, made when the event comes."""

    keeps = False

    def __init__(self, connection_string: str, messages: Messages) -> None:
        self._messages = messages
        self._connection_string = connection_string

    def deliver(self, queues: Queues) -> None:
        """Make a client, send; twice."""
        for queue, message in zip(queues, self._messages, strict=True):
            client = QueueClient.from_connection_string(
                self._connection_string, queue, message_encode_policy=TextBase64EncodePolicy()
            )
            client.send_message(message.decode())

    def close(self) -> None:
        """Nothing is kept."""


class Sync:
    """The SDK's blocking client with its defaults, kept."""

    keeps = True

    def __init__(self, connection_string: str, messages: Messages) -> None:
        self._messages = messages
        self._service = QueueServiceClient.from_connection_string(connection_string)
        self._queues: dict[str, QueueClient] = {}

    def deliver(self, queues: Queues) -> None:
        """Send one after the other."""
        for queue, message in zip(queues, self._messages, strict=True):
            self._queue(queue).send_message(message.decode())

    def close(self) -> None:
        """Close connections."""
        self._service.close()

    def _queue(self, name: str) -> QueueClient:
        if name not in self._queues:
            policy = TextBase64EncodePolicy()
            client = self._service.get_queue_client(name, message_encode_policy=policy)
            self._queues[name] = client
        return self._queues[name]


class Aio:
    """The SDK's asynchronous client with its defaults, kept."""

    def __init__(self, connection_string: str, messages: Messages) -> None:
        self._messages = messages
        self._service = aio.QueueServiceClient.from_connection_string(connection_string)
        self._queues: dict[str, aio.QueueClient] = {}

    async def deliver(self, queues: Queues) -> None:
        """Send both at once."""
        pairs = zip(map(self._queue, queues), self._messages, strict=True)
        await asyncio.gather(*(client.send_message(message.decode()) for client, message in pairs))

    async def close(self) -> None:
        """Close connections."""
        await self._service.close()

    def _queue(self, name: str) -> aio.QueueClient:
        if name not in self._queues:
            policy = TextBase64EncodePolicy()
            client = self._service.get_queue_client(name, message_encode_policy=policy)
            self._queues[name] = client
        return self._queues[name]


class Floor:
    """Requests signed by hand on aiohttp alone."""

    def __init__(self, connection_string: str, messages: Messages) -> None:
        self._messages = messages
        self._account = RawAccount(connection_string)

    async def deliver(self, queues: Queues) -> None:
        """Send both at once."""
        pairs = zip(queues, self._messages, strict=True)
        await asyncio.gather(*(self._account.send(queue, message) for queue, message in pairs))

    async def close(self) -> None:
        """Close connections."""
        await self._account.close()


BLOCKING: dict[str, Callable[[str, Messages], Blocking]] = {"per event": PerEvent, "sync": Sync}
AWAITED: dict[str, Callable[[str, Messages], Awaited]] = {"aio": Aio, "floor": Floor}
