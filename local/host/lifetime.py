"""How the host stops: at a signal, whatever the app's code is doing."""

import asyncio
import logging
import os
import signal
import threading

# How long running functions may take to end; and when the process ends, whatever still runs.
GRACE_SECONDS = 3.0
_LAST_RESORT_SECONDS = 4.0

_log = logging.getLogger("host")


def exit_on_signal() -> None:
    """Until there is anything to stop, let SIGINT and SIGTERM end the process without a message."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))


def stop_event() -> asyncio.Event:
    """Give an event that SIGINT or SIGTERM sets.

    Signals are not left to the loop: a function that blocks it must not keep the process alive.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def request_stop(*_signal: object) -> None:
        _exit_at_last()
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, request_stop)
    signal.signal(signal.SIGTERM, request_stop)
    return stop


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
