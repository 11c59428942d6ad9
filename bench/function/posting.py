"""Posts events to a Functions host as Event Grid does; a client program of ``bench.delivering``."""

from collections.abc import Callable
from http import HTTPStatus

import aiohttp

from bench.delivering.variants import Awaited, Messages, Queues
from local.paths import SAMPLES

_PATH = "/runtime/webhooks/EventGrid?functionName=sms_received"
_HEADERS = {"aeg-event-type": "Notification", "Content-Type": "application/json"}


class Post:
    """One delivery of one event a request."""

    def __init__(self, url: str, _messages: Messages) -> None:
        self._url = url + _PATH
        self._body = (SAMPLES / "SMSReceived.current.json").read_bytes()
        self._session = aiohttp.ClientSession()

    async def deliver(self, _queues: Queues) -> None:
        """Post it, and wait for the answer: the function has returned."""
        async with self._session.post(self._url, data=self._body, headers=_HEADERS) as answered:
            said = await answered.text()
            if answered.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
                raise RuntimeError(f"HTTP {answered.status}: {said}")

    async def close(self) -> None:
        """Close connections."""
        await self._session.close()


AWAITED: dict[str, Callable[[str, Messages], Awaited]] = {"post": Post}
