"""HTTP to a server on this machine: never through a proxy, whatever the environment says."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from local.ports import LOOPBACK


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes


def request(
    port: int,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 5.0,
) -> Answer | None:
    """One request. None when nobody listens on the port, or nobody there speaks HTTP in time."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
