"""The parts of the desk put together, once for a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobClient, BlobServiceClient

from desk import senders, settings
from desk.database import Database
from desk.senders import Answer, Push
from desk.settings import Settings


@dataclass(frozen=True)
class Desk:
    """What everything works with; tests put in their own clock, senders and blobs."""

    settings: Settings
    database: Database
    fetch: Callable[[str], bytes]
    """Read a blob at an address. LookupError: it is not there."""
    deliver: Callable[[Push], Answer]
    """Send a push to one device."""
    now: Callable[[], datetime]


@cache
def desk() -> Desk:
    """The desk of this process, by the environment.

    Raises:
        ValueError: a setting is wrong.
    """
    found = settings.from_env()
    return Desk(
        settings=found,
        database=Database(found.database),
        fetch=partial(_blob, found.storage),
        deliver=partial(senders.deliver, found),
        now=lambda: datetime.now(UTC),
    )


def stamp(moment: datetime) -> str:
    """A time as the records have it, so that texts compare as times do."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def _blob(storage: str, address: str) -> bytes:
    blob = BlobClient.from_blob_url(address, credential=_credential(storage))
    with blob:
        try:
            return blob.download_blob().readall()
        except ResourceNotFoundError as error:
            raise LookupError("the blob is gone") from error


def _credential(storage: str) -> Any:
    """The account's key where there is a connection string, else the app's identity."""
    if storage:
        return BlobServiceClient.from_connection_string(storage).credential
    return DefaultAzureCredential()
