"""The container of dead letters: what is in it, and where a dead letter goes after a replay.

A replayed blob moves to `replayed/<event key>/`, so how often an event was replayed is the number
of blobs there, and nothing is deleted without its copy. An event that was replayed too often moves
to `quarantine/`.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from local import settings
from local.dead_letters.format import DeadLetter, read
from local.errors import CommandError
from shared.connection import Account
from shared.errors import ConfigError
from shared.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

REPLAYED, QUARANTINE = "replayed/", "quarantine/"


class Container:
    """The container, for the time of a `with` block."""

    def __init__(self, client: ContainerClient) -> None:
        self._client = client

    def waiting(self) -> list[DeadLetter]:
        """The dead letters that were neither replayed nor quarantined, by name."""
        names = [name for name in self._names() if not name.startswith((REPLAYED, QUARANTINE))]
        return self._read(names)

    def quarantined(self) -> list[DeadLetter]:
        """Those that were replayed too often."""
        return self._read(self._names(QUARANTINE))

    def times_replayed(self, dead_letter: DeadLetter) -> int:
        """How often this event was published again."""
        return len(self._names(f"{REPLAYED}{dead_letter.key}/"))

    def move_to_replayed(self, dead_letter: DeadLetter) -> None:
        """Its event was published again."""
        times = self.times_replayed(dead_letter)
        self._move(dead_letter, f"{REPLAYED}{dead_letter.key}/{times + 1}.json")

    def move_to_quarantine(self, dead_letter: DeadLetter) -> None:
        """Publishing its event again did not help."""
        self._move(dead_letter, f"{QUARANTINE}{dead_letter.key}.json")

    def _names(self, prefix: str = "") -> list[str]:
        try:
            return sorted(self._client.list_blob_names(name_starts_with=prefix))
        except ResourceNotFoundError:  # nothing was ever rejected
            return []

    def _read(self, names: list[str]) -> list[DeadLetter]:
        found = []
        for name in names:
            blob = self._client.download_blob(name)
            found += read(name, blob.readall(), str(blob.properties.etag))
        return found

    def _move(self, dead_letter: DeadLetter, to: str) -> None:
        """Copy, then delete: after a crash in between it is there twice, never not at all.

        If the same event was rejected again since it was read, its blob has changed and stays.
        """
        content = self._client.download_blob(dead_letter.blob).readall()
        self._client.upload_blob(to, content, overwrite=True)
        with contextlib.suppress(ResourceModifiedError):
            self._client.delete_blob(
                dead_letter.blob,
                etag=dead_letter.etag,
                match_condition=MatchConditions.IfNotModified,
            )


@contextlib.contextmanager
def of_local_run(connection_string: str) -> Iterator[Container]:
    """The dead letters of the local run."""
    options: dict[str, Any] = {"use_env_settings": False, "retry_total": 0}
    service = BlobServiceClient.from_connection_string(connection_string, **options)
    hint = "Start the local run in another terminal: python3 dev.py start."
    with service, _storage_errors(hint):
        yield Container(service.get_container_client(settings.dead_letters_container()))


@contextlib.contextmanager
def of_settings() -> Iterator[Container]:
    """The dead letters of the account that the app's settings in the environment name."""
    try:
        chosen = Settings.from_env(os.environ)
    except ConfigError as error:
        raise CommandError(f"{error}. Set the app's settings, and try again.") from error
    with _service(chosen.account) as service, _storage_errors("Check the setting and your role."):
        yield Container(service.get_container_client(chosen.dead_letters_container))


def _service(account: Account) -> BlobServiceClient:
    options: dict[str, Any] = {"permit_redirects": False}  # as in shared.writing.storage
    if account.connection_string:
        return BlobServiceClient.from_connection_string(account.connection_string, **options)
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only for identities

    credential: TokenCredential = DefaultAzureCredential()
    return BlobServiceClient(str(account.blob_url), credential=credential, **options)


@contextlib.contextmanager
def _storage_errors(hint: str) -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        raise CommandError(f"Storage: {type(error).__name__}. {hint}") from error
