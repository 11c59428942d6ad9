"""Dead letters in Azurite, and the command as it is typed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from local import __main__ as commands
from local import samples
from local.azurite import StoragePorts
from tests.app import App

Command = Callable[..., tuple[int, str]]

WHY: dict[str, Any] = {
    "deadLetterReason": "MaxDeliveryAttemptsExceeded",
    "deliveryAttempts": 30,
    "lastDeliveryOutcome": "GenericError",
    "publishTime": "2026-01-05T09:30:00Z",
    "lastDeliveryAttemptTime": "2026-01-06T09:30:00Z",
}
"""What Event Grid adds."""
BLOB = "topic/SMS-RECEIVED/2026/1/6/9/4d1f0f0e.json"


def sms(event_id: str = "sms-1", **attributes: Any) -> dict[str, Any]:
    """An event that the app can process."""
    (event,) = samples.find("SMSReceived.current").events()
    data = event["data"] | {"messageId": event_id}
    return event | {"id": event_id, "data": data} | attributes


class Letters:
    """The container of an account."""

    def __init__(self, connection_string: str) -> None:
        self.connection_string = connection_string

    def put(self, name: str, content: str | bytes | list[Any]) -> str:
        """Write a blob; nothing that ran before has to have made the container."""
        text = json.dumps(content) if isinstance(content, list) else content
        with self.client() as container:
            if not container.exists():
                container.create_container()
            container.upload_blob(name, text, overwrite=True)
        return name

    def blobs(self) -> dict[str, bytes]:
        """All that is there."""
        with self.client() as container:
            try:
                names = list(container.list_blob_names())
            except ResourceNotFoundError:
                return {}
            return {name: container.download_blob(name).readall() for name in names}

    def clear(self) -> None:
        """Nothing of an earlier test is left."""
        with self.client() as container:
            for name in self.blobs():
                container.delete_blob(name)

    def places(self) -> dict[str, list[str]]:
        """Where the dead letters of each event are: waiting, replayed, quarantine."""
        found: dict[str, list[str]] = {}
        for name, content in self.blobs().items():
            first = name.partition("/")[0]
            place = first if first in {"replayed", "quarantine"} else "waiting"
            for letter in json.loads(content):
                found.setdefault(letter["id"], []).append(place)
        return found

    def client(self) -> ContainerClient:
        """The container itself."""
        return ContainerClient.from_connection_string(self.connection_string, "dead-letters")


@pytest.fixture
def letters(app: App) -> Iterator[Letters]:
    """The container of the local run, empty, as are the queues."""
    found = Letters(app.connection_string)
    yield found
    found.clear()


@pytest.fixture
def command(azurite: StoragePorts, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``dead-letters`` with these words: the exit status and the output."""

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        ports = ["--blob-port", str(azurite.blob), "--queue-port", str(azurite.queue)]
        status = commands.main(["dead-letters", *ports, *words])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run
