"""That the comparison is fair: every variant reads the same event and gives the same records."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bench.events import LARGE, of_every_type
from bench.normalizing.dicts import with_dicts, with_sdk_class
from bench.normalizing.events import compared
from bench.normalizing.floor import floor_of
from bench.normalizing.measurement import convert
from bench.normalizing.models import with_pydantic
from bench.normalizing.steps import steps
from shared.routes import ROUTES


@pytest.mark.parametrize("rival", [with_dicts, with_pydantic, with_sdk_class])
@pytest.mark.parametrize("name", compared())
def test_the_others_give_the_records_of_the_app(
    name: str, rival: Callable[[str], list[Any]]
) -> None:
    event = compared()[name]

    expected = [json.loads(send.record.body) for send in convert(event)]

    assert [json.loads(text) for text in rival(event)] == expected


def test_every_type_that_becomes_records_is_measured() -> None:
    events = of_every_type()

    assert len(events) == len([route for route in ROUTES if route.record])
    for event in events.values():
        assert convert(event)
        floor_of(event)()


def test_a_large_thread_has_different_people() -> None:
    event = json.loads(compared()[f"thread of {LARGE}"])
    ids = {
        each["participantCommunicationIdentifier"]["rawId"]
        for each in event["data"]["participants"]
    }

    assert len(ids) == LARGE == 250


def test_every_step_runs() -> None:
    for step in steps(compared()["SMS"]).values():
        assert step()
