"""A PostgreSQL server of the tests' own, and desks on it and on SQLite."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from desk.application import Desk
from tests.desk.desks import desk_on
from tools import postgresql as server
from tools.postgresql import PostgreSQL

_NUMBERS = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running server."""
    with server.running() as found:
        yield found


@pytest.fixture
def new_database(postgresql: PostgreSQL) -> str:
    """The address of an empty database on the server."""
    name = f"desk{next(_NUMBERS)}"
    with psycopg.connect(postgresql.address("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgresql.address(name)


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite."""
    with desk_on(str(tmp_path / "desk.sqlite3")) as desk:
        yield desk


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_desk")
        return
    with desk_on(request.getfixturevalue("new_database")) as made:
        yield made
