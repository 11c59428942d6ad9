"""A storage account that keeps nothing: it gives one answer, after a set delay, and counts.

So a measurement shows what a client costs, and what the time that storage takes does to it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web

from local import ports
from local.azurite import StoragePorts
from local.certificates import Certificates

_MESSAGES = (
    '<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage>'
    "<MessageId>7bb9af15-4d5f-4b5e-a4f2-0a4ad7a6ea16</MessageId>"
    "<InsertionTime>Tue, 03 Dec 2024 09:30:01 GMT</InsertionTime>"
    "<ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime>"
    "<PopReceipt>MDNEZWMyMDI0MDk6MzA6MDE3ZjJh</PopReceipt>"
    "<TimeNextVisible>Tue, 03 Dec 2024 09:30:01 GMT</TimeNextVisible>"
    "</QueueMessage></QueueMessagesList>"
)


class Storage:
    """How it answers, and how often it was asked."""

    def __init__(self, connection_string: str) -> None:
        self.connection_string = connection_string
        self.seconds = 0.0
        """How long it takes."""
        self.status = HTTPStatus.CREATED
        self.requests = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer a Put Message, or a Put Blob."""
        await request.read()
        self.requests += 1
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return web.Response(status=self.status, text=_MESSAGES, content_type="application/xml")


@asynccontextmanager
async def running(certificates: Certificates | None = None) -> AsyncIterator[Storage]:
    """A service in this event loop, over HTTPS with a certificate."""
    (port,) = ports.free(1)
    text, context = StoragePorts(queue=port, blob=port).connection_string, None
    if certificates:
        text = certificates.secured(text)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates.certificate, certificates.key)
    storage = Storage(text)
    runner = web.ServerRunner(web.Server(storage.answer, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, ports.LOOPBACK, port, backlog=1024, ssl_context=context).start()
        yield storage
    finally:
        await runner.cleanup()
