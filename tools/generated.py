"""Files that a command writes and a test checks: write them, or name those that are stale."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from local import console
from local.paths import ROOT


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the option of commands that write such files."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail when one is stale"
    )


def write(files: Mapping[Path, str], *, check: bool, hint: str) -> int:
    """Write the files that differ; with ``check`` only name them and return 1."""
    stale = [path for path, text in files.items() if _text_of(path) != text]
    for path in stale:
        _say("stale" if check else "written", path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    if check and stale:
        print(f"run: {hint}")
    return 1 if check and stale else 0


def remove(paths: list[Path], *, check: bool, hint: str) -> int:
    """Remove files whose source is gone; with ``check`` only name them and return 1."""
    for path in paths:
        _say("orphan" if check else "removed", path)
        if not check:
            path.unlink()
    if check and paths:
        print(f"run: {hint}")
    return 1 if check and paths else 0


def _say(what: str, path: Path) -> None:
    print(console.escaped(f"{what}: {path.relative_to(ROOT)}"))


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
