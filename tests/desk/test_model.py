"""Ten thousand events with copies, out of order: the tables are those of what happened."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import tickets, views
from desk.application import Desk
from tests import histories
from tests.desk.desks import desk_on, rows, take
from tests.histories import History, Ticket, subject_of


def _steps(history: History, chance: Random, moved: float) -> list[Any]:
    """Records and resolutions: 5 % of them twice, each moved by up to ``moved`` places."""
    steps: list[Any] = [*histories.messages(history), *history.resolutions]
    steps += chance.sample(steps, len(steps) // 20)
    places = {number: number + chance.uniform(0, moved) for number in range(len(steps))}
    return [steps[number] for number in sorted(places, key=lambda each: places[each])]


def _run(desk: Desk, steps: list[Any]) -> None:
    """A ticket that is not there yet, which nobody can resolve, is resolved at the end."""
    resolutions = [step for step in steps if not isinstance(step, bytes)]
    for step in [*steps, *resolutions]:
        if isinstance(step, bytes):
            take(desk, step)
        else:
            conversation, time = step
            with desk.database.write() as connection:
                tickets.resolve(connection, subject_of(conversation), time)


def _found(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """The tables as the model has them."""
    found = {
        row["subject"]: Ticket(topic=row["topic"], opened=row["state"])
        for row in rows(desk, f"SELECT subject, topic, {tickets.STATE} AS state FROM tickets")  # noqa: S608
    }
    for row in rows(desk, "SELECT * FROM messages"):
        ticket = found[row["subject"]]
        if row["sequence"]:
            ticket.messages[row["id"]] = (row["text"], row["deleted_at"] is not None)
        if row["delivery"]:
            ticket.deliveries[row["id"]] = row["delivery"]
    for row in rows(desk, "SELECT * FROM participants WHERE present = 1"):
        found[row["subject"]].present.add(row["who"])
    return {subject: _view(ticket, ticket.opened) for subject, ticket in found.items()}


def _view(ticket: Ticket, state: str) -> tuple[Any, ...]:
    texts = {
        message_id: (None if is_deleted else text, is_deleted)
        for message_id, (text, is_deleted) in ticket.messages.items()
    }
    return state, ticket.topic, texts, ticket.deliveries, ticket.present


def _expected(history: History) -> dict[str, tuple[Any, ...]]:
    return {
        subject_of(name): _view(ticket, ticket.state)
        for name, ticket in history.tickets.items()
        if ticket.entries
    }


def _visible(desk: Desk) -> Counter[tuple[str, str]]:
    """What the recipients' devices show now."""
    found = rows(
        desk,
        """
        SELECT recipient, body, level FROM pushes WHERE NOT EXISTS (
            SELECT 1 FROM pushes newer WHERE newer.recipient = pushes.recipient
            AND newer.collapse_key = pushes.collapse_key AND newer.sequence > pushes.sequence)
        """,
    )
    return Counter((row["recipient"], row["body"]) for row in found if row["level"] != "background")


def check(desk: Desk, history: History) -> None:
    """The tables are those of what happened."""
    shown = Counter((user, body) for (user, _, _), body in history.shown.items() if body)

    assert _expected(history) == _found(desk)
    assert shown == _visible(desk)


@given(st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_any_order_and_copies_give_the_tables_of_what_happened(
    tmp_path_factory: pytest.TempPathFactory, chance: Random
) -> None:
    history = histories.history(chance, chance.randint(0, 2), chance.randint(0, 2))
    steps = _steps(history, chance, 1000)

    with desk_on(str(tmp_path_factory.mktemp("desk") / "desk.sqlite3")) as desk:
        _run(desk, steps)
        check(desk, history)


def test_hundreds_of_events_on_both_databases(desk: Desk) -> None:
    _many(desk, 400)


@pytest.mark.slow
def test_ten_thousand_events_on_both_databases(desk: Desk) -> None:
    _many(desk, 10_000)


def _many(desk: Desk, least: int) -> None:
    """Copies come up to 200 places late; so do all others."""
    chance = Random(20)  # noqa: S311 - the same history each time
    for threads in range(least // 40, least, least // 40):
        history = histories.history(chance, threads, threads)
        if len(history.events) >= least:
            break
    assert least <= len(history.events)

    _run(desk, _steps(history, chance, 200))

    check(desk, history)
    (applied,) = rows(desk, "SELECT COUNT(*) AS many FROM seen")
    assert len(set(histories.messages(history))) >= applied["many"] > least // 2


def test_the_order_of_arrival_shows_nowhere(tmp_path: Path) -> None:
    """Everything that the page shows is the same, in whatever order the records came."""
    chance = Random(7)  # noqa: S311 - the same history each time
    history = histories.history(chance, 3, 3)
    seen = []
    for number in range(4):
        steps = histories.messages(history)
        chance.shuffle(steps)
        with desk_on(str(tmp_path / f"{number}.sqlite3")) as desk:
            take(desk, *steps)
            with desk.database.read() as connection:
                shown = views.state(connection, "", "2026-01-02T12:00:00.0000000Z")
                seen.append(
                    [
                        shown,
                        *(views.ticket(connection, row["subject"]) for row in shown["tickets"]),
                    ]
                )

    assert [seen[0]] * 3 == seen[1:]
