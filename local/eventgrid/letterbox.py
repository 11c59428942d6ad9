"""Where dead letters go: a blob container, which may be away for a while."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import ContainerClient

from local.errors import CommandError
from local.eventgrid import deadletters
from local.eventgrid.deadletters import Reason
from local.eventgrid.events import Event

_AT_ONCE = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_JSON = ContentSettings(content_type="application/json")
# On this machine, or refused at once: this program does the repeating.
_NEAR: dict[str, Any] = {
    "use_env_settings": False,
    "retry_total": 0,
    "connection_timeout": 5,
    "read_timeout": 15,
}

_log = logging.getLogger("eventgrid")
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class Letterbox:
    """The container that dead letters go to; it is made when it is missing."""

    def __init__(self, connection_string: str, container: str, topic: str) -> None:
        try:
            self._container = ContainerClient.from_connection_string(
                connection_string, container, **_NEAR
            )
        except ValueError as error:
            raise CommandError(f"the connection string for dead letters: {error}") from None
        self._topic = topic
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        await self._container.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._container.__aexit__(kind, error, traceback)

    async def write(
        self, event: Event, subscription: str, reason: Reason, *, is_cloud: bool
    ) -> None:
        """Write one, however long Storage is away: the service gives up after four hours."""
        name = deadletters.blob_name(self._topic, subscription, datetime.now(UTC))
        content = deadletters.body(event, reason, is_cloud=is_cloud)
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._slots:
                    await self._upload(name, content)
            except AzureError as error:
                _log.warning("%s: a dead letter waits: %s", subscription, type(error).__name__)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _upload(self, name: str, content: bytes) -> None:
        options: dict[str, Any] = {"overwrite": True, "content_settings": _JSON}
        try:
            await self._container.upload_blob(name, content, **options)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                await self._container.create_container()
            await self._container.upload_blob(name, content, **options)
