"""One message, and no traceback, for what keeps a command from its work."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local import __main__ as commands
from local import desk, messages, paths, samples
from local.errors import CommandError
from local.setup import environment
from tests.commands import Ports, run, with_repository
from tests.tools.cli.conftest import Ended
from tools import bench, picture

pytestmark = pytest.mark.e2e

DENIED = "Permission denied. Work in a copy of the repository that you may write to.\n"


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that nothing can be written to. The administrator may write anywhere, so pretend."""

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    for method in ("mkdir", "write_text", "write_bytes"):
        monkeypatch.setattr(Path, method, refuse)


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["start", "--once", *Ports().options], desk.FOLDER),
        (["bench", "--write"], bench.PAGE),
        (["reliability"], paths.ROOT),
        (["picture"], picture.FILE),
        (["test"], paths.ROOT),
        (["package"], paths.ROOT / ".local" / "app.zip"),
    ],
)
def test_a_read_only_folder_is_said_before_the_work(
    words: list[str], file: Path, dev: Callable[..., Ended]
) -> None:
    refused = dev(*words)

    assert 1 == refused.status
    assert refused.output == f"dev.py {words[0]}: cannot use {file}: {DENIED}"


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("command", ["golden", "docs"])
def test_a_read_only_folder_stops_what_writes_many_files(
    command: str, dev: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.generated._text_of", lambda _file: "stale")

    refused = dev(command)

    assert 1 == refused.status
    assert refused.output.endswith(DENIED)
    assert "Traceback" not in refused.output


@pytest.mark.usefixtures("read_only")
def test_the_set_up_in_a_read_only_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = paths.ROOT / "none" / ".venv"
    monkeypatch.setattr(paths, "VENV", folder)
    monkeypatch.setattr(environment, "end_on_signals", lambda: None)

    assert 1 == environment.main(["peek"])
    assert f"dev.py: cannot use {folder}: {DENIED}" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EROFS, "Work in a copy of the repository that you may write to."),
        (errno.ENOSPC, "Make room there, then try again."),
        (errno.ENOTDIR, "There is a file where a folder should be: choose another."),
        (errno.ENAMETOOLONG, "Choose another."),
    ],
)
def test_what_the_system_refuses_is_one_line_with_advice(number: int, advice: str) -> None:
    refused = messages.refused(OSError(number, os.strerror(number), "a/b"))

    assert f"cannot use a/b: {os.strerror(number)}. {advice}" == refused


def test_messages_carry_no_control_characters_and_no_endless_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of a long line both ends are shown: what is wrong stands at the end."""

    def fail() -> int:
        raise CommandError("\x1b[2J\udcff" + "x" * 100_000 + "\nis no port")

    assert 1 == messages.status_of("it", fail)
    told = capsys.readouterr().err
    assert told.startswith("it: \\u001b[2J\\udcffxxx")
    assert told.endswith("xxx\nis no port\n")
    assert 4100 > len(told)


def test_a_wrong_argument_is_shown_harmlessly(dev: Callable[..., Ended]) -> None:
    refused = dev("start", "--port", "\x1b[2J\n" + "9" * 100_000)

    assert 2 == refused.status
    assert "\x1b" not in refused.output
    assert "999 is not a port (1 to 65535); see python3 dev.py start --help\n" in refused.output
    assert 4200 > len(refused.output)


@pytest.mark.parametrize(
    ("streams", "status", "printed"),
    [
        (">&-", 0, ""),
        (">&- 2>&- <&-", 0, ""),
        (">/dev/full", 1, "dev.py package: No space left on device. Make room there, then try"),
    ],
)
def test_closed_and_full_streams(streams: str, status: int, printed: str, tmp_path: Path) -> None:
    """What the command makes is there all the same."""
    words = f'exec "$0" -m local package --output "$1" {streams}'

    ended = run(
        ["sh", "-c", words, sys.executable, tmp_path / "app.zip"], environ=with_repository()
    )

    assert status == ended.returncode
    assert ended.stdout.startswith(printed)
    assert "Traceback" not in ended.stdout
    assert (tmp_path / "app.zip").exists()


def test_what_test_does_not_know_goes_to_pytest() -> None:
    """Options first, too."""
    _, chosen = commands.prepared(["test", "-k", "a or b", "tests/unit", "--all", "-x"])

    assert chosen.all
    assert ["-k", "a or b", "tests/unit", "-x"] == chosen.others


def test_a_broken_golden_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "SMSReceived.json"
    for text in ("", "[]", "{}", "\x00"):
        file.write_text(text)

        with pytest.raises(CommandError, match=r"SMSReceived\.json holds no golden records"):
            samples.Golden.read(file)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("", "argument --output: is empty"),
        (".", "is no file; name another one"),
        ("/dev/null", "/dev/null is no file; name another one"),
        ("file/app.zip", "There is a file where a folder should be"),
        ("x" * 300, "File name too long. Choose another."),
    ],
)
def test_a_package_that_cannot_be_written(
    output: str,
    message: str,
    dev: Callable[..., Ended],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()

    refused = dev("package", "--output", output)

    assert 0 != refused.status
    assert message in refused.output
    assert ["file"] == [path.name for path in tmp_path.iterdir()]
