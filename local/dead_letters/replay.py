"""Replay: the app's own pipeline, with the app's settings, in place of a delivery that failed.

Nothing is published to a topic. Event Grid refuses an event under another resource's `topic`, under
another `topic` its records would have other ids, and an event that no subscription takes is lost.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from local import console
from local.account import Opened
from local.dead_letters.container import QUARANTINE, REPLAYED, Container
from local.dead_letters.format import DeadLetter
from shared import pipeline
from shared.errors import DeliveryError, RejectedEvent
from shared.pipeline import Send
from shared.reading import envelope
from shared.settings import Settings


@dataclass(frozen=True)
class Plan:
    """What is to be done with a dead letter."""

    action: Literal["replay", "quarantine", "leave"]
    text: str
    """The line that the command prints."""
    sends: list[Send] = field(default_factory=list)


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
    count = Counter(send.queue for send in sends)
    queues = ", ".join(f"{queue} {number}" for queue, number in count.items())
    return Plan("replay", f"replayed: {queues}; replay {times + 1} of at most {cap}", sends)


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

    def look(self, name: str) -> Iterator[str]:
        """A line for each dead letter of a blob: what would be done with it."""
        inside = self._container.read(name)
        for which, each in self._chosen(inside):
            decided = self._plan(each)
            self._count(is_settled=decided.action != "leave")
            would = "" if decided.action == "leave" else "would be "
            yield f"{which}: {would}{console.harmless(decided.text)}"

    def run(self, name: str) -> Iterator[str]:
        """Settle each dead letter of a blob by itself, and say what was done with it."""
        with self._container.held(name) as held:
            if held is None:
                yield f"{console.harmless(name)}: left alone, another replay has it or had it"
                return
            inside = held.read()
            left = list(inside)
            for which, each in self._chosen(inside):
                held.renew()
                decided = self._plan(each)
                failure = self._settle(each, decided)
                is_settled = failure is None and decided.action != "leave"
                if is_settled:
                    left = [other for other in left if other is not each]
                self._count(is_settled=is_settled)
                yield f"{which}: {console.harmless(failure or decided.text)}"
            if len(left) < len(inside):
                held.leave(left)

    def _chosen(self, inside: list[DeadLetter]) -> Iterator[tuple[str, DeadLetter]]:
        for number, each in enumerate(inside, 1):
            if self._reason in (None, each.reason):
                which = f" ({number} of {len(inside)})" if len(inside) > 1 else ""
                yield f"{console.harmless(each.blob)}{which}", each

    def _plan(self, dead_letter: DeadLetter) -> Plan:
        return plan(dead_letter, self._container, self._account.settings, self._cap)

    def _settle(self, dead_letter: DeadLetter, decided: Plan) -> str | None:
        """Why it was not possible; None if it was."""
        if decided.action != "leave":
            try:
                settle(dead_letter, decided, self._container, self._account)
            except DeliveryError as error:
                return f"not replayed: {error}"
        return None

    def _count(self, *, is_settled: bool) -> None:
        self.found += 1
        self.failed += not is_settled


def _records(dead_letter: DeadLetter, settings: Settings) -> list[Send]:
    if dead_letter.event is None:
        raise RejectedEvent(dead_letter.explanation)
    return pipeline.convert(envelope.parse(dead_letter.event), settings)
