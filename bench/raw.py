"""The least that putting a message takes: a request signed by hand, on aiohttp alone."""

import base64
import hashlib
import hmac
from email.utils import formatdate
from http import HTTPStatus

import aiohttp
from yarl import URL

_VERSION = "2025-11-05"
_TYPE = "application/xml"


class RawAccount:
    """Puts messages, which never expire, on the queues of one account."""

    def __init__(self, connection_string: str) -> None:
        parts = dict(part.partition("=")[::2] for part in connection_string.split(";") if part)
        self._name, self._endpoint = parts["AccountName"], parts["QueueEndpoint"].rstrip("/")
        self._key = base64.b64decode(parts["AccountKey"])
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def send(self, queue: str, text: str) -> None:
        """Put a message on a queue; RuntimeError when the service does not take it."""
        encoded = base64.b64encode(text.encode()).decode()
        body = f"<QueueMessage><MessageText>{encoded}</MessageText></QueueMessage>".encode()
        url = URL(f"{self._endpoint}/{queue}/messages?messagettl=-1", encoded=True)
        date = formatdate(usegmt=True)
        headers = {
            "Authorization": self._signature(date, len(body), url.path),
            "Content-Type": _TYPE,
            "x-ms-date": date,
            "x-ms-version": _VERSION,
        }
        async with self._session.post(url, data=body, headers=headers) as answer:
            answered = await answer.text()
            if answer.status != HTTPStatus.CREATED:
                raise RuntimeError(f"HTTP {answer.status}: {answered}")

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _signature(self, date: str, length: int, path: str) -> str:
        """See learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key."""
        signed = f"POST\n\n\n{length}\n\n{_TYPE}\n\n\n\n\n\n\n"
        signed += f"x-ms-date:{date}\nx-ms-version:{_VERSION}\n"
        signed += f"/{self._name}{path}\nmessagettl:-1"
        digest = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        return f"SharedKey {self._name}:{base64.b64encode(digest).decode()}"
