"""THE TABLE of what is measured. A part is a module with ``measure(scale) -> Outcome``.

Its docstring is the part's text in ``docs/performance.md``: what is measured, how, beside what.
"""

import importlib
from enum import Enum
from types import ModuleType

from msgspec import Struct


class Scale(Enum):
    """How much to measure: ``QUICK`` proves that a part runs, and gives its counts and sizes."""

    QUICK = "quick"
    FULL = "full"


class Part(Struct, frozen=True):
    """One row of the table."""

    name: str
    title: str

    @property
    def module(self) -> ModuleType:
        """Imported only when asked for: it brings what the app is compared with."""
        return importlib.import_module(f"bench.{self.name}")


PARTS = (
    Part("normalizing", "Normalizing: event text to encoded records"),
    Part("instructions", "Instructions of the normalizer"),
    Part("delivering", "Delivering: records to Storage queues"),
    Part("function", "The whole function: HTTP to message"),
    Part("cold_start", "Cold start: imports"),
    Part("growth", "Growth: backlog, threads, batches, memory"),
)
