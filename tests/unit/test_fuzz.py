"""What holds for every text, tried with samples that were changed at random.

The promises are in ``local.fuzz.promises``, so that ``dev.py fuzz`` tries the same for longer.
"""

import argparse
import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local import fuzz, samples
from local.fuzz import mutations, promises
from shared import pipeline
from shared.errors import MalformedEvent, RejectedEvent
from shared.reading import envelope
from shared.writing import dead_letters

BOUNDED = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,  # continuous integration is repeatable
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SEEDS = mutations.seeds()
SMS = json.dumps(samples.find("SMSReceived.current").events()[0])
CHANGES = {str(change.__name__): change for change in mutations.MUTATIONS}

chances = st.integers(0, 2**32 - 1).map(Random)
texts = st.builds(mutations.mutate, st.sampled_from(SEEDS), chances)


def _by(*changes: mutations.Change) -> st.SearchStrategy[str]:
    """Samples, each changed in one of these ways only."""
    return st.builds(
        lambda text, change, chance: change(text, chance),
        st.sampled_from(SEEDS),
        st.sampled_from(changes),
        chances,
    )


@BOUNDED
@given(texts)
def test_a_changed_sample_gives_records_or_a_rejected_event(text: str) -> None:
    """Any other exception is a bug: Event Grid would send such an event again for a day."""
    with contextlib.suppress(RejectedEvent):
        pipeline.convert(envelope.parse(text), promises.SETTINGS)


@BOUNDED
@given(_by(*mutations.VALUED))
def test_its_records_read_back_fit_their_schema_and_a_queue(text: str) -> None:
    """Values changed, so that most still give records; over the limit, by their claim check."""
    found = promises.outcome(text)
    for send in found if isinstance(found, list) else []:
        promises.check_record(send)


@BOUNDED
@given(_by(mutations.inflate))
def test_its_records_fit_a_queue_however_long_a_text_in_it_is(text: str) -> None:
    """Or the ids alone are too long, and it is rejected."""
    found = promises.outcome(text)
    for send in found if isinstance(found, list) else []:
        promises.check_record(send)


@BOUNDED
@given(texts | st.text())
def test_as_a_dead_letter_it_is_json_and_loses_nothing(text: str) -> None:
    """An array of one object; what was an object keeps its attributes, all else its text."""
    promises.check_dead_letter(text, promises.outcome(text))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param('{"id":NaN}', id="NaN, which Newtonsoft and Python write and read"),
        pytest.param('{"id":-Infinity}', id="minus infinity"),
        pytest.param('\ufeff\ufeff{"id":"1"}', id="two byte order marks"),
        pytest.param('{"id":"1"}'.encode("utf-16-le").decode(), id="UTF-16 read as UTF-8"),
        pytest.param('\x0b{"id":"1"}\x0c', id="white space that JSON does not know"),
        pytest.param('{"id":"\ud83d"}', id="half an emoji"),
        pytest.param('{"id":"\\\ud83d"}', id="half an emoji after a backslash"),
        pytest.param('{"deadLetterReason":"x","id":"1"}', id="a letter that comes again"),
        pytest.param(f'{{"id":{"9" * 5_000}}}', id="more digits than Python reads"),
    ],
)
def test_a_strict_reader_reads_every_dead_letter(event: str) -> None:
    """``json.loads`` alone would not tell: it also takes what no other language reads."""
    promises.check_dead_letter(event, MalformedEvent("x"))


def test_most_changes_leave_something_to_test() -> None:
    """Were nearly all texts rejected at the first look, nothing behind it would be tried."""
    chance = Random(1)  # noqa: S311 - repeatable
    found = [promises.outcome(mutations.mutate(chance.choice(SEEDS), chance)) for _ in range(500)]
    with_records = sum(isinstance(outcome, list) and bool(outcome) for outcome in found)

    assert 100 < with_records < 450


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_changes_a_sample_and_bears_any_text(change: mutations.Change) -> None:
    chance = Random(1)  # noqa: S311 - repeatable

    assert any(change(SMS, chance) != SMS for _ in range(10))
    for text in ("", "{", "{}", "[]", "1", "\ud83d", "[" * 5_000):
        for _ in range(20):
            assert isinstance(change(text, chance), str)


def _breaks_at(word: str) -> Callable[[Any, Any], list[pipeline.Send]]:
    convert = pipeline.convert

    def broken(parsed: envelope.Envelope, given_: Any) -> list[pipeline.Send]:
        if word in json.dumps(parsed.data):
            raise KeyError(word)
        return convert(parsed, given_)

    return broken


def _arguments(**changes: Any) -> argparse.Namespace:
    return argparse.Namespace(**({"files": [], "seconds": 1.0, "seed": 1} | changes))


def test_the_command_finds_a_bug_and_writes_the_smallest_text_that_shows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1; the file, given to the command, shows it again until it is mended."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(mutations, "seeds", lambda: [SMS])
    with monkeypatch.context() as bug:
        bug.setattr(pipeline, "convert", _breaks_at("segmentCount"))

        assert 1 == fuzz.run(_arguments(seconds=0.2))
        said = capsys.readouterr().out
        files = [file for file in tmp_path.rglob("*.json") if "segmentCount" in file.read_text()]
        assert files
        assert len(files[0].read_text()) < 60
        assert 1 == fuzz.run(_arguments(files=files))

    assert "KeyError: raised at test_fuzz.py:" in said
    assert "a second" in said
    assert "samples/<EventType>.<variant>.json" in said
    capsys.readouterr()
    fuzz.run(_arguments(files=files))
    assert "KeyError" not in capsys.readouterr().out


def test_the_command_is_content_where_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutations, "MUTATIONS", mutations.VALUED)

    assert 0 == fuzz.run(_arguments(seconds=0.2))
    assert "findings: 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "promise"),
    [
        (b"[{}", "a dead letter is JSON"),
        (b"[NaN]", "a dead letter is JSON"),
        (b"[{},{}]", "an array of one"),
        (b"[1]", "an object"),
        (b'[{"deadLetterReason":"Other"}]', "has its reason"),
        (b'[{"deadLetterReason":"UnknownEventType"}]', "keeps every attribute"),
        (b'[{"deadLetterReason":"UnknownEventType","rawEvent":""}]', "as it came"),
    ],
)
def test_a_dead_letter_that_loses_something_is_noticed(
    body: bytes, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that accepts everything would prove nothing."""
    monkeypatch.setattr(dead_letters, "body", lambda *_: body)

    assert promise in (promises.broken('{"eventType":"Contoso.Thing"}') or "")


@pytest.mark.parametrize(
    ("name", "value", "promise"),
    [
        ("QUEUE_LIMIT", 100, "a claim check fits"),
        ("_push", lambda *_, **__: None, "raised at"),
    ],
)
def test_a_record_that_is_wrong_is_noticed(
    name: str, value: Any, promise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_DATAREF_ROOM", -100_000)
    monkeypatch.setattr(pipeline, name, value)

    assert promise in (promises.broken(SMS) or "")


def test_a_record_that_its_schema_refuses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.records.records.uuid5", lambda *_: "no uuid")

    assert "the schema refuses $.id (format)" in (promises.broken(SMS) or "")
