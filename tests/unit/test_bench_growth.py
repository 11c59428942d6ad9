"""Figures of growth: each of many beside each of few."""

from bench import events
from bench.growth import memory, times
from bench.growth.times import Grown, Nowhere
from bench.measuring import Compared, Spread


def _compared(ratio: float) -> Compared:
    return Compared(Spread(30.0, 29.0, 31.0), Spread(ratio, ratio, ratio))


GROWN = Grown(
    base=10,
    compared={1: _compared(0.2), 10: _compared(1.0), 1_000: _compared(110.0)},
    kilobytes={1: 1.5, 10: 15.0, 1_000: 1_500.0},
)


def test_linear_growth_is_one() -> None:
    assert 1.0 == GROWN.each(10)
    assert 1.1 == GROWN.each(1_000)
    assert 2.0 == GROWN.each(1)


def test_the_table_shows_the_cost_of_each() -> None:
    table = times.table("Batches", "events", GROWN)

    assert "each, times each of 10" == table.columns[-1]
    assert [1_000, 1_500.0, "30 (29-31)", 0.03, 110.0, 1.1] == table.rows[-1]


def test_events_go_to_the_function_that_they_belong_to() -> None:
    """Another function would log a warning for each, which is not what is measured."""
    told = events.different(3)

    assert ["sms_received", "chat_events", "delivery_report"] == [*map(times.function_of, told)]


async def test_the_store_of_measurements_keeps_nothing() -> None:
    store = Nowhere()
    await store.send("work-items", b"{}")

    assert "memory://dead-letters/1.json" == await store.save("dead-letters", "1.json", b"[]")
    assert {} == vars(store)


def test_memory_grows_from_the_last_but_one_size_to_the_last() -> None:
    assert 0.5 == memory.growth({1: 60.0, 10: 61.0, 100: 61.5})
    assert memory.growth({1: None, 10: None}) is None
