"""Text on one line, without what is not seen, cut between the characters that people see."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.records.readable import is_json, one_line, shortened
from tests.unit.events import ALICE, BOB, CHAT_MESSAGE, THREAD, event, identifier, of_kind, records

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
CLUSTERS = [
    *("a", "é", "e\u0301", "e\u0301\u0323", "日", "葛\U000e0100", "\u05e9\u05c1", "\u0e01\u0e33"),
    *("\U0001f642", "\U0001f44d\U0001f3fd", "❤\ufe0f", "1\ufe0f\u20e3", "🏳\ufe0f\u200d🌈"),
    *(FAMILY, ENGLAND, "\U0001f1f3\U0001f1f1", "\U0001f1e7\U0001f1ea", "👩🏽\u200d🚀"),
    *("\u0915\u094d\u0937\u093f", "\u0915\u094d\u200d\u0937", "\u1112\u1161\u11ab", "\u1100\uac00"),
    *("\uff76\uff9e", "\u0600\u0661", "\u0e81\u0eb3", "\ud55c", "\u1100\u1100\u1161"),
]
"""What people see as one character each; none of them joins the next one."""
CONTROLS = (
    "\x00\x1b\x7f\x9b\u00ad\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2060\u2066"
)
CONTROLS += "\u2067\u2068\u2069\ufeff\u180e\ufffa\U000e0041\u3164\u034f"


@given(st.lists(st.sampled_from(CLUSTERS), max_size=30), st.integers(2, 40))
def test_a_cut_is_between_clusters(clusters: list[str], length: int) -> None:
    """A family without its child, or a flag of another country, is another text."""
    text = "".join(clusters)
    found = shortened(text, length)

    assert len(found) <= length
    if len(text) <= length:
        assert found == text
    else:
        wholes = {"".join(clusters[:count]) for count in range(len(clusters))}
        assert found.endswith("…")
        assert found[:-1] in wholes


@given(st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=30))
def test_as_much_stays_as_fits(clusters: list[str]) -> None:
    length = len("".join(clusters)) + 1

    assert shortened("".join([*clusters, "ab"]), length) == "".join(clusters) + "…"


@pytest.mark.parametrize("cluster", [each for each in CLUSTERS if len(each) > 1])
def test_no_cluster_is_cut_before_its_end(cluster: str) -> None:
    assert shortened(f"{cluster}abc", len(cluster)) == "…"


def test_one_character_that_is_too_long_is_left_out() -> None:
    assert shortened("a" + "\u0301" * 100, 80) == "…"


@given(st.text(alphabet=CONTROLS + "ab \n\u200d\u200c\ufe0f", max_size=30) | st.text(max_size=30))
def test_nothing_unseen_is_left(text: str) -> None:
    line = one_line(text)

    assert line == " ".join(line.split())
    assert not set(line) & set(CONTROLS)
    assert not any(unicodedata.category(character) == "Cc" for character in line)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("invoicegpj.exe", "invoice\u202egpj.exe"),
        ("paypal", "pay\u200bp\u200d\u200ca\ufeffl"),
        ("ab", "a\ufe0fb"),
        ("x", "x\U000e0061\U000e0062"),
        ("❤\ufe0f", "❤\ufe0f\ufe0e\ufe0f"),
        (ENGLAND, ENGLAND),
        ("\U0001f3f4", "\U0001f3f4\U000e0067"),
        (FAMILY, FAMILY),
        ("\U0001f642x", "\U0001f642\u200dx"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("ශ\u0dca\u200dරී", "ශ\u0dca\u200dරී"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("a b c d", "a\u2028b\u0085c\u00a0 \t\r\nd"),
        ("", "\u200b\u2060 \u3164"),
    ],
)
def test_what_can_turn_a_title_around_goes_and_what_writes_words_stays(
    expected: str, text: str
) -> None:
    assert expected == one_line(text)


@pytest.mark.parametrize(
    "text", ['{"a": 1}', " {}\n", '[{"a": 1}]', "[[1]]", "[" * 9999 + "]" * 9999]
)
def test_what_is_json(text: str) -> None:
    assert is_json(text)


@pytest.mark.parametrize("text", ["[1]", "{a}", "[sic]", "{", "1", "null", ""])
def test_what_is_no_json(text: str) -> None:
    """Somebody who writes ``[1]`` or ``{a}`` means a note or a name."""
    assert not is_json(text)


def test_a_name_that_turns_its_title_around() -> None:
    data = CHAT_MESSAGE | {"senderDisplayName": "Ann\u202e\u2066", "messageBody": "a\u202eb"}
    push = of_kind("push-notification", records(event("ChatMessageReceived", data)))

    assert (push["data"]["title"], push["data"]["body"]) == ("Ann", "ab")
    assert push["data"]["message"]["text"] == "a\u202eb"  # as it came


@pytest.mark.parametrize("nothing", ["\u200b", "\u202e \u200f", '{"type": "card"}'])
def test_a_text_that_shows_nothing(nothing: str) -> None:
    """Then the notification says that there is a message, not an empty line or JSON."""
    data = CHAT_MESSAGE | {"senderDisplayName": "\u200b", "messageBody": nothing}
    push = of_kind("push-notification", records(event("ChatMessageReceived", data)))

    assert (push["data"]["title"], push["data"]["body"]) == ("New message", "New message")


@pytest.mark.parametrize(
    ("expected", "by"),
    [("Chat: Participant left: Bob", BOB.upper()), ("Chat: Participant removed: Bob", ALICE)],
    ids=["by the own hand", "by somebody else"],
)
def test_who_left_and_who_was_removed(expected: str, by: str) -> None:
    data = {
        "threadId": THREAD,
        "version": 3,
        "removedByCommunicationIdentifier": identifier(by),
        "participantRemoved": {
            "displayName": "Bob",
            "participantCommunicationIdentifier": identifier(BOB),
        },
    }
    item = of_kind("work-item", records(event("ChatThreadParticipantRemoved", data)))

    assert expected == item["data"]["title"]


def test_nobody_knows_who_left() -> None:
    data = {"threadId": THREAD, "version": 3, "participantRemoved": {"displayName": "Bob"}}
    item = of_kind("work-item", records(event("ChatThreadParticipantRemoved", data)))

    assert item["data"]["title"] == "Chat: Participant removed: Bob"


def test_a_topic_that_shows_nothing() -> None:
    data = CHAT_MESSAGE | {"messageBody": ""}
    push = of_kind("push-notification", records(event("ChatMessageReceived", data)))

    assert push["data"]["body"] == "New message"
