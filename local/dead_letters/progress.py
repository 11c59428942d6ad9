"""How far a long command is, on a terminal."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def counted(work: Iterable[T], total: int, doing: str) -> Iterator[T]:
    """Give what the work gives, and say on stderr meanwhile which one of how many it is.

    Nothing is written where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        yield from work
        return
    done = iter(work)
    for number in range(1, total + 1):
        text = f"{doing} {number} of {total}"
        _write(text)
        try:
            each = next(done)
        finally:
            _write(" " * len(text))
            _write("")
        yield each


def _write(text: str) -> None:
    sys.stderr.write(f"\r{text}")
    sys.stderr.flush()
