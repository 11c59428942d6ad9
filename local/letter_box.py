"""The container of dead letters: what lies in it, and where a letter goes when it is dealt with.

A replayed blob moves to `replayed/<event key>/`, so how often an event came back is the number of
blobs there, and nothing is ever deleted without its copy. One that came back too often moves to
`quarantine/`.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from local import letters, settings
from local.errors import CommandError
from local.letters import Letter
from shared.connection import Account
from shared.errors import ConfigError
from shared.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

REPLAYED, QUARANTINE = "replayed/", "quarantine/"


class LetterBox:
    """The container, for the time of a `with` block."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    def letters(self, prefix: str = "") -> list[Letter]:
        """What waits to be dealt with, oldest name first; or what lies under a prefix."""
        return [
            letter
            for name in self._names(prefix)
            if prefix or not name.startswith((REPLAYED, QUARANTINE))
            for letter in self._read(name)
        ]

    def times_replayed(self, letter: Letter) -> int:
        """How often this event was published again already."""
        return len(self._names(f"{REPLAYED}{letter.key}/"))

    def keep_as_replayed(self, letter: Letter) -> None:
        """Take a letter out of what waits: its event was published again."""
        times = self.times_replayed(letter)
        self._move(letter, f"{REPLAYED}{letter.key}/{times + 1}.json")

    def quarantine(self, letter: Letter) -> None:
        """Take a letter out of what waits: replaying did not help."""
        self._move(letter, f"{QUARANTINE}{letter.key}.json")

    def _names(self, prefix: str) -> list[str]:
        try:
            return sorted(self._container.list_blob_names(name_starts_with=prefix))
        except ResourceNotFoundError:  # nothing was ever rejected
            return []

    def _read(self, name: str) -> list[Letter]:
        blob = self._container.download_blob(name)
        return letters.read(name, blob.readall(), str(blob.properties.etag))

    def _move(self, letter: Letter, to: str) -> None:
        """Copy, then delete: cut short, a letter is there twice, never not at all.

        An event that was rejected again since it was read has its old name, and stays.
        """
        content = self._container.download_blob(letter.blob).readall()
        self._container.upload_blob(to, content, overwrite=True)
        with contextlib.suppress(ResourceModifiedError):
            self._container.delete_blob(
                letter.blob, etag=letter.version, match_condition=MatchConditions.IfNotModified
            )


@contextmanager
def of_connection_string(connection_string: str) -> Iterator[LetterBox]:
    """The dead letters of the local run."""
    near: dict[str, Any] = {"use_env_settings": False, "retry_total": 0}
    hint = "Start the local run in another terminal: python3 dev.py start."
    service = BlobServiceClient.from_connection_string(connection_string, **near)
    with service, _told(hint):
        yield LetterBox(service.get_container_client(settings.dead_letters_container()))


@contextmanager
def of_settings(environ: Mapping[str, str] | None = None) -> Iterator[LetterBox]:
    """The dead letters of the account that the app's settings in the environment name."""
    try:
        chosen = Settings.from_env(os.environ if environ is None else environ)
    except ConfigError as error:
        raise CommandError(f"{error}. Set what the app has, and try again.") from error
    with _service(chosen.account) as service, _told("Check the setting and your role on it."):
        yield LetterBox(service.get_container_client(chosen.dead_letters_container))


def _service(account: Account) -> BlobServiceClient:
    if account.connection_string:
        return BlobServiceClient.from_connection_string(account.connection_string)
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only for identities

    credential: TokenCredential = DefaultAzureCredential()
    return BlobServiceClient(str(account.blob_url), credential=credential)


@contextmanager
def _told(hint: str) -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        raise CommandError(f"Storage: {type(error).__name__}. {hint}") from error
