"""Azurite over HTTPS, with a certificate made for the occasion."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme

from local import azurite, paths, ports
from local.azurite import StoragePorts
from local.processes import Children

_START_SECONDS = 60.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class Certificates:
    """A certificate for the loopback interface, and the authorities that a client must trust.

    The bundle also holds every authority of certifi's: in production a client reads those.
    """

    certificate: Path
    key: Path
    bundle: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Certificates":
        """New ones, in files."""
        authority = trustme.CA()
        server = authority.issue_cert(ports.LOOPBACK)
        made = cls(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
        server.cert_chain_pems[0].write_to_path(made.certificate)
        server.private_key_pem.write_to_path(made.key)
        made.bundle.write_bytes(certifi.contents().encode() + authority.cert_pem.bytes())
        return made

    def environ(self) -> dict[str, str]:
        """Our environment for a client: the bundle for each of the SDK's transports, no proxy."""
        kept = {n: v for n, v in os.environ.items() if n.lower() not in _PROXIES}
        return kept | {"SSL_CERT_FILE": str(self.bundle), "REQUESTS_CA_BUNDLE": str(self.bundle)}

    @staticmethod
    def secured(connection_string: str) -> str:
        """The same services, over HTTPS."""
        return connection_string.replace("http:", "https:").replace("=http;", "=https;")


@contextmanager
def secure_azurite(certificates: Certificates, *options: str) -> Iterator[str]:
    """A new Azurite over HTTPS, for the time of a `with` block; its connection string."""
    at = StoragePorts.free()
    words = [*azurite.command(at), *options]
    words += ["--cert", certificates.certificate, "--key", certificates.key]
    with Children() as children:
        service = children.start("Azurite", words, cwd=paths.AZURITE, environ=os.environ)
        # A port that is taken is one that Azurite listens on.
        service.wait_until(lambda: not ports.is_free(at.queue), _START_SECONDS)
        yield certificates.secured(at.connection_string)
