"""Azure Storage: queues and blobs, by connection string or identity.

One client per process and event loop, kept open: over HTTPS a client per event would cost 8 to 15
times the throughput (``docs/decisions``). The options that differ from the SDK's defaults are in
``_options``, each with its reason.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueServiceClient

from shared.errors import ConfigError, DeliveryError
from shared.settings import Account, Settings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import BlobClient, BlobServiceClient
    from azure.storage.queue.aio import QueueClient

NEVER_EXPIRES = -1
"""The service's default drops a message after seven days."""

# Two multi-line records per request otherwise reach Application Insights, with URLs.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class Store(Protocol):
    """Where records and dead letters go: ``StorageAccount``, or memory in unit tests."""

    async def send(self, queue: str, message: bytes) -> None:
        """Put a message on a queue, for ever."""

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Write a JSON blob, over one of the same name; return its address."""


class StorageAccount:
    """``Store`` in a storage account; queues and containers are made when they are missing."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._options = _options(use_proxy=settings.use_proxy)
        self._credential = _credential(settings.account)
        self._queue_service = _queue_service(settings.account, self._credential, self._options)
        self._queues: dict[str, QueueClient] = {}
        self._blob_service: BlobServiceClient | None = None

    async def send(self, queue: str, message: bytes) -> None:
        """Put a message on a queue, as the Base64 text that Functions queue triggers expect.

        Raises:
            DeliveryError: the service refused it, failed, or could not be reached.
        """
        client = self._queue(queue)
        try:
            try:
                await client.send_message(message.decode(), time_to_live=NEVER_EXPIRES)
            except ResourceNotFoundError:
                await _create(client.create_queue())
                await client.send_message(message.decode(), time_to_live=NEVER_EXPIRES)
        except AzureError as error:
            raise _failure("queue", queue, error) from error

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
            raise _failure("container", container, error) from error
        return str(client.url).partition("?")[0]

    async def close(self) -> None:
        """Close connections; the process's end does it too."""
        for client in (*self._queues.values(), self._queue_service, self._blob_service):
            if client is not None:
                await client.close()
        if self._credential is not None:
            await self._credential.close()

    def _queue(self, name: str) -> "QueueClient":
        client = self._queues.get(name)
        if client is None:
            policy = TextBase64EncodePolicy()
            client = self._queue_service.get_queue_client(name, message_encode_policy=policy)
            self._queues[name] = client
        return client

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


def _options(*, use_proxy: bool) -> dict[str, Any]:
    """What differs from the SDK's defaults.

    The default retries end after 85 s, and Event Grid sends the event again after 30; these end
    within 7 s of a service that answers at once, and the pipeline's deadline bounds one that does
    not.
    Reading proxies from the environment for each request costs a third of the time of sending.
    """
    return {
        "retry_total": 2,
        "initial_backoff": 0.4,
        "increment_base": 2,
        "random_jitter_range": 0.2,
        "connection_timeout": 3,
        "read_timeout": 5,
        "use_env_settings": use_proxy,
    }


def _queue_service(
    account: Account, credential: "AsyncTokenCredential | None", options: dict[str, Any]
) -> QueueServiceClient:
    if account.connection_string is None:
        return QueueServiceClient(str(account.queue_url), credential=credential, **options)
    try:
        return QueueServiceClient.from_connection_string(account.connection_string, **options)
    except ValueError as error:
        raise ConfigError(f"{account.setting}: {error}") from None


def _blob_service(
    account: Account, credential: "AsyncTokenCredential | None", options: dict[str, Any]
) -> "BlobServiceClient":
    from azure.storage.blob.aio import BlobServiceClient  # noqa: PLC0415 - 110 ms, rarely needed

    if account.connection_string is None:
        return BlobServiceClient(str(account.blob_url), credential=credential, **options)
    try:
        return BlobServiceClient.from_connection_string(account.connection_string, **options)
    except ValueError as error:
        raise ConfigError(f"{account.setting}: {error}") from None


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


def _failure(kind: str, name: str, error: AzureError) -> DeliveryError:
    """What to tell people; the SDK's own message stays in the chained error."""
    status = getattr(error, "status_code", None)
    code = getattr(error, "error_code", None)
    answer = f"HTTP {status} {code or ''}".strip() if status else type(error).__name__
    return DeliveryError(f"{kind} {name!r}: {answer}")
