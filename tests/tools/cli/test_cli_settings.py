"""Where the commands take the settings of the local run from."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from local import __main__ as commands
from local import azurite, functions_host, paths, settings
from local.azurite import StoragePorts
from local.errors import CommandError
from local.stack import Stack

TEMPLATE = {"WORK_ITEMS_QUEUE": "of-template", "PUSH_NOTIFICATIONS_QUEUE": "of-template"}


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a template of local settings; nothing of them is in the environment."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(os, "environ", dict[str, str]())
    write(tmp_path / "local.settings.json", TEMPLATE)
    return tmp_path


def write(file: Path, values: dict[str, Any]) -> None:
    """Write a file of local settings."""
    file.write_text(json.dumps({"IsEncrypted": False, "Values": values}), encoding="utf-8")


def test_ones_own_win_over_the_template_and_the_environment_over_both(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root / "local.settings.user.json", {"WORK_ITEMS_QUEUE": "own", "STAFF_IDS": None})
    assert ["own", "of-template"] == settings.queues()

    monkeypatch.setitem(os.environ, "WORK_ITEMS_QUEUE", "of-environment")
    assert "of-environment" == settings.of_local_run(StoragePorts())["WORK_ITEMS_QUEUE"]
    assert "STAFF_IDS" not in settings.of_local_run(StoragePorts())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must hold a JSON object"),
        ('{"Values": ["AccountKey=abc"]}', '"Values" in '),
        ('{"Values": {"A": {"AccountKey": "abc"}}}', "The value of 'A'"),
        ('{"IsEncrypted": true}', "is encrypted"),
    ],
)
def test_a_file_of_the_wrong_shape_is_one_line(
    content: str, message: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "local.settings.user.json").write_text(content, encoding="utf-8")

    assert 1 == commands.main(["doctor", "--port", "1"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("dev.py doctor: ")
    assert message in line
    assert "abc" not in line


def test_nothing_of_a_local_run_goes_to_another_account(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the app, for which the environment wins, nor a command."""
    theirs = {"RecordStorage": "AccountName=theirs;AccountKey=YQ==", "RecordStorage__clientId": "1"}
    write(root / "local.settings.user.json", theirs)
    at, given = StoragePorts(1, 2, 3), dict[str, Any]()

    def start(*_: Any, **options: Any) -> None:
        given.update(options["settings"])
        raise CommandError("not in this test")

    monkeypatch.setattr(azurite, "start", lambda *_: None)
    monkeypatch.setattr(functions_host, "start", start)
    with pytest.raises(CommandError), Stack.on(4, at):
        pass

    assert dict.fromkeys(["AzureWebJobsStorage", "RecordStorage"], at.connection_string) == given
    assert "theirs" not in str(settings.of_local_run(at))
