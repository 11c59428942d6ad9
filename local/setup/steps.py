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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from local import console, paths
from local.errors import CommandError
from local.processes import Children

_LAST_LINES = 10
_NEEDED_MB = 500  # all that is installed

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
        CommandError: a step failed, or the folder is none that this function made.
    """
    _require_own(folder)
    if not _due(steps, folder):  # a read-only folder will do
        return
    with only_one(folder / "setup.lock"):
        due = _due(steps, folder)
        if not due:
            return
        log = folder / "setup.log"
        _say(f"Setting up {folder.name}: {len(due)} of {len(steps)} steps to do (details: {log})")
        with log.open("w", encoding="utf-8") as output:
            for number, step in enumerate(steps, start=1):
                if step in due:
                    with _timed(f"[{number}/{len(steps)}] {step.title} ... ") as show:
                        _run(step, folder, output, show)


def _require_own(folder: Path) -> None:
    """Refuse what somebody else made, since steps delete what is in the way."""
    if folder.is_symlink():
        raise CommandError(
            f"{folder} is a symbolic link. Remove it (`rm {folder.name}`; what it leads to stays), "
            "and the same command makes a folder of its own."
        )
    is_own = (folder / "setup.lock").exists() or not folder.exists()
    if not is_own and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(
            f"dev.py did not make {folder} and would have to empty it. Rename or remove it, "
            "and the same command makes a new one."
        )


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Let one set-up at a time into the block; the system unlocks the file of an ended process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if not _try_lock(file):
            _say("Another set-up is at work on .venv; waiting for it to finish.")
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
        done = json.loads((folder / "setup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # there is none, or half of one
        return {}
    return done if isinstance(done, dict) else {}


def _write_done(folder: Path, done: dict[str, str]) -> None:
    (folder / "setup.json").write_text(json.dumps(done, indent=2), encoding="utf-8")


def _due(steps: Sequence[Step], folder: Path) -> list[Step]:
    done = _read_done(folder)
    return [step for step in steps if not _is_done(step, done)]


def _is_done(step: Step, done: dict[str, str]) -> bool:
    return done.get(step.title) == step.digest() and all(made.exists() for made in step.makes)


def _say(text: str) -> None:
    """Print to stderr: on stdout is the result of the command."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _timed(line: str) -> Iterator[Callable[[str], None]]:
    """Print the line of a step, how it goes, and at the end how it went and how long it took."""
    started, outcome = time.monotonic(), "stopped"
    try:
        with console.progress(line) as show:
            yield lambda text: show(f"{time.monotonic() - started:.0f} s {text}")
        outcome = "done"
    except (CommandError, OSError):
        outcome = "failed"
        raise
    finally:
        _say(f"{outcome} ({time.monotonic() - started:.1f} s)")


def _room(folder: Path) -> str:
    """A line about the disk, if that may be the reason."""
    free = shutil.disk_usage(folder).free // 1_000_000
    return f"There are only {free} MB free on this disk.\n" if free < _NEEDED_MB else ""


def _environ(temporary: Path) -> dict[str, str]:
    """Our environment, in which pip and npm write to that folder, but to their caches if they can.

    The home directory may be missing or not be theirs to write to, as in containers.
    """
    names = ["TMPDIR", "TEMP", "TMP"]
    home = os.path.expanduser("~")  # noqa: PTH111 - where there is none, pathlib raises
    if home == "~":
        names.append("HOME")
    if not os.access(home, os.W_OK):
        names += ["PIP_CACHE_DIR", "npm_config_cache"]
    return os.environ | dict.fromkeys(names, str(temporary))


def _run(step: Step, folder: Path, log: IO[str], show: Callable[[str], None]) -> None:
    done = _read_done(folder)
    done.pop(step.title, None)
    _write_done(folder, done)
    temporary = folder / "tmp"  # not the system's, so that even a kill leaves nothing there
    # What it makes comes last: it may lie behind a link that is removed.
    for path in (temporary, *step.removes, *step.makes):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    temporary.mkdir()
    step.prepare()
    environ = _environ(temporary)
    for command in step.commands:
        why = _why_it_failed(step.title, command, environ, log, show)
        if why:
            raise CommandError(
                f"{why}\n\n{step.hint}\n{_room(folder)}"
                "Then run the same command again: finished steps are not repeated."
            )
    shutil.rmtree(temporary)
    done[step.title] = step.digest()
    _write_done(folder, done)


def _why_it_failed(
    title: str,
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    log: IO[str],
    show: Callable[[str], None],
) -> str | None:
    """Run a program of a step to its end; None when that was a good one."""
    write = partial(print, file=log, flush=True)
    write("$", *command)
    with Children() as children:
        program = children.start(title, command, cwd=paths.ROOT, environ=environ, on_line=write)
        status = program.wait(show)
    last = "\n".join(program.last_lines().splitlines()[-_LAST_LINES:])
    failed = f"{title} failed (exit status {status}). The last lines of {log.name}:\n\n{last}"
    return failed if status else None
