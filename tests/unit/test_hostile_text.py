"""What strangers write into any field turns no title and no body around, whatever the event."""

import json
import unicodedata
from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import RejectedEvent
from shared.families.route import Route
from shared.pipeline import convert
from shared.reading import envelope
from shared.routes import ROUTES
from tests.contract_of_records import held
from tests.unit.events import CHAT_MESSAGE, PREFIX, SMS, event, of_kind, records
from tests.unit.test_properties import OLD_NAMES, SETTINGS, Values

WITH_RECORDS = [route for route in ROUTES if route.record]
HOSTILE = [
    *("\x00", "\x07", "\x1b[31m", "\r\n", "\x7f", "\x9b", "\u0085", "\u2028", "\u2029"),
    *("\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u200e", "\u200f"),
    *("\u061c", "\u200b", "\u200c", "\u200d", "\u2060", "\u2063", "\ufeff", "\u00ad", "\u180e"),
    *("\u034f", "\u115f", "\u3164", "\uffa0", "\ufff9", "\U000e0041", "\ufe0f", "\U0001d173"),
    *("<b>", "<script>", "<img src=x onerror=alert(1)>", "</p>", "<!--x-->"),
]
"""Controls, direction, what is invisible, and mark-up; none of it joins letters of Latin script."""


class _Hostile(Values):
    """Words with hostile characters before, in and behind them."""

    def __init__(self, pieces: list[str]) -> None:
        super().__init__()
        self.pieces = pieces

    def word(self) -> str:
        """A word as a stranger writes it."""
        return super().word().join([*self.pieces, ""])


def _texts(wire: dict[str, Any]) -> list[str]:
    """The titles and bodies of all records."""
    try:
        sends = convert(envelope.parse(json.dumps(wire)), SETTINGS)
    except RejectedEvent:
        return []
    found = [held(json.loads(send.record.body))["data"] for send in sends]
    return [data[name] for data in found for name in ("title", "body") if name in data]


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs", "Zl", "Zp"} or character in HOSTILE


@pytest.mark.parametrize("route", WITH_RECORDS, ids=lambda route: route.event)
@given(data=st.data(), pieces=st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4))
@settings(max_examples=10)
def test_titles_and_bodies_hold_nothing_unseen(
    route: Route[Any], data: st.DataObject, pieces: list[str]
) -> None:
    """Every field is filled, under its new and its old name."""
    values = _Hostile(pieces)
    own = [*route.payload.__struct_encode_fields__, *OLD_NAMES[route.payload]]
    draw: Any = data.draw
    fields = {name: values.of(name, draw) for name in own}
    around = {name: values.word() for name in ("id", "subject", "topic", values.word())}
    texts = _texts(event(route.event.removeprefix(PREFIX), fields, **around))

    assert texts
    for text in texts:
        assert text == " ".join(text.split())
        assert 0 < len(text) <= 240
        assert not {hex(ord(each)) for each in text if _is_unseen(each)}


@pytest.mark.parametrize("tag", [each for each in HOSTILE if each.startswith("<")])
@pytest.mark.parametrize("written", [str, escape], ids=["as a tag", "escaped"])
def test_no_tag_of_a_page_stands_in_a_title_or_a_body(
    written: Callable[[str], str], tag: str
) -> None:
    """A text that is no page may hold one: it is what somebody wrote, letter by letter."""
    page = {"type": "html", "messageBody": f"a{written(tag)}b"}
    (title,) = _texts(event("ChatMessageReceivedInThread", CHAT_MESSAGE | page))
    push = of_kind("push-notification", records(event("ChatMessageReceived", CHAT_MESSAGE | page)))
    sms = of_kind("push-notification", records(event("SMSReceived", SMS | {"message": tag})))

    assert "<" not in title + push["data"]["title"] + push["data"]["body"]
    assert sms["data"]["body"] == tag
