"""Pushes to devices: what is sent, what waits, what is left out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from desk import devices, outbox
from desk.application import Desk, stamp
from desk.outbox import PushesWaiting
from desk.senders import Answer
from tests.desk.desks import NOON, OURS, World, changed, desk_on, rows, sms, take

PUSH = sms(1)[1]
EDIT = {"interruptionLevel": "passive", "body": "New text"}


def _later(record: bytes, record_id: str, **data: Any) -> bytes:
    """A newer push with the same recipient and key."""
    sequence = json.loads(record)["sequence"].replace("/0000", "/0001")
    return changed(record, id=record_id, sequence=sequence, data=data)


@pytest.fixture
def world() -> World:
    """What the desk finds outside."""
    return World()


@pytest.fixture
def desk(
    world: World, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A desk with two browsers for the recipient, and settings as the test's parameter says."""
    where = str(tmp_path_factory.mktemp("outbox") / "desk")
    with desk_on(where, world, **getattr(request, "param", {})) as made:
        with made.database.write() as connection:
            for name in ("one", "two"):
                device = devices.Device(OURS, f"https://push.example/{name}", "key", "auth")
                devices.add(connection, device, stamp(NOON))
        yield made


def _send(desk: Desk, message: bytes) -> list[str]:
    """Take and send a push; the states of its rows in the outbox."""
    (push,) = take(desk, message)
    assert push is not None
    try:
        outbox.send(desk, push)
    finally:
        states = rows(desk, "SELECT state FROM outbox WHERE push = :push", push=push)
    return sorted(row["state"] for row in states)


def test_each_device_gets_it_once_however_often_the_message_comes(desk: Desk, world: World) -> None:
    for _ in range(3):
        assert ["sent", "sent"] == _send(desk, PUSH)

    assert {"https://push.example/one", "https://push.example/two"} == {
        push.endpoint for push in world.tries
    }
    assert len(world.tries) == 2


def test_who_has_no_device_is_logged(desk: Desk, world: World) -> None:
    assert ["sent"] == _send(desk, changed(PUSH, data={"recipient": {"key": "nobody"}}))
    assert ["log"] == [push.device for push in world.tries]


def test_a_browser_gets_nothing_in_the_background(desk: Desk, world: World) -> None:
    """It would have to show it."""
    assert [] == _send(desk, changed(PUSH, data={"interruptionLevel": "background"}))
    assert [] == world.tries


HUB = {
    "DESK_HUB": "Endpoint=sb://hub.example/;SharedAccessKeyName=send;SharedAccessKey=key",
    "DESK_HUB_NAME": "desk",
}


@pytest.mark.parametrize("desk", [HUB], indirect=True)
def test_notification_hubs_get_every_push_for_each_platform(desk: Desk, world: World) -> None:
    _send(desk, changed(PUSH, data={"interruptionLevel": "background"}))

    assert ["hub:apple", "hub:fcmv1"] == [push.device for push in world.tries]


def test_a_push_older_than_the_last_is_dropped(desk: Desk, world: World) -> None:
    assert ["sent", "sent"] == _send(desk, _later(PUSH, "edit", **EDIT))
    assert ["dropped", "dropped"] == _send(desk, PUSH)
    assert {"New text"} == {push.body for push in world.tries}


def test_a_push_that_was_withdrawn_while_it_waited_is_dropped(desk: Desk, world: World) -> None:
    world.answers = [Answer("waiting", "HTTP 503")] * 2
    with pytest.raises(PushesWaiting):
        _send(desk, PUSH)
    _send(desk, _later(PUSH, "deletion", interruptionLevel="background"))
    world.wait(3600)

    assert ["dropped", "dropped"] == _send(desk, PUSH)
    assert len(world.tries) == 2


def test_an_expired_push_is_marked_and_not_sent(desk: Desk, world: World) -> None:
    world.now = NOON + timedelta(days=1)

    assert ["expired", "expired"] == _send(desk, PUSH)
    assert [] == world.tries


def test_a_push_that_never_expires_is_sent_whenever(desk: Desk, world: World) -> None:
    world.now = NOON + timedelta(days=1000)

    assert ["sent", "sent"] == _send(desk, changed(PUSH, expirytime=None))


def test_a_device_waits_as_long_as_its_service_says(desk: Desk, world: World) -> None:
    """The message comes again every 30 seconds; the other device has it already."""
    world.answers = [Answer("waiting", "HTTP 429", 100), Answer("sent", "")]
    for _ in range(4):  # at 0, 30, 60 and 90 seconds
        with pytest.raises(PushesWaiting, match="1 devices"):
            _send(desk, PUSH)
        world.wait(30)
    assert len(world.tries) == 2

    assert ["sent", "sent"] == _send(desk, PUSH)
    assert len(world.tries) == 3


def test_a_service_that_does_not_say_is_asked_less_and_less_often(desk: Desk, world: World) -> None:
    with desk.database.write() as connection:
        connection.run("DELETE FROM devices WHERE endpoint LIKE :two", two="%two")
    world.answers = [Answer("waiting", "HTTP 500")] * 100
    asked: list[float] = []
    while world.now < NOON + timedelta(hours=6):
        before = len(world.tries)
        with pytest.raises(PushesWaiting):
            _send(desk, PUSH)
        asked += [(world.now - NOON).total_seconds()] * (len(world.tries) - before)
        world.wait(30)

    assert asked[:4] == [0, 30, 90, 210]
    assert asked[-1] - asked[-2] == 3600


def test_a_device_that_is_gone_is_removed(desk: Desk, world: World) -> None:
    world.answers = [Answer("gone", "HTTP 410")]

    assert ["gone", "sent"] == _send(desk, PUSH)
    assert ["sent"] == _send(desk, _later(PUSH, "edit", **EDIT))
    assert len(rows(desk, "SELECT * FROM devices")) == 1


def test_what_waits_for_a_device_that_is_gone_goes_too(desk: Desk, world: World) -> None:
    world.answers = [Answer("waiting", ""), Answer("waiting", "")]
    with pytest.raises(PushesWaiting):
        _send(desk, PUSH)
    other = changed(PUSH, id="other", data={"collapseKey": "0" * 32})
    world.answers = [Answer("gone", "HTTP 404")] * 2
    assert ["gone", "gone"] == _send(desk, other)

    assert ["gone", "gone"] == _send(desk, PUSH)


def test_what_a_service_refuses_is_not_tried_again(desk: Desk, world: World) -> None:
    world.answers = [Answer("failed", "HTTP 400")]

    assert ["failed", "sent"] == _send(desk, PUSH)
    assert ["failed", "sent"] == _send(desk, PUSH)


class Death(BaseException):
    """The end of a worker."""


def test_a_death_while_sending_leaves_the_push_to_the_next(desk: Desk, world: World) -> None:
    """Not at once, since the first may be alive and slow; after a minute."""

    def die(_: object) -> Answer:
        raise Death

    (push,) = take(desk, PUSH)
    assert push is not None
    with pytest.raises(Death):
        outbox.send(replace(desk, deliver=die), push)
    with pytest.raises(PushesWaiting, match="1 devices"):
        _send(desk, PUSH)
    world.wait(61)

    assert ["sent", "sent"] == _send(desk, PUSH)


def test_a_death_after_the_commit_sends_when_the_message_comes_again(
    desk: Desk, world: World
) -> None:
    take(desk, PUSH)
    assert [] == world.tries

    assert ["sent", "sent"] == _send(desk, PUSH)
