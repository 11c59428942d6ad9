"""HTTPS on loopback: every request is answered by ``routes`` and kept, in order."""

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trustme

from tests.deploy.stub import deployments, routes
from tests.deploy.stub.azure import Azure


@dataclass(frozen=True)
class Request:
    """What az sent, and the status that it got."""

    method: str
    path: str
    query: dict[str, str]
    text: str
    """The body as it came; a package is shown by its size."""
    body: Any
    status: int

    @property
    def writes(self) -> bool:
        """Whether something may change by it: POST also asks questions in ARM."""
        asks = ("validate", "whatif", "listkeys", "list", "token")
        return self.method in {"PUT", "PATCH", "DELETE"} or (
            self.method == "POST" and self.path.rpartition("/")[2].lower() not in asks
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


@dataclass
class Stub:
    """A running stand-in: put what there is into ``azure``, read what came from ``requests``."""

    port: int
    certificate: Path
    """Of the authority that az must trust: it speaks to nothing without TLS."""
    azure: Azure = field(init=False)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reset()

    @property
    def host(self) -> str:
        """As it stands in addresses."""
        return f"localhost:{self.port}"

    def reset(self) -> Azure:
        """Begin again: a Communication Services resource, and nothing recorded."""
        self.close()
        self.azure = Azure(self.host).with_acs()
        self.requests.clear()
        return self.azure

    def close(self) -> None:
        """Stop the app that was published."""
        if hasattr(self, "azure"):
            self.azure.app.close()

    def answer(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> routes.Answer:
        """Answer and keep a request."""
        content_type = headers.get("Content-Type", "")
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        is_package = content_type == "application/zip"
        text = f"({len(body)} bytes)" if is_package else body.decode()
        parsed = body if is_package else _parsed(text, content_type)
        question = routes.Question(method, url.path.replace("//", "/"), query, parsed, headers)
        answer = routes.answer(self.azure, question)
        if answer is None:
            answer = routes.Answer(501, {"error": {"code": "NotAnswered", "message": target}})
        self.requests.append(Request(method, question.path, query, text, parsed, answer.status))
        return answer


def _parsed(text: str, content_type: str) -> Any:
    return deployments.read(text) if text and "json" in content_type else None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stub]:
    """Listen on a free port until the block ends."""
    authority, certificate = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.stub = Stub(server.server_port, certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        server.stub.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stub: Stub

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Az leaves connections as it likes."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.stub.answer(self.command, self.path, body, dict(self.headers))
        payload = b"" if answer.body is None else json.dumps(answer.body).encode()
        reason = routes.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else None
        self.send_response(answer.status, reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _respond  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """The requests are kept; nothing is printed."""
