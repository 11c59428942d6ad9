"""Fuzz the decoder: samples, changed at random, must give valid records or a rejected event.

Whatever text comes, it becomes records that their schemas accept and a queue holds, or a rejected
event, and its dead letter is valid JSON that loses nothing. What breaks this is made as small as it
gets and written to a file. With FILES, those are checked instead: a finding, to see it again.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from local import console
from local.errors import CommandError

_SLICE = 10.0  # seconds between two lines that say how it goes
_SHRINK = 20.0  # seconds at most for one finding


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="check these, no more")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long; %(default)g")
    parser.add_argument(
        "--seed", type=int, help="the same seed, the same texts; by default another every time"
    )


def run(arguments: argparse.Namespace) -> int:
    """Fuzz, or check the files; exit status 1 when something was found."""
    if arguments.files:
        return _check(arguments.files)
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 1_000_000
    print(f"Fuzzing for {arguments.seconds:g} s with --seed {seed} ...", flush=True)
    found = fuzz(Random(seed), arguments.seconds)  # noqa: S311 - repeatable, not secret
    if found:
        _report(found, Path(tempfile.mkdtemp(prefix="fuzz-")))
    return 1 if found else 0


def fuzz(chance: Random, seconds: float) -> dict[str, str]:
    """What was found, each with the smallest text that shows it. Says how fast it went."""
    from local.fuzz import mutations, promises  # noqa: PLC0415 - `--help` works before set-up

    texts = mutations.seeds()
    found: dict[str, str] = {}
    started = time.monotonic()
    said, runs, searching = started, 0, 0.0
    while (now := time.monotonic()) - started - searching < seconds:
        if now - said > _SLICE:
            said = now
            _progress(runs, now - started - searching, len(found))
        text = mutations.mutate(chance.choice(texts), chance)
        runs += 1
        what = promises.broken(text)
        if what and what not in found:
            found[what] = smallest(text, what)
            searching += time.monotonic() - now
    _progress(runs, time.monotonic() - started - searching, len(found))
    return found


def smallest(text: str, what: str) -> str:
    """The text with everything taken away that the finding does not need."""
    from local.fuzz import mutations, promises  # noqa: PLC0415 - see fuzz

    deadline = time.monotonic() + _SHRINK

    def shows(shorter: str) -> bool:
        return time.monotonic() < deadline and promises.broken(shorter) == what

    while smaller := next(filter(shows, mutations.without_one(text)), None):
        text = smaller
    before = ""
    while text != before:
        before, size = text, max(1, len(text) // 2)
        while size:
            text = _without_spans(text, size, shows)
            size //= 2
    return text


def _without_spans(text: str, size: int, shows: Callable[[str], bool]) -> str:
    position = 0
    while position < len(text):
        shorter = text[:position] + text[position + size :]
        if shows(shorter):
            text = shorter
        else:
            position += size
    return text


def _progress(runs: int, seconds: float, findings: int) -> None:
    rate = runs / seconds if seconds else 0.0
    print(
        f"{runs:,} texts in {seconds:.0f} s, {rate:,.0f} a second, findings: {findings}", flush=True
    )


def _report(found: dict[str, str], folder: Path) -> None:
    """Write every finding to a file, and say what to do with it."""
    for number, (what, text) in enumerate(found.items(), 1):
        file = folder / f"{number}.json"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        print(f"\n{console.paint(what, 'red')}\n  {file}\n  {text[:200]!r}")
    print(
        f"\nTo see one again: python3 dev.py fuzz {folder}/1.json\n"
        "Mend what it shows. A text that somebody may really send becomes a sample: copy it, made\n"
        "whole again, to samples/<EventType>.<variant>.json (or to samples/rejected/), then run\n"
        "python3 dev.py golden, and read the diff. Any other becomes an example in a unit test."
    )


def _check(files: list[Path]) -> int:
    from local.fuzz import promises  # noqa: PLC0415 - see fuzz

    findings = 0
    for file in files:
        if not file.is_file():
            raise CommandError(f"{file} is no file.")
        what = promises.broken(file.read_bytes().decode("utf-8", "surrogatepass"))
        findings += what is not None
        print(f"{file}: {console.paint(what or 'as it should be', 'red' if what else 'green')}")
    return 1 if findings else 0
