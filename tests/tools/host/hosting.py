"""Start `python -m local.host` on a small app, talk to it over HTTP, and end it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import paths, ports
from tests.commands import eventually

REPOSITORY = paths.ROOT

# Settings of the machine that runs the tests must not reach the app under test.
_FOREIGN = ("azure", "functions_", "website_", "python_threadpool", "from_")

# Writes down what a function sees of its process.
SHOWS = """
import json
import os
import sys
from pathlib import Path

import shared.origin


async def main(event: str) -> None:
    shown = {
        "settings": dict(os.environ),
        "cwd": os.getcwd(),
        "path": sys.path,
        "shared": shared.origin.__file__,
    }
    Path("shown.json").write_text(json.dumps(shown))
"""


def write_function(root: Path, name: str, code: str, function_json: str | None = None) -> None:
    """Write one function folder whose parameter `event` is the trigger."""
    binding = {"type": "eventGridTrigger", "direction": "in", "name": "event"}
    (root / name).mkdir(parents=True)
    (root / name / "__init__.py").write_text(code, encoding="utf-8")
    (root / name / "function.json").write_text(
        function_json or json.dumps({"scriptFile": "__init__.py", "bindings": [binding]}),
        encoding="utf-8",
    )


def write_settings(
    root: Path, values: dict[str, Any], *, local_port: int | str | None = None, **host_json: object
) -> None:
    """Write host.json and local.settings.json, with the storage that the host asks for."""
    root.mkdir(exist_ok=True)
    (root / "host.json").write_text(json.dumps({"version": "2.0"} | host_json), encoding="utf-8")
    settings = {
        "Values": {"AzureWebJobsStorage": "UseDevelopmentStorage=true"} | values,
        "Host": {"LocalHttpPort": local_port},
    }
    (root / "local.settings.json").write_text(json.dumps(settings), encoding="utf-8")


def environment() -> dict[str, str]:
    """Give the environment of a host process."""
    return {
        name: text for name, text in os.environ.items() if not name.lower().startswith(_FOREIGN)
    }


def run_to_end(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a Python that is to start a host, and cannot."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: http.client.HTTPMessage

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningHost:
    """A host process that has loaded its app."""

    root: Path
    port: int
    process: subprocess.Popen[bytes]

    def request(
        self,
        method: str,
        path: str,
        body: str | bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request on a connection of its own; parts of a body go as chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = body.encode() if isinstance(body, str) else body
            connection.request(method, path, sent, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.headers)
        finally:
            connection.close()

    def notify(self, function: str, body: str | bytes) -> Answer:
        """Post a body as Event Grid does."""
        path = f"/runtime/webhooks/EventGrid?functionName={function}"
        return self.request("POST", path, body, {"aeg-event-type": "Notification"})

    def received(self, wanted: str) -> list[dict[str, str]]:
        """Give what the function `records` was called with, of the events that hold this text."""
        path = self.root / "received.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [record for record in map(json.loads, lines) if wanted in record["event"]]

    def log(self) -> str:
        """Give all that the process has written to stderr."""
        return (self.root / "stderr.log").read_text(encoding="utf-8")

    def output(self) -> str:
        """Give all that the process has written to stdout."""
        return (self.root / "stdout.log").read_text(encoding="utf-8")

    def state(self) -> str | None:
        """Give the state that the host reports, or None while nobody answers."""
        try:
            state: str = self.request("GET", "/admin/host/status").json()["state"]
        except ConnectionError:
            return None
        return state

    def await_running(self) -> None:
        """Return once the functions are loaded."""
        ended = self.process.poll
        assert eventually(lambda: ended() is not None or self.state() == "Running", 30), self.log()
        assert ended() is None, self.log()

    def await_log(self, text: str) -> str:
        """Give the log once it has this text."""
        assert eventually(lambda: text in self.log(), 10), self.log()
        return self.log()


@contextmanager
def host_of(root: Path, program: Sequence[str] = ("-m", "local.host")) -> Iterator[RunningHost]:
    """Host the app under `root`, and end the process however the test ends."""
    (port,) = ports.free(1)
    command = [sys.executable, *program, "--root", str(root), "--port", str(port)]
    with (root / "stdout.log").open("wb") as out, (root / "stderr.log").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    with process:
        try:
            host = RunningHost(root, port, process)
            host.await_running()
            yield host
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            finally:
                process.kill()


def unique() -> str:
    """Give a text that no other event holds."""
    return uuid.uuid4().hex
