"""Whether an event costs the same however many there are, and a person in a thread likewise.

CPU time, in bursts between bursts of one of the smaller sizes, with which the others are compared;
work is from JSON text to encoded records where nothing else is named. 1 in the last column is
linear growth, less is better.

- *Backlog*: so many events, no two alike, one after the other in one process.
- *Threads*: `ChatThreadCreatedWithUser` with so many participants, each in the shape of the sample.
  A record too large for its queue is cut into message and blob.
- *Batches*: so many chat messages of one delivery. The functions host calls the function once for
  each of them, which is imitated by `asyncio.gather` over the whole pipeline, with a store that
  keeps nothing. What it grows by is Python's garbage collector, which looks through all modules
  more often the more events are under way; after `gc.freeze()` nothing grows (0.99).
- *Memory*: a process of its own, the whole pipeline with such a store, 100 events at once.
"""

from bench.growth import memory, times
from bench.parts import Scale
from bench.results import Goal, Outcome

THREAD = 25.0
BATCH = 1.2
MEGABYTES = 1.0


def measure(scale: Scale) -> Outcome:
    """Measure all four."""
    full = scale is Scale.FULL
    rounds = 11 if full else 3
    backlog = times.backlog((10, 100, 1_000, 10_000) if full else (10, 1_000), rounds)
    threads = times.threads((2, 10, 50, 250, 1_000) if full else (2, 250), rounds)
    batches = times.batches((1, 10, 100, 1_000) if full else (10, 1_000), rounds)
    kept = memory.kept((1_000, 10_000, 100_000) if full else (1_000, 5_000))
    goals = [
        Goal(
            what="a thread of 250 people, times a thread of 2",
            bound=THREAD,
            measured=threads.whole[250],
        ),
        Goal(
            what="an event in a batch of 1,000, times one in a batch of 10",
            bound=BATCH,
            measured=batches.each(1_000),
        ),
    ]
    growth = memory.growth(kept)
    if growth is not None:
        events = list(kept)
        goals.append(
            Goal(
                what=f"MB that memory grows by from event {events[-2]:,} to {events[-1]:,}",
                bound=MEGABYTES,
                measured=growth,
                steady=True,
            )
        )
    return Outcome(
        goals=goals,
        tables=[
            times.table("Backlog: events in one process", "events", backlog),
            times.table("Threads: people in one event", "people", threads),
            times.table("Batches: events at once, the whole pipeline", "events", batches),
            memory.table(kept),
        ],
    )
