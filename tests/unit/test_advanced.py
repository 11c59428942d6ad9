"""Inbound WhatsApp messages, of every kind."""

from typing import Any

import pytest

from shared.records.facts import Message, Party
from shared.records.parts import Attachment
from tests.unit.events import event, fact, of_kind, records

NAME = "AdvancedMessageReceived"
CHANNEL = "3b5c6f7e-0000-4000-8000-000000000001"
SUBJECT = f"advancedMessage/sender/14255550199/recipient/{CHANNEL}"
BASE = {
    "messageId": "m",
    "from": "14255550199",
    "to": CHANNEL,
    "channelType": "WhatsApp",
    "receivedTimestamp": "2026-01-02T03:04:05Z",
}


def _message(data: dict[str, Any]) -> Message:
    message = fact(NAME, BASE | data).message
    assert message is not None
    return message


def test_a_text() -> None:
    found = fact(NAME, BASE | {"content": "Hello ", "messageType": "text"})

    assert (found.channel, found.direction) == ("whatsapp", "inbound")
    assert found.conversation == f"whatsapp:{CHANNEL}:+14255550199"
    assert found.sender == Party(
        kind="phoneNumber", raw_id="14255550199", phone_number="+14255550199"
    )
    assert found.recipients == (Party(kind="channelRegistration", raw_id=CHANNEL),)
    assert found.message == Message(
        id="m", text="Hello ", format="text", sent_at="2026-01-02T03:04:05.0000000Z"
    )
    assert found.extra == {}


def test_it_is_in_the_conversation_of_what_we_sent() -> None:
    sent = {"messageId": "s", "from": CHANNEL, "to": "14255550199", "status": "read"}
    report = fact("AdvancedMessageDeliveryStatusUpdated", sent | {"channelType": "whatsapp"})

    assert fact(NAME, BASE).conversation == report.conversation


def test_it_opens_and_is_shown() -> None:
    found = records(event(NAME, BASE | {"content": "Hello"}))
    push = of_kind("push-notification", found)["data"]

    assert of_kind("work-item", found)["data"]["action"] == "open"
    assert ("active", "+14255550199", "Hello") == (
        push["interruptionLevel"],
        push["title"],
        push["body"],
    )


@pytest.mark.parametrize(
    ("text", "choice", "data"),
    [
        ("Yes", "p", {"button": {"text": "Yes", "payload": "p"}}),
        (
            "A",
            "1",
            {"interactive": {"type": "buttonReply", "buttonReply": {"id": "1", "title": "A"}}},
        ),
        ("B", "2", {"interactive": {"listReply": {"id": 2, "title": "B"}}}),
        (None, None, {"interactive": {}}),
    ],
    ids=["button", "button reply", "list reply", "nothing"],
)
def test_what_was_chosen(text: str | None, choice: str | None, data: dict[str, Any]) -> None:
    message = _message(data)

    assert (text, choice) == (message.text, message.choice)


def test_a_reaction_taken_back_is_no_question() -> None:
    (item,) = records(event(NAME, BASE | {"reaction": {"messageId": "x", "emoji": ""}}))

    assert ("update", "WhatsApp: Reaction removed from +14255550199") == (
        item["data"]["action"],
        item["data"]["title"],
    )


def test_a_reaction_names_its_message() -> None:
    message = _message({"reaction": {"messageId": "x", "emoji": "👍"}})

    assert ("👍", "x") == (message.text, message.reaction_to)


def test_a_reply_names_its_message() -> None:
    found = fact(NAME, BASE | {"content": "a", "context": {"from": "1", "id": "x"}})

    assert found.message is not None
    assert found.message.reply_to == "x"
    assert found.extra == {"context": {"from": "1"}}


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("Image", {"mimeType": "image/jpeg", "id": "f"}),
        ("Document: plan.pdf", {"mimeType": "application/pdf", "id": "f", "fileName": "plan.pdf"}),
        ("File", {"id": "f"}),
        ("Look", {"mimeType": "image/jpeg", "id": "f", "caption": "Look"}),
    ],
)
def test_a_file(body: str, media: dict[str, Any]) -> None:
    found = records(event(NAME, BASE | {"messageType": "image", "media": media}))
    push = of_kind("push-notification", found)["data"]
    expected = {"mimeType": media.get("mimeType"), "name": media.get("fileName"), "id": "f"}

    assert body == push["body"]
    assert [{name: value for name, value in expected.items() if value}] == push["message"][
        "attachments"
    ]
    assert push["extra"] == {"messageType": "image"}


def test_what_no_field_holds_is_kept() -> None:
    found = fact(NAME, BASE | {"media": {"id": "f", "animated": True}, "error": {"code": 1}})

    assert found.extra == {"media": {"animated": True}, "error": {"code": 1}}
    assert found.message is not None
    assert found.message.attachments == (Attachment(id="f"),)


@pytest.mark.parametrize("from_", [{"from": "", "fromBSUID": "US.1"}, {"from": "US.1"}])
def test_a_user_without_a_number(from_: dict[str, str]) -> None:
    work = records(event(NAME, BASE | from_ | {"content": "a"}))[0]["data"]

    assert work["conversation"] == f"whatsapp:{CHANNEL}:us.1"
    assert work["sender"]["kind"] == "whatsAppUser"
    assert work["title"] == "WhatsApp: New message from US.1"


@pytest.mark.parametrize(
    ("sender", "conversation"),
    [("14255550199", "+14255550199"), ("US.1", "us.1")],
)
def test_parties_are_taken_from_the_subject_when_data_lacks_them(
    sender: str, conversation: str
) -> None:
    data = {"content": "a", "channelType": "whatsapp"}
    subject = f"advancedMessage/sender/{sender}/recipient/{CHANNEL}"

    assert fact(NAME, data, subject=subject).conversation == f"whatsapp:{CHANNEL}:{conversation}"


def test_a_message_of_2023_is_named_by_its_event() -> None:
    data = {name: value for name, value in BASE.items() if name != "messageId"}
    message = fact(NAME, data | {"content": "a"}, id="e").message

    assert message is not None
    assert message.id == "e"


def test_of_several_texts_none_is_lost() -> None:
    """A message has one; the samples of the specification have all of them."""
    chosen = {"buttonReply": {"id": "1", "title": "A"}, "listReply": {"id": "2", "title": "B"}}
    button = {"text": "C", "payload": "3"}
    found = fact(NAME, BASE | {"content": "a", "interactive": chosen, "button": button})

    assert found.message is not None
    assert (found.message.text, found.message.choice) == ("a", "1")
    assert found.extra == {
        "texts": ["C", "A"],
        "choices": ["3"],
        "listReply": {"id": "2", "title": "B"},
    }
