"""The Functions host of the local run: Core Tools where they are installed, else our stand-in."""

import os
import shutil
import sys
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path

from local import leash, loopback, paths, ports
from local.processes import Child, Children

_START_SECONDS = 90.0
_GRACE = 5.0  # running functions may end first
_STORAGE_SETTINGS = ("AzureWebJobsStorage", "RecordStorage")


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
) -> Child:
    """Start the host for the app in a folder; it is not ready yet.

    Args:
        children: what stops it.
        port: where it listens.
        root: the function app.
        settings: app settings on top of its local.settings.json.
        func: the program of Core Tools; without it, our stand-in.
    """
    if func:
        # Core Tools know no --stop-with-parent.
        command = [sys.executable, leash.__file__, func, "start", "--port", str(port)]
        cwd = root
    else:
        command = [sys.executable, "-m", "local.host", "--port", str(port), "--root", str(root)]
        command += ["--address", ports.LOOPBACK, "--stop-with-parent"]
        cwd = paths.ROOT
    name = "The Functions host (func start)" if func else "The Functions host"
    environ = _environ(settings)
    return children.start(name, command, cwd=cwd, environ=environ, grace=_GRACE)


def wait_until_ready(host: Child, port: int) -> None:
    """Wait until the host says that it is running."""
    host.wait_until(partial(is_running, port), _START_SECONDS)


def is_running(port: int) -> bool:
    """What the host's own status says."""
    answer = loopback.request(port, "/admin/host/status")
    return answer is not None and answer.status == HTTPStatus.OK and b'"Running"' in answer.body


def _environ(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment, without what could lead the app to a real storage account."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.partition("__")[0] not in _STORAGE_SETTINGS
    }
    # Core Tools take the Python on the PATH, which has to be the one with the packages.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    here = {"PATH": path, "VIRTUAL_ENV": sys.prefix, "PYTHONUNBUFFERED": "1"}
    return kept | here | dict(settings)
