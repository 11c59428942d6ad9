"""One request of the Queue service, against a server on the loopback interface that keeps it."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer, unused_port
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpTransport
from azure.storage.queue.aio import QueueServiceClient

from shared.writing.queues import QueueWriter
from tests.credential import Credential

pytestmark = pytest.mark.usefixtures("waited")

Transport = AsyncHttpTransport[Any, Any]
WAITS = [pytest.approx(1.6, rel=0.2), pytest.approx(3.2, rel=0.2)]
KEY = base64.b64encode(b"a key").decode()
MESSAGE = '{"a":"é"}'.encode()


class _Service:
    """What was asked of it, and what it answers in turn; 201 when nothing is left to answer."""

    def __init__(self) -> None:
        self.requests: list[tuple[web.BaseRequest, bytes]] = []
        self.answers: list[web.StreamResponse | bytes] = []
        """Bytes are written as they are, before the connection is closed."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append((request, await request.read()))
        answer = self.answers.pop(0) if self.answers else web.Response(status=201)
        if isinstance(answer, bytes):
            assert request.transport is not None
            request.transport.write(answer)
            request.transport.close()
            return web.Response()
        return answer


@pytest_asyncio.fixture
async def service() -> _Service:
    """The service, before it listens."""
    return _Service()


@pytest_asyncio.fixture
async def server(service: _Service) -> AsyncIterator[BaseTestServer]:
    """The service over HTTP."""
    async with _listening(service) as server:
        yield server


@pytest_asyncio.fixture
async def transport() -> AsyncIterator[Transport]:
    """Connections, closed in the end."""
    async with _transport() as transport:
        yield transport


def _transport(**options: Any) -> Transport:
    made: Transport = AioHttpTransport(use_env_settings=False, **options)
    return made


def _listening(service: _Service) -> BaseTestServer:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", service.answer)
    return TestServer(application)


def _by_key(server: BaseTestServer, transport: Transport) -> QueueWriter:
    address = server.make_url("/account")
    return _writer(f"AccountName=account;AccountKey={KEY};QueueEndpoint={address}", transport)


def _writer(connection_string: str, transport: Transport) -> QueueWriter:
    service = QueueServiceClient.from_connection_string(connection_string)
    return QueueWriter(service, None, transport)


async def test_the_request_is_a_put_of_one_message_that_never_expires(
    service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    await _by_key(server, transport).put("work-items", MESSAGE)

    ((request, body),) = service.requests
    assert request.method == "POST"
    assert request.path_qs == "/account/work-items/messages?messagettl=-1"
    text = base64.b64encode(MESSAGE).decode()
    assert body.decode() == f"<QueueMessage><MessageText>{text}</MessageText></QueueMessage>"
    assert request.headers["x-ms-version"] >= "2017-11-09"  # the first that knows tokens
    assert request.headers["x-ms-client-request-id"]
    assert "acs-event-records" in request.headers["User-Agent"]
    assert parsedate_to_datetime(request.headers["x-ms-date"]).tzinfo is not None


async def test_the_key_of_a_connection_string_signs_the_request(
    service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    """learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key."""
    await _by_key(server, transport).put("work-items", MESSAGE)

    ((request, body),) = service.requests
    named = sorted((n.lower(), v) for n, v in request.headers.items() if n.startswith("x-ms-"))
    ours = "".join(f"{name}:{value}\n" for name, value in named)
    resource = "/account/account/work-items/messages\nmessagettl:-1"
    signed = f"POST\n\n\n{len(body)}\n\napplication/xml\n\n\n\n\n\n\n{ours}{resource}"
    digest = hmac.new(b"a key", signed.encode(), hashlib.sha256).digest()
    expected = f"SharedKey account:{base64.b64encode(digest).decode()}"
    assert request.headers["Authorization"] == expected


def test_what_signs_is_a_policy_of_the_storage_sdk() -> None:
    """``QueueServiceClient.credential`` has a name of its own, but its type is not documented."""
    service = QueueServiceClient.from_connection_string(f"AccountName=a;AccountKey={KEY}")

    assert isinstance(service.credential, SansIOHTTPPolicy)


async def test_a_shared_access_signature_goes_with_the_address(
    service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    address = server.make_url("/account/")
    signature = "sv=2024-05-04&ss=q&srt=o&sp=a&sig=a%2Bb%3D"
    connection_string = f"QueueEndpoint={address};SharedAccessSignature={signature}"
    await _writer(connection_string, transport).put("work-items", MESSAGE)

    ((request, _),) = service.requests
    assert request.raw_path == f"/account/work-items/messages?messagettl=-1&{signature}"
    assert "Authorization" not in request.headers


async def test_an_identity_gives_its_token(service: _Service, tmp_path: Path) -> None:
    authority, trusted = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    credential = Credential(lambda _scope: "a-token")
    server = _listening(service)
    await server.start_server(ssl=context)
    async with server, _transport(connection_verify=str(trusted)) as transport:
        client = QueueServiceClient(str(server.make_url("/")), credential=credential)
        writer = QueueWriter(client, credential, transport)
        await writer.put("work-items", MESSAGE)
        await writer.put("work-items", MESSAGE)

    assert [request.headers["Authorization"] for request, _ in service.requests] == [
        "Bearer a-token"
    ] * 2
    assert credential.scopes == ["https://storage.azure.com/.default"]


async def test_without_a_token_nothing_is_sent_or_tried_again(
    transport: Transport, waited: list[float]
) -> None:
    credential = Credential(None)
    client = QueueServiceClient("https://a.queue.core.windows.net", credential=credential)
    with pytest.raises(ClientAuthenticationError):
        await QueueWriter(client, credential, transport).put("work-items", MESSAGE)

    assert waited == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(
    status: int,
    service: _Service,
    server: BaseTestServer,
    transport: Transport,
    waited: list[float],
) -> None:
    service.answers += [web.Response(status=status) for _ in range(3)]
    await _by_key(server, transport).put("work-items", MESSAGE)

    assert [body for _, body in service.requests] == [service.requests[0][1]] * 4
    assert waited == WAITS


async def test_a_connection_that_breaks_is_tried_again(
    service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    """The message may be on the queue already; twice is better than not at all."""
    service.answers += [b"", b""]
    await _by_key(server, transport).put("work-items", MESSAGE)

    assert len(service.requests) == 3


async def test_a_service_that_nobody_answers_for_fails_after_four_tries(
    transport: Transport, waited: list[float]
) -> None:
    address = f"http://127.0.0.1:{unused_port()}/account"
    writer = _writer(f"AccountName=a;AccountKey={KEY};QueueEndpoint={address}", transport)
    with pytest.raises(ServiceRequestError):
        await writer.put("work-items", MESSAGE)

    assert waited == WAITS


async def test_an_answer_that_breaks_off_is_tried_again_later(
    service: _Service, server: BaseTestServer, transport: Transport, waited: list[float]
) -> None:
    """As a connection that breaks; at once, copies of one message would pile up."""
    service.answers += [b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n<Queue"] * 4
    with pytest.raises(IncompleteReadError):
        await _by_key(server, transport).put("work-items", MESSAGE)

    assert len(service.requests) == 4
    assert waited == WAITS


async def test_a_connection_that_always_breaks_fails(
    service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    service.answers += [b""] * 4
    with pytest.raises(AzureError):
        await _by_key(server, transport).put("work-items", MESSAGE)


@pytest.mark.parametrize(
    ("status", "tries"), [(200, 1), (302, 1), (400, 1), (403, 1), (409, 1), (413, 1), (503, 4)]
)
async def test_any_answer_but_created_is_a_failure(
    status: int, tries: int, service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    headers = {"x-ms-error-code": "ServerBusy", "Location": "/"}
    service.answers += [web.Response(status=status, headers=headers) for _ in range(tries)]
    with pytest.raises(HttpResponseError) as raised:
        await _by_key(server, transport).put("work-items", MESSAGE)

    assert raised.value.status_code == status
    assert len(service.requests) == tries


async def test_a_missing_queue_has_an_error_of_its_own(
    service: _Service, server: BaseTestServer, transport: Transport
) -> None:
    service.answers.append(web.Response(status=404))
    with pytest.raises(ResourceNotFoundError):
        await _by_key(server, transport).put("work-items", MESSAGE)


@pytest.mark.parametrize(("seconds", "expected"), [("2", 2), ("30", 3.2)])
async def test_the_service_may_say_how_long_to_wait_but_not_too_long(
    seconds: str,
    expected: float,
    service: _Service,
    server: BaseTestServer,
    transport: Transport,
    waited: list[float],
) -> None:
    service.answers.append(web.Response(status=503, headers={"Retry-After": seconds}))
    await _by_key(server, transport).put("work-items", MESSAGE)

    assert waited == [expected]
