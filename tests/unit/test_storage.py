"""Queues and blobs, with fakes where the SDK begins; no network."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from typing import Any

import azure.identity.aio as identity
import azure.storage.blob.aio as blob_sdk
import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
)

from shared.connection import Account
from shared.errors import ConfigError, DeliveryError
from shared.settings import Settings
from shared.writing import storage
from shared.writing.storage import StorageAccount
from tests.unit.events import settings

QUEUE_URL, BLOB_URL = "https://a.queue.core.windows.net", "https://a.blob.core.windows.net"
BY_IDENTITY = {
    "RecordStorage__queueServiceUri": QUEUE_URL,
    "RecordStorage__blobServiceUri": BLOB_URL,
}
_SESSION = storage._session  # noqa: SLF001 - for most tests a fake stands in its place


class _FakeService:
    """A queue or blob service of the SDK, its clients, and what puts messages, in one."""

    made: list["_FakeService"]
    failures: list[Exception]
    """Raised in turn by every call to the service."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.options = options
        self.calls: list[tuple[Any, ...]] = []
        self.made.append(self)

    @classmethod
    def from_connection_string(cls, connection_string: str, **options: Any) -> "_FakeService":
        return cls(connection_string, **options)

    def get_blob_client(self, container: str, name: str) -> "_FakeService":
        self.url = f"{BLOB_URL}/{container}/{name}?sv=2024&sig=secret"
        return self

    async def _call(self, *call: Any) -> None:
        self.calls.append(call)
        if self.failures:
            raise self.failures.pop(0)

    async def put(self, queue: str, message: bytes) -> None:
        await self._call("put", queue, message)

    async def create_queue(self, name: str) -> None:
        await self._call("create queue", name)

    async def create_container(self, name: str) -> None:
        await self._call("create container", name)

    async def upload_blob(self, body: bytes, *, overwrite: bool, content_settings: Any) -> None:
        await self._call("upload", body, overwrite, content_settings.content_type)


class _FakeWriter:
    """What puts messages: the service it was made for, called as ``QueueWriter`` is."""

    made: list["_FakeWriter"]

    def __init__(self, service: _FakeService, credential: Any, transport: Any) -> None:
        self.service, self.credential, self.transport = service, credential, transport
        self.put = service.put
        self.made.append(self)


class _FakeTransport:
    """Connections."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


class _FakeCredential:
    """A credential of the identity library."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1


class _ManagedIdentity(_FakeCredential):
    """``ManagedIdentityCredential``."""


class _DefaultIdentity(_FakeCredential):
    """``DefaultAzureCredential``."""


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[_FakeService]]:
    """Every service that was made, the queue service first."""
    monkeypatch.setattr(_FakeService, "made", [], raising=False)
    monkeypatch.setattr(_FakeService, "failures", [], raising=False)
    monkeypatch.setattr(storage, "QueueServiceClient", _FakeService)
    monkeypatch.setattr(_FakeWriter, "made", [], raising=False)
    monkeypatch.setattr(storage, "QueueWriter", _FakeWriter)
    monkeypatch.setattr(storage, "AioHttpTransport", _FakeTransport)
    monkeypatch.setattr(storage, "_session", lambda settings: settings)
    monkeypatch.setattr(blob_sdk, "BlobServiceClient", _FakeService)
    monkeypatch.setattr(identity, "ManagedIdentityCredential", _ManagedIdentity)
    monkeypatch.setattr(identity, "DefaultAzureCredential", _DefaultIdentity)
    yield _FakeService.made
    assert _FakeService.failures == []


def _by_identity(**environ: str) -> Settings:
    return Settings.from_env(BY_IDENTITY | environ)


async def test_a_message_is_put_as_it_is(made: list[_FakeService]) -> None:
    await StorageAccount(settings()).send("work-items", '{"a":"é"}'.encode())

    assert made[0].calls == [("put", "work-items", '{"a":"é"}'.encode())]


async def test_one_service_and_its_connections_are_kept(made: list[_FakeService]) -> None:
    """A client per event would cost most of the throughput."""
    account = StorageAccount(settings())
    for _ in range(2):
        await account.send("work-items", b"{}")
        await account.send("push-notifications", b"{}")
        await account.save("dead-letters", "1", b"[]")

    queues, blobs = made
    (writer,) = _FakeWriter.made
    assert writer.service is queues
    assert writer.transport is queues.options["transport"] is blobs.options["transport"]


async def test_a_blob_is_json_and_its_address_holds_no_token(made: list[_FakeService]) -> None:
    address = await StorageAccount(settings()).save("dead-letters", "f/1.json", b"[]")

    assert address == f"{BLOB_URL}/dead-letters/f/1.json"
    assert made[1].calls == [("upload", b"[]", True, "application/json")]


async def test_one_blob_service_is_kept(made: list[_FakeService]) -> None:
    account = StorageAccount(settings())
    await account.save("dead-letters", "1", b"[]")
    await account.save("dead-letters", "2", b"[]")

    assert len(made) == 2


@pytest.mark.parametrize(
    "exists", [[], [ResourceExistsError("409")]], ids=["made", "another was faster"]
)
async def test_a_missing_queue_is_made(made: list[_FakeService], exists: list[Exception]) -> None:
    _FakeService.failures += [ResourceNotFoundError("404"), *exists]
    await StorageAccount(settings()).send("work-items", b"{}")

    assert [call[:2] for call in made[0].calls] == [
        ("put", "work-items"),
        ("create queue", "work-items"),
        ("put", "work-items"),
    ]


@pytest.mark.parametrize(
    "exists", [[], [ResourceExistsError("409")]], ids=["made", "another was faster"]
)
async def test_a_missing_container_is_made(
    made: list[_FakeService], exists: list[Exception]
) -> None:
    _FakeService.failures += [ResourceNotFoundError("404"), *exists]
    await StorageAccount(settings()).save("dead-letters", "1", b"[]")

    assert [call[0] for call in made[1].calls] == ["upload", "create container", "upload"]
    assert made[1].calls[1] == ("create container", "dead-letters")


class _Answer:
    """A response of the service."""

    reason = "why"
    request = None

    def __init__(self, status: int, code: str | None) -> None:
        self.status_code = status
        self.headers = {"x-ms-error-code": code} if code else {}

    def text(self) -> str:
        return "<Error/>"


def _http(status: int, code: str | None, error: type[HttpResponseError]) -> HttpResponseError:
    message = "a long message of the SDK with https://a.queue.core.windows.net/?sig=secret"
    return error(message, response=_Answer(status, code))


@pytest.mark.parametrize(
    ("failures", "answer"),
    [
        ([_http(503, "ServerBusy", HttpResponseError)], "HTTP 503 ServerBusy"),
        ([_http(500, None, HttpResponseError)], "HTTP 500"),
        ([_http(403, "AuthFailed", ClientAuthenticationError)], "HTTP 403 AuthFailed"),
        ([ServiceRequestError("no such host: a.queue")], "ServiceRequestError"),
        (
            [ResourceNotFoundError("404"), _http(403, "NotAllowed", HttpResponseError)],
            "HTTP 403 NotAllowed",
        ),
        (
            [ResourceNotFoundError("404"), ResourceExistsError("409"), ServiceRequestError("x")],
            "ServiceRequestError",
        ),
    ],
    ids=["busy", "no code", "authentication", "network", "may not create", "fails after creating"],
)
@pytest.mark.parametrize("kind", ["queue", "container"])
async def test_a_failure_names_where_and_what_but_no_secret(
    kind: str, failures: list[Exception], answer: str
) -> None:
    _FakeService.failures += failures
    account = StorageAccount(settings())
    with pytest.raises(DeliveryError) as raised:
        await (account.send("x-y", b"{}") if kind == "queue" else account.save("x-y", "1", b"[]"))

    assert str(raised.value) == f"{kind} 'x-y': {answer}"


async def test_a_bug_is_not_taken_for_a_failure_of_storage() -> None:
    _FakeService.failures.append(KeyError("bug"))
    with pytest.raises(KeyError):
        await StorageAccount(settings()).send("work-items", b"{}")


def _longest_wait(options: dict[str, Any]) -> float:
    """Seconds between the tries, as the SDK's ExponentialRetry counts them."""
    backoff = [
        options["initial_backoff"] + (options["increment_base"] ** n if n else 0)
        for n in range(options["retry_total"])
    ]
    return float(sum(backoff) + options["random_jitter_range"] * len(backoff))


async def test_retries_end_before_event_grid_sends_the_event_again(
    made: list[_FakeService],
) -> None:
    """The SDK's default is 85 s, and Event Grid waits 30."""
    account = StorageAccount(settings())
    await account.save("dead-letters", "1", b"[]")

    for service in made:
        assert _longest_wait(service.options) < 7
        assert service.options["transport"].options["connection_timeout"] <= 5
        assert service.options["transport"].options["read_timeout"] <= 5


@pytest.mark.parametrize(("setting", "expected"), [("false", False), ("true", True)])
async def test_the_proxy_of_the_environment_is_read_only_when_asked_for(
    setting: str,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    async with _SESSION(settings(STORAGE_USE_PROXY=setting)) as session:
        assert session.trust_env is expected


@pytest.mark.parametrize(("environ", "limit"), [({}, 400), ({"STORAGE_CONNECTIONS": "7"}, 7)])
async def test_connections_are_as_many_as_is_set(environ: dict[str, str], limit: int) -> None:
    async with _SESSION(settings(**environ)) as session:
        assert session.connector is not None
        assert session.connector.limit == limit
        assert session.connector.limit_per_host == 0


async def test_queues_and_blobs_share_the_connections_and_follow_no_redirect(
    made: list[_FakeService],
) -> None:
    chosen = settings()
    await StorageAccount(chosen).save("dead-letters", "1", b"[]")

    assert [service.options["transport"].options["session"] for service in made] == [chosen] * 2
    assert [service.options["permit_redirects"] for service in made] == [False, False]


async def test_a_connection_string_needs_no_identity(
    made: list[_FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing azure.identity takes longer than an event; here it would fail."""
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    await StorageAccount(settings()).save("dead-letters", "1", b"[]")

    assert [service.url.partition("/dead")[0] for service in made] == [
        "UseDevelopmentStorage=true",
        BLOB_URL,
    ]
    assert all("credential" not in service.options for service in made)


@pytest.mark.parametrize(
    ("environ", "credential", "options"),
    [
        ({}, _DefaultIdentity, {"managed_identity_client_id": None}),
        (
            {"RecordStorage__clientId": "c"},
            _DefaultIdentity,
            {"managed_identity_client_id": "c"},
        ),
        ({"RecordStorage__credential": "managedidentity"}, _ManagedIdentity, {"client_id": None}),
        (
            {"RecordStorage__credential": "managedidentity", "RecordStorage__clientId": "c"},
            _ManagedIdentity,
            {"client_id": "c"},
        ),
    ],
    ids=["developer", "developer, client id", "system-assigned", "user-assigned"],
)
async def test_the_credential_of_an_identity(
    made: list[_FakeService],
    environ: dict[str, str],
    credential: type[_FakeCredential],
    options: dict[str, Any],
) -> None:
    account = StorageAccount(_by_identity(**environ))
    queue_url = made[0].url
    await account.save("dead-letters", "1", b"[]")
    found = [service.options["credential"] for service in made]

    assert queue_url == QUEUE_URL
    assert found[0] is found[1] is _FakeWriter.made[0].credential
    assert (credential, options) == (type(found[0]), found[0].options)


@pytest.mark.parametrize("with_blobs", [True, False])
async def test_close_closes_everything(made: list[_FakeService], *, with_blobs: bool) -> None:
    account = StorageAccount(_by_identity())
    await account.send("work-items", b"{}")
    if with_blobs:
        await account.save("dead-letters", "1", b"[]")
    await account.close()

    assert made[0].options["transport"].closed == 1
    assert made[0].options["credential"].closed == 1


async def test_close_without_a_credential(made: list[_FakeService]) -> None:
    await StorageAccount(settings()).close()

    assert [service.options["transport"].closed for service in made] == [1]


@pytest.mark.parametrize("service", ["queue", "blob"])
async def test_a_connection_string_that_the_sdk_refuses_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    """Also where only the blob service refuses it, at the first dead letter."""

    def refuse(*_: Any, **__: Any) -> None:
        raise ValueError("Connection string missing required connection details.")

    where: Any = storage if service == "queue" else blob_sdk
    name = "QueueServiceClient" if service == "queue" else "BlobServiceClient"
    broken = type("Broken", (_FakeService,), {"from_connection_string": refuse})
    monkeypatch.setattr(where, name, broken)
    with pytest.raises(ConfigError, match="AzureWebJobsStorage: Connection string missing"):
        await StorageAccount(settings()).save("dead-letters", "1", b"[]")


def test_one_account_for_each_event_loop() -> None:
    """Connections belong to the loop that made them."""

    async def twice() -> tuple[StorageAccount, StorageAccount]:
        return storage.account(settings()), storage.account(settings())

    first, again = asyncio.run(twice())
    other, _ = asyncio.run(twice())

    assert first is again
    assert first is not other


def test_the_sdk_does_not_log_every_request() -> None:
    policy = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")

    assert not policy.isEnabledFor(logging.INFO)


def test_the_account_is_read_from_settings_only() -> None:
    assert settings().account == Account(
        setting="AzureWebJobsStorage", connection_string="UseDevelopmentStorage=true"
    )
