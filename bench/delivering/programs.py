"""The programs of a measurement: servers on one core, clients on another; all surely end."""

import os
import select
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import certifi
import msgspec
import trustme
from azure.storage.queue import QueueServiceClient

from bench.delivering.orders import Order
from local import azurite, paths, ports
from local.azurite import StoragePorts
from local.errors import CommandError
from local.ports import LOOPBACK
from local.processes import Child, Children

_START_SECONDS = 60.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
A = TypeVar("A")


@dataclass(frozen=True)
class Certificates:
    """A certificate for the loopback interface, and what a client must trust for it.

    The bundle holds every authority that certifi's does: reading those is what a client that is
    made for each event pays in production.
    """

    certificate: Path
    key: Path
    both: Path
    bundle: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Certificates":
        """New ones, in files."""
        authority = trustme.CA()
        server = authority.issue_cert(LOOPBACK)
        made = cls(*(folder / name for name in ("cert.pem", "key.pem", "both.pem", "ca.pem")))
        server.cert_chain_pems[0].write_to_path(made.certificate)
        server.private_key_pem.write_to_path(made.key)
        server.private_key_and_cert_chain_pem.write_to_path(made.both)
        trusted = certifi.contents().encode() + authority.cert_pem.bytes()
        made.bundle.write_bytes(trusted)
        return made

    def environ(self) -> dict[str, str]:
        """Our environment for a client: that bundle for each of the SDK's transports, no proxy."""
        kept = {n: v for n, v in os.environ.items() if n.lower() not in _PROXIES}
        return kept | {"SSL_CERT_FILE": str(self.bundle), "REQUESTS_CA_BUNDLE": str(self.bundle)}


@contextmanager
def on_core(index: int) -> Iterator[None]:
    """Where it can be said, programs started in a `with` block run on that one of our cores."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    try:
        if len(before) > 1:
            os.sched_setaffinity(0, {sorted(before)[index]})
        yield
    finally:
        os.sched_setaffinity(0, before)


SERVERS, CLIENTS = 0, -1


class Client:
    """A client program, and the line to it."""

    def __init__(
        self, children: Children, variant: str, environ: Mapping[str, str], core: int
    ) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        port = self._listener.getsockname()[1]
        words = [sys.executable, "-m", "bench.delivering.client", variant, str(port)]
        with on_core(core):
            self._child = _start(children, f"The client {variant!r}", words, environ)
        self._socket: socket.socket | None = None

    def ask(self, order: Order, answer: type[A], *, seconds: float = 60.0) -> A:
        """Give an order and wait for its end."""
        self.tell(order)
        return self.hear(answer, seconds=seconds)

    def tell(self, order: Order) -> None:
        """Give an order only."""
        self._connection().sendall(msgspec.json.encode(order) + b"\n")

    def hear(self, answer: type[A], *, seconds: float) -> A:
        """Wait for the end of an order."""
        connection = self._connection()
        connection.settimeout(seconds)
        said = bytearray()
        try:
            while not said.endswith(b"\n"):
                received = connection.recv(1 << 16)
                if not received:
                    raise CommandError(self._child.why_it_ended())
                said += received
        except TimeoutError:
            name, tail = self._child.name, self._child.last_lines()
            raise CommandError(f"{name} took more than {seconds:.0f} s. It said:\n{tail}") from None
        return msgspec.json.decode(bytes(said), type=answer)

    def close(self) -> None:
        """Hang up: the program ends."""
        self._listener.close()
        if self._socket is not None:
            self._socket.close()

    def _connection(self) -> socket.socket:
        """Accepted at the first order, so that clients import side by side."""
        if self._socket is None:
            self._child.wait_until(self._is_calling, _START_SECONDS)
            self._socket, _ = self._listener.accept()
        return self._socket

    def _is_calling(self) -> bool:
        return bool(select.select([self._listener], [], [], 0)[0])


@contextmanager
def clients(
    variants: Iterable[str], environ: Mapping[str, str], core: int = CLIENTS
) -> Iterator[dict[str, Client]]:
    """One client of each kind, for the time of a `with` block."""
    with Children() as children, ExitStack() as open_clients:
        made = {}
        for variant in variants:
            made[variant] = Client(children, variant, environ, core)
            open_clients.callback(made[variant].close)
        yield made


def no_op(
    children: Children,
    *,
    status: HTTPStatus = HTTPStatus.CREATED,
    delay: float = 0.0,
    certificates: Certificates | None = None,
) -> str:
    """Start a service that does nothing; its connection string."""
    (port,) = ports.free(1)
    words = [sys.executable, "-m", "bench.delivering.server", "--port", str(port)]
    words += ["--status", str(status.value), "--delay", str(delay)]
    words += ["--cert", str(certificates.both)] if certificates else []
    with on_core(SERVERS):
        server = _start(children, "The no-op service", words, os.environ)
    server.wait_until(partial(_is_listening, port), _START_SECONDS)
    return connection_string(StoragePorts(queue=port), secure=certificates is not None)


@contextmanager
def fresh_azurite(certificates: Certificates | None, *options: str) -> Iterator[str]:
    """A new Azurite, with a certificate over HTTPS; its connection string."""
    at = StoragePorts.free()
    words = [*azurite.command(at), *options]
    if certificates:
        words += ["--cert", certificates.certificate, "--key", certificates.key]
    with Children() as children:
        with on_core(SERVERS):
            service = children.start("Azurite", words, cwd=paths.AZURITE, environ=os.environ)
        service.wait_until(partial(_is_listening, at.queue), _START_SECONDS)
        yield connection_string(at, secure=certificates is not None)


def connection_string(at: StoragePorts, *, secure: bool) -> str:
    """What Storage clients need."""
    plain = at.connection_string
    return plain.replace("http:", "https:").replace("=http;", "=https;") if secure else plain


def make_queues(
    account: str, names: Iterable[str], certificates: Certificates | None = None
) -> None:
    """Make queues."""
    trusted = str(certificates.bundle) if certificates else True
    options: dict[str, Any] = {"connection_verify": trusted, "use_env_settings": False}
    with QueueServiceClient.from_connection_string(account, **options) as service:
        for name in names:
            service.create_queue(name)


def _start(children: Children, name: str, words: list[str], environ: Mapping[str, str]) -> Child:
    return children.start(name, words, cwd=paths.ROOT, environ=environ)


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1.0).close()
    except OSError:
        return False
    return True
