"""Do the steps of a set-up that are not done yet.

`setup.json` holds a digest of what each finished step depends on. The digest is removed when a step
begins, so an interrupted step begins again; what it had made is removed first, because half an
installation looks like a whole one to pip.
"""

import hashlib
import json
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from local import paths
from local.errors import CommandError
from local.processes import Children

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@dataclass(frozen=True)
class Step:
    """One step: its name, its programs, and what to try when one of them fails."""

    title: str
    hint: str
    commands: Sequence[Sequence[str | Path]]
    inputs: Sequence[Path]
    """Files; when one changes, the step is due again."""
    makes: Sequence[Path]
    """What exists when the step is done; it is removed before the step begins."""
    removes: Sequence[Path] = ()
    """What is removed as well."""
    prepare: Callable[[], object] = lambda: None

    def digest(self) -> str:
        """A digest of everything that the step depends on, this Python included."""
        facts = [sys.version, sysconfig.get_platform()]
        facts += [str(word) for command in self.commands for word in command]
        digest = hashlib.sha256("\0".join(facts).encode())
        for file in self.inputs:
            digest.update(b"\0" + file.read_bytes())
        return digest.hexdigest()


def run_due(steps: Sequence[Step], folder: Path) -> None:
    """Do the steps that are due, in order. When none is, this is fast and prints nothing.

    Raises:
        CommandError: a step failed, or the folder is a link to another one.
    """
    if folder.is_symlink():
        raise CommandError(
            f"{folder} is a symbolic link; remove it, as dev.py deletes what is in there."
        )
    with only_one(folder / "setup.lock"):
        done = _read_done(folder)
        due = [step for step in steps if not _is_done(step, done)]
        if not due:
            return
        log = folder / "setup.log"
        print(f"Setting up {folder.name}: {len(due)} of {len(steps)} steps to do (details: {log})")
        with log.open("w", encoding="utf-8") as output:
            for number, step in enumerate(steps, start=1):
                if step in due:
                    with _timed(f"[{number}/{len(steps)}] {step.title}"):
                        _run(step, folder, done, output)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Let one set-up at a time into the block; the system unlocks the file of an ended process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if not _try_lock(file):
            print("Another set-up is at work on .venv; waiting for it to finish.", flush=True)
            while not _try_lock(file):
                time.sleep(0.2)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read_done(folder: Path) -> dict[str, str]:
    try:
        done: dict[str, str] = json.loads((folder / "setup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # there is none, or half of one
        return {}
    return done


def _write_done(folder: Path, done: dict[str, str]) -> None:
    (folder / "setup.json").write_text(json.dumps(done, indent=2), encoding="utf-8")


def _is_done(step: Step, done: dict[str, str]) -> bool:
    return done.get(step.title) == step.digest() and all(made.exists() for made in step.makes)


@contextmanager
def _timed(line: str) -> Iterator[None]:
    """Print the line of a step, and at the end how it went and how long it took."""
    print(line, end=" ... ", flush=True)
    started, outcome = time.monotonic(), "stopped"
    try:
        yield
        outcome = "done"
    except CommandError:
        outcome = "failed"
        raise
    finally:
        print(f"{outcome} ({time.monotonic() - started:.1f} s)", flush=True)


def _run(step: Step, folder: Path, done: dict[str, str], log: IO[str]) -> None:
    done.pop(step.title, None)
    _write_done(folder, done)
    temporary = folder / "tmp"  # not the system's, so that even a kill leaves nothing there
    for path in (temporary, *step.makes, *step.removes):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    temporary.mkdir()
    step.prepare()
    environ = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    for command in step.commands:
        print("$", *command, file=log, flush=True)
        write = partial(print, file=log, flush=True)
        with Children() as children:
            program = children.start(
                step.title, command, cwd=paths.ROOT, environ=environ, on_line=write
            )
            status = program.wait()
        if status:
            raise CommandError(
                f"{step.title} failed (exit status {status}). The last lines of {log.name}:\n\n"
                f"{program.last_lines()}\n\n{step.hint}\n"
                "Then run the same command again: finished steps are not repeated."
            )
    shutil.rmtree(temporary)
    done[step.title] = step.digest()
    _write_done(folder, done)
