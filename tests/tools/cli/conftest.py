"""Run commands in this process."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from local import __main__ as commands

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit status, and what it printed to both streams."""

    status: int
    output: str


@pytest.fixture
def dev(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command of `dev.py`; the signal handlers of this process stay as they are."""

    def run(*arguments: str) -> Ended:
        handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        try:
            status = commands.main(arguments)
        except SystemExit as stop:  # argparse
            status = int(stop.code or 0)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return Ended(status, "".join(capsys.readouterr()))

    return run
