"""With ``ARCHIVE_CONTAINER`` the event itself is kept beside its records."""

import json
from typing import Any

import pytest

from shared.errors import ConfigError, DeliveryError
from shared.pipeline import process
from tests.memory import MemoryStore
from tests.unit.events import CHAT_MESSAGE, NOW, SMS, event, settings

ARCHIVE = settings(ARCHIVE_CONTAINER="archive")


class Clock:
    """Stands for ``datetime`` in the pipeline."""

    @staticmethod
    def now(_zone: Any) -> Any:
        """Always the same hour."""
        return NOW


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pipeline.datetime", Clock)


async def test_the_event_is_kept_as_it_came_under_its_hour() -> None:
    store, text = MemoryStore(), json.dumps(event("SMSReceived", SMS), indent=3) + "\n"
    await process(text, "sms_received", ARCHIVE, store)
    await process(text, "sms_received", ARCHIVE, store)

    ((container, name),) = store.blobs
    assert container == "archive"
    assert name.startswith("2026/01/02/03/")
    assert store.blobs[container, name] == text.encode()


@pytest.mark.parametrize(
    ("wire", "where"),
    [
        pytest.param(
            event("ChatTypingIndicatorReceivedInThread", {"threadId": "t"}), [], id="none"
        ),
        pytest.param(event("Nonsense", {}), ["dead-letters"], id="rejected"),
    ],
)
async def test_only_events_with_records_are_kept(wire: Any, where: list[str]) -> None:
    store = MemoryStore()
    await process(json.dumps(wire), "chat_events", ARCHIVE, store)

    assert [container for container, _ in store.blobs] == where


async def test_without_the_setting_nothing_is_kept() -> None:
    store = MemoryStore()
    await process(json.dumps(event("ChatMessageReceived", CHAT_MESSAGE)), "f", settings(), store)

    assert store.blobs == {}


async def test_an_archive_that_cannot_be_written_brings_the_event_again() -> None:
    """The records are written all the same; their ids make the copies harmless."""

    class NoBlobs(MemoryStore):
        async def save(self, container: str, _name: str, _body: bytes) -> str:
            raise DeliveryError(f"container {container!r}: HTTP 503")

    store = NoBlobs()
    with pytest.raises(DeliveryError, match="archive"):
        await process(json.dumps(event("SMSReceived", SMS)), "sms_received", ARCHIVE, store)

    assert {queue: len(messages) for queue, messages in store.queues.items()} == {
        "work-items": 1,
        "push-notifications": 1,
    }


def test_a_wrong_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="ARCHIVE_CONTAINER"):
        settings(ARCHIVE_CONTAINER="No_Name")
