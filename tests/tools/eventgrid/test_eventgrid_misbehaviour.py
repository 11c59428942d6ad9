"""Misbehaviour on request: within what Event Grid promises, and repeatable by its seed."""

from collections import Counter
from itertools import pairwise

from tests.tools.eventgrid.conftest import Start, event, events

_IDS = [f"{number:03}" for number in range(200)]


async def test_duplicates(start: Start) -> None:
    """About the share asked for is delivered twice, nothing is lost, and the count says so."""
    grid = await start(duplicates=0.5)
    await grid.publish(*events(200))
    counts = await grid.finish()

    times = Counter(grid.hook.ids())
    assert set(_IDS) == set(times)
    assert {1, 2} == set(times.values())
    assert 70 < counts["duplicated"] < 130
    assert 200 + counts["duplicated"] == counts["delivered"] == times.total()


async def test_lost_answers(start: Start) -> None:
    """The function has run; the delivery counts as timed out, and comes again."""
    grid = await start(drop_answers=0.3)
    await grid.publish(*events(200))
    counts = await grid.finish()

    times = Counter(grid.hook.ids())
    assert set(_IDS) == set(times)
    assert 200 == counts["delivered"]
    assert 200 + counts["retried"] == times.total() == counts["attempts"]
    assert 40 < counts["retried"] < 140


async def test_order(start: Start) -> None:
    """One at a time, events come as published; with `reorder` they do not."""
    in_order, reordered = await start(in_flight=1), await start(in_flight=1, reorder=True)
    for grid in (in_order, reordered):
        await grid.publish(*events(200))

    assert _IDS == in_order.hook.ids()
    assert _IDS != reordered.hook.ids()
    assert _IDS == sorted(reordered.hook.ids())


async def test_delay(start: Start) -> None:
    """Seconds before the first delivery."""
    grid = await start(delay=5)
    await grid.publish(event())
    await grid.advance(4.999)
    assert {"pending": 1, "attempts": 0}.items() <= grid.counts().items()

    await grid.advance(0.001)
    assert {"pending": 0, "attempts": 1}.items() <= grid.counts().items()


async def test_batch(start: Start) -> None:
    """In place of the subscription's own number."""
    grid = await start(in_flight=1, batch=50)
    await grid.publish(*events(200))

    assert [50] * 4 == [len(request.ids()) for request in grid.hook.deliveries()]
    assert {"attempts": 4, "delivered": 200}.items() <= grid.counts().items()


async def test_a_seed_repeats_what_chance_did(start: Start) -> None:
    """The same events twice and the same answers lost, however busy the machine was."""
    seen = []
    for seed in (7, 7, 8):
        grid = await start(duplicates=0.2, drop_answers=0.2, seed=seed)
        await grid.publish(*events(200))
        await grid.finish()
        seen.append(Counter(grid.hook.ids()))

    assert [True, False] == [a == b for a, b in pairwise(seen)]
    assert seen[0].total() > 240
