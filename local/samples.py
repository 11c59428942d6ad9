"""The samples, and the golden records that each of them must give."""

import contextlib
import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import given, paths
from local.errors import CommandError


@dataclass(frozen=True)
class Golden:
    """What a sample must give, as `dev.py golden` wrote it and a person approved it."""

    function: str
    records: dict[str, list[dict[str, Any]]]  # by queue: work-items, push-notifications
    rejected: str | None  # why the event becomes a dead letter

    @classmethod
    def read(cls, file: Path) -> "Golden":
        """Read a golden file.

        Raises:
            CommandError: it is none.
        """
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            records = {queue: content[queue] for queue in ("work-items", "push-notifications")}
            return cls(content["function"], records, content["rejected"])
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(
                f"{file} holds no golden records; `python3 dev.py golden` writes it anew"
            ) from error


@dataclass(frozen=True)
class Sample:
    """One file of samples/, or any other file with an event in it."""

    file: Path

    @property
    def name(self) -> str:
        """Its name for people: `SMSReceived`, `rejected/UnknownType`."""
        if self.file.is_relative_to(paths.SAMPLES):
            return self.file.relative_to(paths.SAMPLES).with_suffix("").as_posix()
        return self.file.stem

    @property
    def body(self) -> bytes:
        """What is sent: the file as it is.

        Raises:
            CommandError: it cannot be read.
        """
        return given.content(self.file)

    @property
    def golden_file(self) -> Path:
        """Where its golden records are."""
        return paths.GOLDEN / f"{self.name}.json"

    @property
    def golden(self) -> Golden | None:
        """What it must give, if that was written down."""
        if not self.file.is_relative_to(paths.SAMPLES) or not self.golden_file.exists():
            return None
        return Golden.read(self.golden_file)

    def events(self) -> list[dict[str, Any]]:
        """The events in it.

        Raises:
            CommandError: it is not JSON, or holds something else.
        """
        content = given.values(self.body, self.name)
        events = content if isinstance(content, list) else [content]
        if not events or not all(isinstance(event, dict) for event in events):
            raise CommandError(f"{self.name} holds no event, nor an array of events")
        return events


def every() -> list[Sample]:
    """All samples: the accepted ones, then the rejected ones."""
    return [Sample(file) for file in _files()]


def find(name: str) -> Sample:
    """A sample by the path of a file or by its name, with or without `.json`.

    Raises:
        CommandError: there is none; the message names similar ones.
    """
    with contextlib.suppress(OSError):  # far too long for a file
        if Path(name).is_file():
            return Sample(Path(name).resolve())
    wanted = name.removesuffix(".json").lower()
    known = {sample.name: sample for sample in every()}
    for sample in known.values():
        if wanted in {sample.name.lower(), sample.file.stem.lower()}:
            return sample
    similar = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    advice = (
        f"Did you mean {', '.join(similar)}?" if similar else "`ls samples` shows what there is."
    )
    raise CommandError(f"{name!r} is neither a file nor a sample. {advice}")


def _files() -> Iterator[Path]:
    for folder in (paths.SAMPLES, paths.SAMPLES / "rejected"):
        yield from sorted(folder.glob("*.json"), key=lambda file: file.stem)
