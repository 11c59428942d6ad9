"""Who delivers where, how often and for how long; and what came out, by the round."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from msgspec import Struct

from bench.delivering.orders import Begin, Burst, Delivered, Done
from bench.delivering.programs import Certificates, Client, fresh_azurite, make_queues
from bench.measuring import Spread, percentile, shuffled, spread
from bench.parts import Scale

VARIANTS = ("per event", "sync", "aio", "ours", "floor")
IN_FLIGHT = (1, 8, 32)
HTTP, HTTPS, NO_OP, SLOW = "Azurite, HTTP", "Azurite, HTTPS", "no-op", "no-op after 10 ms"
TARGETS = (HTTPS, HTTP, SLOW, NO_OP)
MESSAGES = 2
"""An event."""

_WARMING = ("warm-work", "warm-push")
_PATIENCE = 60.0
"""Seconds, beside those that a burst is to take."""

Key = tuple[str, int, str]
"""Target, events in flight, variant."""
Figure = Callable[[Delivered], float]


class Plan(Struct, frozen=True):
    """How much to measure."""

    rounds: int
    targets: tuple[str, ...]
    in_flight: tuple[int, ...]
    seconds: Mapping[str, float]
    """Of a burst, by target."""
    picture_seconds: float
    """Of those whose distribution is drawn: over HTTPS at 8 in flight."""
    warm_up: float
    most: int
    """Events of one burst."""

    @classmethod
    def of(cls, scale: Scale) -> "Plan":
        """A round takes a minute and a half, or some seconds."""
        if scale is Scale.QUICK:
            return cls(1, (HTTPS, NO_OP), (1, 8), {HTTPS: 0.05, NO_OP: 0.05}, 0.05, 0.02, 8)
        seconds = {HTTPS: 1.0, HTTP: 1.0, SLOW: 0.7, NO_OP: 0.6}
        return cls(5, TARGETS, IN_FLIGHT, seconds, 2.5, 0.2, 4_000)

    def burst(self, target: str, in_flight: int) -> Burst:
        """One burst, on queues that only bursts of this round and this many in flight use."""
        drawn = target == HTTPS and in_flight == 8  # noqa: PLR2004 -- of IN_FLIGHT
        return Burst(
            queues=(f"work-{in_flight}", f"push-{in_flight}"),
            in_flight=in_flight,
            seconds=self.picture_seconds if drawn else self.seconds[target],
            most=self.most,
            warm_up=self.warm_up,
        )


class Figures:
    """Every burst that was measured."""

    def __init__(self) -> None:
        self._bursts: dict[Key, list[Delivered]] = defaultdict(list)

    def add(self, key: Key, burst: Delivered) -> None:
        """Keep the next round's."""
        self._bursts[key].append(burst)

    def spread(self, figure: Figure, key: Key) -> Spread:
        """Over the rounds."""
        return spread(map(figure, self._bursts[key]))

    def ratio(self, figure: Figure, key: Key, reference: str) -> Spread:
        """To another variant's in the same round, over the rounds."""
        target, in_flight, _ = key
        pairs = zip(self._bursts[key], self._bursts[target, in_flight, reference], strict=True)
        return spread(figure(one) / figure(other) for one, other in pairs)

    def latencies(self, key: Key) -> list[float]:
        """Of all rounds, in milliseconds."""
        return [latency for burst in self._bursts[key] for latency in burst.latencies]

    def percentiles(self, key: Key, shares: Iterable[float] = (50, 95, 99)) -> list[float]:
        """Of those latencies."""
        latencies = self.latencies(key)
        return [percentile(latencies, share) for share in shares]


def rate(burst: Delivered) -> float:
    """Events per second."""
    return burst.events / burst.seconds


def cpu(burst: Delivered) -> float:
    """Microseconds of the client's CPU for a message."""
    return burst.cpu * 1e6 / (burst.events * MESSAGES)


@dataclass(frozen=True)
class Course:
    """What rounds are run with."""

    plan: Plan
    clients: Mapping[str, Client]
    certificates: Certificates
    no_ops: Mapping[str, str]
    messages: tuple[str, str]

    def run(self) -> Figures:
        """Let every client deliver everywhere, once a round, in random order."""
        figures = Figures()
        for _ in range(self.plan.rounds):
            for target in shuffled(self.plan.targets):
                with self._service(target) as account:
                    self._round(target, account, figures)
        return figures

    def _service(self, target: str) -> AbstractContextManager[str]:
        """Azurite is started afresh: what an earlier round left there would slow it down."""
        if target in self.no_ops:
            return nullcontext(self.no_ops[target])
        return fresh_azurite(self.certificates if target == HTTPS else None)

    def _round(self, target: str, account: str, figures: Figures) -> None:
        bursts = [self.plan.burst(target, in_flight) for in_flight in self.plan.in_flight]
        names = [name for burst in bursts for name in burst.queues]
        make_queues(account, [*_WARMING, *names], self.certificates)
        for client in self.clients.values():
            client.ask(Begin(account, self.messages), Done)
        seconds = 5 * self.plan.warm_up
        warming = Burst(queues=_WARMING, in_flight=8, seconds=seconds, most=self.plan.most)
        self.clients["floor"].ask(warming, Delivered)
        for burst in shuffled(bursts):
            for variant in shuffled(self.clients):
                patience = burst.seconds + _PATIENCE
                delivered = self.clients[variant].ask(burst, Delivered, seconds=patience)
                figures.add((target, burst.in_flight, variant), delivered)
