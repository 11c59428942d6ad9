"""Run the command line as a person does: in a process, with signals and exit statuses."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from local import paths, ports
from local.ports import is_free


class Ports:
    """Six free ports, and the options that make `start` use them."""

    def __init__(self) -> None:
        self.numbers = ports.free(6)
        self.host, self.topic, self.blob, self.queue, self.table, self.desk = self.numbers
        names = ("port", "topic-port", "blob-port", "queue-port", "table-port", "desk-port")
        pairs = zip((f"--{name}" for name in names), map(str, self.numbers), strict=True)
        self.options = [word for pair in pairs for word in pair]

    def are_free(self) -> bool:
        """Whether nothing listens there any more."""
        return all(map(is_free, self.numbers))


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = paths.ROOT,
    environ: Mapping[str, str] | None = None,
    seconds: float = 45,
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; what it printed is one text."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )


def dev(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command of `dev.py`, whose environment is the one that these tests run in."""
    return run([sys.executable, "-m", "local", *arguments], environ=stand_in())


@contextmanager
def started(
    command: Sequence[str | Path], output: Path, environ: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A command in the background, its output in a file; it is gone after the block."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=paths.ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=_as_at_a_terminal,  # noqa: PLW1509 - no threads start processes here
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _as_at_a_terminal() -> None:
    """Under `nohup` or in the background of a script, these would be ignored for ever."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def stand_in() -> dict[str, str]:
    """The environment, with the stand-in for the Functions host even where Core Tools are."""
    return os.environ | {"DEV_HOST": "local", "PYTHONUNBUFFERED": "1"}


def with_repository() -> dict[str, str]:
    """The environment of a Python that is to import the modules of this repository."""
    return os.environ | {"PYTHONPATH": str(paths.ROOT)}


def eventually(is_so: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it becomes so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    state = run(["ps", "-o", "stat=", "-p", str(pid)]).stdout.strip()
    return bool(state) and not state.startswith("Z")


def children_of(pid: int) -> list[int]:
    """The processes that a process started."""
    pairs = [line.split() for line in run(["ps", "-A", "-o", "pid=,ppid="]).stdout.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]
