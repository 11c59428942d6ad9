"""What a function is run with, and how that ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple


class TypedData(SimpleNamespace):
    """One value, under the name of its kind: `json`, `string`, `bytes` or `http`."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        """Name the kind."""
        return next(iter(vars(self)))


@dataclass(frozen=True)
class Call:
    """What a function is run with, and why."""

    data: TypedData
    reason: str
    metadata: Mapping[str, TypedData] = field(default_factory=dict)


class Outcome(NamedTuple):
    """How a run ended: why it failed, or what it returned."""

    failure: str | None
    value: Any = None
