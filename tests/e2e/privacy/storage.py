"""A Storage account whose secrets can be looked for, and whose service fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from local import ports

KEY = "WWFudGlwcGVzIGdlaGVpbWVyIFNjaGx1ZXNzZWwgZnVlciBkZW4gS2VsbGVyIQ=="
SIGNATURE = "Z2VoZWltZSUyMFVudGVyc2NocmlmdA%3D%3D"


@contextmanager
def failing_storage(port: int, status: int | None) -> Iterator[None]:
    """A Storage service that answers every request with this status, in the words of the real one.

    0 is an answer that is no HTTP: aiohttp's message about it has the address of the request.
    None is no service at all.
    """
    if status is None:
        yield
        return

    class Answer(BaseHTTPRequestHandler):
        def _fail(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not status:
                self.wfile.write(b"garbage\r\n\r\n")
                self.close_connection = True
                return
            body = _explanation(
                self.headers["Authorization"], status, f"{self.command}\n{urlsplit(self.path).path}"
            ).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("x-ms-error-code", _CODES[status])
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = _fail  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((ports.LOOPBACK, port), Answer)
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_CODES = {403: "AuthenticationFailed", 503: "ServerBusy", 413: "RequestBodyTooLarge"}


def _explanation(authorization: str | None, status: int, signed: str) -> str:
    """The real service quotes the signature and what was signed (troubleshoot-403-errors)."""
    detail = (
        f"<AuthenticationErrorDetail>The MAC signature found in the HTTP request "
        f"'{(authorization or '').rpartition(':')[2]}' is not the same as any computed signature. "
        f"Server used following string to sign: '{signed}'.</AuthenticationErrorDetail>"
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{_CODES[status]}</Code>'
        f"<Message>It failed.</Message>{detail if status == 403 else ''}</Error>"
    )


def account(port: int, secret: str = f"AccountKey={KEY}") -> str:
    """A connection string of a Storage account on this port, with this secret."""
    name = "" if secret.startswith("Shared") else "AccountName=wermelskirchen;"
    return f"DefaultEndpointsProtocol=http;{name}{secret};" + "".join(
        f"{service}Endpoint=http://{ports.LOOPBACK}:{port}/wermelskirchen;"
        for service in ("Blob", "Queue", "Table")
    )
