"""A client as a program: ``python -m bench.delivering.client VARIANT PORT``.

It imports once, connects to the bench on that port of the loopback interface, and does one order
after the other until the connection ends.
"""

import asyncio
import gc
import importlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import msgspec
from azure.core.exceptions import AzureError

from bench.delivering import counting
from bench.delivering.orders import (
    Begin,
    Burst,
    Count,
    Counted,
    Delivered,
    Done,
    Fail,
    Failed,
    Order,
)
from bench.delivering.variants import AWAITED, BLOCKING, Awaited, Blocking, Messages
from bench.measuring import megabytes
from local.ports import LOOPBACK
from shared.errors import DeliveryError

_SETTLING = 0.05
_COUNTING_IN_FLIGHT = 8
_ELSEWHERE = {
    "ours": "bench.delivering.ours",
    "whole": "bench.delivering.ours",
    "post": "bench.function.posting",
}
"""Imported only when asked for: the app changes what the SDK logs."""
T = TypeVar("T")
Answer = Done | Delivered | Failed | Counted


class _Driver(Protocol):
    """Does orders with one kind of client."""

    def begin(self, order: Begin) -> None: ...

    def burst(self, order: Burst) -> Delivered: ...

    def once(self, queues: tuple[str, str]) -> None: ...


class _Tally:
    """Gives out turns until time or number is over, and keeps what they took."""

    def __init__(self, order: Burst, seconds: float) -> None:
        self._left = order.most
        self._keep = order.keep
        self._events = 0
        self._latencies: list[float] = []
        self._lock = threading.Lock()
        self._cpu = time.process_time()
        self._begin = time.perf_counter()
        self._until = self._begin + seconds

    def another(self) -> bool:
        """Whether one more event may begin."""
        with self._lock:
            self._left -= 1
            return self._left >= 0 and time.perf_counter() < self._until

    def took(self, begin: float) -> None:
        """An event that began then has ended."""
        with self._lock:
            self._events += 1
            if self._keep:
                self._latencies.append((time.perf_counter() - begin) * 1e3)

    def result(self) -> Delivered:
        """All of it."""
        return Delivered(
            events=self._events,
            seconds=time.perf_counter() - self._begin,
            cpu=time.process_time() - self._cpu,
            latencies=self._latencies,
            megabytes=megabytes(),
        )


class _Threads:
    def __init__(self, make: Callable[[str, Messages], Blocking]) -> None:
        self._make = make
        self._clients: list[Blocking] = []

    def begin(self, order: Begin) -> None:
        while self._clients:
            self._clients.pop().close()
        self._clients.append(_made(self._make, order))

    def burst(self, order: Burst) -> Delivered:
        (client,) = self._clients
        with ThreadPoolExecutor(order.in_flight) as pool:
            if client.keeps and order.warm_up:
                self._run(pool, client, order, order.warm_up)
            return self._run(pool, client, order, order.seconds)

    def once(self, queues: tuple[str, str]) -> None:
        (client,) = self._clients
        client.deliver(queues)

    @staticmethod
    def _run(pool: ThreadPoolExecutor, client: Blocking, order: Burst, seconds: float) -> Delivered:
        def deliver(tally: _Tally) -> None:
            while tally.another():
                begin = time.perf_counter()
                client.deliver(order.queues)
                tally.took(begin)

        gc.collect()
        tally = _Tally(order, seconds)
        for running in [pool.submit(deliver, tally) for _ in range(order.in_flight)]:
            running.result()
        return tally.result()


class _Tasks:
    def __init__(self, make: Callable[[str, Messages], Awaited], runner: asyncio.Runner) -> None:
        self._make = make
        self._runner = runner
        self._clients: list[Awaited] = []

    def begin(self, order: Begin) -> None:
        self._runner.run(self._begin(order))

    def burst(self, order: Burst) -> Delivered:
        if order.warm_up:
            self._runner.run(self._run(order, order.warm_up))
        return self._runner.run(self._run(order, order.seconds))

    def once(self, queues: tuple[str, str]) -> None:
        (client,) = self._clients
        self._runner.run(client.deliver(queues))

    async def _begin(self, order: Begin) -> None:
        while self._clients:
            await self._clients.pop().close()
        self._clients.append(_made(self._make, order))

    async def _run(self, order: Burst, seconds: float) -> Delivered:
        (client,) = self._clients

        async def deliver(tally: _Tally) -> None:
            while tally.another():
                begin = time.perf_counter()
                await client.deliver(order.queues)
                tally.took(begin)

        # The loop stood still since the last burst: it has to see which connections were closed.
        await asyncio.sleep(_SETTLING)
        gc.collect()
        tally = _Tally(order, seconds)
        await asyncio.gather(*(deliver(tally) for _ in range(order.in_flight)))
        return tally.result()


def main(variant: str, port: int) -> None:
    """Do orders."""
    handler = counting.log_as_the_worker_does()
    orders = msgspec.json.Decoder(Order)
    with asyncio.Runner() as runner, socket.create_connection((LOOPBACK, port)) as bench:
        driver = _driver(variant, runner)
        with bench.makefile("rwb") as lines:
            for line in lines:
                answer = _answer(driver, orders.decode(line), handler)
                lines.write(msgspec.json.encode(answer) + b"\n")
                lines.flush()


def _driver(variant: str, runner: asyncio.Runner) -> _Driver:
    if variant in BLOCKING:
        return _Threads(BLOCKING[variant])
    if variant in AWAITED:
        return _Tasks(AWAITED[variant], runner)
    made: Mapping[str, Callable[[str, Messages], Awaited]]
    made = importlib.import_module(_ELSEWHERE[variant]).AWAITED
    return _Tasks(made[variant], runner)


def _made(make: Callable[[str, Messages], T], order: Begin) -> T:
    work, push = order.messages
    return make(order.connection_string, (work.encode(), push.encode()))


def _answer(driver: _Driver, order: Order, handler: counting.Handler) -> Answer:
    match order:
        case Begin():
            driver.begin(order)
            return Done()
        case Burst():
            return driver.burst(order)
        case Fail():
            begin = time.perf_counter()
            try:
                driver.once(order.queues)
            except (AzureError, DeliveryError):
                return Failed(time.perf_counter() - begin)
            raise RuntimeError("storage did not refuse the event")
        case Count():
            return _count(driver, order, handler)


def _count(driver: _Driver, order: Count, handler: counting.Handler) -> Counted:
    handler.counts.clear()
    burst = Burst(
        queues=order.queues, in_flight=_COUNTING_IN_FLIGHT, seconds=60.0, most=order.events
    )
    with counting.counted() as made:
        driver.begin(order.begin)
        delivered = driver.burst(burst)
    return Counted(
        events=delivered.events,
        our_logs=handler.counts[counting.OURS],
        other_logs=handler.counts[counting.OTHERS],
        clients=made[counting.CLIENTS],
        tls_contexts=made[counting.TLS],
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
