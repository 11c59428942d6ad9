"""`dev.py` before and while it makes the environment, with steps that install nothing."""

import ast
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from local import paths
from local.errors import CommandError
from local.setup.environment import base_python, needs_node_wheel
from local.setup.steps import Step, only_one, run_due
from shared import __version__
from tests.commands import children_of, eventually, is_alive, run, started, with_repository

pytestmark = pytest.mark.e2e


class Place:
    """A folder with two steps, each of which makes a file and adds its name to another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = folder / "names"
        self.requirements = folder / "requirements.txt"
        self.requirements.write_text("one==1")
        self.steps = [self.step("first"), self.step("second")]

    def step(self, name: str, code: str = "") -> Step:
        """A step that runs this code, too."""
        made = self.folder / name
        script = f"import sys; open({str(self.names)!r}, 'a').write({name + ' '!r})\n{code}"
        command = [sys.executable, "-c", f"{script}\nopen({str(made)!r}, 'w').close()"]
        return Step(f"Step {name}", f"Mend {name}.", [command], [self.requirements], [made])

    def run(self, steps: Sequence[Step] | None = None) -> str:
        """Do what is due; the names of the steps that ran."""
        self.names.write_text("")
        run_due(steps or self.steps, self.folder)
        return self.names.read_text().strip()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The command line alone, as in a fresh clone: no .venv."""
    shutil.copy(paths.ROOT / "dev.py", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("local", "tools", "shared"):
        shutil.copytree(paths.ROOT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        ([], 0, "commands:"),
        (["--help"], 0, "commands:"),
        (["--version"], 0, f"acs-event-records {__version__}\n"),
        (["start", "--help"], 0, "--once"),
        (["send", "--help"], 0, "--publisher"),
        (["peek", "-h"], 0, "--queue-port"),
        (["dead-letters", "--help"], 0, "--settings"),
        (["rederive", "--help"], 0, "--revision"),
        (["test", "--help"], 0, "PYTEST ARGS"),
        (["strat"], 2, "there is no command 'strat'"),
    ],
)
def test_help_needs_no_environment(
    arguments: list[str], status: int, text: str, copy: Path
) -> None:
    """A newcomer reads first and installs later: `-S` is a Python without any package."""
    helped = run([base_python(), "-S", copy / "dev.py", *arguments])

    assert status == helped.returncode, helped.stdout
    assert text in helped.stdout
    assert not (copy / ".venv").exists()


def test_an_old_python_ends_with_a_message(copy: Path) -> None:
    """dev.py has to be readable for an old Python, and to end before it reads the rest."""
    source = (copy / "dev.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 4))
    pretend = "import sys, runpy; sys.version_info = (3, 9); sys.version = '3.9.1 (old)'\n"
    pretend += f"runpy.run_path({str(copy / 'dev.py')!r}, run_name='__main__')"

    refused = run([base_python(), "-c", pretend])

    assert 1 == refused.returncode
    assert "dev.py needs Python 3.11 or newer, and this is Python 3.9.1" in refused.stdout
    assert "Traceback" not in refused.stdout


def test_steps_run_once(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each step the first time; the second time nothing is done or printed."""
    assert "first second" == place.run()
    lines = capsys.readouterr().out.splitlines()
    assert 3 == len(lines)
    assert lines[1].startswith("[1/2] Step first ... done (")
    assert lines[2].startswith("[2/2] Step second ... done (")

    assert "" == place.run()
    assert "" == capsys.readouterr().out


def test_a_changed_file_makes_a_step_due(place: Place) -> None:
    place.run()
    place.requirements.write_text("one==2")

    assert "first second" == place.run()
    assert "" == place.run()


def test_another_python_makes_a_step_due(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run()
    monkeypatch.setattr(sys, "version", "3.12.1")

    assert "first second" == place.run()


def test_another_command_makes_its_step_due(place: Place) -> None:
    """The other step stays."""
    place.run()

    assert "second" == place.run([place.steps[0], place.step("second", "pass")])


def test_a_link_is_never_emptied(place: Place, tmp_path: Path) -> None:
    """Whoever makes .venv a link has something else there."""
    other, link = tmp_path / "other", tmp_path / "link"
    other.mkdir()
    link.symlink_to(other)

    with pytest.raises(CommandError, match="link is a symbolic link"):
        run_due(place.steps, link)
    assert not list(other.iterdir())


def test_what_was_removed_is_made_again(place: Place) -> None:
    place.run()
    (place.folder / "second").unlink()

    assert "second" == place.run()


def test_a_python_called_by_another_name_is_the_same(tmp_path: Path) -> None:
    """`python3 dev.py` and `python3.12 dev.py` do not make .venv anew in turn."""
    (tmp_path / "another").symlink_to(base_python())
    code = "from local.setup.environment import base_python; print(base_python())"

    for python in (tmp_path / "another", sys.executable):
        assert base_python() == run([python, "-c", code], environ=with_repository()).stdout.strip()


def test_a_failed_step_shows_why_and_is_due_again(place: Place) -> None:
    """The end of the log and a hint; steps before it are not repeated, what it left is removed."""
    half = f"open({str(place.folder / 'second')!r}, 'w').close(); print('no space'); sys.exit(3)"
    bad = place.step("second", half)
    first, good = place.steps

    with pytest.raises(CommandError) as failed:
        place.run([first, bad])

    assert "Step second failed (exit status 3)" in str(failed.value)
    assert "no space" in str(failed.value)
    assert "Mend second.\nThen run the same command again" in str(failed.value)
    assert "second" == place.run([first, good])


def test_a_program_that_is_not_there_is_a_failed_step(place: Place) -> None:
    missing = replace(place.steps[0], commands=[[place.folder / "no-such-program"]])

    with pytest.raises(CommandError, match=r"cannot start .*no-such-program"):
        place.run([missing])


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_step_leaves_nothing_and_resumes(
    number: signal.Signals, status: int, place: Place
) -> None:
    """The programs of the step end, and the next run begins it again."""
    output = place.folder / "output"
    slow = "import time; print('at work', flush=True); time.sleep(60)"
    script = f"""if True:
        from pathlib import Path
        from local.signals import end_on_signals
        from tests.tools.cli.test_cli_setup import Place
        end_on_signals()
        place = Place(Path({str(place.folder)!r}))
        place.run([place.steps[0], place.step('second', {slow!r})])
    """
    log = place.folder / "setup.log"
    with started([sys.executable, "-c", script], output, with_repository()) as process:
        assert eventually(lambda: log.exists() and "\nat work" in log.read_text())
        children = children_of(process.pid)
        process.send_signal(number)

        assert status == process.wait(10)
        assert eventually(lambda: not any(map(is_alive, children)), 5)

    assert not (place.folder / "second").exists()
    assert "second" == place.run()


def test_a_second_set_up_waits_for_the_first(place: Place) -> None:
    """Two terminals, one .venv."""
    lock, output = place.folder / "lock", place.folder / "output"
    script = f"""if True:
        from pathlib import Path
        from local.setup.steps import only_one
        with only_one(Path({str(lock)!r})):
            print("my turn")
    """
    with only_one(lock):
        waiting = started([sys.executable, "-c", script], output, with_repository())
        process = waiting.__enter__()
        assert eventually(lambda: "Another set-up is at work" in output.read_text())
        assert "my turn" not in output.read_text()

    try:
        assert 0 == process.wait(10)
        assert "my turn" in output.read_text()
    finally:
        waiting.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("version", "wish", "programs", "from_wheel"),
    [
        ("v22.0.0", "", ["node", "npm"], False),
        ("v24.0.0", "", ["node", "npm"], False),
        ("v20.20.2", "", ["node", "npm"], True),
        ("nonsense", "", ["node", "npm"], True),
        ("v24.0.0", "wheel", ["node", "npm"], True),
        ("v24.0.0", "", ["node"], True),
        ("", "", [], True),
    ],
)
def test_node_is_the_systems_when_recent_and_with_npm(
    version: str,
    wish: str,
    programs: Sequence[str],
    *,
    from_wheel: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An old Node.js, or `DEV_NODE=wheel`, makes it PyPI's."""
    for name in programs:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DEV_NODE", wish)
    monkeypatch.setattr(paths, "NODE_OF_WHEEL", tmp_path / "none")

    assert from_wheel == needs_node_wheel()


def test_the_lock_file_names_no_registry() -> None:
    """So npm takes every package from the registry that its user configured."""
    lock = (paths.NPM / "package-lock.json").read_text(encoding="utf-8")

    assert '"azurite": "3.37.0"' in lock
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
