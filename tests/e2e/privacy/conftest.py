"""The real local host with its output in a file, and Storage that fails as it is told."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from local import azurite, functions_host, paths, ports
from local.azurite import StoragePorts
from tests.commands import eventually, started
from tests.e2e.app.conftest import App
from tests.e2e.privacy import events

KEY = "WWFudGlwcGVzIGdlaGVpbWVyIFNjaGx1ZXNzZWwgZnVlciBkZW4gS2VsbGVyIQ=="
SIGNATURE = "Z2VoZWltZSUyMFVudGVyc2NocmlmdA%3D%3D"
MINE = ("azurewebjobsstorage", "recordstorage", "azurefunctionsjobhost")
_MACHINE = sorted({str(paths.ROOT), sys.prefix, sys.base_prefix, str(Path.home())}, key=len)


@dataclass(frozen=True)
class Host:
    """A running host, and all that it has said."""

    app: App
    output: Path

    def said(self) -> str:
        """Its output, without the paths of this machine, in which anybody's name may be."""
        said = self.output.read_text(encoding="utf-8", errors="replace")
        for path in reversed(_MACHINE):
            said = said.replace(path, "")
        return said


@contextmanager
def hosting(output: Path, **settings: str) -> Iterator[Host]:
    """The app, in our stand-in for the Functions host, with these settings and no others."""
    (port,) = ports.free(1)
    kept = {k: v for k, v in os.environ.items() if k.partition("__")[0].lower() not in MINE}
    environ = kept | {"PYTHONUNBUFFERED": "1"} | settings
    command = [sys.executable, "-m", "local.host", "--port", str(port)]
    with started(command, output, environ):
        assert eventually(lambda: functions_host.is_running(port), 60), output.read_text()
        yield Host(App(port, settings["AzureWebJobsStorage"]), output)


@pytest.fixture(scope="package")
def storage() -> Iterator[StoragePorts]:
    """Azurite, for all tests here."""
    with azurite.running() as at:
        yield at


@pytest.fixture(scope="package")
def personal() -> set[str]:
    """All that must be in no output."""
    return events.personal_strings()


@contextmanager
def failing_storage(status: int) -> Iterator[int]:
    """A Storage service that answers every request so, in the words of the real one; its port.

    0 is an answer that is no HTTP, of which aiohttp tells the address that was asked.
    """

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

    server = ThreadingHTTPServer((ports.LOOPBACK, 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
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
