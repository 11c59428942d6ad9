"""The whole measurement of the function: hosts, rounds, messages, memory."""

import os
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from bench.delivering.orders import Begin, Burst, Delivered, Done
from bench.delivering.programs import SERVERS, Client, clients, no_op
from bench.delivering.rounds import MESSAGES, Figures, rate
from bench.function.hosts import APPS, Host, running
from bench.measuring import shuffled
from bench.parts import Scale
from bench.results import Cell, Goal, Outcome, Table
from local.processes import Children

_QUEUES = ("work", "push")
_NOTHING = ("", "")
"""Messages are made by who delivers."""
_HOST = "host"
_NAMES = {"empty": "empty", "sample": "sample", "ours": "**ours**"}


class _Plan(Struct, frozen=True):
    """How much to measure."""

    rounds: int
    in_flight: tuple[int, ...]
    seconds: float
    most: int
    first: int
    """Events, after which memory is taken the first time."""
    last: int
    growing_seconds: float


_PLANS = {
    Scale.QUICK: _Plan(1, (1, 8), 0.2, 50, 200, 1_000, 10.0),
    Scale.FULL: _Plan(5, (1, 8, 32), 1.5, 2_000, 10_000, 100_000, 300.0),
}


class _Memory(Struct, frozen=True):
    """Of one process, in MB; None where it cannot be told."""

    events: int
    begin: float | None
    end: float | None


def measure(scale: Scale) -> Outcome:
    """Measure it all."""
    plan = _PLANS[scale]
    figures, memory, missing = _posted(plan)
    grown, first = _grown(plan)
    goals = [
        Goal(
            what=f"messages missing on the queues after {memory['ours'].events:,} events",
            bound=0,
            measured=missing,
            steady=True,
        )
    ]
    if scale is Scale.FULL and grown.begin is not None and grown.end is not None:
        what = f"resident memory from event {first:,} to {first + grown.events:,}, MB grown"
        goals.append(Goal(what=what, bound=1.0, measured=grown.end - grown.begin, steady=True))
    return Outcome(goals=goals, tables=[_speeds(plan, figures), _memory(memory, grown, first)])


def _posted(plan: _Plan) -> tuple[Figures, dict[str, _Memory], int]:
    figures, posted = Figures(), Counter[str]()
    with running([*APPS]) as hosts, clients(["post"], os.environ, SERVERS) as all_clients:
        client = all_clients["post"]
        for name, host in hosts.items():  # queues, first imports
            posted[name] += _post(client, host, in_flight=8, seconds=plan.seconds, plan=plan).events
        begin = {name: host.megabytes() for name, host in hosts.items()}
        for _ in range(plan.rounds):
            for in_flight in shuffled(plan.in_flight):
                for name in shuffled(hosts):
                    for seconds in (plan.seconds / 5, plan.seconds):  # the first, connections
                        delivered = _post(
                            client, hosts[name], in_flight=in_flight, seconds=seconds, plan=plan
                        )
                        posted[name] += delivered.events
                    figures.add((_HOST, in_flight, name), delivered)
        memory = {
            name: _Memory(posted[name], begin[name], host.megabytes())
            for name, host in hosts.items()
        }
        missing = posted["ours"] * MESSAGES - hosts["ours"].messages()
    return figures, memory, missing


def _post(client: Client, host: Host, *, in_flight: int, seconds: float, plan: _Plan) -> Delivered:
    client.ask(Begin(host.url, _NOTHING), Done)
    burst = Burst(queues=_QUEUES, in_flight=in_flight, seconds=seconds, most=plan.most)
    return client.ask(burst, Delivered)


def _grown(plan: _Plan) -> tuple[_Memory, int]:
    """Of the pipeline alone; and how many events came before."""
    with Children() as servers, clients(["whole"], os.environ) as all_clients:
        client = all_clients["whole"]
        client.ask(Begin(no_op(servers), _NOTHING), Done)
        before, after = (
            client.ask(_growing(events, plan), Delivered, seconds=plan.growing_seconds + 60.0)
            for events in (plan.first, plan.last - plan.first)
        )
    return _Memory(after.events, before.megabytes, after.megabytes), before.events


def _growing(events: int, plan: _Plan) -> Burst:
    seconds = plan.growing_seconds
    return Burst(queues=_QUEUES, in_flight=8, seconds=seconds, most=events, keep=False)


def _speeds(plan: _Plan, figures: Figures) -> Table:
    return Table(
        title="From request to answer",
        columns=[
            "in flight",
            "function",
            "events/s",
            "times empty",
            "times sample",
            "p50 ms",
            "p95 ms",
            "p99 ms",
        ],
        rows=[_row(figures, (_HOST, n, name)) for n in plan.in_flight for name in APPS],
    )


def _row(figures: Figures, key: tuple[str, int, str]) -> list[Cell]:
    _, in_flight, name = key
    return [
        in_flight,
        _NAMES[name],
        figures.spread(rate, key).median,
        str(figures.ratio(rate, key, "empty")),
        str(figures.ratio(rate, key, "sample")),
        *figures.percentiles(key),
    ]


def _memory(hosts: Mapping[str, _Memory], grown: _Memory, first: int) -> Table:
    rows: list[list[Cell]] = [
        [f"host, {_NAMES[name]}", one.events, one.begin, one.end, _difference(one)]
        for name, one in hosts.items()
    ]
    name = f"pipeline alone, after {first:,} events"
    rows.append([name, grown.events, grown.begin, grown.end, _difference(grown)])
    return Table(
        title="Resident memory",
        columns=["process", "events", "MB before", "MB after", "MB grown"],
        rows=rows,
        note="Of a host, after the events that warmed it up.",
    )


def _difference(memory: _Memory) -> float | None:
    if memory.begin is None or memory.end is None:
        return None
    return memory.end - memory.begin
