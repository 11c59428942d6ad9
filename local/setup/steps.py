"""Run the steps of a set-up that are due, and stamp each one that succeeded.

A stamp is a digest of all that the step depends on. It is taken away before the step begins and
written after it ended well, so an interrupted step is due again, from its beginning: what it had
made is removed first, because half an installation looks like a whole one to pip.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from local import leash, paths
from local.errors import CommandError
from local.processes import interrupt
from local.setup.progress import Progress, step_line, tail
from local.signals import held

_TICK = 0.1  # seconds
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")  # what programs read to know the folder

Command = Sequence[str | Path]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: what it runs, what it reads, what it makes, and what to try when it fails."""

    name: str
    title: str
    commands: Sequence[Command]
    depends_on: Sequence[str] = ()  # facts, such as the Python version
    inputs: Sequence[Path] = ()  # files whose content counts
    makes: Sequence[Path] = ()  # removed before the step runs
    proof: Sequence[Path] = ()  # what must be there for the step to count as done
    cwd: Path | None = None
    environ: Mapping[str, str] | None = None
    prepare: Callable[[], object] = field(default=lambda: None)
    hint: str = ""

    def digest(self) -> str:
        """The digest of everything that, when changed, makes the step due again."""
        parts = [self.name, *self.depends_on]
        parts += [str(word) for command in self.commands for word in command]
        digest = hashlib.sha256("\0".join(parts).encode())
        for path in self.inputs:
            digest.update(b"\0" + path.read_bytes())
        return digest.hexdigest()


class Stamps:
    """Which steps are done, remembered as one small file per step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_fresh(self, step: Step) -> bool:
        """Whether the step was done with today's inputs, and what it made is still there."""
        try:
            stamp = (self._folder / step.name).read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        return stamp == step.digest() and all(path.exists() for path in step.proof)

    def remove(self, step: Step) -> None:
        """Forget that the step was done."""
        (self._folder / step.name).unlink(missing_ok=True)

    def write(self, step: Step) -> None:
        """Remember that the step was done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / step.name).write_text(step.digest(), encoding="ascii")


def run_due(steps: Sequence[Step], stamps: Stamps, log: Path) -> None:
    """Run every step that is due, in order; stop at the first that fails."""
    due = [step for step in steps if not stamps.is_fresh(step)]
    if not due:
        return
    print(f"Setting up .venv: {len(due)} of {len(steps)} steps to do (details: {log})")
    log.write_bytes(b"")
    for number, step in enumerate(steps, start=1):
        if step in due:
            with step_line(f"[{number}/{len(steps)}] {step.title}") as line:
                _run(step, stamps, log, line)


def base_python() -> str:
    """This Python by its one real name, however it was called.

    From .venv's own Python it is the one beneath: .venv cannot be made anew by itself.
    """
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def pip_install(*arguments: str | Path) -> Command:
    """Install into the environment, with the user's own settings for mirrors and proxies."""
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    # Python compiles what it imports on first use; most of the packages is never imported.
    quiet += ["--no-compile"]
    return [paths.PYTHON, "-m", "pip", "install", *quiet, *arguments]


def _run(step: Step, stamps: Stamps, log: Path, line: Progress) -> None:
    stamps.remove(step)
    for path in step.makes:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    step.prepare()
    # Of its own, so that not even a kill leaves half a download in the system's.
    temporary = log.parent / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    environ = {**(step.environ or os.environ), **dict.fromkeys(_TEMPORARY, str(temporary))}
    for command in step.commands:
        status = _run_command(command, replace(step, environ=environ), log, line)
        if status:
            raise CommandError(_failure(step, status, log))
    shutil.rmtree(temporary, ignore_errors=True)
    stamps.write(step)


def _run_command(command: Command, step: Step, log: Path, line: Progress) -> int:
    """Run one command in a session of its own, which ends with us whatever happens to us."""
    leashed = [base_python(), leash.__file__, *map(str, command)]
    with log.open("ab") as output:
        output.write(f"$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        process: subprocess.Popen[bytes] | None = None
        try:
            with held():
                process = subprocess.Popen(
                    leashed,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=step.cwd,
                    env=step.environ,
                    start_new_session=True,
                )
            return _wait(process, line)
        finally:
            if process is not None:
                interrupt(process)


def _wait(process: "subprocess.Popen[bytes]", line: Progress) -> int:
    while True:
        line.tick()
        with held():  # an exit in the middle of `poll` would leave its lock taken
            status = process.poll()
        if status is not None:
            return status
        time.sleep(_TICK)


def _failure(step: Step, status: int, log: Path) -> str:
    return (
        f"{step.title} failed (exit status {status}). The last lines of {log}:\n\n{tail(log)}\n\n"
        f"{step.hint}\nThen run the same command again: finished steps are not repeated."
    )
