"""What a measurement gives: goals, tables, and the figures kept in the repository."""

from typing import Literal

import msgspec
from msgspec import Struct

from local.paths import ROOT

FIGURES = ROOT / "bench" / "figures.json"
"""Those of the last run with ``--write``, on one machine; ``docs/performance.md`` is made of it."""

Cell = str | int | float | None


class Goal(Struct, frozen=True, kw_only=True):
    """A bound, and what was measured against it."""

    what: str
    """A sentence without a full stop, with the unit: ``normalizing an SMS, times its floor``."""
    bound: float
    measured: float
    at: Literal["most", "least"] = "most"
    steady: bool = False
    """A count or a size, the same on any machine: CI fails when it is missed. Times never are."""

    @property
    def held(self) -> bool:
        """Whether the measured figure keeps the bound."""
        if self.at == "most":
            return self.measured <= self.bound
        return self.measured >= self.bound


class Table(Struct, frozen=True, kw_only=True):
    """One table of figures; a float is shown with three digits that count."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""
    """How to read it; one paragraph of Markdown."""


class Picture(Struct, frozen=True, kw_only=True):
    """A distribution: for each series its latencies in milliseconds at the given percentiles."""

    name: str
    """The file, ``docs/{name}.svg``."""
    title: str
    percentiles: list[float]
    series: dict[str, list[float]]


class Outcome(Struct, frozen=True, kw_only=True):
    """What one part gave."""

    goals: list[Goal] = []
    tables: list[Table] = []
    pictures: list[Picture] = []


class Run(Struct, frozen=True, kw_only=True):
    """One part's outcome, and when and on what it was measured."""

    date: str
    seconds: float
    machine: dict[str, str]
    outcome: Outcome


def load() -> dict[str, Run]:
    """The committed figures, by the name of the part."""
    if not FIGURES.exists():
        return {}
    return msgspec.json.decode(FIGURES.read_bytes(), type=dict[str, Run])


def encoded(runs: dict[str, Run]) -> str:
    """The figures as they are committed, and as ``load`` gives them: a bound of 10 is 10.0."""
    read = msgspec.json.decode(msgspec.json.encode(runs), type=dict[str, Run])
    return msgspec.json.format(msgspec.json.encode(read), indent=1).decode() + "\n"
