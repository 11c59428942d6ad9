"""The container of dead letters: what is in it, and where a dead letter goes when it is settled.

Under `replayed/<event key>/` lie the dead letters whose events were delivered, so how often that
was done with an event is the number of blobs there; under `quarantine/<event key>/` those that were
replayed too often. A blob is changed only under a lease, which one program at a time can have, and
what it held is deleted when its copy has been acknowledged. Nothing is ever written over a copy.
"""

import contextlib
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    BlobClient,
    BlobLeaseClient,
    ContainerClient,
    ContentSettings,
    StorageErrorCode,
)

from local.dead_letters import format as letters
from local.dead_letters.format import MOST_BYTES, DeadLetter

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLAYED, QUARANTINE = letters.REPLAYED, letters.QUARANTINE
_LEASE_SECONDS = 60
"""The longest that ends by itself; one event takes less, and it is renewed before each."""
_JSON = ContentSettings(content_type="application/json")


class Container:
    """The container, while its account is open."""

    def __init__(self, client: ContainerClient) -> None:
        self.client = client

    def waiting(self) -> list[str]:
        """The blobs whose events were neither replayed nor quarantined."""
        return [name for name in self.names() if not name.startswith((REPLAYED, QUARANTINE))]

    def names(self, prefix: str = "") -> list[str]:
        """All blobs whose names begin so."""
        try:
            return sorted(self.client.list_blob_names(name_starts_with=prefix))
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", None) != StorageErrorCode.CONTAINER_NOT_FOUND:
                raise  # this is no blob service
            return []  # nothing was ever rejected

    def read(self, name: str) -> list[DeadLetter]:
        """The dead letters in a blob; none if it is gone."""
        try:
            return _read(self.client.get_blob_client(name))
        except ResourceNotFoundError:
            return []

    def times_replayed(self, dead_letter: DeadLetter) -> int:
        """How often the event was replayed, not counting a replay of this one that was cut off."""
        begun = _place(REPLAYED, dead_letter)
        names = self.names(f"{REPLAYED}{dead_letter.key}/")
        return sum(name != begun for name in names)

    def keep(self, dead_letter: DeadLetter, place: str) -> None:
        """Copy one to its place. Returns when the service has acknowledged that it is there."""
        name, content = _place(place, dead_letter), letters.write([dead_letter])
        # The name is a digest of the content: what is there already is this very copy.
        with contextlib.suppress(ResourceExistsError):
            self.client.upload_blob(name, content, overwrite=False, content_settings=_JSON)

    @contextlib.contextmanager
    def held(self, name: str) -> "Iterator[Held | None]":
        """A blob that nobody else can change meanwhile; None if it is gone, or somebody has it."""
        blob = self.client.get_blob_client(name)
        try:
            lease = blob.acquire_lease(lease_duration=_LEASE_SECONDS)
        except (ResourceNotFoundError, ResourceExistsError):  # 409, LeaseAlreadyPresent
            yield None
            return
        try:
            yield Held(blob, lease)
        finally:
            with contextlib.suppress(AzureError):  # deleted, or the lease ended: it is free
                lease.release()


class Held:
    """A blob under a lease. Without the lease the service refuses every change."""

    def __init__(self, blob: BlobClient, lease: BlobLeaseClient) -> None:
        self._blob = blob
        self._lease = lease

    def read(self) -> list[DeadLetter]:
        """The dead letters in it."""
        return _read(self._blob)

    def renew(self) -> None:
        """Be sure to have it for another minute."""
        self._lease.renew()

    def leave(self, dead_letters: list[DeadLetter]) -> None:
        """What is left in it; without any it is deleted. All others have their copies."""
        if dead_letters:
            content = letters.write(dead_letters)
            self._blob.upload_blob(
                content, overwrite=True, lease=self._lease, content_settings=_JSON
            )
        else:
            self._blob.delete_blob(lease=self._lease)


def _place(place: str, dead_letter: DeadLetter) -> str:
    return f"{place}{dead_letter.key}/{dead_letter.digest}.json"


def _read(blob: BlobClient) -> list[DeadLetter]:
    """Fetch one byte more than a blob may have: with that byte it is too large."""
    name = str(blob.blob_name)
    if not blob.get_blob_properties().size:  # no range of nothing can be asked for
        return [letters.unreadable(name, "it is empty")]
    content = blob.download_blob(offset=0, length=MOST_BYTES + 1).readall()
    return letters.read(name, content)
