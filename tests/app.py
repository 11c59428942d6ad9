"""The app in our stand-in for the Functions host, and what it wrote to Azurite."""

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local import functions_host, loopback, paths, ports
from local.processes import Children
from tests.contract_of_records import held

QUEUES = ("work-items", "push-notifications")
_MACHINE = sorted({str(paths.ROOT), sys.prefix, sys.base_prefix, str(Path.home())}, key=len)
_NEAR: dict[str, Any] = {"use_env_settings": False, "retry_total": 0}


class App:
    """The running app. What it wrote is taken away by the test that reads it."""

    def __init__(self, port: int, connection_string: str, lines: list[str] | None = None) -> None:
        self.port = port
        self.connection_string = connection_string
        self._lines = [] if lines is None else lines

    @cached_property
    def _queues(self) -> QueueServiceClient:
        return QueueServiceClient.from_connection_string(self.connection_string, **_NEAR)

    @cached_property
    def _blobs(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.connection_string, **_NEAR)

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
        """The records on both queues; of a claim check, only the envelope."""
        return {queue: [held(json.loads(m)) for m in self._messages(queue)] for queue in QUEUES}

    def dead_letters(self) -> list[dict[str, Any]]:
        """The dead letters."""
        return [letter for blob in self._take("dead-letters") for letter in json.loads(blob)]

    def payloads(self) -> list[bytes]:
        """The blobs that claim checks name."""
        return list(self._take("record-payloads"))

    def log(self) -> str:
        """What the host printed, without paths of this machine, which may hold anybody's name."""
        log = "\n".join(tuple(self._lines))
        for path in reversed(_MACHINE):
            log = log.replace(path, "")
        return log

    def clear_log(self) -> None:
        """Forget what was printed so far."""
        self._lines.clear()

    def wait_for_log(self, is_there: Callable[[str], bool]) -> str:
        """The log, once it is so: it is printed beside the answer. Fails after 10 s."""
        deadline = time.monotonic() + 10.0
        while not is_there(log := self.log()):
            assert time.monotonic() < deadline, log
            time.sleep(0.02)
        return log

    def forget(self) -> None:
        """Empty the account and the log."""
        for queue in QUEUES:
            list(self._messages(queue))
        self.dead_letters()
        self.payloads()
        self.clear_log()

    def close(self) -> None:
        """Close the clients that were made."""
        for client in ("_queues", "_blobs"):
            if client in vars(self):
                getattr(self, client).close()

    def _messages(self, queue: str) -> Iterator[bytes]:
        client = self._queues.get_queue_client(queue)
        try:
            for message in client.receive_messages(messages_per_page=32):
                client.delete_message(message)
                yield base64.b64decode(message.content, validate=True)
        except ResourceNotFoundError:  # nothing was ever written to it
            return

    def _take(self, container: str) -> Iterator[bytes]:
        client = self._blobs.get_container_client(container)
        try:
            for name in list(client.list_blob_names()):
                yield client.download_blob(name).readall()
                client.delete_blob(name)
        except ResourceNotFoundError:
            return


@contextmanager
def running(**settings: str) -> Iterator[App]:
    """The app with these settings; `AzureWebJobsStorage` is the account that is read from, too."""
    (port,) = ports.free(1)
    lines: list[str] = []
    with Children() as children:
        host = functions_host.start(children, port, settings=settings)
        host.on_line = lines.append
        functions_host.wait_until_ready(host, port)
        app = App(port, settings["AzureWebJobsStorage"], lines)
        try:
            yield app
        finally:
            app.close()
