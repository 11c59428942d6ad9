"""A webhook of the test's own: it writes down every request and answers as it is told."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local import ports


@dataclass(frozen=True)
class Request:
    """What Event Grid sent."""

    method: str
    path: str
    function: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def kind(self) -> str:
        """What the request is for; empty for the handshake of CloudEvents."""
        return self.headers.get("aeg-event-type", "")

    def events(self) -> list[dict[str, Any]]:
        """The events, be they in an array or one alone."""
        content = json.loads(self.body)
        return content if isinstance(content, list) else [content]

    def ids(self) -> list[str]:
        """The ids of the events."""
        return [event.get("id", "") for event in self.events()]


@dataclass(frozen=True)
class Reply:
    """What to answer, and after how many seconds."""

    status: int = 202
    after: float = 0.0


@dataclass
class Webhook:
    """A running server; functions are made by asking for them."""

    port: int
    requests: list[Request] = field(default_factory=list)
    replies: dict[str, Callable[[int], Reply]] = field(default_factory=dict)
    """By function: what to answer to its delivery number n, counted from 0; else 202."""
    shakes_hands: bool = True
    is_over: threading.Event = field(default_factory=threading.Event)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """What to give as the address of the Functions host."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def deliveries(self, function: str) -> list[Request]:
        """The notifications for a function, in the order of their arrival."""
        return [request for request in self.of(function) if request.kind == "Notification"]

    def of(self, function: str) -> list[Request]:
        """All requests for a function."""
        with self._lock:
            return [request for request in self.requests if request.function == function]

    def ids(self, function: str) -> list[str]:
        """The ids of all events that a function was given, with repetitions."""
        return [id_ for request in self.deliveries(function) for id_ in request.ids()]

    def note(self, request: Request) -> Reply:
        """Write a request down, and say what to answer."""
        with self._lock:
            self.requests.append(request)
            if request.kind != "Notification":
                return Reply(200)
            number = self._counts[request.function]
            self._counts[request.function] += 1
        reply = self.replies.get(request.function)
        return reply(number) if reply else Reply()


@contextmanager
def webhook(port: int | None = None) -> Iterator[Webhook]:
    """A webhook for the time of a `with` block, on a free port if none is given."""
    recorder = Webhook(port or ports.free(1)[0])
    server = _Server((ports.LOOPBACK, recorder.port), _handler(recorder))
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield recorder
    finally:
        recorder.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_request: object) -> None:
        """A client that does not wait for its answer is part of the tests."""


def _handler(recorder: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            url = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=url.path,
                function=parse_qs(url.query).get("functionName", [""])[0],
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
                at=time.monotonic(),
            )
            reply = recorder.note(request)
            recorder.is_over.wait(reply.after)
            body = b""
            self.send_response(reply.status)
            if request.kind == "SubscriptionValidation" and recorder.shakes_hands:
                code = request.events()[0]["data"]["validationCode"]
                body = json.dumps({"validationResponse": code}).encode()
            if request.method == "OPTIONS" and recorder.shakes_hands:
                origin = request.headers["webhook-request-origin"]
                self.send_header("WebHook-Allowed-Origin", origin)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_OPTIONS = _answer  # noqa: N815 -- the names that http.server calls

        def log_message(self, *_message: object) -> None:
            """Say nothing."""

    return Handler
