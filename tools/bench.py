"""Measure what the app costs, beside what people write instead.

Everything is measured on this machine, against loopback only. --write puts the figures into
docs/performance.md, and those that README quotes into README.
"""

import argparse
import asyncio
import importlib
import os
import platform
import re
import textwrap
import time
from datetime import UTC, datetime

from local.paths import ROOT

PARTS = ("normalizing", "delivering", "function", "overload", "cold_start", "desk")
"""Modules of ``bench`` with ``async def measure(*, quick: bool) -> str``: tables in Markdown."""
PAGE, README = ROOT / "docs" / "performance.md", ROOT / "README.md"
_QUOTED = """\
From an SMS to its two records, dicts and json take {normalizing[dicts and json][1]} times the CPU
time of the app, pydantic {normalizing[pydantic v2][1]} times, the event class of `azure.eventgrid`
{normalizing[`azure.eventgrid`'s class and json][1]} times. To put both on their queues over HTTPS,
eight events at a time, the SDK's blocking client takes {delivering[SDK, blocking, kept][1]} times
the CPU time of the app when it is kept open, and {delivering[a client per event][1]} times when it
is made for each event, as samples do. With the functions host, a function written like the samples
takes {function[sample][1]} times the CPU time of the app; one that sends prepared messages, with no
logic and no client library of Azure's, takes {function[ideal][1]} times.
"""
"""For each part its rows by their first cell, and which of the cells after that."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="little of each: does it run?")
    parser.add_argument("--write", action="store_true", help="put the figures into the docs")


def run(arguments: argparse.Namespace) -> int:
    """Measure the chosen parts."""
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        print(f"There is no part {unknown[0]!r}; there are {', '.join(PARTS)}.")
        return 1
    if arguments.quick and arguments.write:
        print("A quick run has no figures worth keeping: leave out --quick or --write.")
        return 1
    for name in arguments.parts or PARTS:
        print(f"== {name}", flush=True)
        tables = _measured(name, quick=arguments.quick)
        print(tables, flush=True)
        if arguments.write:
            page = PAGE.read_text(encoding="utf-8")
            page = with_block(page, f"bench:{name}", tables)
            PAGE.write_text(page, encoding="utf-8")
    if arguments.write:
        page, readme = (file.read_text(encoding="utf-8") for file in (PAGE, README))
        README.write_text(quoting(readme, page), encoding="utf-8")
    return 0


def _measured(name: str, *, quick: bool) -> str:
    begin = time.monotonic()
    tables = asyncio.run(importlib.import_module(f"bench.{name}").measure(quick=quick))
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    seconds = time.monotonic() - begin
    return f"{tables}\n\nMeasured on {datetime.now(UTC):%Y-%m-%d} in {seconds:.0f} s: {machine}."


def quoting(readme: str, page: str) -> str:
    """README with the figures that it quotes from the page."""
    figures = {name: _rows(block(page, f"bench:{name}")) for name in PARTS}
    text = textwrap.fill(_QUOTED.format(**figures), 130, break_on_hyphens=False)
    return with_block(readme, "bench", text)


def block(text: str, name: str) -> str:
    """What stands between ``<!-- name -->`` and ``<!-- /name -->``."""
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]


def with_block(text: str, name: str, content: str) -> str:
    """The text with that content between them."""
    whole = f"<!-- {name} -->\n{content}\n<!-- /{name} -->"
    pattern = rf"<!-- {name} -->.*?<!-- /{name} -->"
    return re.sub(pattern, lambda _: whole, text, flags=re.DOTALL)


def _rows(tables: str) -> dict[str, list[str]]:
    """By the first cell of a row the others, without quartiles; the first row of a name counts."""
    rows: dict[str, list[str]] = {}
    for line in tables.splitlines():
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        rows.setdefault(first, [cell.partition(" ")[0] for cell in others])
    return rows
