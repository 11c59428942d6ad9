"""The Functions host of the local run: Core Tools where they are installed, else our stand-in."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from local import loopback, paths, ports
from local.errors import CommandError
from local.loopback import Answer
from local.processes import Child, Children

_START_SECONDS = 90.0
_GRACE = 5.0  # seconds in which running functions may end
_ANSWER_SECONDS = 30.0  # as long as Event Grid waits for an answer
STORAGE_SETTINGS = ("AzureWebJobsStorage", "RecordStorage")


def url(port: int) -> str:
    """Where the host listens."""
    return f"http://{ports.LOOPBACK}:{port}"


def core_tools() -> str | None:
    """The `func` program, if there is one. `DEV_HOST=local` asks for the stand-in all the same."""
    return None if os.environ.get("DEV_HOST") == "local" else shutil.which("func")


def start(
    children: Children,
    port: int,
    *,
    root: Path = paths.ROOT,
    settings: Mapping[str, str],
    func: str | None = None,
    name: str = "The Functions host",
) -> Child:
    """Start the host for the app in a folder; it is not ready yet.

    Args:
        children: what stops it.
        port: where it listens.
        root: the function app.
        settings: app settings on top of its local ones.
        func: the program of Core Tools; without it, our stand-in.
        name: for messages.
    """
    program, cwd = [sys.executable, "-m", "local.host"], paths.ROOT
    options = ["--root", str(root)]
    if func:
        name, program, options, cwd = f"{name} (func start)", [func, "start"], [], root
    command = [*program, "--port", str(port), *options]
    return children.start(name, command, cwd=cwd, environ=_environ(settings), grace=_GRACE)


def wait_until_ready(host: Child, port: int) -> None:
    """Wait until the host says that it is running."""
    host.wait_until(partial(is_running, port), _START_SECONDS)


def is_running(port: int) -> bool:
    """Whether a host on the port says that it is running."""
    answer = loopback.request(port, "/admin/host/status")
    return answer is not None and answer.status == HTTPStatus.OK and b'"Running"' in answer.body


def functions(port: int) -> list[str]:
    """The names of the functions that the host has, sorted."""
    answer = loopback.request(port, "/admin/functions")
    if answer is None or answer.status != HTTPStatus.OK:
        return []
    return sorted(str(function["name"]) for function in json.loads(answer.body))


def deliver(port: int, function: str, body: bytes) -> Answer:
    """Post a request body to a function's webhook as Event Grid does, and give the answer.

    Raises:
        CommandError: nothing answers on the port.
    """
    answer = loopback.request(
        port,
        f"/runtime/webhooks/EventGrid?functionName={quote(function, safe='')}",
        method="POST",
        body=body,
        headers={"aeg-event-type": "Notification", "Content-Type": "application/json"},
        seconds=_ANSWER_SECONDS,
    )
    if answer is None:
        raise CommandError(
            f"no Functions host answers on port {port}. Start it in another terminal, "
            "`python3 dev.py start`, or name its port with --port."
        )
    return answer


def _environ(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment, without what could lead the app to a real storage account."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.partition("__")[0] not in STORAGE_SETTINGS
    }
    # Core Tools take the Python on the PATH, which has to be the one with the packages.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    here = {"PATH": path, "VIRTUAL_ENV": sys.prefix, "PYTHONUNBUFFERED": "1"}
    return kept | here | dict(settings)
