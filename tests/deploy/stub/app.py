"""The package that was published, run for real: by the local host, with the deployed settings."""

import io
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path

from local import functions_host, ports
from local.processes import Children


class PublishedApp:
    """A host that the first event starts, and anew after another package or other settings."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._running: tuple[bytes, dict[str, str]] | None = None
        self._port = 0
        self.answers: list[int] = []

    def deliver(self, package: bytes, settings: dict[str, str], function: str, body: bytes) -> int:
        """Hand an event to a function; the status that the host answers with."""
        if self._running != (package, settings):
            self.close()
            self._start(package, settings)
            self._running = (package, settings)
        self.answers.append(functions_host.deliver(self._port, function, body).status)
        return self.answers[-1]

    def close(self) -> None:
        """Stop the host, if it runs."""
        self._stack.close()
        self._running = None

    def _start(self, package: bytes, settings: dict[str, str]) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        zipfile.ZipFile(io.BytesIO(package)).extractall(folder)
        children = self._stack.enter_context(Children())
        (self._port,) = ports.free(1)
        host = functions_host.start(children, self._port, root=folder, settings=settings)
        functions_host.wait_until_ready(host, self._port)
