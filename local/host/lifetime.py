"""When the host stops: a signal, or its parent's end; and that it really does."""

import asyncio
import logging
import os
import signal
import stat
import threading
from collections.abc import Callable

# How long running functions may take to end; and when the process ends, whatever still runs.
GRACE_SECONDS = 3.0
_LAST_RESORT_SECONDS = 4.0

_log = logging.getLogger("host")


class _Parent:
    """What to do when the parent has ended: nothing runs yet that would have to be stopped."""

    has_ended: Callable[[], None] = staticmethod(lambda: os._exit(0))


def exit_on_signal() -> None:
    """Until there is anything to stop, let SIGINT and SIGTERM end the process without a word."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))


def watch_parent() -> None:
    """End when standard input does: call it first, before imports that take their time."""
    if _is_pipe(0):
        threading.Thread(target=_await_end_of_input, daemon=True).start()


def stop_event() -> asyncio.Event:
    """Give an event that SIGINT, SIGTERM or, where it is watched, the parent's end sets.

    Signals and standard input are not left to the loop: a function that blocks it must not keep
    the process alive.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request_stop(*_signal: object) -> None:
        _exit_at_last()
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, request_stop)
    signal.signal(signal.SIGTERM, request_stop)
    _Parent.has_ended = request_stop
    return stop


def _is_pipe(descriptor: int) -> bool:
    """Whether this input ends when the process that holds its other end does."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # standard input is closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _await_end_of_input() -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:  # a reset connection is an end, too
        pass
    _Parent.has_ended()


def _exit_at_last() -> None:
    """End the process even while user code holds the loop or a thread, which nothing can interrupt.

    Azure's host ends its worker processes in the same way.
    """
    # Clients that the app keeps open for its whole life are not worth an error message now.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    timer = threading.Timer(_LAST_RESORT_SECONDS, _abandon)
    timer.daemon = True
    timer.start()


def _abandon() -> None:
    _log.warning("A function is still running; the host stops without waiting for it.")
    logging.shutdown()
    os._exit(0)
