"""HTTP to a server on this machine: never through a proxy, whatever the environment says."""

import http.client
import os
from collections.abc import Mapping
from dataclasses import dataclass

from local.ports import LOOPBACK

_NEAR = (LOOPBACK, "localhost")


@dataclass(frozen=True)
class Answer:
    """Status and body of an HTTP answer."""

    status: int
    body: bytes

    def __str__(self) -> str:
        """Give it as text: `202 Accepted`."""
        text = self.body.decode("utf-8", "replace").strip()
        status = f"{self.status} {http.client.responses.get(self.status, '')}".strip()
        return f"{status}: {text}" if text else status


def avoid_proxies() -> None:
    """Keep this program and those that it starts from using a proxy for this machine.

    Libraries read ``no_proxy``, some in upper case; not all have an option of their own for it.
    """
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if given.strip() != "*":  # that means every host, and only where it stands alone
        given = ",".join(filter(None, [given, *_NEAR]))
    os.environ.update(no_proxy=given, NO_PROXY=given)


def request(
    port: int,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 5.0,
) -> Answer | None:
    """Send one request. None when nobody listens, or nobody speaks HTTP there in time."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
