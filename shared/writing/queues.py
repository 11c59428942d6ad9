"""Putting messages on the queues of a storage account: one request, on azure-core's pipeline.

``QueueClient.send_message`` puts them too, at twice the CPU (``docs/decisions``). The connection
string and its signatures stay the Storage SDK's, the tokens, tries and connections azure-core's;
ours is the request: learn.microsoft.com/rest/api/storageservices/put-message.
"""

import random
from base64 import b64encode
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from azure.core import AsyncPipelineClient
from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncRetryPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport
    from azure.storage.queue.aio import QueueServiceClient

_FOR_EVER = "messagettl=-1"
"""The service's default drops a message after seven days."""
_SCOPE = "https://storage.azure.com/.default"
"""Of Storage in every cloud, as the Storage SDK has it."""
_LONGEST_WAIT = 3.2
"""Seconds between two tries. Event Grid waits 30 for the answer, and then sends the event again."""


class _FourTries(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """The second at once, the third after about 1.6 s, the fourth after about 3.2 s."""

    def __init__(self) -> None:
        super().__init__(retry_total=3, retry_backoff_factor=_LONGEST_WAIT / 4)

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        """With jitter, so that instances that a busy queue refused do not all come back at once."""
        return super().get_backoff_time(settings) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret

    def get_retry_after(self, response: Any) -> float | None:
        """What the service asks for, if it is no longer than our own waits."""
        wait = super().get_retry_after(response)
        return None if wait is None else min(wait, _LONGEST_WAIT)

    def increment(
        self, settings: dict[str, Any], response: Any = None, error: Exception | None = None
    ) -> bool:
        """Count an answer that breaks off as a connection that does; azure-core would not wait."""
        if isinstance(error, IncompleteReadError):
            error = ServiceResponseError(error.message)
        return super().increment(settings, response=response, error=error)


class QueueWriter:
    """Puts messages on queues, as the identity or the key of ``service``."""

    def __init__(
        self,
        service: "QueueServiceClient",
        credential: "AsyncTokenCredential | None",
        transport: "AsyncHttpTransport[Any, Any]",
    ) -> None:
        # The key of a connection string signs as a policy; a shared access signature is in the URL.
        authentication = (
            AsyncBearerTokenCredentialPolicy(credential, _SCOPE)
            if credential
            else service.credential
        )
        policies = [
            _FourTries(),
            *([authentication] if authentication else ()),
        ]
        base, _, signature = service.url.partition("?")
        self._base = base.rstrip("/")
        self._query = f"{_FOR_EVER}&{signature}" if signature else _FOR_EVER
        self._version = service.api_version
        self._pipeline: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            service.url, policies=policies, transport=transport
        )

    async def put(self, queue: str, message: bytes) -> None:
        """Put a message that never expires on a queue, as the Base64 text of Functions triggers.

        Raises:
            ResourceNotFoundError: there is no such queue.
            AzureError: the service refused it, failed, or could not be reached.
        """
        text = b64encode(message).decode()
        request = HttpRequest(
            "POST",
            f"{self._base}/{queue}/messages?{self._query}",
            content=f"<QueueMessage><MessageText>{text}</MessageText></QueueMessage>".encode(),
            headers={
                "Content-Type": "application/xml",
                "User-Agent": "acs-event-records",
                "x-ms-client-request-id": str(uuid4()),
                "x-ms-date": formatdate(usegmt=True),
                "x-ms-version": self._version,
            },
        )
        # Twice on the queue is better than not at all: a record's id is the same both times.
        answer = await self._pipeline.send_request(request, retry_on_methods=("POST",))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise ResourceNotFoundError(response=answer)
        if answer.status_code != HTTPStatus.CREATED:
            raise HttpResponseError(response=answer)
