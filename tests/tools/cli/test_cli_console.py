"""The tables that the commands print."""

import io
from collections.abc import Callable

import pytest

from local import console
from tests.tools.cli.conftest import Ended

pytestmark = pytest.mark.e2e

HEADERS = ["EVENT", "TIME", "QUEUE"]
ROWS = [["SMSReceived", "9 ms", "work-items"], ["Chat", "112 ms", "-"]]


def test_columns_are_as_wide_as_needed_and_amounts_stand_right() -> None:
    expected = [
        "EVENT          TIME  QUEUE",
        "SMSReceived    9 ms  work-items",
        "Chat         112 ms  -",
    ]

    assert expected == console.table(HEADERS, ROWS).splitlines()


@pytest.mark.parametrize("width", [80, 33, 30, 28])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """The widest columns are cut, with an ellipsis to show it."""
    rows = [["SMSReceived" * 9, "9 ms", "work-items" * 5]]

    lines = console.table(HEADERS, rows, width).splitlines()

    assert max(map(console.display_width, lines)) <= width
    assert "…" in lines[1]


def test_a_cell_is_cut_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of a queue may be one long word: work is counted, not time."""
    looked: list[str] = []
    width_of = console._character_width  # noqa: SLF001 - where the work is
    monkeypatch.setattr(console, "_character_width", lambda c: looked.append(c) or width_of(c))  # type: ignore[func-returns-value]

    console.table(["A"], [["日" * 20_000]], 30)

    assert len(looked) < 100_000


def test_wide_characters_count_twice_and_accents_not_at_all() -> None:
    rows = [["日本", "x"], ["e\u0301e\u0301e\u0301", "x"], ["abcd", "x"]]

    lines = console.table(["A", "B"], rows).splitlines()

    assert [6, 6, 6] == [console.display_width(line.rpartition("x")[0]) for line in lines[1:]]
    assert 4 == console.display_width("日本")


def test_what_could_move_the_cursor_is_shown_as_a_question_mark() -> None:
    """Subjects come from outside: an escape sequence in one must not reach the terminal."""
    assert "A\n?[2J??x" == console.table(["A"], [["\x1b[2J\n\rx"]])


def test_what_could_turn_a_line_around_is_shown_as_a_question_mark() -> None:
    """An emoji of several characters stays one."""
    family = "👨\u200d👩"

    assert f"A\n?x?{family}" == console.table(["A"], [[f"\u202ex\u200b{family}"]])


def test_a_table_without_rows_is_its_headers() -> None:
    assert "A  B" == console.table(["A", "B"], [])


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal, 20 columns wide."""
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    return terminal


def test_colours_only_on_a_terminal_that_wants_them(
    terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty NO_COLOR asks for nothing, as https://no-color.org says."""
    assert "text" == console.paint("text", "red", io.StringIO())
    assert "\x1b[31mtext\x1b[0m" == console.paint("text", "red", terminal)

    monkeypatch.setenv("NO_COLOR", "0")
    assert "text" == console.paint("text", "red", terminal)


def test_progress_is_one_line_that_goes_away(terminal: io.StringIO) -> None:
    """Never as wide as the terminal, and without what could move the cursor."""
    with console.progress("[1] ", terminal) as show:
        show("1 of 2 samples")
        show("a text \n longer than a line")

    texts = [text.removesuffix("\x1b[K") for text in terminal.getvalue().split("\r")]
    assert ["[1] ", "[1] 1 of 2 samples", "[1] a text ? longe…", "[1] "] == texts


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_progress_is_silent_without_a_terminal(
    term: str, terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    stream = terminal if term == "dumb" else io.StringIO()

    with console.progress("[1] ", stream) as show:
        show("1 of 2 samples")

    assert "[1] " == stream.getvalue()


def test_help_is_as_wide_as_the_terminal(
    dev: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")

    helped = dev("start", "--help")

    assert 0 == helped.status
    assert max(map(len, helped.output.splitlines())) <= 50
    assert "an Event Grid\ntopic.\n\nWith Azure Functions" in helped.output
