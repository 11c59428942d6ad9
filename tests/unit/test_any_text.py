"""What holds for every text: samples are changed at random, by characters and by JSON values."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from shared import pipeline
from shared.errors import MalformedEvent, RejectedEvent
from shared.reading import envelope
from shared.writing import dead_letters
from tests.contract_of_records import held
from tests.unit.events import NOW, SAMPLES, settings

SETTINGS = settings(CHAT_WORK_ITEMS="user")
NOISE = st.sampled_from(
    [
        *(
            "\x00",
            "\ufeff",
            "\ud83d",
            "\\ud83d",
            "\\u0000",
            "\\",
            '"',
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
        ),
        *("NaN", "-Infinity", "1e999", "-0", "9" * 30, "null", "true", "%00"),
    ]
)
VALUES: Any = st.sampled_from(
    [
        *(
            None,
            True,
            -1,
            10**30,
            0.5,
            "",
            " ",
            "\ud83d",
            "0001-01-01",
            "+1 (425) 555-0123",
            "4:+1425",
        ),
        *("8:acs:x", [], {}, [[]], {"rawId": "8:orgid:u"}, [{"id": "8:acs:x"}, None, "8:acs:x"]),
    ]
)


@st.composite
def changed_samples(draw: DrawFn) -> str:
    """A sample in which a value was replaced, or a span of its text deleted, doubled or noised."""
    text = draw(st.sampled_from(SAMPLES))
    if draw(st.booleans()):
        text = json.dumps(_with_another_value(draw, json.loads(text)))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(st.just("") | st.just(text[start:end] * 2) | NOISE)
        text = text[:start] + middle + text[end:]
    return text


def _with_another_value(draw: DrawFn, wire: Any) -> Any:
    places: list[tuple[Any, Any]] = []
    waiting = [wire]
    while waiting:
        item = waiting.pop()
        keys = item if isinstance(item, dict) else range(len(item))
        places += [(item, key) for key in keys]
        waiting += [item[key] for key in keys if isinstance(item[key], (dict, list))]
    holder, key = draw(st.sampled_from(places))
    holder[key] = draw(VALUES)
    return wire


def _outcome(text: str) -> list[bytes] | type[RejectedEvent]:
    try:
        sends = pipeline.convert(envelope.parse(text), SETTINGS)
    except RejectedEvent as rejection:
        return type(rejection)
    return [send.record.body for send in sends]


@given(changed_samples() | st.text())
@example("[" * 3000 + "]" * 3000)
def test_any_text_gives_records_or_a_dead_letter_that_keeps_it(text: str) -> None:
    """And the same text, or its dead letter sent again, gives the same."""
    outcome = _outcome(text)
    assert _outcome(text) == outcome
    if isinstance(outcome, list):
        for body in outcome:
            held(_strictly(body))
    _check_dead_letter(text, outcome)


def _check_dead_letter(text: str, outcome: list[bytes] | type[RejectedEvent]) -> None:
    rejection = outcome("") if isinstance(outcome, type) else MalformedEvent("")
    body = dead_letters.body(text, rejection, "sms_received", NOW)
    (letter,) = _strictly(body)
    assert letter["deadLetterReason"] == type(rejection).__name__
    raw = text.encode("utf-8", "backslashreplace").decode()
    if "rawEvent" in letter and "rawEvent" not in text:
        assert letter["rawEvent"] == raw
        return
    event = json.loads(raw.removeprefix("\ufeff"))
    ours = {key for key in letter if key.lower() in envelope.DEAD_LETTER_KEYS}
    assert {k: v for k, v in event.items() if k not in ours} == {
        k: v for k, v in letter.items() if k not in ours
    }
    if outcome is not MalformedEvent:
        assert _outcome(body.decode()) == outcome


def _strictly(body: bytes) -> Any:
    """JSON as its standard has it; Python's own reader also takes NaN."""
    return json.loads(body.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
