"""No web page of somebody else's can use the host; what it reads of a request is bounded."""

import gzip
import socket

import pytest

from local.host.server import LARGEST_BODY
from tests.tools.host.hosting import RunningHost, unique

pytestmark = pytest.mark.e2e

HOOK = "/runtime/webhooks/eventgrid?functionName=records"
FOREIGN = {
    "a name led here": {"Host": "evil.example"},
    "an origin": {"Origin": "https://evil.example"},
    "a page without an origin": {"Origin": "null"},
    "another port of this machine": {"Origin": "http://localhost:1"},
    "across sites": {"Sec-Fetch-Site": "cross-site"},
}
ASKED = {
    "the webhook": ("POST", HOOK),
    "the webhook, OPTIONS": ("OPTIONS", HOOK),
    "a function by name": ("POST", "/admin/functions/records"),
    "the list of functions": ("GET", "/admin/functions"),
    "the state": ("GET", "/admin/host/status"),
    "a ping": ("GET", "/admin/host/ping"),
    "a path of an HTTP trigger": ("GET", "/api/nothing"),
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize(("method", "path"), ASKED.values(), ids=ASKED)
def test_another_site_gets_nothing(
    method: str, path: str, headers: dict[str, str], host: RunningHost
) -> None:
    """Neither an answer that it could read, nor a function that runs."""
    mark = unique()
    sent = {"aeg-event-type": "Notification", "Content-Type": "text/plain"} | headers
    answer = host.request(method, path, f'[{{"id":"{mark}"}}]', sent)

    assert 403 == answer.status
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert 202 == host.notify("records", f'[{{"id":"after {mark}"}}]').status
    assert 1 == len(host.received(mark))


@pytest.mark.parametrize("path", [HOOK, "/admin/functions/records"])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_body_is_bounded(path: str, is_chunked: bool, host: RunningHost) -> None:  # noqa: FBT001
    """16 MiB are read, one byte more is not."""
    headers = {"aeg-event-type": "Notification"}
    whole = b"[]".rjust(LARGEST_BODY)
    body = (whole, b" ") if is_chunked else whole + b" "

    assert 413 == host.request("POST", path, body, headers).status
    assert host.request("POST", path, whole, headers).status in {202, 400}


def test_a_packed_body_is_bounded_by_what_is_in_it(host: RunningHost) -> None:
    headers = {"aeg-event-type": "Notification", "Content-Encoding": "gzip"}
    for size, status in ((LARGEST_BODY, 202), (LARGEST_BODY + 1, 413)):
        body = gzip.compress(b"[]".rjust(size), 1)
        assert status == host.request("POST", HOOK, body, headers).status


@pytest.mark.parametrize(
    "headers",
    [b"X: %s\r\n" % (b"x" * 100_000), b"X: x\r\n" * 10_000],
    ids=["a long one", "many"],
)
def test_headers_are_bounded(headers: bytes, host: RunningHost) -> None:
    """The connection ends; how the rest of them reads, nobody looks."""
    request = b"GET /admin/host/ping HTTP/1.1\r\nHost: localhost\r\n" + headers
    with socket.create_connection(("127.0.0.1", host.port), timeout=20) as connection:
        connection.sendall(request)

        assert b" 400 " in connection.recv(100)
    assert 200 == host.request("GET", "/admin/host/ping").status
    assert "X: x" not in host.log()
    assert "xxxx" not in host.log()
