"""A queue service that does nothing, as a program: ``python -m bench.delivering.server``.

It answers every request alike, at once or after a while, and so costs next to nothing beside any
client: what it shows is the client's own limit.
"""

import argparse
import asyncio
import ssl
from http import HTTPStatus
from typing import cast

from local.ports import LOOPBACK

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_PUT_MESSAGE = (
    '<?xml version="1.0" encoding="utf-8" standalone="yes"?><QueueMessagesList><QueueMessage>'
    "<MessageId>7bb9af15-4d5f-4b5e-a4f2-0a4ad7a6ea16</MessageId>"
    "<InsertionTime>Tue, 03 Dec 2024 09:30:01 GMT</InsertionTime>"
    "<ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime>"
    "<PopReceipt>MDNEZWMyMDI0MDk6MzA6MDE3ZjJh</PopReceipt>"
    "<TimeNextVisible>Tue, 03 Dec 2024 09:30:01 GMT</TimeNextVisible>"
    "</QueueMessage></QueueMessagesList>"
)
_BUSY = (
    '<?xml version="1.0" encoding="utf-8"?><Error><Code>ServerBusy</Code>'
    "<Message>The server is currently unable to receive requests.</Message></Error>"
)


def answer(status: HTTPStatus) -> bytes:
    """The bytes of an answer: a message was put (201), or the service is busy (503)."""
    body = _PUT_MESSAGE if status is HTTPStatus.CREATED else _BUSY
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Server: Windows-Azure-Queue/1.0 Microsoft-HTTPAPI/2.0",
        "Content-Type: application/xml",
        f"Content-Length: {len(body)}",
        "x-ms-request-id: 5d0d7a33-1c8a-4e7e-8f2d-9a1b7c3e4f50",
        "x-ms-version: 2025-11-05",
        "Date: Tue, 03 Dec 2024 09:30:01 GMT",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def requests_in(buffer: bytearray) -> int:
    """Take the whole requests off the front of what came, and count them."""
    count = 0
    while (end := buffer.find(_END_OF_HEAD)) >= 0:
        head = bytes(buffer[:end]).lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r", 1)[0]) if at >= 0 else 0
        whole = end + len(_END_OF_HEAD) + length
        if len(buffer) < whole:
            break
        del buffer[:whole]
        count += 1
    return count


class NoOp(asyncio.Protocol):
    """One connection."""

    def __init__(self, answered: bytes, delay: float) -> None:
        self._answer = answered
        self._delay = delay
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._buffer += data
        count = requests_in(self._buffer)
        if not count:
            return
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._write, count)
        else:
            self._write(count)

    def _write(self, count: int) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._answer * count)


async def serve(
    port: int, *, status: HTTPStatus, delay: float, context: ssl.SSLContext | None
) -> None:
    """Answer until the program is killed."""
    answered = answer(status)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: NoOp(answered, delay), LOOPBACK, port, ssl=context)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--status", type=int, default=HTTPStatus.CREATED.value)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds")
    parser.add_argument("--cert", help="of the server, with its key, as PEM: speak TLS")
    chosen = parser.parse_args()
    context = None
    if chosen.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(chosen.cert)
    status = HTTPStatus(chosen.status)
    asyncio.run(serve(chosen.port, status=status, delay=chosen.delay, context=context))


if __name__ == "__main__":
    main()
