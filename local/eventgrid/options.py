"""What can be asked of the local Event Grid: the same on the command line and from Python."""

import argparse
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from local.errors import CommandError
from local.paths import ROOT

DEFAULT_PORT = 7072
"""Beside the Functions host's 7071."""

Schema = Literal["EventGridSchema", "CloudEventSchemaV1_0"]
"""As ARM's `eventDeliverySchema` names them."""

_SHARES = ("duplicates", "drop_answers")
_LONGEST_DELAY = 3600
_LARGEST_BATCH = 5000
"""Of `maxEventsPerBatch`, too."""


@dataclass
class Knobs:
    """How to misbehave; may be changed while it runs."""

    duplicates: float = 0.0
    """The share of events that are delivered twice, as two deliveries that know nothing of each
    other."""
    reorder: bool = False
    """Deliver in a random order what is ready for delivery."""
    delay: float = 0.0
    """Seconds, not scaled, before the first delivery of an event."""
    drop_answers: float = 0.0
    """The share of deliveries whose answer is thrown away: the function has run, and the delivery
    counts as timed out."""
    batch: int | None = None
    """Events per delivery, instead of the subscription's `maxEventsPerBatch`."""
    seed: int | None = None
    """All chance comes from it and from the numbers of event and attempt, so it can be repeated."""

    def __post_init__(self) -> None:
        for name in _SHARES:
            _require(name, "a number from 0 to 1", _is_within(getattr(self, name), 0, 1))
        text = f"a number of seconds from 0 to {_LONGEST_DELAY}"
        _require("delay", text, _is_within(self.delay, 0, _LONGEST_DELAY))
        _require("reorder", "true or false", isinstance(self.reorder, bool))
        counts = isinstance(self.batch, int) and _is_within(self.batch, 1, _LARGEST_BATCH)
        _require("batch", f"from 1 to {_LARGEST_BATCH}", self.batch is None or counts)
        if self.seed is None:
            self.seed = random.randrange(1 << 32)  # noqa: S311 -- nothing secret about it
        _require("seed", "a whole number", isinstance(self.seed, int))

    def change(self, changes: dict[str, Any]) -> None:
        """Turn some knobs.

        Raises:
            CommandError: there is no such knob, or it cannot be turned that far.
        """
        unknown = sorted(changes.keys() - KNOBS)
        if unknown:
            raise CommandError(f"no such knob: {', '.join(unknown)}; there are {', '.join(KNOBS)}")
        changed = replace(self, **changes)
        for name in changes:
            setattr(self, name, getattr(changed, name))

    def chance(self, what: str, *numbers: int) -> float:
        """A number from 0 to 1, the same every time it is asked for."""
        return random.Random(f"{self.seed} {what} {numbers}").random()  # noqa: S311 -- same


KNOBS = tuple(knob.name for knob in fields(Knobs))


def _require(name: str, what: str, is_so: bool) -> None:  # noqa: FBT001 -- reads as a sentence
    if not is_so:
        raise CommandError(f"{name} must be {what}")


def _is_within(value: object, least: float, most: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return least <= value <= most


@dataclass(frozen=True)
class Options:
    """What stays as it is while it runs."""

    subscriptions: Path = ROOT / "infra" / "event-subscriptions.json"
    """The file that deployment reads, too."""
    time_scale: float = 1.0
    """Event Grid's waits and times to live are multiplied by this."""
    answer_seconds: float | None = None
    """How long to wait for an answer; by default 30, scaled as everything else."""
    delivery_schema: Schema | None = None
    """By default the subscription's, then the one in which an event was published."""
    strict: bool = False
    """Refuse what a custom topic refuses. A system topic passes what the resource sends."""
    topic: str = "local-topic"
    """Its name: the first folder of dead letters."""
    in_flight: int = 64
    """So many deliveries at once, for each subscription: a slow function holds up no other."""
    knobs: Knobs = field(default_factory=Knobs)

    def words(self) -> Iterator[str]:
        """The command line that asks for the same."""
        values = asdict(self) | asdict(self.knobs)
        for name in [*_FIXED, *KNOBS]:
            flag, value = f"--{name.replace('_', '-')}", values[name]
            if value is True:
                yield flag
            elif value is not None and value is not False:
                yield from (flag, str(value))


_FIXED = [option.name for option in fields(Options) if option.name != "knobs"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    defaults = Options()
    fixed, bad = parser.add_argument, parser.add_argument_group("misbehaviour").add_argument
    fixed("--subscriptions", type=Path, default=defaults.subscriptions, metavar="FILE")
    fixed("--time-scale", type=_positive, default=1.0, help="0.001: a minute passes in 60 ms")
    fixed("--answer-seconds", type=_positive, help="default: 30, times the time scale")
    fixed("--delivery-schema", choices=get_args(Schema), help="default: as published")
    fixed("--strict", action="store_true", help="refuse what a custom topic refuses")
    fixed("--topic", default=defaults.topic, metavar="NAME", help="its name; %(default)s")
    fixed(
        "--in-flight",
        type=_count,
        default=defaults.in_flight,
        help="deliveries at once, each subscription",
    )
    bad("--duplicates", type=float, default=0.0, help="share of events delivered twice, 0..1")
    bad("--reorder", action="store_true", help="deliver what is ready in a random order")
    bad("--delay", type=float, default=0.0, help="seconds before an event's first delivery")
    bad("--drop-answers", type=float, default=0.0, help="share of answers thrown away, 0..1")
    bad("--batch", type=int, help="events per delivery, instead of maxEventsPerBatch")
    bad("--seed", type=int, help="to repeat what chance did; GET /admin/state tells it")


def chosen(arguments: argparse.Namespace) -> Options:
    """The options of a command line.

    Raises:
        CommandError: a knob cannot be turned that far.
    """
    values = vars(arguments)
    turned = Knobs(**{name: values[name] for name in KNOBS})
    return Options(**{name: values[name] for name in _FIXED}, knobs=turned)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number
