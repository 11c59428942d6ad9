"""The storage account of an app, opened by a person: the local run's, or one in Azure.

Whoever runs a command is not the app. So where the app's settings name an identity, the account is
opened as whoever is logged in to Azure (`az login`), whatever identity the app itself has.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueServiceClient
from msgspec import structs

from local.errors import CommandError
from shared import pipeline
from shared.errors import ConfigError, DeliveryError
from shared.pipeline import Send
from shared.settings import Settings
from shared.writing.storage import StorageAccount

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.credentials_async import AsyncTokenCredential

_SAFE: dict[str, Any] = {"permit_redirects": False}  # as in shared.writing.storage
_LOCAL = _SAFE | {"use_env_settings": False, "retry_total": 0, "read_timeout": 20}
_REMOTE = _SAFE | {
    "retry_total": 3,
    "retry_connect": 1,
    "retry_read": 1,
    "initial_backoff": 1,
    "increment_base": 1,
    "random_jitter_range": 0,
    "connection_timeout": 5,
    "read_timeout": 20,
}
"""Somebody waits for it: an account that cannot be reached is given up within 15 s."""
_SCOPE = "https://storage.azure.com/.default"
_LOGIN_SECONDS = 20
_START = "Start the local run in another terminal, `python3 dev.py start`, or name its ports."
_NOBODY = "nobody is logged in to Azure, or az does not answer. Run `az login`, and try again."
_FORBIDDEN = (
    " A key in the settings is wrong or has expired; with an identity, you need the roles Storage "
    "Blob Data Contributor and Storage Queue Data Message Sender on the account: docs/deploy.md."
)


class Opened:
    """The account, and the app's settings, for the time of a `with` block."""

    def __init__(self, settings: Settings, *, is_local: bool, runner: asyncio.Runner) -> None:
        self.settings = settings
        self._runner = runner
        sync, later = (None, None) if settings.account.connection_string else _logged_in()
        options = _LOCAL if is_local else _REMOTE
        self._blobs = _client(BlobServiceClient, settings.account.blob_url, settings, sync, options)
        self._queues = _client(
            QueueServiceClient, settings.account.queue_url, settings, sync, options
        )
        self._store = runner.run(_store(settings, later))

    def container(self, name: str) -> ContainerClient:
        """A container of the account."""
        client: ContainerClient = self._blobs.get_container_client(name)
        return client

    @property
    def name(self) -> str:
        """The account, as a person knows it."""
        return str(self._blobs.primary_hostname)

    @property
    def queue_account(self) -> str:
        """Where its queues are; in Azure a host of its own."""
        return str(self._queues.primary_hostname)

    @property
    def target(self) -> str:
        """Where records go, in one line."""
        to = self.settings
        return (
            f"Records go to the queues {to.work_items_queue} and {to.push_notifications_queue} of "
            f"{self.queue_account}, large ones to the container "
            f"{to.record_payloads_container} of {self.name}."
        )

    def deliver(self, sends: list[Send], archive_of: str | None = None) -> None:
        """Write records as the app does, and an event to the archive where there is one.

        Raises:
            DeliveryError: storage did not take all of them in the time that the app has.
        """
        self._runner.run(self._deliver(sends, archive_of))

    async def _deliver(self, sends: list[Send], archive_of: str | None) -> None:
        try:
            async with asyncio.timeout(pipeline.DEADLINE):
                await pipeline.deliver(sends, self.settings, self._store, archive_of)
        except TimeoutError:
            seconds = pipeline.DEADLINE
            raise DeliveryError(f"storage did not answer within {seconds:g} s") from None

    def close(self) -> None:
        """Close connections."""
        self._blobs.close()
        self._queues.close()
        self._runner.run(self._store.close())


@contextlib.contextmanager
def opened(environ: Mapping[str, str], *, is_local: bool) -> Iterator[Opened]:
    """Open the account that an app's settings name.

    Raises:
        CommandError: a setting is wrong, nobody is logged in, or storage refused something.
    """
    try:
        settings = Settings.from_env(environ)
    except ConfigError as error:
        raise CommandError(f"the settings are wrong: {error}") from error
    if not is_local:  # what the app needs no proxy for, this machine may
        settings = structs.replace(settings, use_proxy=True)
    with asyncio.Runner() as runner:
        try:
            account = Opened(settings, is_local=is_local, runner=runner)
        except (ValueError, ConfigError) as error:  # no address can be made of it
            raise CommandError(f"{settings.account.setting}: {error}") from error
        with contextlib.closing(account), _storage_errors(account.name, is_local=is_local):
            yield account


async def _store(settings: Settings, credential: "AsyncTokenCredential | None") -> StorageAccount:
    return StorageAccount(settings, credential)


def _client(
    kind: Any,
    url: str | None,
    settings: Settings,
    credential: "TokenCredential | None",
    options: dict[str, Any],
) -> Any:
    connection_string = settings.account.connection_string
    if connection_string:
        return kind.from_connection_string(connection_string, **options)
    return kind(url, credential=credential, **options)


def _logged_in() -> "tuple[TokenCredential, AsyncTokenCredential]":
    """Who is logged in; asked before anything else, because Storage's clients would ask again."""
    from azure.identity import AzureCliCredential, aio  # noqa: PLC0415 - only for identities

    if shutil.which("az") is None:
        raise CommandError(
            "the settings name an identity, for which you have to be logged in to Azure, and the "
            "Azure CLI (az) is not on the PATH. Install it, run `az login`, and try again."
        )
    credential = AzureCliCredential(process_timeout=_LOGIN_SECONDS)
    try:
        credential.get_token(_SCOPE)
    except ClientAuthenticationError as error:
        raise CommandError(_NOBODY) from error
    return credential, aio.AzureCliCredential(process_timeout=_LOGIN_SECONDS)


@contextlib.contextmanager
def _storage_errors(host: str, *, is_local: bool) -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        raise explained(error, host, is_local=is_local) from error
    except ConfigError as error:  # the app's own client can make no address of it
        raise CommandError(f"the settings are wrong: {error}") from error


def explained(error: AzureError, host: str, *, is_local: bool) -> CommandError:
    """What a storage service at an address refused, or that it does not answer, in one line."""
    if isinstance(error, ClientAuthenticationError) and error.status_code is None:
        return CommandError(_NOBODY)  # before anything was asked of storage
    if isinstance(error, HttpResponseError):
        code = getattr(error, "error_code", None) or type(error).__name__
        roles = _FORBIDDEN if error.status_code == HTTPStatus.FORBIDDEN and not is_local else ""
        return CommandError(
            f"{host}: HTTP {error.status_code} {getattr(code, 'value', code)}.{roles}"
        )
    hint = _START if is_local else "Check the account's name and the network."
    if isinstance(error, ServiceRequestError):
        return CommandError(f"nothing answers at {host}. {hint}")
    if isinstance(error, ServiceResponseTimeoutError):
        return CommandError(f"{host} did not answer in time. {hint}")
    return CommandError(f"what answers at {host} is no Storage: {type(error).__name__}.")
