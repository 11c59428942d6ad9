"""Replay: the app's own pipeline, with the app's settings, in place of a delivery that failed.

Nothing is published to a topic. Event Grid refuses an event under another resource's `topic`, under
another `topic` its records would have other ids, and an event that no subscription takes is lost.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from local import console
from local.account import Opened
from local.dead_letters.container import QUARANTINE, REPLAYED, Container
from local.dead_letters.format import DeadLetter
from shared import pipeline
from shared.errors import DeliveryError, RejectedEvent
from shared.pipeline import Send
from shared.reading import envelope
from shared.settings import Settings

Action = Literal["replay", "quarantine", "leave"]


@dataclass(frozen=True)
class Plan:
    """What is to be done with a dead letter."""

    action: Action
    text: str
    """What the command says about it."""
    sends: list[Send] = field(default_factory=list)

    @property
    def records(self) -> dict[str, int]:
        """How many go to which queue."""
        return dict(Counter(send.queue for send in self.sends))


@dataclass(frozen=True)
class Outcome:
    """What was done with a dead letter, or would be."""

    blob: str
    number: int | None
    """Of ``of`` in the blob; None where nobody could look into it."""
    of: int | None
    action: Action
    done: bool
    text: str
    records: dict[str, int]
    """By queue, how many were written or would be."""

    def line(self, *, is_dry: bool) -> str:
        """The line that the command prints."""
        which = f" ({self.number} of {self.of})" if self.of is not None and self.of > 1 else ""
        would = "would be " if is_dry and self.action != "leave" else ""
        return f"{console.harmless(self.blob)}{which}: {would}{console.harmless(self.text)}"

    def document(self) -> dict[str, Any]:
        """The same for a script."""
        return asdict(self)


def plan(dead_letter: DeadLetter, container: Container, settings: Settings, cap: int) -> Plan:
    """Decide; changes nothing."""
    try:
        sends = _records(dead_letter, settings)
    except RejectedEvent as rejection:
        return Plan("leave", f"not replayed: {type(rejection).__name__}: {rejection}")
    if not sends:
        return Plan("leave", "not replayed: with these settings the app makes no record of it")
    times = container.times_replayed(dead_letter)
    if times >= cap:
        return Plan("quarantine", f"quarantined: {times} replays did not help")
    decided = Plan("replay", "", sends)
    queues = ", ".join(f"{queue} {number}" for queue, number in decided.records.items())
    return replace(decided, text=f"replayed: {queues}; replay {times + 1} of at most {cap}")


def settle(dead_letter: DeadLetter, decided: Plan, container: Container, account: Opened) -> None:
    """Deliver the event, then keep its dead letter; only then may it leave its blob.

    Raises:
        DeliveryError: storage did not take the records.
    """
    if decided.action == "replay":
        account.deliver(decided.sends, dead_letter.event)
    container.keep(dead_letter, REPLAYED if decided.action == "replay" else QUARANTINE)


class Replay:
    """A replay, or a look at what it would do."""

    def __init__(self, account: Opened, container: Container, cap: int, reason: str | None) -> None:
        self._account = account
        self._container = container
        self._cap = cap
        self._reason = reason
        self.found = self.failed = 0
        """Dead letters, and how many of them stay where they are."""

    def look(self, name: str) -> Iterator[Outcome]:
        """For each dead letter of a blob what would be done with it."""
        inside = self._container.read(name)
        for number, each in self._chosen(inside):
            decided = self._plan(each)
            self._count(is_settled=decided.action != "leave")
            yield _outcome(each, number, len(inside), decided)

    def run(self, name: str) -> Iterator[Outcome]:
        """Settle each dead letter of a blob by itself, and say what was done with it."""
        with self._container.held(name) as held:
            if held is None:
                text = "left alone, another replay has it or had it"
                yield Outcome(name, None, None, "leave", done=False, text=text, records={})
                return
            inside = held.read()
            left = list(inside)
            for number, each in self._chosen(inside):
                held.renew()
                decided = self._settle(each, self._plan(each))
                is_settled = decided.action != "leave"
                if is_settled:
                    left = [other for other in left if other is not each]
                self._count(is_settled=is_settled)
                yield _outcome(each, number, len(inside), decided, done=is_settled)
            if len(left) < len(inside):
                held.leave(left)

    def _chosen(self, inside: list[DeadLetter]) -> Iterator[tuple[int, DeadLetter]]:
        for number, each in enumerate(inside, 1):
            if self._reason in (None, each.reason):
                yield number, each

    def _plan(self, dead_letter: DeadLetter) -> Plan:
        return plan(dead_letter, self._container, self._account.settings, self._cap)

    def _settle(self, dead_letter: DeadLetter, decided: Plan) -> Plan:
        """What was done in the end: nothing, where storage did not take the records."""
        if decided.action != "leave":
            try:
                settle(dead_letter, decided, self._container, self._account)
            except DeliveryError as error:
                return Plan("leave", f"not replayed: {error}")
        return decided

    def _count(self, *, is_settled: bool) -> None:
        self.found += 1
        self.failed += not is_settled


def _outcome(
    dead_letter: DeadLetter, number: int, of: int, decided: Plan, *, done: bool = False
) -> Outcome:
    blob, action, text = dead_letter.blob, decided.action, decided.text
    return Outcome(blob, number, of, action, done, text, decided.records)


def _records(dead_letter: DeadLetter, settings: Settings) -> list[Send]:
    if dead_letter.event is None:
        raise RejectedEvent(dead_letter.explanation)
    return pipeline.convert(envelope.parse(dead_letter.event), settings)
