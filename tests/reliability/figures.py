"""What a test measured, and the table that the tests of one run give together."""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.eventgrid.thread import LocalTopic
from tests.reliability.accounts import Totals

ENVIRONMENT = "RELIABILITY_FIGURES"
"""Names the file for the table; `dev.py reliability` reads it."""


@dataclass
class Figures:
    """The figures of one test, in the order in which they were told."""

    told: dict[str, Any] = field(default_factory=dict)
    failure: dict[str, str] | None = None
    """A row of the table of failure classes."""

    def tell(self, **figures: Any) -> None:
        """Add figures; the names are for people, with _ for a space."""
        self.told |= {name.replace("_", " "): value for name, value in figures.items()}

    def account(self, totals: Totals) -> None:
        """Add what was found in the end."""
        self.tell(
            events=totals.events,
            on_queues=totals.on_queues,
            dead_letters=totals.dead_letters,
            extra_messages=totals.duplicates,
        )

    def delivered(self, topic: LocalTopic) -> Counter[str]:
        """Add what Event Grid had to do, and give its counts."""
        counts = Counter[str]()
        for subscription in topic.state()["subscriptions"].values():
            counts.update(subscription)
        self.tell(deliveries=counts["attempts"], retried=counts["retried"])
        return counts


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write the table."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")


def rss_megabytes(pid: int) -> float:
    """The memory that a process has in RAM."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    words = ["ps", "-o", "rss=", "-p", str(pid)]
    done = subprocess.run(words, capture_output=True, check=True)
    return int(done.stdout) / 1024
