"""What a function's import is made of: time by package, and who asked for it."""

import re
import sys
from collections import Counter

from bench.cold_start.imports import fresh
from bench.measuring import digits, spread
from bench.results import Cell, Table
from shared.routes import FUNCTIONS

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_AZURE = re.compile(r"azure\.(functions|storage\.queue|core|eventgrid|[a-z]+)")
_STANDARD = "standard library"
_SHOWN = 12


def table(rounds: int) -> Table:
    """The dearest packages of the first function's import."""
    function = FUNCTIONS[0]
    found = [fresh("who", function, options=("-X", "importtime")) for _ in range(rounds)]
    shares = [_shares(report) for _, report in found]
    asked: dict[str, str] = found[0][0]
    modules = Counter(map(_package, asked))
    medians = {
        package: spread(share.get(package, 0.0) for share in shares).median
        for package in set().union(*shares)
    }
    dearest = sorted(medians, key=medians.__getitem__, reverse=True)[:_SHOWN]
    rows: list[list[Cell]] = [
        [package, f"{digits(100 * medians[package])} %", modules[package], _asker(package, asked)]
        for package in dearest
    ]
    return Table(
        title=f"What importing {function} is made of",
        columns=["package", "share of the time", "modules", "first asked for by"],
        rows=rows,
        note="By `-X importtime`, each module without what it imports in turn. "
        f"The {_SHOWN} dearest packages.",
    )


def _shares(report: str) -> Counter[str] | dict[str, float]:
    """Each package's share of all the time that importing took."""
    took: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(report):
        took[_package(module)] += int(microseconds)
    return {package: value / took.total() for package, value in took.items()}


def _package(module: str) -> str:
    """The package that a module belongs to, as people install it."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return _STANDARD
    azure = _AZURE.match(module)
    return azure.group() if azure else top


def _asker(package: str, asked: dict[str, str]) -> str:
    if package == _STANDARD:
        return ""
    by = (by for module, by in asked.items() if _package(module) == package)
    return next((who for who in by if _package(who) != package), "")
