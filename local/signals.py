"""Ctrl-C, SIGTERM and a closed terminal end a command through its cleanups, at any moment.

A signal raises `SystemExit(128 + number)` in the main thread, so that every `with` and `finally`
runs. Where an exception would lose something (a program that has just started, half a cleanup) the
code is in a block `with held():`, and the exit waits until the end of the block.
"""

import contextlib
import signal
import types
from collections.abc import Iterator


class _Exit:
    """Whether an exit has to wait, whether one does, and whether it has begun."""

    depth = 0
    waiting: int | None = None
    begun = False


def end_on_signals() -> None:
    """Turn the signals that end a program into an orderly exit; call it in the main thread."""
    signal.signal(signal.SIGINT, _exit)
    signal.signal(signal.SIGTERM, _exit)
    # Under `nohup` the program must go on ignoring the hang-up.
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        signal.signal(hang_up, _exit)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let the block finish before a signal ends the command."""
    _Exit.depth += 1
    try:
        yield
    finally:
        _Exit.depth -= 1
        if _Exit.depth == 0 and _Exit.waiting is not None:
            number, _Exit.waiting = _Exit.waiting, None
            _begin(number)


def _exit(number: int, _frame: types.FrameType | None) -> None:
    if _Exit.depth:
        _Exit.waiting = number
    else:
        _begin(number)


def _begin(number: int) -> None:
    """Exit; another Ctrl-C does not interrupt the cleanups."""
    if not _Exit.begun:
        _Exit.begun = True
        raise SystemExit(128 + number)
