"""The store of unit tests; the contract tests hold it to what Storage does."""

from collections import defaultdict

from shared.errors import DeliveryError
from shared.pipeline import QUEUE_LIMIT


class MemoryStore:
    """Queues and blobs in two dictionaries."""

    def __init__(self) -> None:
        self.queues: defaultdict[str, list[bytes]] = defaultdict(list)
        self.blobs: dict[tuple[str, str], bytes] = {}

    async def send(self, queue: str, message: bytes) -> None:
        """Put a message on a queue; one over the service's limit is refused."""
        if len(message) > QUEUE_LIMIT:
            raise DeliveryError(f"queue {queue!r}: HTTP 413 RequestBodyTooLarge")
        self.queues[queue].append(message)

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Write a blob, over one of the same name."""
        self.blobs[container, name] = body
        return f"memory://{container}/{name}"
