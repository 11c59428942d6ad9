"""The floor: putting a message by hand, with nothing between it and aiohttp.

The signature is Shared Key (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key)
for this one request; it does what a client must do and nothing that it may do.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

import aiohttp
from yarl import URL

_VERSION = "2025-11-05"
_TYPE = "application/xml"
_IDLE_SECONDS = 4.0
"""Azurite closes a connection after 5; unlike the SDK, nothing here would try again."""
_FOR_EVER = "?messagettl=-1"


def signature(account: str, key: bytes, headers: Mapping[str, str], length: int, path: str) -> str:
    """The ``Authorization`` of a put of one message that never expires.

    Args:
        account: its name.
        key: the account's.
        headers: the ``x-ms-`` headers, in lower case and in order.
        length: of the body.
        path: of the URL, without its query.
    """
    canonical = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text = f"POST\n\n\n{length}\n\n{_TYPE}\n\n\n\n\n\n\n{canonical}/{account}{path}\nmessagettl:-1"
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return f"SharedKey {account}:{base64.b64encode(digest).decode()}"


class RawAccount:
    """Puts messages on the queues of one account."""

    def __init__(self, connection_string: str) -> None:
        parts = dict(part.partition("=")[::2] for part in connection_string.split(";") if part)
        self._account = parts["AccountName"]
        self._key = base64.b64decode(parts["AccountKey"])
        self._endpoint = parts["QueueEndpoint"]
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._urls: dict[str, URL] = {}

    async def send(self, queue: str, message: bytes) -> None:
        """Put a message on a queue, for ever."""
        text = base64.b64encode(message).decode()
        body = f"<QueueMessage><MessageText>{text}</MessageText></QueueMessage>".encode()
        url = self._url(queue)
        headers = {"x-ms-date": formatdate(time.time(), usegmt=True), "x-ms-version": _VERSION}
        signed = signature(self._account, self._key, headers, len(body), url.path)
        headers |= {"Authorization": signed, "Content-Type": _TYPE}
        async with self._session.post(url, data=body, headers=headers) as answered:
            said = await answered.read()
            if answered.status != HTTPStatus.CREATED:
                raise RuntimeError(f"HTTP {answered.status}: {said.decode(errors='replace')}")

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _url(self, queue: str) -> URL:
        if queue not in self._urls:
            address = f"{self._endpoint.rstrip('/')}/{queue}/messages"
            self._urls[queue] = URL(address + _FOR_EVER, encoded=True)
        return self._urls[queue]
