"""One line per step: what, how long, how it ended. On a terminal the line moves while it runs."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SPINNER = "|/-\\"
_TAIL = 15


class Progress:
    """The line of one step. `tick` now and then keeps it alive."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._started = time.monotonic()
        self._ticks = 0
        self._moving = sys.stdout.isatty()

    def begin(self) -> None:
        """Show that the step has begun."""
        if not self._moving:
            print(self._label, end=" ... ", flush=True)

    def tick(self) -> None:
        """Turn the spinner, where there is a terminal to turn it on."""
        if self._moving:
            turn = _SPINNER[self._ticks % len(_SPINNER)]
            print(f"\r{self._label} {turn} {self._elapsed()} ", end="", flush=True)
            self._ticks += 1

    def end(self, outcome: str) -> None:
        """Close the line with how it went."""
        if self._moving:
            print(f"\r{self._label} ... ", end="")
        print(f"{outcome} ({self._elapsed()})", flush=True)

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:.1f} s"


@contextmanager
def step_line(label: str) -> Iterator[Progress]:
    """The line of a step, closed with "done", "failed" or "stopped"."""
    line = Progress(label)
    line.begin()
    outcome = "stopped"
    try:
        yield line
        outcome = "done"
    except Exception:
        outcome = "failed"
        raise
    finally:
        line.end(outcome)


def tail(log: Path, count: int = _TAIL) -> str:
    """The last lines of a log, indented, for an error message."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-count:])
