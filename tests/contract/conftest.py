"""One suite, two stores: what unit tests use, and real Storage in Azurite."""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import pytest_asyncio
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local import azurite
from shared.settings import Settings
from shared.storage import StorageAccount, Store
from tests.memory import MemoryStore


@dataclass
class Subject:
    """A store, and how a test looks into it behind its back."""

    store: Store
    messages: Callable[[str], list[str]]
    """The raw text of a queue's messages."""
    blob: Callable[[str, str], bytes]
    queue: str
    container: str


@pytest.fixture(scope="session")
def connection_string() -> Iterator[str]:
    """Azurite, once for all contract tests; names are fresh for each of them."""
    with azurite.running() as service:
        yield service.connection_string


@pytest_asyncio.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.azurite)])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """A store with a queue and a container that do not exist yet."""
    unique = uuid4().hex[:12]
    queue, container = f"queue-{unique}", f"container-{unique}"
    if request.param == "memory":
        memory = MemoryStore()
        yield Subject(
            memory,
            lambda name: [base64.b64encode(m).decode() for m in memory.queues[name]],
            lambda folder, name: memory.blobs[folder, name],
            queue,
            container,
        )
        return
    settings: str = request.getfixturevalue("connection_string")
    account = StorageAccount(Settings.from_env({"RecordStorage": settings}))
    yield Subject(account, _messages(settings), _blob(settings), queue, container)
    await account.close()


def _messages(connection_string: str) -> Callable[[str], list[str]]:
    def read(queue: str) -> list[str]:
        with QueueServiceClient.from_connection_string(connection_string) as service:
            try:
                peeked = service.get_queue_client(queue).peek_messages(max_messages=32)
            except ResourceNotFoundError:
                return []
            return [str(message.content) for message in peeked]

    return read


def _blob(connection_string: str) -> Callable[[str, str], bytes]:
    def read(container: str, name: str) -> bytes:
        with BlobServiceClient.from_connection_string(connection_string) as service:
            return service.get_blob_client(container, name).download_blob().readall()

    return read
