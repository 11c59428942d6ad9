"""The app in our stand-in for the Functions host, and what it wrote to Azurite."""

import base64
import json
import os
import subprocess
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
from tests.contract_of_records import held

QUEUES = ("work-items", "push-notifications")
_SETTINGS = ("azurewebjobsstorage", "recordstorage", "azurefunctionsjobhost")
_MACHINE = sorted({str(paths.ROOT), sys.prefix, sys.base_prefix, str(Path.home())}, key=len)
_NEAR: dict[str, Any] = {"use_env_settings": False, "retry_total": 0}


class App:
    """The running app. What it wrote is taken away by the test that reads it."""

    def __init__(self, port: int, connection_string: str, output: Path | None = None) -> None:
        self.port = port
        self.connection_string = connection_string
        self._output = output
        self._log_begins = 0

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
        assert self._output is not None
        log = self._output.read_bytes()[self._log_begins :].decode("utf-8", "replace")
        for path in reversed(_MACHINE):
            log = log.replace(path, "")
        return log

    def begin_log(self) -> None:
        """Forget what was printed so far."""
        self._log_begins = self._output.stat().st_size if self._output else 0

    def wait_for_log(self, is_there: Callable[[str], bool]) -> str:
        """The log, once it is so: it is printed beside the answer. Fails after 10 s."""
        _wait_until(lambda: is_there(self.log()), 10.0, self.log)
        return self.log()

    def forget(self) -> None:
        """Empty the account, and begin a new log."""
        for queue in QUEUES:
            list(self._messages(queue))
        self.dead_letters()
        self.payloads()
        self.begin_log()

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
def running(output: Path, **settings: str) -> Iterator[App]:
    """The app with these settings and no others of this machine, its log in a file.

    Args:
        output: the file.
        settings: app settings; `AzureWebJobsStorage` is the account that the app reads from, too.
    """
    (port,) = ports.free(1)
    kept = {k: v for k, v in os.environ.items() if k.partition("__")[0].lower() not in _SETTINGS}
    app = App(port, settings["AzureWebJobsStorage"], output)
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", "local.host", "--port", str(port)],
            cwd=paths.ROOT,
            env=kept | {"PYTHONUNBUFFERED": "1"} | settings,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait_until(lambda: functions_host.is_running(port), 60.0, output.read_text)
            yield app
        finally:
            app.close()
            process.kill()


def _wait_until(is_so: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, why()
        time.sleep(0.02)
