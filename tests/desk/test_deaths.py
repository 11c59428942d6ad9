"""Workers that die at the worst moments, and a database that goes away: nothing lost or twice."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random

import psycopg
import pytest

from desk import intake
from desk.application import Desk
from desk.database import Connection, Database
from tests import histories
from tests.desk.desks import desk_on, rows, sms, take
from tests.desk.test_model import check
from tools.postgresql import PostgreSQL

ROOT = Path(__file__).parents[2]


class Death(BaseException):
    """The end of a worker."""


class Deadly(Database):
    """A database whose users die, now before the commit and now after it."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._uses = count(1)
        self.deaths = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As always, with a death at every fifth."""
        use = next(self._uses)
        with super().write() as connection:
            yield connection
            if use % 10 == 0:
                self._die()
        if use % 10 == 5:
            self._die()

    def _die(self) -> None:
        self.deaths += 1
        raise Death


@pytest.mark.parametrize("workers", [1, 6])
def test_workers_that_die_lose_nothing_and_do_nothing_twice(desk: Desk, workers: int) -> None:
    """A message that was not deleted comes again, as from a queue."""
    chance = Random(workers)  # noqa: S311 - the same history each time
    history = histories.history(chance, 5, 5)
    history.resolutions.clear()
    for ticket in history.tickets.values():
        ticket.resolved = ""
    messages = [*histories.messages(history), *histories.messages(history)]
    chance.shuffle(messages)
    deadly = Deadly(desk.settings.database)
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for message in messages:
        waiting.put(message)
    at_work = [
        threading.Thread(target=_work, args=(replace(desk, database=deadly), waiting))
        for _ in range(workers)
    ]

    for worker in at_work:
        worker.start()
    for worker in at_work:
        worker.join()
    deadly.close()

    check(desk, history)
    assert deadly.deaths > len(set(messages)) // 10
    assert rows(desk, "SELECT * FROM parked") == []


def _work(desk: Desk, waiting: SimpleQueue[bytes]) -> None:
    while True:
        try:
            message = waiting.get_nowait()
        except Empty:
            return
        try:
            intake.take(desk, message)
        except Death:
            waiting.put(message)


def test_workers_that_start_at_once_make_the_tables_once(new_database: str) -> None:
    """CREATE TABLE IF NOT EXISTS alone fails there, and CREATE INDEX waits for writers."""
    failed: list[Exception] = []

    def start() -> None:
        try:
            with desk_on(new_database) as desk:
                take(desk, *sms(1))
        except psycopg.Error as error:
            failed.append(error)

    workers = [threading.Thread(target=start) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failed == []


def test_while_the_database_is_away_messages_come_again(
    postgresql: PostgreSQL, new_database: str
) -> None:
    """Nothing is acknowledged or parked; connections that were cut are left."""
    with desk_on(new_database) as desk:
        take(desk, *sms(1))
        postgresql.stop()
        try:
            for message in sms(2) * 3:
                with pytest.raises(psycopg.OperationalError):
                    take(desk, message)
        finally:
            postgresql.start()

        take(desk, *sms(2))

        assert [{"many": 2}] == rows(desk, "SELECT COUNT(*) AS many FROM messages")
        assert [] == rows(desk, "SELECT * FROM parked")


def test_a_connection_that_the_server_has_cut_is_left(
    postgresql: PostgreSQL, new_database: str
) -> None:
    """After a restart, or a long time without work, the first message does not fail."""
    with desk_on(new_database) as desk:
        take(desk, *sms(1))
        postgresql.stop()
        postgresql.start()

        assert None not in take(desk, *sms(2))


def test_the_host_tries_for_longer_than_a_day() -> None:
    """A push that waits and a database that is away poison nothing."""
    host = json.loads((ROOT / "examples/desk/host.json").read_text(encoding="utf-8"))
    queues = host["extensions"]["queues"]
    hours, minutes, seconds = map(int, queues["visibilityTimeout"].split(":"))
    wait = (hours * 60 + minutes) * 60 + seconds

    assert wait == 30
    assert wait * queues["maxDequeueCount"] > 24 * 3600
