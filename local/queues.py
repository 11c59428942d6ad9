"""The queues and the dead letters of the local run, read with the Storage clients."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueMessage, QueueServiceClient, StorageErrorCode

from local import settings
from local.account import explained

# The most that Storage gives at once.
MOST = 32

# Azurite is on this machine: no proxy, no retries.
_NEAR: dict[str, Any] = {"use_env_settings": False, "retry_total": 0, "read_timeout": 20}

_HIDDEN_SECONDS = 600


@dataclass(frozen=True)
class Message:
    """A message, decoded as a queue trigger decodes it."""

    queue: str
    text: str
    receipt: QueueMessage

    @property
    def record(self) -> dict[str, Any] | None:
        """The record, if it is one."""
        try:
            record = msgspec.json.decode(self.text)
        except (ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) else None


class Account:
    """The Storage account of the local run, for the time of a `with` block."""

    def __init__(self, connection_string: str) -> None:
        self._queues = QueueServiceClient.from_connection_string(connection_string, **_NEAR)
        self._blobs = BlobServiceClient.from_connection_string(connection_string, **_NEAR)
        self._seen: set[tuple[str, str]] = set()

    def peek(self, queue: str) -> tuple[list[Message], int]:
        """The first messages of a queue, left where they are, and about how many it holds."""
        client = self._queues.get_queue_client(queue)
        try:
            count = client.get_queue_properties().approximate_message_count or 0
            peeked = client.peek_messages(max_messages=MOST)
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", None) != StorageErrorCode.QUEUE_NOT_FOUND:
                raise  # this is no queue service
            return [], 0
        return [Message(queue, _decoded(message), message) for message in peeked], count

    def names(self) -> list[str]:
        """The queues that there are."""
        return [str(queue.name) for queue in self._queues.list_queues()]

    def take(self, queue: str) -> list[Message]:
        """Receive every message of a queue. They stay there, invisible until they are put back."""
        client = self._queues.get_queue_client(queue)
        received = client.receive_messages(
            messages_per_page=MOST, visibility_timeout=_HIDDEN_SECONDS
        )
        messages: list[Message] = []
        try:
            for page in received.by_page():
                batch = [Message(queue, _decoded(message), message) for message in page]
                messages += batch
                if len(batch) < MOST:  # saves asking once more for nothing
                    break
        except ResourceNotFoundError:
            return []
        return messages

    def put_back(self, messages: Iterable[Message]) -> None:
        """Make messages that were taken visible again, as they were."""
        for message in messages:
            self._queues.get_queue_client(message.queue).update_message(
                message.receipt.id,
                message.receipt.pop_receipt,
                message.receipt.content,
                visibility_timeout=0,
            )

    def new_dead_letters(self) -> list[str]:
        """The reasons of the dead letters written since the last call."""
        container = self._blobs.get_container_client(settings.dead_letters_container())
        try:
            new = {(blob.name, str(blob.etag)) for blob in container.list_blobs()} - self._seen
        except ResourceNotFoundError:  # nothing was rejected yet
            return []
        self._seen |= new
        return [_reason(container.download_blob(name).readall()) for name, _ in sorted(new)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._queues.close()
        self._blobs.close()
        if isinstance(error, AzureError):
            raise explained(error, self._queues.primary_hostname, is_local=True) from error


def _decoded(message: QueueMessage) -> str:
    raw = str(message.content)
    try:
        return base64.b64decode(raw, validate=True).decode()
    except ValueError:  # no Base64, or no UTF-8 in it
        return raw


def _reason(dead_letter: bytes) -> str:
    try:
        return str(json.loads(dead_letter)[0]["deadLetterReason"])
    except (ValueError, LookupError, TypeError):
        return "(a dead letter without a reason)"
