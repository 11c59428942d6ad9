"""Programs that a command starts: watched, stopped at its end, and gone when the command is gone.

The programs of a `Children` block share a process group. Its leader is a guard, which kills the
group when its standard input ends: a pipe that only this process holds open. So nothing outlives
this process, not even after `kill -9`, and Ctrl-C at the terminal reaches this process only.
"""

import collections
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from local.errors import CommandError
from local.signals import held

# Windows has no process groups: there the guard ends each process by its id.
_GUARD = """
import contextlib, os, signal, sys
ids = sys.stdin.read().split()
if sys.platform != "win32":
    os.killpg(0, signal.SIGKILL)
for each in ids:
    with contextlib.suppress(OSError):
        os.kill(int(each), signal.SIGTERM)
"""
_GRACE = 2.0  # seconds between the request to end and the kill
_POLL = 0.05
_LAST_LINES = 25


class Child:
    """A running program and the last lines of its output."""

    def __init__(
        self,
        name: str,
        process: "subprocess.Popen[bytes]",
        grace: float,
        on_line: Callable[[str], object] | None,
    ) -> None:
        self.name = name
        self.process = process
        self.on_line = on_line
        self._grace = grace
        self._deadline = 0.0
        self._lines: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._reader = threading.Thread(target=self._read, args=[process.stdout], daemon=True)
        self._reader.start()

    @property
    def has_ended(self) -> bool:
        """Whether the program has ended."""
        with held():  # an exit in the middle of `poll` would leave its lock taken
            return self.process.poll() is not None

    def last_lines(self) -> str:
        """The last lines of its output, indented, for an error message."""
        return "\n".join(f"    {line}" for line in tuple(self._lines)) or "    (no output)"

    def wait(self, show: Callable[[str], object] = lambda _line: None) -> int:
        """Wait until the program ends by itself, and give its exit status.

        Args:
            show: is called again and again with the last line of the output.
        """
        while not self.has_ended:
            show(self._lines[-1] if self._lines else "")
            time.sleep(_POLL)
        self._reader.join(_GRACE)
        return self.process.returncode

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait until the program is ready.

        Raises:
            CommandError: it ended, or it took more than these seconds.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.has_ended:
                raise CommandError(self.why_it_ended())
            if time.monotonic() > deadline:
                problem = f"did not answer within {seconds:.0f} s"
                raise CommandError(f"{self.name} {problem}. Its output:\n{self.last_lines()}")
            time.sleep(_POLL)

    def why_it_ended(self) -> str:
        """The message about a program that ended by itself."""
        problem = f"ended by itself (exit status {self.wait()})"
        return f"{self.name} {problem}. Its output:\n{self.last_lines()}"

    def ask_to_end(self) -> None:
        """Ask the program to end."""
        self._deadline = time.monotonic() + self._grace
        self.process.terminate()

    def kill_at_deadline(self) -> None:
        """Wait for the end, and kill what takes too long: a busy Azurite hears no signal."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, self._deadline - time.monotonic()))
        self.process.kill()
        self.process.wait()

    def finish_reading(self) -> None:
        """Read the rest of the output."""
        self._reader.join(_GRACE)

    def _read(self, output: IO[bytes]) -> None:
        from shared.redaction import hide  # noqa: PLC0415 - `--help` works with this folder alone

        with output:
            for raw in output:
                line = hide(raw.decode("utf-8", "replace").rstrip())
                self._lines.append(line)
                if self.on_line is not None:
                    with contextlib.suppress(OSError):  # a full disk; the program has to go on
                        self.on_line(line)


class Children:
    """The programs started in a `with` block; at its end all of them are stopped."""

    def __init__(self) -> None:
        self._guard: subprocess.Popen[bytes] | None = None
        self._children: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        grace: float = _GRACE,
        on_line: Callable[[str], object] | None = None,
    ) -> Child:
        """Start a program.

        Args:
            name: for messages.
            command: the program and its arguments.
            cwd: its working directory.
            environ: its environment.
            grace: how many seconds it may take to end when it is asked to.
            on_line: is called with each line of its output, in another thread.

        Raises:
            CommandError: there is no such program.
        """
        with held():
            self._guard = self._guard or _start_guard()
            try:
                process = subprocess.Popen(
                    [str(argument) for argument in command],
                    cwd=cwd,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    process_group=self._guard.pid,
                )
            except OSError as error:
                raise CommandError(f"cannot start {command[0]}: {error.strerror}") from error
            if sys.platform == "win32":
                self._guard.stdin.write(b"%d\n" % process.pid)
            child = Child(name, process, grace, on_line)
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
                child.kill_at_deadline()
            if self._guard is not None:
                self._guard.communicate()  # the end of its input: it kills what they left
            for child in self._children:
                child.finish_reading()


def replace_process(command: Sequence[str | Path], environ: Mapping[str, str]) -> int:
    """Replace this process by another program, which gets the signals and gives the exit status."""
    arguments = [str(argument) for argument in command]
    sys.stdout.flush()
    if sys.platform == "win32":  # where exec starts a second process and does not wait for it
        return subprocess.call(arguments, env=environ)
    return os.execve(arguments[0], arguments, environ)  # noqa: S606 -- our own Python, without a shell


def base_python() -> str:
    """This Python by its one real name, however it was called.

    From .venv's own Python it is the one beneath: the set-up may remove that of .venv meanwhile.
    """
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _start_guard() -> "subprocess.Popen[bytes]":
    command = [base_python(), "-I", "-S", "-c", _GUARD]
    return subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, process_group=0)
