"""A database that is a file (sqlite3) or a PostgreSQL server (psycopg), with the same SQL.

Parameters are written ``:name``. The SQL keeps to what both know: ``ON CONFLICT``, ``CASE``.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from desk.settings import is_postgresql

Row = dict[str, Any]
Value = str | int | None

_SCHEMA = Path(__file__).with_name("schema.sql")
_SCHEMA_LOCK = 7_073_001
"""Any number: who makes the tables holds it."""
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL has no NUL in a text, and half of a surrogate pair is no character."""


class Connection:
    """One connection of either kind."""

    def __init__(self, raw: Any, *, is_postgresql: bool) -> None:
        self.raw = raw
        self._is_postgresql = is_postgresql

    def run(self, sql: str, **values: Value) -> int:
        """Run a statement; the number of rows that it wrote."""
        count: int = self._execute(sql, values).rowcount
        return count

    def rows(self, sql: str, **values: Value) -> list[Row]:
        """Run a query."""
        found: list[Row] = self._execute(sql, values).fetchall()
        return found

    def close(self) -> None:
        """Give it up; what was not committed is undone."""
        self.raw.close()

    def _execute(self, sql: str, values: dict[str, Value]) -> Any:
        stored = {name: storable(value) for name, value in values.items()}
        return self.raw.execute(_for_psycopg(sql) if self._is_postgresql else sql, stored)


class Database:
    """Where everything is. Safe to use from many threads, each with a connection of its own."""

    def __init__(self, where: str) -> None:
        """``where`` is ``postgresql://…`` or the path of a file; nothing is opened yet."""
        self._where = where
        self._is_postgresql = is_postgresql(where)
        self._idle: list[Connection] = []
        self._has_schema = False
        self._making = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """All or nothing: committed at the end, undone by any exception.

        Raises:
            sqlite3.Error, psycopg.Error: the database is away, or refuses.
        """
        with self._transaction("BEGIN" if self._is_postgresql else "BEGIN IMMEDIATE") as found:
            yield found

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the database for all queries within."""
        is_one_moment = " ISOLATION LEVEL REPEATABLE READ READ ONLY"
        with self._transaction("BEGIN" + is_one_moment * self._is_postgresql) as found:
            yield found

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        connection = self._begun(begin)
        try:
            yield connection
            connection.run("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _begun(self, begin: str) -> Connection:
        """A connection in a transaction; one that the server has cut meanwhile is left."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            try:
                connection.run(begin)
            except psycopg.OperationalError:
                connection.close()
            else:
                return connection
        connection = self._connect()
        connection.run(begin)
        return connection

    def _connect(self) -> Connection:
        connection = _postgresql(self._where) if self._is_postgresql else _sqlite(self._where)
        with self._making:
            if not self._has_schema:
                try:
                    _make_tables(connection, is_postgresql=self._is_postgresql)
                except BaseException:
                    connection.close()
                    raise
                self._has_schema = True
        return connection


def storable(value: Value) -> Value:
    """The value, a text without what no database keeps."""
    return _NOT_STORABLE.sub("\ufffd", value) if isinstance(value, str) else value


def _postgresql(where: str) -> Connection:
    raw = psycopg.connect(where, autocommit=True, connect_timeout=10, row_factory=dict_row)
    return Connection(raw, is_postgresql=True)


def _sqlite(where: str) -> Connection:
    """Autocommit, so that BEGIN and COMMIT are ours; waits 30 s for another writer."""
    raw = sqlite3.connect(where, timeout=30, isolation_level=None, check_same_thread=False)
    raw.row_factory = _as_dict
    # A process may die at any time; only a power cut can take the last commits with NORMAL.
    raw.execute("PRAGMA synchronous = NORMAL").close()
    return Connection(raw, is_postgresql=False)


def _make_tables(connection: Connection, *, is_postgresql: bool) -> None:
    script = re.sub(r"--.*", "", _SCHEMA.read_text(encoding="utf-8"))
    there = "SELECT 1 FROM sqlite_master WHERE name = 'seen'"
    if is_postgresql:
        there = "SELECT 1 WHERE to_regclass('seen') IS NOT NULL"
        # Texts are compared byte by byte, as SQLite does, whatever the server's language is.
        script = script.replace(" TEXT", ' TEXT COLLATE "C"')
    else:
        connection.rows("PRAGMA journal_mode = WAL")
    connection.run("BEGIN" if is_postgresql else "BEGIN IMMEDIATE")
    if is_postgresql:
        connection.rows("SELECT pg_advisory_xact_lock(:lock)", lock=_SCHEMA_LOCK)
    # IF NOT EXISTS would fail where two do it at once, and wait for writers where it is there.
    if not connection.rows(there):
        for statement in filter(str.strip, script.split(";")):
            connection.run(statement)
    connection.run("COMMIT")


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


@cache
def _for_psycopg(sql: str) -> str:
    return re.sub(r":(\w+)", r"%(\1)s", sql)
