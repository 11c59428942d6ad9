"""Azure Storage: queues and blobs, by connection string or identity.

One client per process and event loop, kept open: over HTTPS a client per event would cost 8 to 15
times the throughput (``docs/decisions``). What differs from the SDK's defaults is in ``_TRIES`` and
``_transport``, each with its reason. Messages have a request and tries of their own: ``queues``.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

import aiohttp
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.queue.aio import QueueServiceClient

from shared.connection import Account
from shared.errors import ConfigError, DeliveryError
from shared.redaction import hide
from shared.settings import Settings
from shared.writing.queues import QueueWriter

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import BlobClient, BlobServiceClient

# Two multi-line records per request otherwise reach Application Insights, with URLs.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class Store(Protocol):
    """Where records and dead letters go: ``StorageAccount``, or memory in unit tests."""

    async def send(self, queue: str, message: bytes) -> None:
        """Put a message on a queue, where it never expires."""

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Write a JSON blob, over one of the same name; return its address."""


class StorageAccount:
    """``Store`` in a storage account; queues and containers are made when they are missing."""

    def __init__(
        self, settings: Settings, credential: "AsyncTokenCredential | None" = None
    ) -> None:
        """Open it as ``credential`` where that is given, else as the settings say."""
        self._account = settings.account
        self._transport = _transport(settings)
        self._options = {**_TRIES, "transport": self._transport}
        self._credential = credential or _credential(settings.account)
        self._queue_service = _queue_service(settings.account, self._credential, self._options)
        self._queues = QueueWriter(self._queue_service, self._credential, self._transport)
        self._blob_service: BlobServiceClient | None = None

    async def send(self, queue: str, message: bytes) -> None:
        """Put a message on a queue, as the Base64 text that Functions queue triggers expect.

        Raises:
            DeliveryError: the service refused it, failed, or could not be reached.
        """
        try:
            try:
                await self._queues.put(queue, message)
            except ResourceNotFoundError:
                await _create(self._queue_service.create_queue(queue))
                await self._queues.put(queue, message)
        except AzureError as error:
            raise _failure("queue", queue, error) from _without_secrets(error)

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Write a JSON blob, over one of the same name; return its address without any token.

        Raises:
            DeliveryError: the service refused it, failed, or could not be reached.
        """
        client = self._blobs().get_blob_client(container, name)
        try:
            try:
                await _upload(client, body)
            except ResourceNotFoundError:
                await _create(self._blobs().create_container(container))
                await _upload(client, body)
        except AzureError as error:
            raise _failure("container", container, error) from _without_secrets(error)
        return str(client.url).partition("?")[0]

    async def close(self) -> None:
        """Close connections; the process's end does it too."""
        await self._transport.close()
        if self._credential is not None:
            await self._credential.close()

    def _blobs(self) -> "BlobServiceClient":
        """Made at the first dead letter or claim check: most processes never need the import."""
        if self._blob_service is None:
            self._blob_service = _blob_service(self._account, self._credential, self._options)
        return self._blob_service


_open: WeakKeyDictionary[asyncio.AbstractEventLoop, StorageAccount] = WeakKeyDictionary()


def account(settings: Settings) -> StorageAccount:
    """The storage account of this event loop; its connections outlive the event."""
    loop = asyncio.get_running_loop()
    if loop not in _open:
        _open[loop] = StorageAccount(settings)
    return _open[loop]


_TRIES: dict[str, Any] = {
    "retry_total": 2,
    "initial_backoff": 0.4,
    "increment_base": 2,
    "random_jitter_range": 0.2,
    "permit_redirects": False,
}
"""To write a blob or make a queue, three in 7 s: by default they end after 85 s, and Event Grid
sends the event again after 30. A redirect would be signed anew, for whatever host it names."""


def _transport(settings: Settings) -> AioHttpTransport:
    """The connections, for queues and blobs; the pipeline's deadline bounds what never answers."""
    return AioHttpTransport(session=_session(settings), connection_timeout=3, read_timeout=5)


def _session(settings: Settings) -> aiohttp.ClientSession:
    """As azure-core makes it, but for the number of connections, which it leaves at 100.

    Reading proxies from the environment for each request costs a third of the time of sending.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=settings.storage_connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=settings.use_proxy,
    )


def _queue_service(
    account: Account, credential: "AsyncTokenCredential | None", options: dict[str, Any]
) -> QueueServiceClient:
    if account.connection_string is None:
        return QueueServiceClient(str(account.queue_url), credential=credential, **options)
    try:
        return QueueServiceClient.from_connection_string(account.connection_string, **options)
    except ValueError as error:
        raise ConfigError(f"{account.setting}: {hide(str(error))}") from None


def _blob_service(
    account: Account, credential: "AsyncTokenCredential | None", options: dict[str, Any]
) -> "BlobServiceClient":
    from azure.storage.blob.aio import BlobServiceClient  # noqa: PLC0415 - 110 ms, rarely needed

    if account.connection_string is None:
        return BlobServiceClient(str(account.blob_url), credential=credential, **options)
    try:
        return BlobServiceClient.from_connection_string(account.connection_string, **options)
    except ValueError as error:
        raise ConfigError(f"{account.setting}: {hide(str(error))}") from None


def _credential(account: Account) -> "AsyncTokenCredential | None":
    if account.connection_string is not None:
        return None
    from azure.identity import aio as identity  # noqa: PLC0415 - 300 ms, rarely needed

    if account.managed_identity:
        return identity.ManagedIdentityCredential(client_id=account.client_id)
    return identity.DefaultAzureCredential(managed_identity_client_id=account.client_id)


async def _upload(client: "BlobClient", body: bytes) -> None:
    from azure.storage.blob import ContentSettings  # noqa: PLC0415 - see _blob_service

    settings = ContentSettings(content_type="application/json")
    await client.upload_blob(body, overwrite=True, content_settings=settings)


async def _create(creation: Awaitable[Any]) -> None:
    """Another instance may have been faster."""
    with contextlib.suppress(ResourceExistsError):
        await creation


def _without_secrets(error: AzureError) -> AzureError | None:
    """What may stand behind a ``DeliveryError`` in the log; aiohttp quotes whole addresses."""
    link: BaseException | None = error
    while link is not None:
        if hide(str(link)) != str(link):
            return None
        link = link.__cause__ or link.__context__
    return error


def _failure(kind: str, name: str, error: AzureError) -> DeliveryError:
    """An error for people; the SDK's own message stays in the chained error."""
    if not isinstance(error, HttpResponseError) or error.response is None:
        return DeliveryError(f"{kind} {name!r}: {type(error).__name__}")
    headers = error.response.headers  # type: ignore[attr-defined] # every response has them
    code = headers.get("x-ms-error-code", "")
    return DeliveryError(f"{kind} {name!r}: HTTP {error.status_code} {code}".rstrip())
