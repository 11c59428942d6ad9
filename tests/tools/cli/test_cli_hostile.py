"""Whatever is typed or named, an error is one line that a terminal can show."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local import __main__ as commands
from local import given, samples
from local.errors import CommandError
from tests.tools.cli.conftest import Ended

pytestmark = pytest.mark.e2e

_HOSTILE = ["\x1b[2J\u202ex", "\udcff", "x" * 100_000, "", "a\rb"]
_EVENT = '[{"eventType": "Microsoft.Communication.SMSReceived"'
_NO_JSON = {
    "cut off": (_EVENT.encode(), "is not JSON: line 1 column 53"),
    "empty": (b"", "is not JSON: line 1 column 1"),
    "text": (b"hello\n", "is not JSON: line 1 column 1"),
    "the third line": (b"[\n1,\n}", "is not JSON: line 3 column 1"),
    "UTF-16": (_EVENT.encode("utf-16"), "is not JSON: line 1 is not UTF-8"),
    "Latin-1": ('[\n"é"]'.encode("latin-1"), "is not JSON: line 2 is not UTF-8"),
    "zeros": (bytes(9), "is not JSON: line 1 column 1"),
    "deep": (b"[" * 200_000, "is nested too deeply"),
    "a long number": (b"9" * 9000, "a number too long"),
}


@pytest.fixture
def refused(dev: Callable[..., Ended]) -> Callable[..., str]:
    """Run a command that fails: the one line that it printed."""

    def run(*words: str) -> str:
        ended = dev(*words)
        assert 0 != ended.status
        (line,) = ended.output.splitlines()
        assert line.isprintable()
        assert len(line) < 5_000
        return line

    return run


@pytest.mark.parametrize("text", _HOSTILE)
@pytest.mark.parametrize(
    "words",
    [
        "send {}",
        "send SMSReceived --port {}",
        "send SMSReceived --function {}",
        "send SMSReceived --publisher=x:{}",
        "peek --queue-port {}",
        "peek {}",
        "doctor {}.json",
        "doctor --settings={}.json",
        "dead-letters {}",
        "dead-letters list --cap {}",
        "rederive --from {}",
        "{}x",
    ],
)
def test_hostile_arguments(words: str, text: str, refused: Callable[..., str]) -> None:
    refused(*(word.format(text) for word in words.split()))


@pytest.mark.parametrize(
    "words",
    [
        *(["send"], ["send", "--publisher"], ["rederive"], ["peek", "--x"]),
        *(["dead-letters"], ["dead-letters", "lst"]),
    ],
)
def test_what_is_missing_or_unknown_is_one_line_that_names_the_help(
    words: list[str], refused: Callable[..., str]
) -> None:
    assert refused(*words).endswith(f"see python3 dev.py {words[0]} --help")


@pytest.mark.parametrize(("content", "why"), _NO_JSON.values(), ids=_NO_JSON)
@pytest.mark.parametrize("words", ["send", "send --publisher", "doctor", "dead-letters --settings"])
def test_a_file_that_is_no_json(
    words: str, content: bytes, why: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content)
    command, *options = words.split()
    action = ["list"] if command == "dead-letters" else []

    assert why in refused(command, *options, str(file), *action)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(f"{_EVENT}}}]", encoding="utf-8-sig")

    assert 1 == len(samples.find(str(file)).events())


@pytest.mark.parametrize("text", ["7", "[]", "[1]", '[{"id": "1"}, 1]', "null"])
def test_a_file_without_events(text: str, refused: Callable[..., str], tmp_path: Path) -> None:
    """Nothing of it is left out in silence."""
    file = tmp_path / "file.json"
    file.write_text(text)

    assert "file holds no event" in refused("send", str(file))
    assert "file holds no event" in refused("send", str(file), "--publisher")


def test_a_file_is_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(given, "_MOST_BYTES", 3)
    file = tmp_path / "file"
    file.write_bytes(b"123")
    assert b"123" == given.content(file)

    file.write_bytes(b"1234")
    with pytest.raises(CommandError, match="more than 3 bytes"):
        given.content(file)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Is a directory"):
        given.content(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_a_pipe_is_read_and_one_that_nobody_writes_to_is_empty(tmp_path: Path) -> None:
    """`doctor <(az ...)` gives the end of a pipe."""
    named = tmp_path / "pipe"
    os.mkfifo(named)
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    try:
        assert b"{}" == given.content(Path(f"/dev/fd/{reading}"))
        assert b"" == given.content(named)
    finally:
        os.close(reading)


_ORDERS = {
    "send SMSReceived": [
        "send --publisher SMSReceived --key k",
        "send --key k SMSReceived --publisher",
        "send SMSReceived --publisher --key k",
        "send --publisher= --key k SMSReceived",
    ],
    "dead-letters": [
        "dead-letters --settings list --cap 1 blob",
        "dead-letters --cap 1 list --settings blob",
        "dead-letters list blob --cap 1 --settings",
        "dead-letters --cap 1 --settings list blob",
    ],
    "a file": [
        "dead-letters --settings s.json list blob",
        "dead-letters list --settings s.json blob",
        "dead-letters list blob --settings s.json",
        "dead-letters --settings=s.json list blob",
    ],
    "doctor": [
        "doctor --settings s.json --json sub.json",
        "doctor sub.json --json --settings=s.json",
    ],
    "a topic": [
        "send --publisher http://h/ SMSReceived",
        "send SMSReceived --publisher http://h/",
        "send --publisher=http://h/ SMSReceived",
    ],
}


@pytest.mark.parametrize("orders", _ORDERS.values(), ids=_ORDERS)
def test_options_and_arguments_come_in_any_order(
    orders: list[str], monkeypatch: pytest.MonkeyPatch, dev: Callable[..., Ended]
) -> None:
    understood: list[dict[str, object]] = []

    def note(words: argparse.Namespace) -> int:
        understood.append(vars(words))
        return 0

    for module in ("send", "doctor", "dead_letters.commands"):
        monkeypatch.setattr(f"local.{module}.run", note)
    for words in orders:
        dev(*words.split())

    assert [understood[0]] * len(orders) == understood


def test_every_option_whose_value_may_be_left_out_is_known(
    monkeypatch: pytest.MonkeyPatch, dev: Callable[..., Ended]
) -> None:
    """Else it would take an argument that stands behind it."""
    found: set[str] = set()
    add = commands._Parser.add_argument  # noqa: SLF001 - there is no other place to look

    def noted(self: commands._Parser, *names: str, **options: object) -> object:
        if options.get("nargs") == "?" and names[0].startswith("-"):
            found.update(names)
        return add(self, *names, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(commands._Parser, "add_argument", noted)  # noqa: SLF001 - same
    for command in commands.COMMANDS:
        dev(command.name, "--help")

    assert set(commands._OPTIONAL_VALUES) == found  # noqa: SLF001 - same


def test_an_event_that_nothing_takes_comes_with_the_reason(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    file = tmp_path / "file.json"
    file.write_text(json.dumps([{"eventType": "Microsoft.Communication.RouterJobQueued\x1b"}]))
    odd = refused("send", str(file))
    file.write_text(json.dumps({"type": "Microsoft.Communication.RouterJobQueued"}))

    assert "no function takes Microsoft.Communication.RouterJobQueued?: no route" in odd
    assert "job router events become no records here" in refused("send", str(file))
    file.write_text("{}")
    assert "the event has no type" in refused("send", str(file))
