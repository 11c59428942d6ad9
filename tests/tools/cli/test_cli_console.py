"""The tables that the commands print."""

import io

import pytest

from local import console

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


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]

    assert "text" == console.paint("text", "red", file)
    assert "\x1b[31mtext\x1b[0m" == console.paint("text", "red", terminal)

    monkeypatch.setenv("NO_COLOR", "1")
    assert "text" == console.paint("text", "red", terminal)
