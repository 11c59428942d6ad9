"""What the commands print: tables, colours and progress, as the terminal takes them."""

import json
import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TextIO

_GAP = "  "
_NARROWEST = 8  # no column gets narrower than this, however small the terminal is
_JOINER = "\u200d"
"""Within an emoji; every other character without a width could change the order of a line."""
_AMOUNT = re.compile(r"\d+( ms)?")
_CODES = {"green": "32", "red": "31", "yellow": "33", "bold": "1"}


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Rows under their headers, in columns as wide as needed; cut to the width, if there is one.

    A column of nothing but amounts (`3`, `12 ms`) is aligned to the right. Cells come from events,
    so what could move the cursor, or change the order of the text, is shown as a question mark.
    """
    cells = [[_plain(cell) for cell in row] for row in [headers, *rows]]
    widths = [max(map(display_width, column)) for column in zip(*cells, strict=True)]
    if width is not None:
        _shrink(widths, width - len(_GAP) * (len(widths) - 1))
    right = [all(map(_AMOUNT.fullmatch, column[1:])) for column in zip(*cells, strict=True)]
    columns = list(zip(widths, right, strict=True))
    return "\n".join(
        _GAP.join(
            _fit(cell, size, right=numeric)
            for cell, (size, numeric) in zip(row, columns, strict=True)
        ).rstrip()
        for row in cells
    )


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; on a terminal with coloured headers, and no line longer than it is wide."""
    moving = sys.stdout.isatty()
    lines = table(headers, rows, shutil.get_terminal_size().columns if moving else None)
    head, _, body = lines.partition("\n")
    print(paint(head, "bold"))
    if body:
        print(body)


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """The text in a colour, where it goes to a terminal that is asked for colours."""
    stream = stream or sys.stdout
    if not _is_terminal(stream) or os.environ.get("NO_COLOR"):  # https://no-color.org
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


@contextmanager
def progress(prefix: str = "", stream: TextIO | None = None) -> Iterator[Callable[[str], None]]:
    """Show how far long work is: one line, on stderr, that each text takes the place of.

    Where there is no terminal, only the prefix is shown. It alone is left of the line after the
    `with` block, so print nothing else in it.
    """
    stream = stream or sys.stderr
    on_terminal = _is_terminal(stream)
    shown = ""

    def show(text: str) -> None:
        nonlocal shown
        if on_terminal and text != shown:
            shown = text
            # A line as wide as the terminal would move the cursor to the next one.
            line = _cut(_plain(prefix + text), shutil.get_terminal_size().columns - 1)
            print(f"\r{line}\x1b[K", end="", file=stream, flush=True)

    if prefix:
        print(prefix, end="", file=stream, flush=True)
    try:
        yield show
    finally:
        show("")


def paragraphs(text: str) -> str:
    """A text whose paragraphs are filled anew, as wide as the terminal."""
    width = max(shutil.get_terminal_size().columns - 2, _NARROWEST)  # as argparse does
    fill = partial(textwrap.fill, width=width, break_on_hyphens=False)
    return "\n\n".join(map(fill, text.split("\n\n")))


def harmless(text: str, most: int = 300) -> str:
    """One line of a text that a stranger wrote: printable characters only, and not too many."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(character if character.isprintable() else "?" for character in cut)


def escaped(text: str) -> str:
    """A JSON text in which all that is not printable, but the ends of its lines, is escaped."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def display_width(text: str) -> int:
    """How many columns a text takes: East Asian characters and emoji two, accents none."""
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() or c == _JOINER else "?" for c in text)


def _shrink(widths: list[int], available: int) -> None:
    """Take from the widest column, again and again, until all fit."""
    while sum(widths) > available and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1


def _is_terminal(stream: TextIO) -> bool:
    """Whether it is one that takes escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _cut(text: str, width: int) -> str:
    return text if display_width(text) <= width else f"{_beginning(text, width - 1)}…"


def _fit(text: str, width: int, *, right: bool) -> str:
    """Cut or fill a text to a width."""
    text = _cut(text, width)
    fill = " " * (width - display_width(text))
    return fill + text if right else text + fill


def _beginning(text: str, width: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += _character_width(character)
        if used > width:
            return text[:at]
    return text
