"""How far a long command is, on a terminal."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from local import console

T = TypeVar("T")


def counted(work: Iterable[T], total: int, doing: str) -> Iterator[T]:
    """Give what the work gives, and say on stderr meanwhile which one of how many it is.

    The line is gone whenever something is given, so that it can be printed.
    """
    done = iter(work)
    with console.progress() as show:
        for number in range(1, total + 1):
            show(f"{doing} {number} of {total}")
            each = next(done)
            show("")
            yield each
