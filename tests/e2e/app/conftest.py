"""The whole app: HTTP to the Functions host, Microsoft's runtime, Azurite, and back by the SDK."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local import loopback
from local.stack import Stack
from tests.contract_of_records import held

QUEUES = ("work-items", "push-notifications")


@dataclass
class App:
    """The running app, and what it wrote since it was last asked."""

    port: int
    connection_string: str

    def deliver(self, body: str | bytes, function: str) -> int:
        """Post what Event Grid would post; the status of the answer."""
        answer = loopback.request(
            self.port,
            f"/runtime/webhooks/EventGrid?functionName={function}",
            method="POST",
            body=body.encode() if isinstance(body, str) else body,
            headers={"aeg-event-type": "Notification", "Content-Type": "application/json"},
            seconds=40.0,
        )
        assert answer is not None, "the host did not answer"
        return answer.status

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The records on both queues, taken off them."""
        return {queue: list(self._take(queue)) for queue in QUEUES}

    def _take(self, queue: str) -> Iterator[dict[str, Any]]:
        with QueueServiceClient.from_connection_string(self.connection_string) as service:
            client = service.get_queue_client(queue)
            try:
                for message in client.receive_messages(messages_per_page=32):
                    client.delete_message(message)
                    record = json.loads(base64.b64decode(message.content, validate=True))
                    # Of a claim check only the envelope is on the queue.
                    yield held(record)
            except ResourceNotFoundError:  # nothing was ever written to it
                return

    def dead_letters(self) -> list[dict[str, Any]]:
        """The dead letters, taken away."""
        return [letter for blob in self._blobs("dead-letters") for letter in json.loads(blob)]

    def payloads(self) -> list[bytes]:
        """What claim checks stand for, taken away."""
        return list(self._blobs("record-payloads"))

    def _blobs(self, container: str) -> Iterator[bytes]:
        with BlobServiceClient.from_connection_string(self.connection_string) as service:
            client = service.get_container_client(container)
            try:
                for name in list(client.list_blob_names()):
                    yield client.download_blob(name).readall()
                    client.delete_blob(name)
            except ResourceNotFoundError:
                return


@pytest.fixture(scope="session")
def _stack() -> Iterator[Stack]:
    with Stack.on_free_ports() as stack:
        yield stack


@pytest.fixture
def app(_stack: Stack) -> App:
    """The app, with nothing left of an earlier test."""
    app = App(_stack.host_port, _stack.connection_string)
    app.records()
    app.dead_letters()
    app.payloads()
    return app
