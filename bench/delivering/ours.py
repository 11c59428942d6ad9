"""The app itself, as it is compared: its storage alone, and its whole way from an event on."""

import asyncio
from collections.abc import Callable

from bench import events
from bench.delivering.variants import Awaited, Messages, Queues
from shared.pipeline import convert, process
from shared.reading import envelope
from shared.settings import Settings
from shared.writing.storage import StorageAccount

FUNCTION = "sms_received"


def event() -> str:
    """An event as a function gets it."""
    return events.sample("SMSReceived.current")


def settings(connection_string: str, queues: Queues = ("work", "push")) -> Settings:
    """The app's settings for these queues."""
    work, push = queues
    return Settings.from_env(
        {
            "RecordStorage": connection_string,
            "WORK_ITEMS_QUEUE": work,
            "PUSH_NOTIFICATIONS_QUEUE": push,
        }
    )


def messages() -> tuple[str, str]:
    """The two records of the event."""
    work, push = convert(envelope.parse(event()), settings("UseDevelopmentStorage=true"))
    return work.record.body.decode(), push.record.body.decode()


class Ours:
    """The app's storage, called as its pipeline calls it."""

    def __init__(self, connection_string: str, messages: Messages) -> None:
        self._messages = messages
        self._account = StorageAccount(settings(connection_string))

    async def deliver(self, queues: Queues) -> None:
        """Send both at once."""
        pairs = zip(queues, self._messages, strict=True)
        writes = (self._account.send(queue, message) for queue, message in pairs)
        for result in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def close(self) -> None:
        """Close connections."""
        await self._account.close()


class Whole:
    """The app's whole way from an event to its messages, log records included."""

    def __init__(self, connection_string: str, _messages: Messages) -> None:
        self._connection_string = connection_string
        self._event = event()
        self._settings: dict[Queues, Settings] = {}
        self._account = StorageAccount(settings(connection_string))

    async def deliver(self, queues: Queues) -> None:
        """Process the event."""
        if queues not in self._settings:
            self._settings[queues] = settings(self._connection_string, queues)
        await process(self._event, FUNCTION, self._settings[queues], self._account)

    async def close(self) -> None:
        """Close connections."""
        await self._account.close()


AWAITED: dict[str, Callable[[str, Messages], Awaited]] = {"ours": Ours, "whole": Whole}
