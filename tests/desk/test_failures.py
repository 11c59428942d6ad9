"""What the desk does with input that it cannot apply, and with text that strangers made up."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from desk import tickets
from desk.application import Desk
from tests.desk.desks import PAYLOADS, World, changed, desk_on, records, rows, sms, take
from tests.unit.events import CHAT_MESSAGE

WORK, PUSH = sms(1)


def _without(record: bytes, *names: str) -> bytes:
    wire = json.loads(record)
    return json.dumps({name: each for name, each in wire.items() if name not in names}).encode()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"hello", "neither JSON nor Base64"),
        (b"\xff\xfe", "neither JSON nor Base64"),
        (b"[1]", "neither JSON"),
        (b"{}", "not a CloudEvents"),
        (b"[" * 100_000, "neither JSON"),
        (changed(WORK, dataschema="urn:communication-records:work-item:v2"), "version"),
        (changed(WORK, specversion="2.0"), "CloudEvents 1.0"),
        (_without(WORK, "subject"), "conversation"),
        (changed(WORK, subject=""), "subject"),
        (changed(WORK, id="1" * 5000), "id"),
        (changed(WORK, time="yesterday"), "time"),
        (changed(WORK, sequence=7), "sequence"),
        (changed(WORK, data={"conversation": None}), "conversation"),
        (changed(WORK, data={"action": "dance"}), "action"),
        (changed(WORK, data={"message": "text"}), "message"),
        (changed(WORK, data={"message": {"id": 7}}), "a key"),
        (changed(PUSH, data={"interruptionLevel": "loud"}), "interruption level"),
        (changed(PUSH, data={"collapseKey": "short"}), "collapse key"),
        (_without(WORK, "data"), "without dataref"),
        (_without(changed(WORK, dataref="https://evil.example/1.json"), "data"), "may read"),
        (_without(changed(WORK, dataref=f"{PAYLOADS}gone.json"), "data"), "is gone"),
        (_without(changed(WORK, dataref=f"{PAYLOADS}text.json"), "data"), "no object"),
        (_without(changed(WORK, dataref=f"{PAYLOADS}deep.json"), "data"), "recursion"),
    ],
)
def test_what_no_retry_can_help_is_parked(tmp_path: Path, message: bytes, reason: str) -> None:
    """Once, with the reason, and acknowledged; nothing else changes."""
    blobs = {f"{PAYLOADS}text.json": b'"text"', f"{PAYLOADS}deep.json": b"[" * 100_000}
    with desk_on(str(tmp_path / "desk"), World(blobs=blobs)) as desk:
        assert [None, None] == take(desk, message, message)

        (parked,) = rows(desk, "SELECT * FROM parked")
        assert reason in parked["reason"]
        assert message.decode(errors="replace")[: 64 * 1024] == parked["body"]
        assert [] == rows(desk, "SELECT * FROM seen") + rows(desk, "SELECT * FROM tickets")


def test_a_large_record_is_fetched_once_and_only_if_it_is_new(tmp_path: Path) -> None:
    """A copy after the blob's deletion is a copy; a blob that comes back is applied."""
    address = f"{PAYLOADS}0123/1.json"
    world = World()
    message = _without(changed(WORK, dataref=address), "data")
    with desk_on(str(tmp_path / "desk"), world) as desk:
        assert [None] == take(desk, message)
        world.blobs[address] = json.dumps(json.loads(WORK)["data"]).encode()
        assert [json.loads(WORK)["id"]] == take(desk, message)
        del world.blobs[address]
        assert [json.loads(WORK)["id"]] == take(desk, message)

        assert [{"text": "Hello"}] == rows(desk, "SELECT text FROM messages")


def test_base64_is_read_as_well(sqlite_desk: Desk) -> None:
    assert [json.loads(WORK)["id"]] == take(sqlite_desk, base64.b64encode(WORK))


LONG = "".join(sha256(bytes([number])).hexdigest() for number in range(200))
"""No index of PostgreSQL takes that, and it cannot be compressed."""
HOSTILE = "'; DROP TABLE seen; -- \0 \ud800 %s :id ? \u202e <script>"


def test_text_that_no_database_keeps_is_kept_as_far_as_it_goes(desk: Desk) -> None:
    """NUL and half of a surrogate pair cannot be stored; a retry would not help."""
    work, push = sms(1, HOSTILE)
    data: dict[str, Any] = {"channel": HOSTILE, "title": HOSTILE}
    parts = {
        "message": {"id": HOSTILE + LONG, "text": HOSTILE},
        "sender": {"kind": "?", "key": HOSTILE + LONG, "displayName": HOSTILE},
        "recipient": {"kind": "?", "key": HOSTILE + LONG},
        "thread": {"participants": [{"key": HOSTILE + LONG}, "nobody", {}], "topic": HOSTILE},
    }

    taken = take(desk, changed(work, data=data | parts), changed(push, data=data | parts))

    assert None not in taken
    stored = HOSTILE.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert [{"text": stored}] == rows(desk, "SELECT text FROM messages")
    assert [{"title": stored}] == rows(desk, "SELECT title FROM pushes")
    assert [] == rows(desk, "SELECT * FROM parked")


def test_what_is_new_or_null_is_borne(desk: Desk) -> None:
    """An unknown type makes a ticket and an entry; null means absent; new fields are ignored."""
    nothing = dict.fromkeys(("message", "sender", "thread", "recipients", "title"))
    work = changed(WORK, type="communication.fax.received", fax=1, data={"pages": 3} | nothing)
    push = changed(PUSH, type="communication.fax.received", data={"recipient": None})

    assert None not in take(desk, work, push)

    assert [{"state": "open"}] == _states(desk)
    assert [] == rows(desk, "SELECT * FROM messages")
    assert [{"recipient": ""}] == rows(desk, "SELECT recipient FROM pushes")


def test_a_resolved_ticket_opens_again_for_what_nobody_has_seen(desk: Desk) -> None:
    """For a later message, even one that came late; not for a copy, nor for an older one."""
    first, second, third = (sms(number)[0] for number in (1, 5, 9))
    take(desk, second)
    _resolve(desk)
    assert [{"state": "resolved"}] == _states(desk)

    take(desk, second, first)
    assert [{"state": "resolved"}] == _states(desk)

    take(desk, third)
    assert [{"state": "open"}] == _states(desk)


def test_an_ended_ticket_stays_ended(desk: Desk) -> None:
    work = sms(1)[0]
    end = changed(sms(2)[0], data={"action": "close"})

    take(desk, end, work, sms(3)[0])

    assert [{"state": "ended"}] == _states(desk)


def test_an_open_without_time_opens(desk: Desk) -> None:
    take(desk, _without(WORK, "time", "sequence"))
    assert [{"state": "open"}] == _states(desk)

    _resolve(desk)
    assert [{"state": "resolved"}] == _states(desk)


def test_news_of_a_conversation_asks_for_nobody(desk: Desk) -> None:
    """A ticket made by an ``update`` opens with an ``open`` of any time, and by hand."""
    take(desk, changed(sms(5)[0], data={"action": "update"}))
    assert [{"state": "resolved"}] == _states(desk)

    take(desk, sms(1)[0])
    assert [{"state": "open"}] == _states(desk)


def test_a_report_that_came_before_changes_nothing_later(desk: Desk) -> None:
    """A ``sent`` after a ``read`` is old news, and so is a text after its edit."""
    received = records("ChatMessageReceived", CHAT_MESSAGE, CHAT_WORK_ITEMS="user")[0]
    edit = CHAT_MESSAGE | {"version": 1767323049999, "editTime": "2026-01-02T03:04:09.9Z"}
    edited = records("ChatMessageEdited", edit | {"messageBody": "New"}, CHAT_WORK_ITEMS="user")[0]

    take(desk, edited, received)

    (message,) = rows(desk, "SELECT text, sent_at, edited_at FROM messages")
    assert message == {
        "text": "New",
        "sent_at": "2026-01-02T03:04:05.6780000Z",
        "edited_at": "2026-01-02T03:04:09.9000000Z",
    }


def test_between_equal_sequences_the_greater_id_holds(desk: Desk) -> None:
    """Byte by byte, whatever language the server sorts in: there ``a`` comes before ``B``."""
    for record_id in ("a", "B"):
        take(desk, changed(WORK, id=record_id, data={"message": {"id": "1", "text": record_id}}))

    assert [{"text": "a"}] == rows(desk, "SELECT text FROM messages")


def _states(desk: Desk) -> list[dict[str, Any]]:
    return rows(desk, f"SELECT {tickets.STATE} AS state FROM tickets")  # noqa: S608


def _resolve(desk: Desk) -> None:
    (ticket,) = rows(desk, "SELECT subject, opened_at FROM tickets")
    with desk.database.write() as connection:
        tickets.resolve(connection, ticket["subject"], ticket["opened_at"])
