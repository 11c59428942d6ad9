"""Goals, tables and the picture, made of the figures."""

import os
from collections.abc import Mapping

from bench.delivering.orders import Counted
from bench.delivering.rounds import (
    HTTP,
    HTTPS,
    IN_FLIGHT,
    NO_OP,
    VARIANTS,
    Figures,
    Plan,
    cpu,
    rate,
)
from bench.results import Cell, Goal, Picture, Table

NAMES = {
    "per event": "a client per event",
    "sync": "SDK, blocking, kept",
    "aio": "SDK, asynchronous, kept",
    "ours": "**ours**",
    "floor": "aiohttp by hand",
}
_COLUMNS = [
    "in flight",
    "client",
    "events/s",
    "times a client per event",
    "times by hand",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU µs a message",
    "times SDK, blocking, kept",
]
_ENVIRONMENT = (
    "There were {} environment variables; with the SDK's defaults each request reads them all "
    "for a proxy."
)
_DRAWN = [0.0, 50.0, 75.0, 90.0, 95.0, 99.0]


def speeds(plan: Plan, figures: Figures) -> list[Table]:
    """One table for each place where messages go."""
    return [
        Table(
            title=f"Two messages an event to {target}",
            columns=_COLUMNS,
            rows=[_row(figures, (target, n, name)) for n in plan.in_flight for name in VARIANTS],
            note=_ENVIRONMENT.format(len(os.environ)) if target == NO_OP else "",
        )
        for target in plan.targets
    ]


def _row(figures: Figures, key: tuple[str, int, str]) -> list[Cell]:
    _, in_flight, variant = key
    return [
        in_flight,
        NAMES[variant],
        figures.spread(rate, key).median,
        str(figures.ratio(rate, key, "per event")),
        str(figures.ratio(rate, key, "floor")),
        *figures.percentiles(key),
        figures.spread(cpu, key).median,
        str(figures.ratio(cpu, key, "sync")),
    ]


def speed_goals(figures: Figures) -> list[Goal]:
    """Bounds on ratios; they are times, and so never fail a check."""
    said = "delivering over {}, {} in flight, events/s as a multiple of a client per event"
    floor = "delivering over HTTP, {} in flight, events/s as a share of aiohttp by hand"
    processor = "CPU of a message as a share of the SDK's kept blocking client, {} in flight"

    def times(key: tuple[str, int, str], reference: str) -> float:
        return figures.ratio(rate, key, reference).median

    return [
        Goal(
            what=said.format("HTTPS", 8),
            bound=10,
            measured=times((HTTPS, 8, "ours"), "per event"),
            at="least",
        ),
        *(
            Goal(
                what=said.format("HTTP", n),
                bound=2,
                measured=times((HTTP, n, "ours"), "per event"),
                at="least",
            )
            for n in (8, 32)
        ),
        *(
            Goal(
                what=floor.format(n),
                bound=0.65,
                measured=times((HTTP, n, "ours"), "floor"),
                at="least",
            )
            for n in (8, 32)
        ),
        *(
            Goal(
                what=processor.format(n),
                bound=0.6,
                measured=figures.ratio(cpu, (NO_OP, n, "ours"), "sync").median,
            )
            for n in IN_FLIGHT
        ),
    ]


def counts(counted: Mapping[str, Counted]) -> Table:
    """What is made for events."""
    return Table(
        title="Made in delivering events over HTTPS, 8 in flight",
        columns=[
            "client",
            "events",
            "our logs",
            "other logs",
            "clients and sessions",
            "TLS contexts",
        ],
        rows=[
            [
                NAMES[variant],
                one.events,
                one.our_logs,
                one.other_logs,
                one.clients,
                one.tls_contexts,
            ]
            for variant, one in counted.items()
        ],
        note="Logs are records at INFO and above. The blocking client makes a TLS context for "
        "each connection; the asynchronous ones use the one that aiohttp makes when imported.",
    )


def count_goals(ours: Counted) -> list[Goal]:
    """The same on any machine."""
    what = f"in {ours.events:,} events"
    return [
        Goal(
            what="log records of ours an event",
            bound=1,
            measured=ours.our_logs / ours.events,
            steady=True,
        ),
        Goal(
            what=f"log records of the SDK's {what}",
            bound=0,
            measured=ours.other_logs,
            steady=True,
        ),
        Goal(
            what=f"clients and HTTP sessions made {what}: one of each",
            bound=2,
            measured=ours.clients,
            steady=True,
        ),
        Goal(what=f"TLS contexts made {what}", bound=1, measured=ours.tls_contexts, steady=True),
    ]


def failures(seconds: Mapping[str, float]) -> Table:
    """How long storage that only refuses keeps a function busy."""
    return Table(
        title="Storage answers only 503",
        columns=["client", "seconds until it gives up"],
        rows=[[NAMES[variant], taken] for variant, taken in seconds.items()],
        note="Event Grid waits 30 s, and then sends the event again to who is still trying.",
    )


def failure_goal(seconds: float) -> Goal:
    """Bounded by design."""
    what = "storage answers only 503: seconds until the function fails"
    return Goal(what=what, bound=20, measured=seconds, steady=True)


def picture(figures: Figures) -> Picture:
    """How latencies are distributed where it matters."""
    drawn = ("per event", "sync", "ours", "floor")
    return Picture(
        name="delivering-latency",
        title="Two messages an event over HTTPS, 8 events in flight",
        percentiles=_DRAWN,
        series={
            NAMES[variant].strip("*"): figures.percentiles((HTTPS, 8, variant), _DRAWN)
            for variant in drawn
        },
    )
