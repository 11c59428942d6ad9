"""Every row of docs/recovery.md names a test that is there, and a section that is there."""

import re

import pytest

from local import paths
from local.__main__ import COMMANDS

PAGE = (paths.ROOT / "docs" / "recovery.md").read_text(encoding="utf-8")
_ROWS = re.findall(r"^\| \[.*$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[3:30])
def test_each_row_has_its_test_and_its_section(row: str) -> None:
    (anchor,) = re.findall(r"\(#([^)]+)\)", row)
    named = re.findall(r"\[(test_\w+)\]\(\.\./([^)]+)\)", row)

    assert f"\n## {anchor.replace('-', ' ').capitalize()}\n" in PAGE
    assert named
    for name, file in named:
        assert f"def {name}(" in (paths.ROOT / file).read_text(encoding="utf-8")


def test_there_are_rows() -> None:
    assert 8 == len(_ROWS)


def test_its_commands_are_there() -> None:
    named = set(re.findall(r"python3 dev\.py ([a-z-]+)", PAGE))

    assert {"dead-letters", "rederive"} == named <= {command.name for command in COMMANDS}
    assert all((paths.ROOT / file).exists() for file in re.findall(r"examples/\w+\.py", PAGE))
