"""Fields that came in 2026: azure-rest-api-specs #39046 and #42138, azure-sdk-for-net #59184."""

from typing import Any

import pytest

from shared.records.parts import RetentionPolicy
from tests.unit.events import CHAT_MESSAGE, THREAD, event, fact, records

POLICY = {"kind": "threadCreationDate", "deleteThreadAfterDays": 30}
CHANGED = {"threadId": THREAD, "version": 2, "editTime": "2026-01-02T03:04:05Z"}
DELETED = {"threadId": THREAD, "version": 3, "deleteTime": "2026-01-02T03:04:05Z"}
MESSAGES = [
    f"ChatMessage{what}{level}"
    for what in ("Received", "Edited", "Deleted")
    for level in ("", "InThread")
]


@pytest.mark.parametrize("wire", [7, "7"], ids=repr)
@pytest.mark.parametrize("name", MESSAGES)
def test_the_place_of_a_message_in_its_thread(name: str, wire: Any) -> None:
    found = fact(name, CHAT_MESSAGE | {"sequenceId": wire})

    assert found.message is not None
    assert (found.message.sequence_id, found.extra) == (7, {})


@pytest.mark.parametrize(
    "name",
    [
        *("ChatThreadCreated", "ChatThreadCreatedWithUser"),
        *("ChatThreadPropertiesUpdated", "ChatThreadPropertiesUpdatedPerUser"),
    ],
)
def test_when_a_thread_is_deleted_by_itself(name: str) -> None:
    found = fact(name, CHANGED | {"retentionPolicy": POLICY | {"since": "now"}})

    assert found.thread is not None
    assert found.thread.retention_policy == RetentionPolicy(
        kind="threadCreationDate", delete_thread_after_days=30
    )
    assert found.extra["retentionPolicy"] == {"since": "now"}


@pytest.mark.parametrize(
    ("title", "change"),
    [
        (
            "Retention policy changed: deleted 30 days after its start",
            {"properties": {}, "retentionPolicy": POLICY},
        ),
        ("Retention policy changed: never deleted", {"retentionPolicy": {"kind": "none"}}),
        (
            "Conversation changed (Hours)",
            {"properties": {"topic": "Hours"}, "retentionPolicy": POLICY},
        ),
        ("Conversation changed", {"metadata": {"a": "b"}, "retentionPolicy": POLICY}),
        ("Conversation changed", {"retentionPolicy": {}}),
        ("Conversation changed", {"retentionPolicy": None}),
    ],
)
def test_a_change_of_retention_alone_says_so(title: str, change: dict[str, Any]) -> None:
    (work,) = records(event("ChatThreadPropertiesUpdated", CHANGED | change))

    assert f"Chat: {title}" == work["data"]["title"]


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("Conversation ended by retention policy", "deletedByPolicy"),
        ("Conversation ended by retention policy", "DELETEDBYPOLICY"),
        ("Conversation ended", "deletedByUser"),
        ("Conversation ended", "deleteByThread"),
        ("Conversation ended", None),
    ],
)
@pytest.mark.parametrize("name", ["ChatThreadDeleted", "ChatThreadWithUserDeleted"])
def test_why_a_thread_was_deleted(name: str, title: str, reason: str | None) -> None:
    found = records(event(name, DELETED | {"reason": reason}), CHAT_WORK_ITEMS="user")
    work = next(record["data"] for record in found if "action" in record["data"])

    assert (f"Chat: {title}", "close") == (work["title"], work["action"])
    assert reason == work["thread"].get("reason")
