"""Chat messages, threads and participants, in the form of every year."""

from typing import Any

import pytest

from shared.records.facts import Fact, Message, Party
from tests.unit.events import (
    ALICE,
    BOB,
    CAROL,
    CHAT_MESSAGE,
    THREAD,
    fact,
    identifier,
)

SENT, EDITED, DELETED = (f"2026-01-02T03:04:0{second}.0000000Z" for second in (1, 2, 3))
ADDED, REMOVED = "ChatParticipantAddedToThreadWithUser", "ChatParticipantRemovedFromThreadWithUser"


def _without(wire: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in wire.items() if key not in names}


NEW_MESSAGE = _without(CHAT_MESSAGE, "senderId", "recipientId") | {
    "senderCommunicationIdentifier": identifier(ALICE),
    "recipientCommunicationIdentifier": identifier(BOB),
}


def _said(found: Fact) -> tuple[Any, ...]:
    """Everything a fact says but which event it comes from."""
    return tuple(getattr(found, name) for name in Fact.__struct_fields__ if name != "event")


def test_a_message() -> None:
    found = fact("ChatMessageReceived", CHAT_MESSAGE)

    assert (found.channel, found.conversation) == ("chat", THREAD)
    assert found.occurred_at == "2026-01-02T03:04:05.6780000Z"
    assert found.sender == Party(kind="communicationUser", raw_id=ALICE, display_name="Alice")
    assert found.recipients == (Party(kind="communicationUser", raw_id=BOB),)
    assert found.message == Message(
        id="1767323045678",
        text="Hello",
        format="text",
        sent_at="2026-01-02T03:04:05.6780000Z",
        version=1767323045678,
    )
    assert found.thread is not None
    assert found.thread.id == THREAD
    assert found.extra == {}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(NEW_MESSAGE, id="2021, identifiers are objects"),
        pytest.param(CHAT_MESSAGE | NEW_MESSAGE, id="both side by side"),
        pytest.param({key.upper(): value for key, value in CHAT_MESSAGE.items()}, id="upper case"),
        pytest.param(
            {f"{key[0].upper()}{key[1:]}": value for key, value in NEW_MESSAGE.items()},
            id="Pascal case",
        ),
        pytest.param(CHAT_MESSAGE | {"version": "1767323045678"}, id="version is text"),
        pytest.param(CHAT_MESSAGE | {"messageId": 1767323045678}, id="message id is a number"),
        pytest.param(
            CHAT_MESSAGE | {"composeTime": "2026-01-01T19:04:05.6780000-08:00"}, id="local time"
        ),
        pytest.param(CHAT_MESSAGE | {"metadata": None, "editTime": None}, id="nulls"),
    ],
)
def test_dialects_of_a_message_say_the_same(data: dict[str, Any]) -> None:
    assert _said(fact("ChatMessageReceived", CHAT_MESSAGE)) == _said(
        fact("ChatMessageReceived", data)
    )


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("ChatMessageReceived", "ChatMessageReceivedInThread"),
        ("ChatMessageEdited", "ChatMessageEditedInThread"),
        ("ChatMessageDeleted", "ChatMessageDeletedInThread"),
    ],
)
def test_both_levels_say_the_same_but_for_the_recipient(name: str, twin: str) -> None:
    everybody = _without(NEW_MESSAGE, "recipientCommunicationIdentifier")
    user, thread = fact(name, NEW_MESSAGE), fact(twin, everybody)

    assert (user.message, user.sender, user.thread) == (
        thread.message,
        thread.sender,
        thread.thread,
    )
    assert thread.recipients == ()


@pytest.mark.parametrize(
    ("name", "times", "occurred_at"),
    [
        ("ChatMessageReceived", {"composeTime": SENT}, SENT),
        ("ChatMessageEdited", {"composeTime": SENT, "editTime": EDITED}, EDITED),
        ("ChatMessageDeleted", {"composeTime": SENT, "deleteTime": DELETED}, DELETED),
        ("ChatMessageReceived", {}, None),
        ("ChatMessageEdited", {"composeTime": SENT}, None),
        ("ChatMessageDeleted", {"composeTime": SENT}, None),
    ],
    ids=["sent", "edited", "deleted", "no time", "edit without a time", "delete without a time"],
)
def test_when_a_message_was_sent_edited_or_deleted(
    name: str, times: dict[str, str], occurred_at: str | None
) -> None:
    """Only the change's own time: a text is not edited or deleted when it was sent."""
    found = fact(name, {"messageId": "1", "threadId": THREAD} | times)

    assert occurred_at == found.occurred_at
    assert found.message is not None
    assert (times.get("composeTime"), times.get("editTime"), times.get("deleteTime")) == (
        found.message.sent_at,
        found.message.edited_at,
        found.message.deleted_at,
    )


@pytest.mark.parametrize(
    ("expected", "wire"),
    [
        ("text", "Text"),
        ("text", "text"),
        ("html", "Html"),
        ("html", "RichText/Html"),
        ("html", "RichText"),
        ("Event/Call", "Event/Call"),
        (None, None),
    ],
)
def test_the_format_of_a_message(expected: str | None, wire: str | None) -> None:
    message = fact("ChatMessageReceived", CHAT_MESSAGE | {"type": wire}).message

    assert message is not None
    assert expected == message.format


def test_metadata_is_the_customers() -> None:
    metadata = {"TopicId": "7", "senderId": "x"}
    message = fact("ChatMessageReceived", CHAT_MESSAGE | {"metadata": metadata}).message

    assert message is not None
    assert metadata == message.metadata


def test_what_no_field_holds_is_kept() -> None:
    extra = {"transactionId": "t", "Another": [{"a": None}]}

    assert extra == fact("ChatMessageReceived", CHAT_MESSAGE | extra).extra


def test_times_and_versions_nobody_can_read_are_kept() -> None:
    wrong = {"composeTime": "noon", "version": "v1"}

    assert wrong == fact("ChatMessageReceived", CHAT_MESSAGE | wrong).extra


def test_ids_come_from_the_subject_when_data_lacks_them() -> None:
    found = fact(
        "ChatMessageReceived",
        {"messageId": "1"},
        subject=f"thread/{THREAD}/sender/{ALICE}/recipient/{BOB}",
    )

    assert found.conversation == THREAD
    assert (found.sender, found.recipients) == (
        Party(kind="communicationUser", raw_id=ALICE),
        (Party(kind="communicationUser", raw_id=BOB),),
    )


def test_a_subject_may_be_percent_encoded() -> None:
    found = fact("ChatMessageReceived", {"messageId": "1"}, subject="thread/19%3Aa%40thread.v2")

    assert found.conversation == "19:a@thread.v2"


@pytest.mark.parametrize("prefix", ["", "/"])
def test_a_subject_may_begin_with_a_slash(prefix: str) -> None:
    found = fact("ChatMessageReceived", {"messageId": "1"}, subject=f"{prefix}Thread/{THREAD}")

    assert found.conversation == THREAD


@pytest.mark.parametrize(
    "subject",
    [
        "thread/{thread-id}/sender/rawId/recipient/{rawId}",
        "thread/<id>/sender/RAWID/recipient/<id>",
        "thread//sender//recipient/",
        "thread",
        "",
        None,
    ],
    ids=["placeholders", "other placeholders", "empty ids", "no id", "empty", "null"],
)
def test_a_subject_without_ids_gives_none(subject: str | None) -> None:
    found = fact("ChatMessageReceived", {"messageId": "1"}, subject=subject)

    assert (found.conversation, found.sender, found.recipients) == ("", None, ())


def test_ids_in_data_win_over_the_subject() -> None:
    subject = f"thread/other/sender/{CAROL}/recipient/{CAROL}"
    found = fact("ChatMessageReceived", CHAT_MESSAGE, subject=subject)

    assert found.conversation == THREAD
    assert [found.sender and found.sender.key, *(party.key for party in found.recipients)] == [
        ALICE,
        BOB,
    ]


OLD_THREAD: dict[str, Any] = {
    "createdBy": ALICE,
    "recipientId": BOB,
    "properties": {"topic": "Opening hours"},
    "members": [
        {"displayName": "Alice", "memberId": ALICE},
        {"displayName": "Bob", "memberId": BOB},
    ],
    "createTime": "2026-01-02T03:04:05Z",
    "version": 7,
    "threadId": THREAD,
}
NEW_THREAD = _without(OLD_THREAD, "createdBy", "recipientId", "members") | {
    "createdByCommunicationIdentifier": identifier(ALICE),
    "recipientCommunicationIdentifier": identifier(BOB),
    "participants": [
        {"displayName": "Alice", "participantCommunicationIdentifier": identifier(ALICE)},
        {"displayName": "Bob", "participantCommunicationIdentifier": identifier(BOB)},
    ],
}


def test_a_thread_created() -> None:
    found = fact("ChatThreadCreatedWithUser", OLD_THREAD)

    assert (found.conversation, found.occurred_at) == (THREAD, "2026-01-02T03:04:05.0000000Z")
    assert found.sender == Party(kind="communicationUser", raw_id=ALICE)
    assert found.thread is not None
    assert (found.thread.topic, found.thread.version) == ("Opening hours", 7)
    assert found.thread.created_at == "2026-01-02T03:04:05.0000000Z"
    assert found.thread.participants == (
        Party(kind="communicationUser", raw_id=ALICE, display_name="Alice"),
        Party(kind="communicationUser", raw_id=BOB, display_name="Bob"),
    )
    assert (found.message, found.extra) == (None, {})


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(NEW_THREAD, id="2021"),
        pytest.param(OLD_THREAD | NEW_THREAD, id="both side by side"),
        pytest.param(
            {f"{key[0].upper()}{key[1:]}": value for key, value in OLD_THREAD.items()}
            | {"Properties": {"Topic": "Opening hours"}},
            id="Pascal case, its properties too",
        ),
        pytest.param(
            OLD_THREAD | {"members": [*OLD_THREAD["members"], OLD_THREAD["members"][0]]},
            id="somebody named twice",
        ),
    ],
)
def test_dialects_of_a_thread_say_the_same(data: dict[str, Any]) -> None:
    """The same people under ``members`` and ``participants`` are counted once."""
    assert _said(fact("ChatThreadCreatedWithUser", OLD_THREAD)) == _said(
        fact("ChatThreadCreatedWithUser", data)
    )


def test_participants_without_ids_are_all_kept() -> None:
    data = OLD_THREAD | {"members": [{"displayName": "Guest"}, {"displayName": "Guest"}]}
    thread = fact("ChatThreadCreatedWithUser", data).thread

    assert thread is not None
    assert [party.display_name for party in thread.participants] == ["Guest", "Guest"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"metadata": {"a": "1"}}, id="in its place"),
        pytest.param({"properties": {"topic": "t", "metadata": {"a": "1"}}}, id="in properties"),
        pytest.param({"properties": {"topic": "t", "Metadata": {"a": "1"}}}, id="in Pascal case"),
    ],
)
def test_metadata_of_a_thread_is_found_in_both_places(data: dict[str, Any]) -> None:
    found = fact("ChatThreadCreated", {"threadId": THREAD} | data)

    assert found.thread is not None
    assert (found.thread.metadata, found.extra) == ({"a": "1"}, {})


def test_metadata_in_both_places_is_kept() -> None:
    found = fact(
        "ChatThreadCreated",
        {"threadId": THREAD, "metadata": {"a": "1"}, "properties": {"metadata": {"b": "2"}}},
    )

    assert found.thread is not None
    assert found.thread.metadata == {"a": "1"}
    assert found.extra == {"properties": {"metadata": {"b": "2"}}}


@pytest.mark.parametrize(
    "properties", [{"topic": {"a": 1}}, {"metadata": "text"}, {"joiningEnabled": True}]
)
def test_properties_of_another_shape_are_kept(properties: dict[str, Any]) -> None:
    found = fact("ChatThreadPropertiesUpdated", {"threadId": THREAD, "properties": properties})

    assert found.thread is not None
    assert (found.thread.topic, found.thread.metadata) == (None, None)
    assert found.extra == {"properties": properties}


@pytest.mark.parametrize(
    ("name", "by", "time"),
    [
        ("ChatThreadCreatedWithUser", "createdBy", "createTime"),
        ("ChatThreadCreated", "createdBy", "createTime"),
        ("ChatThreadPropertiesUpdatedPerUser", "editedBy", "editTime"),
        ("ChatThreadPropertiesUpdated", "editedBy", "editTime"),
        ("ChatThreadWithUserDeleted", "deletedBy", "deleteTime"),
        ("ChatThreadDeleted", "deletedBy", "deleteTime"),
    ],
)
@pytest.mark.parametrize("where", ["old name", "new name", "subject"])
def test_who_changed_a_thread_and_when(name: str, by: str, time: str, where: str) -> None:
    actors: dict[str, dict[str, Any]] = {
        "old name": {by: ALICE},
        "new name": {f"{by}CommunicationIdentifier": identifier(ALICE)},
        "subject": {},
    }
    found = fact(
        name,
        {"threadId": THREAD, time: EDITED} | actors[where],
        subject=f"thread/{THREAD}/{by}/{ALICE}/recipient/{BOB}",
    )

    assert (found.sender, found.occurred_at) == (
        Party(kind="communicationUser", raw_id=ALICE),
        EDITED,
    )


@pytest.mark.parametrize("name", ["ChatThreadCreated", "ChatThreadPropertiesUpdated"])
def test_a_thread_change_without_a_time_does_not_say_when(name: str) -> None:
    assert fact(name, {"threadId": THREAD}).occurred_at is None


def test_a_create_time_nobody_can_read_is_kept() -> None:
    found = fact("ChatThreadCreated", {"threadId": THREAD, "createTime": "noon"})

    assert (found.occurred_at, found.extra) == (None, {"createTime": "noon"})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ChatThreadDeleted", {"reason": "deleteByThread"}),
        ("ChatThreadDeleted", {"createdBy": CAROL, "editTime": EDITED}),
        ("ChatThreadPropertiesUpdated", {"deletedBy": CAROL, "deleteTime": DELETED}),
        ("ChatThreadParticipantAdded", {"removedBy": CAROL}),
        ("ChatThreadParticipantRemoved", {"participantAdded": {"memberId": CAROL}}),
    ],
)
def test_fields_that_belong_to_another_event_type_are_kept(name: str, data: dict[str, Any]) -> None:
    """Nothing is dropped, not even what one struct knows for another type."""
    found = str(fact(name, {"threadId": THREAD, "version": 1} | data))

    assert all(value in found for value in (CAROL, EDITED, DELETED) if value in str(data))


PERSON = {"displayName": "Carol", "memberId": CAROL}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ChatMemberAddedToThreadWithUser", {"memberAdded": PERSON, "addedBy": ALICE}),
        (ADDED, {"participantAdded": PERSON, "addedBy": ALICE}),
        (
            ADDED,
            {
                "participantAdded": {
                    "displayName": "Carol",
                    "participantCommunicationIdentifier": identifier(CAROL),
                },
                "addedByCommunicationIdentifier": identifier(ALICE),
            },
        ),
        ("ChatThreadParticipantAdded", {"ParticipantAdded": PERSON, "AddedBy": ALICE}),
        ("ChatMemberRemovedFromThreadWithUser", {"memberRemoved": PERSON, "removedBy": ALICE}),
        (REMOVED, {"participantRemoved": PERSON, "removedBy": ALICE}),
        (
            "ChatThreadParticipantRemoved",
            {"participantRemoved": PERSON, "removedByCommunicationIdentifier": identifier(ALICE)},
        ),
    ],
    ids=[
        "added, 2020",
        "added, user level",
        "added, 2021",
        "added, thread level",
        "removed, 2020",
        "removed, user level",
        "removed, thread level",
    ],
)
def test_who_joined_or_left_and_by_whose_hand(name: str, data: dict[str, Any]) -> None:
    common = {"threadId": THREAD, "time": EDITED, "createTime": SENT, "version": 3}
    found = fact(name, common | data)

    assert found.participant == Party(kind="communicationUser", raw_id=CAROL, display_name="Carol")
    assert found.sender == Party(kind="communicationUser", raw_id=ALICE)
    assert (found.occurred_at, found.conversation, found.extra) == (EDITED, THREAD, {})
    assert found.thread is not None
    assert (found.thread.created_at, found.thread.version) == (SENT, 3)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        (ADDED, "participantAdded"),
        (REMOVED, "participantRemoved"),
        ("ChatMemberAddedToThreadWithUser", "memberAdded"),
        ("ChatMemberRemovedFromThreadWithUser", "memberRemoved"),
        ("ChatThreadParticipantAdded", "participantadded"),
        ("ChatThreadParticipantRemoved", "participantremoved"),
    ],
)
def test_who_joined_or_left_comes_from_the_subject_when_data_lacks_it(name: str, part: str) -> None:
    """Otherwise two people who joined with one version would be one record."""
    found = fact(
        name, {"threadId": THREAD, "version": 3}, subject=f"thread/{THREAD}/{part}/{CAROL}"
    )

    assert found.participant == Party(kind="communicationUser", raw_id=CAROL)


def test_a_participant_that_nobody_names_is_null() -> None:
    assert fact(ADDED, {"threadId": THREAD}).participant is None
