"""What can be asked of the local Event Grid."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from local import samples
from local.paths import ROOT


def _of_samples() -> frozenset[str]:
    events = [event for sample in samples.every() for event in sample.events()]
    values = [v for event in events for k, v in event.items() if k.lower() == "topic"]
    return frozenset(value.lower() for value in values if isinstance(value, str))


@dataclass(frozen=True)
class Options:
    """How it works, and how it misbehaves."""

    subscriptions: Path = ROOT / "infra" / "event-subscriptions.json"
    """The file that deployment reads, too."""
    resources: frozenset[str] = field(default_factory=_of_samples)
    """Whose topic it is: an event with another `topic`, in any casing, is refused. Lower-cased."""
    answer_seconds: float = 30.0
    """How long a function may take to answer, in real time."""
    in_flight: int = 64
    """Deliveries at once, for each subscription: a slow function delays no other."""

    duplicates: float = 0.0
    """The share of events, 0 to 1, that are delivered twice, independently of each other."""
    drop_answers: float = 0.0
    """The share of answers, 0 to 1, that are lost: the function has run, and the delivery counts
    as timed out."""
    reorder: bool = False
    """Deliver in a random order what is ready for delivery."""
    delay: float = 0.0
    """Seconds before the first delivery of an event."""
    batch: int | None = None
    """Events per delivery, instead of the subscription's `maxEventsPerBatch`."""
    seed: int = 0
    """Decides every random choice, together with the numbers of event and attempt."""

    def random(self, purpose: str, *numbers: int) -> float:
        """A number from 0 to 1, the same for the same arguments."""
        return random.Random(f"{self.seed} {purpose} {numbers}").random()  # noqa: S311 -- no secret
