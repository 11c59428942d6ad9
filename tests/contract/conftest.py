"""One suite, several stores: what unit tests use, and Azurite, asked with each credential."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from azure.core.exceptions import ResourceNotFoundError
from azure.core.pipeline.transport import AioHttpTransport
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import (
    AccountSasPermissions,
    QueueServiceClient,
    ResourceTypes,
    generate_account_sas,
)

from local.azurite import ACCOUNT, KEY, StoragePorts
from local.certificates import Certificates, secure_azurite
from shared.settings import Settings
from shared.writing import storage
from shared.writing.storage import StorageAccount, Store
from tests.credential import Credential
from tests.memory import MemoryStore

BY_KEY, BY_SIGNATURE, BY_IDENTITY = "account key", "shared access signature", "identity over HTTPS"


@dataclass
class Subject:
    """A store, and how a test looks into it behind its back."""

    store: Store
    messages: Callable[[str], list[str]]
    """The raw text of a queue's messages."""
    blob: Callable[[str, str], bytes]
    queue: str
    container: str


@dataclass
class Service:
    """An Azurite, and how to reach it."""

    connection_string: str
    trusted: str | None = None
    """The file of the authority whose certificate it has, over HTTPS."""

    @property
    def options(self) -> dict[str, Any]:
        """For the SDK's own clients."""
        return {"connection_verify": self.trusted} if self.trusted else {}


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited between tries."""
    waited: list[float] = []

    async def sleep(_transport: object, seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(AioHttpTransport, "sleep", sleep)
    return waited


@pytest.fixture
def connection_string(azurite: StoragePorts) -> str:
    """Of the run's Azurite; names are fresh for each test."""
    return azurite.connection_string


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Another one over HTTPS that knows tokens, as it does with a certificate only."""
    certificates = Certificates.made_in(tmp_path_factory.mktemp("certificates"))
    with secure_azurite(certificates, "--oauth", "basic") as text:
        yield Service(text, str(certificates.bundle))


@pytest_asyncio.fixture(params=["memory", BY_KEY, BY_SIGNATURE, BY_IDENTITY])
async def subject(
    request: pytest.FixtureRequest, connection_string: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Subject]:
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
    if request.param == BY_IDENTITY:
        service: Service = request.getfixturevalue("secure")
        environ = _identity(service, monkeypatch)
    else:
        service = Service(connection_string)
        by_key = request.param == BY_KEY
        environ = {"RecordStorage": connection_string if by_key else _signed(connection_string)}
    account = StorageAccount(Settings.from_env(environ))
    yield Subject(account, _messages(service), _blob(service), queue, container)
    await account.close()


def _identity(service: Service, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings without a secret; the token is one that Azurite takes."""
    pairs = service.connection_string.rstrip(";").split(";")
    parts: dict[str, str] = {
        name: value for name, _, value in (pair.partition("=") for pair in pairs)
    }
    monkeypatch.setattr(storage, "_credential", lambda _account: Credential(_token))
    # The app trusts what the system trusts, and that does not know our authority.
    transport = partial(AioHttpTransport, connection_verify=service.trusted)
    monkeypatch.setattr(storage, "AioHttpTransport", transport)
    return {
        "RecordStorage__queueServiceUri": parts["QueueEndpoint"],
        "RecordStorage__blobServiceUri": parts["BlobEndpoint"],
    }


def _token(scope: str) -> str:
    """With the claims that Azurite asks for; it does not check who signed."""
    now = int(time.time())
    claims = {
        "aud": scope.removesuffix("/.default"),
        "iss": f"https://sts.windows.net/{uuid4()}/",
        "iat": now - 60,
        "nbf": now - 60,
        "exp": now + 3600,
    }
    parts: tuple[dict[str, Any], ...] = ({"alg": "RS256", "typ": "JWT"}, claims, {})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )


def _signed(connection_string: str) -> str:
    """The same account, by a signature in place of its key."""
    signature = generate_account_sas(
        ACCOUNT,
        KEY,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, add=True, create=True),
        datetime.now(UTC) + timedelta(hours=1),
        services="bq",
    )
    parts = connection_string.split(";")
    return ";".join(part for part in parts if "Endpoint=" in part) + (
        f";SharedAccessSignature={signature}"
    )


def _messages(service: Service) -> Callable[[str], list[str]]:
    def read(queue: str) -> list[str]:
        client = QueueServiceClient.from_connection_string(
            service.connection_string, **service.options
        )
        with client:
            try:
                peeked = client.get_queue_client(queue).peek_messages(max_messages=32)
            except ResourceNotFoundError:
                return []
            return [str(message.content) for message in peeked]

    return read


def _blob(service: Service) -> Callable[[str, str], bytes]:
    def read(container: str, name: str) -> bytes:
        client = BlobServiceClient.from_connection_string(
            service.connection_string, **service.options
        )
        with client:
            return client.get_blob_client(container, name).download_blob().readall()

    return read
