"""What the page shows, as data. All of it is text that strangers may have written."""

import json
from typing import Any

from desk.database import Connection, Row
from desk.pushes import NEWEST
from desk.tickets import STATE

MOST = 200
"""Tickets, and pushes, that are listed: the newest."""
_TICKET = f"""
    subject, conversation, channel, title, topic, customer, opened_at, resolved_at, active_at,
    {STATE} AS state,
    CASE WHEN ended = 0 AND urgent_at > resolved_at THEN 1 ELSE 0 END AS urgent
"""


def state(connection: Connection, wanted: str, now: str) -> dict[str, Any]:
    """Tickets by activity, pushes, parked messages.

    Args:
        connection: in a transaction.
        wanted: ``open``, ``resolved`` or ``ended``; empty for all tickets.
        now: the time, as records have it.
    """
    found = connection.rows(
        f"""
        SELECT * FROM (SELECT {_TICKET} FROM tickets) listed
        WHERE state = :wanted OR :wanted = ''
        ORDER BY active_at DESC, subject LIMIT {MOST}
        """,
        wanted=wanted,
    )
    last = {row["subject"]: row for row in _last_messages(connection)}
    return {
        "counts": _counts(connection),
        "tickets": [row | {"last": last.get(row["subject"])} for row in found],
        "pushes": _pushes(connection, now),
        "parked": connection.rows(
            f"SELECT id, reason, at FROM parked ORDER BY at DESC, id LIMIT {MOST}"
        ),
    }


def applied(connection: Connection) -> dict[str, int]:
    """How many records were applied, and how many messages parked, ever."""
    (found,) = connection.rows(
        "SELECT (SELECT COUNT(*) FROM seen) AS applied, (SELECT COUNT(*) FROM parked) AS parked"
    )
    return found


def ticket(connection: Connection, subject: str) -> dict[str, Any] | None:
    """One conversation: its ticket, messages and other events by time, and who takes part."""
    found = connection.rows(
        f"SELECT {_TICKET} FROM tickets WHERE subject = :subject",
        subject=subject,
    )
    if not found:
        return None
    records = connection.rows(
        """
        SELECT id, message_id, type, time, title FROM records
        WHERE subject = :subject AND kind = 'work item' ORDER BY time, id
        """,
        subject=subject,
    )
    messages = connection.rows(
        """
        SELECT id, direction, author, sent_at, text, edited_at, deleted_at, delivery, delivery_at,
            failure_reason, explanation, code, tag
        FROM messages WHERE subject = :subject
        """,
        subject=subject,
    )
    return {
        "ticket": found[0],
        "entries": _entries(messages, records),
        "participants": connection.rows(
            """
            SELECT who, name, present FROM participants WHERE subject = :subject
            ORDER BY present DESC, name, who
            """,
            subject=subject,
        ),
    }


def record(connection: Connection, record_id: str) -> Any:
    """A record as it came, its data included; None where there is no such record."""
    found = connection.rows("SELECT body FROM records WHERE id = :id", id=record_id)
    return json.loads(found[0]["body"]) if found else None


def parked(connection: Connection, parked_id: str) -> Row | None:
    """A parked message with its text."""
    found = connection.rows("SELECT * FROM parked WHERE id = :id", id=parked_id)
    return found[0] if found else None


def _counts(connection: Connection) -> dict[str, int]:
    counts = {"open": 0, "resolved": 0, "ended": 0}
    rows = connection.rows(
        f"""
        SELECT state, COUNT(*) AS many FROM (SELECT {STATE} AS state FROM tickets) listed
        GROUP BY state
        """
    )
    return counts | {row["state"]: row["many"] for row in rows}


def _last_messages(connection: Connection) -> list[Row]:
    return connection.rows(
        f"""
        SELECT subject, direction, text, deleted_at, delivery FROM (
            SELECT subject, direction, text, deleted_at, delivery, ROW_NUMBER() OVER (
                PARTITION BY subject ORDER BY sent_at DESC, id DESC) AS place
            FROM messages WHERE subject IN (SELECT subject FROM tickets
                ORDER BY active_at DESC, subject LIMIT {MOST})
        ) numbered WHERE place = 1
        """
    )


def _entries(messages: list[Row], records: list[Row]) -> list[Row]:
    """Messages and what else happened, by time; each with the ids of the records behind it."""
    behind: dict[str, list[str]] = {}
    events = []
    for each in records:
        if each["message_id"] is None:
            events.append(each | {"kind": "event", "at": each["time"], "records": [each["id"]]})
        else:
            behind.setdefault(each["message_id"], []).append(each["id"])
    bubbles = [
        row | {"kind": "message", "at": row["sent_at"], "records": behind.get(row["id"], [])}
        for row in messages
    ]
    return sorted([*events, *bubbles], key=lambda entry: (entry["at"], entry["id"]))


def _pushes(connection: Connection, now: str) -> list[Row]:
    """With ``state`` as a device shows them, and how many devices each went to.

    A newer one with the same recipient and key has ``replaced`` it, or ``withdrawn`` it if that one
    is in the background. The newest is ``shown``, ``waiting``, ``expired`` or ``failed`` by its
    rows in the outbox. What is in the ``background`` never shows.
    """
    newest = f"""
        SELECT pushes.*, {NEWEST} AS newest_id FROM pushes
        ORDER BY time DESC, id LIMIT {MOST}
    """
    return connection.rows(
        f"""
        SELECT listed.id, listed.subject, listed.channel, listed.recipient, listed.recipient_name,
            listed.level, listed.title, listed.body, listed.time, listed.expires,
            CASE
                WHEN listed.level = 'background' THEN 'background'
                WHEN newest.id <> listed.id AND newest.level = 'background' THEN 'withdrawn'
                WHEN newest.id <> listed.id THEN 'replaced'
                WHEN sent.sent > 0 THEN 'shown'
                WHEN sent.expired > 0 OR (listed.expires <> '' AND listed.expires <= :now)
                    THEN 'expired'
                WHEN sent.waiting > 0 THEN 'waiting'
                ELSE 'failed'
            END AS state,
            COALESCE(sent.sent, 0) AS sent, COALESCE(sent.waiting, 0) AS waiting, sent.detail
        FROM ({newest}) listed JOIN pushes newest ON newest.id = listed.newest_id
        LEFT JOIN (
            SELECT push, SUM(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) AS sent,
                SUM(CASE WHEN state = 'expired' THEN 1 ELSE 0 END) AS expired,
                SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END) AS waiting,
                MAX(CASE WHEN state IN ('waiting', 'failed', 'gone') THEN detail END) AS detail
            FROM outbox WHERE push IN (SELECT id FROM pushes ORDER BY time DESC, id LIMIT {MOST})
            GROUP BY push
        ) sent ON sent.push = listed.id
        ORDER BY listed.time DESC, listed.id
        """,
        now=now,
    )
