"""Send what waits in the outbox to devices.

The queue message of a push is the clock: while a device has to wait, `send` raises, and the host
brings the message again after its ``visibilityTimeout``. A death between a push service's answer
and the commit sends once more; the device shows it once, since both have one collapse key.
"""

from datetime import timedelta

from desk.application import Desk, stamp
from desk.database import Row
from desk.pushes import NEWEST
from desk.senders import Answer, Push

_LEASE = timedelta(seconds=60)
"""How long a worker has a row to itself; longer than any sender takes."""
_FIRST_WAIT, _LONGEST_WAIT = 30, 3600
"""Seconds between tries where a service does not say how long; doubled each time."""


class PushesWaiting(Exception):
    """Devices have to wait for a push: the message must come again."""


def send(desk: Desk, push_id: str) -> None:
    """Send one push to the devices that still wait for it.

    Raises:
        PushesWaiting: some have to wait longer.
    """
    for push in _waiting(desk, push_id):
        if push["is_superseded"]:
            _finish(desk, push, Answer("dropped", "a newer one was there first"))
        elif push["expires"] and push["expires"] <= stamp(desk.now()):
            _finish(desk, push, Answer("expired", ""))
        elif _is_claimed(desk, push):
            _finish(desk, push, desk.deliver(_push(desk, push)))
    waiting = len(_waiting(desk, push_id))
    if waiting:
        raise PushesWaiting(f"{waiting} devices have to wait for {push_id}")


def _waiting(desk: Desk, push_id: str) -> list[Row]:
    with desk.database.read() as connection:
        return connection.rows(
            f"""
            SELECT outbox.push, outbox.device, outbox.tries, pushes.*, devices.endpoint,
                devices.p256dh, devices.auth,
                CASE WHEN {NEWEST} = pushes.id THEN 0 ELSE 1 END AS is_superseded
            FROM outbox JOIN pushes ON pushes.id = outbox.push
                LEFT JOIN devices ON devices.id = outbox.device
            WHERE outbox.push = :push AND outbox.state = 'waiting' ORDER BY outbox.device
            """,
            push=push_id,
        )


def _is_claimed(desk: Desk, push: Row) -> bool:
    """Take the row for a while, if its time has come and no other worker has it."""
    now = desk.now()
    with desk.database.write() as connection:
        count = connection.run(
            """
            UPDATE outbox SET not_before = :until, tries = tries + 1
            WHERE push = :push AND device = :device AND state = 'waiting' AND not_before <= :now
            """,
            push=push["push"],
            device=push["device"],
            now=stamp(now),
            until=stamp(now + _LEASE),
        )
    return bool(count)


def _push(desk: Desk, push: Row) -> Push:
    return Push(
        id=push["id"],
        subject=push["subject"],
        device=push["device"],
        endpoint=push["endpoint"],
        p256dh=push["p256dh"],
        auth=push["auth"],
        recipient=push["recipient"],
        collapse_key=push["collapse_key"],
        level=push["level"],
        title=push["title"] or "",
        body=push["body"] or "",
        expires=push["expires"],
        now=desk.now(),
    )


def _finish(desk: Desk, push: Row, answer: Answer) -> None:
    """Write down what became of it; a device that is gone goes, with all that waits for it."""
    wait = answer.wait
    if wait is None:
        wait = min(_FIRST_WAIT * 2 ** push["tries"], _LONGEST_WAIT)
    with desk.database.write() as connection:
        connection.run(
            """
            UPDATE outbox SET state = :state, detail = :detail, not_before = :not_before
            WHERE push = :push AND device = :device AND state = 'waiting'
            """,
            push=push["push"],
            device=push["device"],
            state=answer.state,
            detail=answer.detail,
            not_before=stamp(desk.now() + timedelta(seconds=wait)),
        )
        if answer.state == "gone":
            connection.run("DELETE FROM devices WHERE id = :id", id=push["device"])
            connection.run(
                "UPDATE outbox SET state = 'gone' WHERE device = :id AND state = 'waiting'",
                id=push["device"],
            )
