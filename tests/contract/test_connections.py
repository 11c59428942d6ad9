"""The connections of a storage account, against servers on the loopback interface."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from azure.core.pipeline.transport import AioHttpTransport

from shared.errors import DeliveryError
from shared.settings import Settings
from shared.writing import storage
from shared.writing.storage import StorageAccount
from tests.credential import Credential

KEY = base64.b64encode(b"a key").decode()
SIGNATURE = "sv=2024-05-04&ss=bq&srt=sco&sp=rwac&sig=a%2Bb%3D"
BY_KEY, BY_SIGNATURE, BY_IDENTITY = "key", "signature", "identity"


class _Service:
    """Answers every request alike, once so many were there at the same time, and counts them."""

    def __init__(self, status: int = 201, location: str | None = None, wanted: int = 1) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.missing = False
        """Whether queues and containers are, so that they have to be made."""
        self._wanted, self._are_there = wanted, asyncio.Event()
        self._status = status
        self._headers = {"Location": location} if location else {}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.at_once >= self._wanted:
            self._are_there.set()
        await self._are_there.wait()
        self.at_once -= 1
        if self.missing and len(self.asked) == 1:
            return web.Response(status=404)
        return web.Response(status=self._status, headers=self._headers)


@asynccontextmanager
async def _listening(
    service: _Service, context: ssl.SSLContext | None = None
) -> AsyncIterator[BaseTestServer]:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", service.answer)
    server = TestServer(application)
    await server.start_server(ssl=context)
    async with server:
        yield server


def _settings(server: BaseTestServer, secret: str, **environ: str) -> Settings:
    address = str(server.make_url("/account"))
    ends = f"QueueEndpoint={address};BlobEndpoint={address}"
    chosen = {
        BY_KEY: {"RecordStorage": f"AccountName=account;AccountKey={KEY};{ends}"},
        BY_SIGNATURE: {"RecordStorage": f"{ends};SharedAccessSignature={SIGNATURE}"},
        BY_IDENTITY: {
            "RecordStorage__queueServiceUri": address,
            "RecordStorage__blobServiceUri": address,
        },
    }[secret]
    return Settings.from_env(chosen | environ)


async def test_no_more_connections_than_are_set() -> None:
    service = _Service(wanted=3)
    async with _listening(service) as server:
        account = StorageAccount(_settings(server, BY_KEY, STORAGE_CONNECTIONS="3"))
        await asyncio.gather(*(account.send("work-items", b"{}") for _ in range(12)))
        await account.close()

    assert (len(service.asked), service.most_at_once) == (12, 3)


async def test_more_connections_than_a_hundred() -> None:
    """Which is where aiohttp stops by default."""
    service = _Service(wanted=130)
    async with _listening(service) as server:
        account = StorageAccount(_settings(server, BY_KEY))
        await asyncio.gather(*(account.send("work-items", b"{}") for _ in range(130)))
        await account.close()

    assert service.most_at_once == 130


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("what", ["a message", "a missing queue", "a blob", "a missing container"])
@pytest.mark.parametrize("secret", [BY_KEY, BY_SIGNATURE, BY_IDENTITY])
async def test_a_redirect_is_not_followed(
    secret: str, what: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers for storage must not send the key, signature or token of it elsewhere."""
    elsewhere = _Service()
    async with AsyncExitStack() as stack:
        context = _secured(tmp_path, monkeypatch) if secret == BY_IDENTITY else None
        other = await stack.enter_async_context(_listening(elsewhere, context))
        service = _Service(status, str(other.make_url("/account/elsewhere")))
        service.missing = "missing" in what
        server = await stack.enter_async_context(_listening(service, context))
        account = StorageAccount(_settings(server, secret))
        stack.push_async_callback(account.close)
        with pytest.raises(DeliveryError, match=f"HTTP {status}"):
            await _written(account, what)

    assert elsewhere.asked == []
    assert len(service.asked) == 1 + service.missing


async def _written(account: StorageAccount, what: str) -> None:
    if what in {"a message", "a missing queue"}:
        await account.send("work-items", b"{}")
    else:
        await account.save("dead-letters", "1.json", b"[]")


def _secured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """For servers that get tokens: the SDK sends them over HTTPS only."""
    authority, trusted = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    monkeypatch.setattr(storage, "_credential", lambda _: Credential(lambda _scope: "a-token"))
    transport = partial(AioHttpTransport, connection_verify=str(trusted))
    monkeypatch.setattr(storage, "AioHttpTransport", transport)
    return context
