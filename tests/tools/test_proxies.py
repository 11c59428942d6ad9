"""Nothing on this machine is reached through a proxy, whatever the environment says."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest

from local import loopback
from local.azurite import StoragePorts
from local.eventgrid.thread import LocalTopic
from tests.app import App
from tests.commands import run, stand_in
from tests.tools.dead_letters.conftest import BLOB, WHY, Letters, sms

pytestmark = pytest.mark.e2e

_NAMES = ("http_proxy", "https_proxy", "all_proxy")


class Proxy:
    """Counts who connects, and hangs up."""

    def __init__(self) -> None:
        self.server = create_server(("127.0.0.1", 0))
        self.count = 0
        self.thread = Thread(target=self._serve)
        self.thread.start()

    @property
    def environ(self) -> dict[str, str]:
        """The variables that name it."""
        address = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        return {name: address for each in _NAMES for name in (each, each.upper())}

    def close(self) -> None:
        """End the thread."""
        loopback.request(self.server.getsockname()[1], "/")
        self.thread.join()
        self.server.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self.server.accept()
            with connection:
                if connection.recv(99).startswith(b"GET / "):
                    return
                self.count += 1


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    found = Proxy()
    yield found
    found.close()


def test_no_command_uses_a_proxy_for_this_machine(
    app: App, azurite: StoragePorts, topic: LocalTopic, proxy: Proxy, tmp_path: Path
) -> None:
    """The functions host, the topic, queues and blobs; with the settings of an app, too."""
    settings = tmp_path / "settings.json"
    values = {"AzureWebJobsStorage": azurite.connection_string, "STORAGE_USE_PROXY": "true"}
    settings.write_text(json.dumps({"Values": values}))
    Letters(app.connection_string).put(BLOB, [sms() | WHY])
    storage = ["--blob-port", str(azurite.blob), "--queue-port", str(azurite.queue)]
    for words in (
        ["send", "SMSReceived", "--port", str(app.port)],
        ["send", "SMSReceived", "--publisher", topic.endpoint],
        ["peek", *storage[2:]],
        ["doctor", "--port", str(app.port), "--topic-port", str(topic.port), *storage],
        ["dead-letters", "list", *storage],
        ["dead-letters", "replay", "--yes", "--settings", str(settings)],
    ):
        ended = run([sys.executable, "-m", "local", *words], environ=stand_in() | proxy.environ)
        assert 0 == ended.returncode, ended.stdout
    assert 0 == proxy.count


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (None, None, "127.0.0.1,localhost"),
        ("corp.example", "other", "corp.example,127.0.0.1,localhost"),
        (None, "corp.example", "corp.example,127.0.0.1,localhost"),
        ("*", None, "*"),
    ],
)
def test_what_the_environment_says_of_other_hosts_stays(
    lower: str | None, upper: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("no_proxy", lower), ("NO_PROXY", upper)):
        monkeypatch.setenv(name, value or "")

    loopback.avoid_proxies()

    assert [expected] * 2 == [os.environ["no_proxy"], os.environ["NO_PROXY"]]
