"""Ctrl-C, SIGTERM and a closed terminal end a command through its cleanups, at any moment.

A signal becomes `SystemExit(128 + number)` in the main thread, so every `with` and `finally` on the
way out runs. Where an exception would lose something (a program just started and not yet noted
down, a cleanup half done) the code says `with held():`, and the exit waits until its end.
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
    # `nohup` ignores the hang-up for its program, and wants that to stay so.
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
    """Leave; whoever presses Ctrl-C once more does not keep the cleanups from their work."""
    if not _Exit.begun:
        _Exit.begun = True
        raise SystemExit(128 + number)
