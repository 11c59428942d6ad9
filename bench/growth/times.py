"""CPU time of more and more of the same, beside that of the smallest."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct

from bench import events, measuring
from bench.measuring import Compared
from bench.results import Cell, Table
from shared import pipeline, routes
from shared.reading import envelope
from tools.golden import DEFAULTS


class Nowhere:
    """A store that takes everything and keeps nothing."""

    async def send(self, queue: str, message: bytes) -> None:
        """Take a message."""

    async def save(self, container: str, name: str, body: bytes) -> str:  # noqa: ARG002 - Store
        """Take a blob."""
        return f"memory://{container}/{name}"


class Grown(Struct, frozen=True):
    """One thing in several sizes."""

    base: int
    """The size that the others are compared with."""
    compared: dict[int, Compared]
    kilobytes: dict[int, float]

    @property
    def whole(self) -> dict[int, float]:
        """What each size costs, times what the base does."""
        return {size: found.ratio.median for size, found in self.compared.items()}

    def each(self, size: int) -> float:
        """What one of so many costs, times what one of the base does."""
        return self.whole[size] * self.base / size


def backlog(sizes: Sequence[int], rounds: int) -> Grown:
    """Events, one after the other."""
    waiting = events.different(max(sizes))

    def work(size: int) -> Callable[[], object]:
        def normalize() -> None:
            for text in waiting[:size]:
                pipeline.convert(envelope.parse(text), DEFAULTS)

        return normalize

    return _grown({size: waiting[:size] for size in sizes}, work, rounds, base=10)


def threads(sizes: Sequence[int], rounds: int) -> Grown:
    """One event, with more and more people in it."""
    texts = {size: events.thread(size) for size in sizes}

    def work(size: int) -> Callable[[], object]:
        def normalize() -> None:
            sends = pipeline.convert(envelope.parse(texts[size]), DEFAULTS)
            for send in sends:
                if len(send.record.body) > pipeline.QUEUE_LIMIT:
                    send.record.claim_check("https://account.example/record-payloads/1.json")

        return normalize

    return _grown({size: [text] for size, text in texts.items()}, work, rounds, base=2)


def batches(sizes: Sequence[int], rounds: int) -> Grown:
    """Events at once: chat messages, which come in the largest numbers."""
    delivered = events.different(max(sizes), "ChatMessageReceived.current")
    functions = [function_of(text) for text in delivered]
    store = Nowhere()

    async def deliver(size: int) -> None:
        batch = zip(delivered[:size], functions, strict=False)
        await asyncio.gather(*(pipeline.process(*each, DEFAULTS, store) for each in batch))

    with asyncio.Runner() as runner:

        def work(size: int) -> Callable[[], object]:
            return lambda: runner.run(deliver(size))

        return _grown({size: delivered[:size] for size in sizes}, work, rounds, base=10)


def function_of(text: str) -> str:
    """The function that an event is delivered to; another one would warn of it."""
    route = routes.find(envelope.parse(text).type)
    return route.function if route else ""


def table(title: str, unit: str, grown: Grown) -> Table:
    """Sizes, what they cost, and what each of so many costs."""
    rows: list[list[Cell]] = [
        [
            size,
            grown.kilobytes[size],
            str(found.microseconds),
            found.microseconds.median / size,
            grown.whole[size],
            grown.each(size),
        ]
        for size, found in grown.compared.items()
    ]
    return Table(
        title=title,
        columns=[
            unit,
            "kB",
            "µs",
            f"µs for each of the {unit}",
            f"times {grown.base} {unit}",
            f"each, times each of {grown.base}",
        ],
        rows=rows,
    )


def _grown(
    texts: dict[int, list[str]],
    work: Callable[[int], Callable[[], object]],
    rounds: int,
    *,
    base: int,
) -> Grown:
    calls = {str(size): work(size) for size in texts}
    compared = measuring.compare(calls[str(base)], calls, rounds=rounds)
    return Grown(
        base=base,
        compared={size: compared[str(size)] for size in texts},
        kilobytes={size: sum(len(t.encode()) for t in told) / 1000 for size, told in texts.items()},
    )
