"""Programs that the local run starts: each in a session of its own, watched, and surely stopped."""

import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn, Self

from local.errors import CommandError
from local.signals import held

_GRACE = 2.0  # seconds between the polite request to stop and the kill
_POLL = 0.05
_TAIL = 25


class Child:
    """A running program and the last lines it said.

    Its standard input stays open as long as we live: the program ends at the end of it, so that
    even `kill -9` of this process leaves nothing behind.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        grace: float,
    ) -> None:
        self.name = name
        self._grace = grace
        self._deadline = 0.0
        self.on_line: Callable[[str], object] | None = None  # called with each line of its output
        self._lines: collections.deque[str] = collections.deque(maxlen=_TAIL)
        self.process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the terminal is for us; we stop the children
        )
        self._reader = threading.Thread(target=self._read, args=[self.process.stdout], daemon=True)
        self._reader.start()

    @property
    def has_ended(self) -> bool:
        """Whether the program is gone."""
        with held():  # an exit in the middle of `poll` would leave its lock taken
            return self.process.poll() is not None

    def said(self) -> str:
        """The last lines of its output, indented, for an error message."""
        return "\n".join(f"    {line}" for line in tuple(self._lines)) or "    (it said nothing)"

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait for the program to be ready; when it dies first or takes too long, say so."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.has_ended:
                raise CommandError(self.obituary())
            if time.monotonic() > deadline:
                raise CommandError(
                    f"{self.name} did not answer within {seconds:.0f} s. It said:\n{self.said()}"
                )
            time.sleep(_POLL)

    def obituary(self) -> str:
        """What to say when the program ended by itself."""
        status = self.process.wait()
        self._reader.join(_GRACE)
        return f"{self.name} ended by itself (exit status {status}). It said:\n{self.said()}"

    def _read(self, output: IO[bytes]) -> None:
        for raw in output:
            line = raw.decode("utf-8", "replace").rstrip()
            self._lines.append(line)
            if self.on_line is not None:
                self.on_line(line)

    def ask_to_end(self) -> None:
        """Ask the program to end, by SIGTERM and by the end of its standard input."""
        self._deadline = time.monotonic() + self._grace
        _signal_group(self.process, "SIGTERM")
        _close_input(self.process)

    def end(self) -> None:
        """Kill what is left when its time is over: Azurite does not hear while it is busy."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, self._deadline - time.monotonic()))
        _kill_group(self.process)
        self._reader.join(_GRACE)
        if self.process.stdout is not None and not self._reader.is_alive():
            self.process.stdout.close()


class Children:
    """The programs started in a `with` block; at its end all of them are stopped."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        grace: float = _GRACE,
    ) -> Child:
        """Start a program, which may take `grace` seconds to end when it is asked to."""
        with held():
            child = Child(name, command, cwd=cwd, environ=environ, grace=grace)
            self._children.append(child)
        return child

    def ended(self) -> Child | None:
        """A program that ended by itself, if there is one."""
        return next((child for child in self._children if child.has_ended), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        with held():
            for child in self._children:
                child.ask_to_end()
            for child in self._children:
                child.end()


def become(command: Sequence[str | Path], environ: Mapping[str, str] | None = None) -> NoReturn:
    """Go on as another program, which gets the signals and gives the exit status itself."""
    words = [str(word) for word in command]
    environ = os.environ if environ is None else environ
    sys.stdout.flush()
    if sys.platform == "win32":  # where exec starts a second process and does not wait for it
        sys.exit(subprocess.call(words, env=environ))
    os.execve(words[0], words, environ)  # noqa: S606 -- our own Python, and no shell wanted


def interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Stop a process that may want to clean up after itself, as at a Ctrl-C; then kill the rest."""
    with held():
        if process.poll() is None:
            _signal_group(process, "SIGINT")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
        _kill_group(process)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all it started, and wait for its end."""
    _signal_group(process, "SIGKILL")
    _close_input(process)
    process.wait()


def _close_input(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def _signal_group(process: "subprocess.Popen[bytes]", name: str) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, getattr(signal, name))
