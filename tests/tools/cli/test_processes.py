"""Programs that a command starts are gone when the command is, however it ends."""

import os
import signal
import sys
from pathlib import Path

import pytest

from local import paths
from local.errors import CommandError
from local.processes import Child, Children
from tests.commands import eventually, is_alive, started, with_repository

pytestmark = pytest.mark.e2e

# Starts a program that starts another one; prints the process ids of both.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(60)
"""
COMMAND = f"""
import os, sys, time
from pathlib import Path
from local.processes import Children
from local.signals import end_on_signals
end_on_signals()
with Children() as children:
    child = children.start(
        "It", [sys.executable, "-c", {PARENT!r}], cwd=Path(), environ=os.environ, on_line=print
    )
    child.wait()
"""


def start(children: Children, code: str, grace: float = 2.0) -> Child:
    command = [sys.executable, "-c", code]
    return children.start("It", command, cwd=paths.ROOT, environ=os.environ, grace=grace)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGKILL, -9),
    ],
)
def test_nothing_is_left(number: signal.Signals, status: int, tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM, a closed terminal and kill -9; what the programs started ends, too."""
    output = tmp_path / "output"
    environ = with_repository() | {"PYTHONUNBUFFERED": "1"}
    with started([sys.executable, "-c", COMMAND], output, environ) as process:
        assert eventually(lambda: output.read_text().endswith("\n")), output.read_text()
        ids = [int(word) for word in output.read_text().split()]
        process.send_signal(number)

        assert status == process.wait(10)
        assert eventually(lambda: not any(map(is_alive, ids)), 5)
    assert "Traceback" not in output.read_text()


def test_what_ignores_the_request_to_end_is_killed() -> None:
    """As Azurite does while it is busy."""
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    )
    with Children() as children:
        child = start(children, f"{code}; time.sleep(60)", grace=0.1)
        child.wait_until(lambda: "1" in child.last_lines(), 10)

    assert -signal.SIGKILL == child.process.returncode


def test_a_program_that_ends_is_found_and_described() -> None:
    with Children() as children:
        start(children, "import time; time.sleep(60)")
        short = start(children, "import sys; print('no space'); sys.exit(3)")
        assert 3 == short.wait()

        assert short is children.ended()
        assert "It ended by itself (exit status 3). Its output:\n    no space" == (
            short.why_it_ended()
        )


def test_a_program_that_is_never_ready() -> None:
    with Children() as children:
        child = start(children, "import time; time.sleep(60)")

        with pytest.raises(CommandError, match=r"(?s)It did not answer within 0 s.*\(no output\)"):
            child.wait_until(lambda: False, 0)


def test_a_program_that_is_not_there() -> None:
    with Children() as children, pytest.raises(CommandError, match="cannot start /no/program: No"):
        children.start("It", ["/no/program"], cwd=paths.ROOT, environ=os.environ)


def test_a_secret_in_its_output_is_not_relayed() -> None:
    """Neither line by line, nor in the message about a program that has ended."""
    secret = "AccountName=a;AccountKey=abc"  # noqa: S105 - made up
    lines: list[str] = []
    with Children() as children:
        child = children.start(
            "It",
            [sys.executable, "-c", f"print('opened {secret}')"],
            cwd=paths.ROOT,
            environ=os.environ,
            on_line=lines.append,
        )
        message = child.why_it_ended()

    assert ["opened AccountName=a;AccountKey=***"] == lines
    assert "AccountKey=***" in message
    assert secret not in message


def test_the_python_that_the_set_up_removes_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.venv/bin/python dev.py` makes .venv anew when a package has changed."""
    base = sys.executable
    monkeypatch.setattr(sys, "executable", "/no/python")

    with Children() as children:
        it = children.start("It", [base, "-c", ""], cwd=paths.ROOT, environ=os.environ)
        assert 0 == it.wait()


def test_the_last_line_is_shown_while_a_program_is_awaited() -> None:
    shown: list[str] = []
    with Children() as children:
        start(children, "import time; print('at work', flush=True); time.sleep(0.3)").wait(
            shown.append
        )

    assert "at work" in shown


def test_a_full_disk_for_the_log_does_not_stop_the_program() -> None:
    def full(_line: str) -> None:
        raise OSError(28, "No space left on device")

    with Children() as children:
        command = [sys.executable, "-c", "print(1); print(2)"]
        child = children.start("It", command, cwd=paths.ROOT, environ=os.environ, on_line=full)

        assert 0 == child.wait()
        assert "    1\n    2" == child.last_lines()
