"""SMS that are one keyword alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.families.keywords import keyword_of
from shared.reading.phones import from_phone
from tests.unit.events import SMS, event, fact, of_kind, records

STOP = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPT OUT", "OPTOUT", "REVOKE"]
WORDS = {
    **dict.fromkeys(STOP, "stop"),
    **dict.fromkeys(["START", "UNSTOP"], "start"),
    **dict.fromkeys(["HELP", "INFO"], "help"),
}
TOLL_FREE = from_phone("+18005550100")
LOCAL = from_phone("+12065550100")
BLANKS = st.text(alphabet=" \n\t\u00a0\u200b\ufeff", max_size=3)


@given(st.sampled_from([*WORDS]), st.data(), BLANKS, BLANKS, st.sampled_from(["", *".!?,"]))
def test_a_keyword_in_any_spelling(
    word: str, data: st.DataObject, before: str, after: str, mark: str
) -> None:
    """Phones write the first letter large, and people a full stop."""
    cased = "".join(data.draw(st.sampled_from([c.upper(), c.lower()])) for c in word)
    blank = data.draw(st.sampled_from([" ", "  ", "\n"]))

    assert WORDS[word] == keyword_of(before + cased.replace(" ", blank) + mark + after, LOCAL)


@given(st.sampled_from([*WORDS, "YES"]), st.sampled_from(["please", "2", "it", "-", "&"]))
def test_a_keyword_in_a_sentence_is_none(word: str, other: str) -> None:
    """Somebody has to read it."""
    assert keyword_of(f"{word} {other}", TOLL_FREE) is None
    assert keyword_of(f"{other} {word}", TOLL_FREE) is None


@pytest.mark.parametrize("text", ["", " ", ".", None, "S T O P", "stopp", "STOP" + " " * 99])
def test_no_keyword(text: str | None) -> None:
    assert keyword_of(text, TOLL_FREE) is None


@pytest.mark.parametrize("number", [800, 833, 844, 855, 866, 877, 888])
def test_yes_to_a_toll_free_number_is_start(number: int) -> None:
    assert keyword_of("Yes!", from_phone(f"+1{number}5550100")) == "start"


@pytest.mark.parametrize("recipient", [LOCAL, from_phone("12345"), from_phone("+4520123456"), None])
def test_yes_to_any_other_number_is_an_answer(recipient: Any) -> None:
    assert keyword_of("YES", recipient) is None


def test_a_keyword_asks_for_nobody() -> None:
    """The service answers it: a work item that asks for nobody, and no notification."""
    (item,) = records(event("SMSReceived", SMS | {"message": "Stop. "}))

    assert item["data"]["keyword"] == "stop"
    assert (item["data"]["action"], item["data"]["priority"]) == ("update", "normal")
    assert item["data"]["title"] == "SMS: STOP from +15555550100"
    assert item["data"]["message"]["text"] == "Stop. "


def test_an_override_is_the_last_word() -> None:
    """Whoever wants every SMS shown, gets every SMS shown."""
    wanted = '{"Microsoft.Communication.SMSReceived": {"work": "open", "push": "active"}}'
    found = records(event("SMSReceived", SMS | {"message": "HELP"}), ROUTE_OVERRIDES=wanted)

    assert of_kind("work-item", found)["data"]["action"] == "open"
    assert of_kind("push-notification", found)["data"]["keyword"] == "help"


def test_a_chat_message_is_no_keyword() -> None:
    assert fact("ChatMessageReceived", {"messageBody": "STOP", "messageId": "1"}).keyword is None
