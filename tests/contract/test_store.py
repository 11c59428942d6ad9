"""What the pipeline may rely on, whichever store it writes to."""

import base64
import json

import pytest

from shared.errors import DeliveryError
from shared.pipeline import QUEUE_LIMIT
from tests.contract.conftest import Subject


async def test_a_missing_queue_is_made(subject: Subject) -> None:
    await subject.store.send(subject.queue, b'{"a":1}')

    assert [b'{"a":1}'] == [base64.b64decode(m) for m in subject.messages(subject.queue)]


async def test_messages_are_base64_as_queue_triggers_expect(subject: Subject) -> None:
    await subject.store.send(subject.queue, '{"text":"Grüße 😀"}'.encode())

    (message,) = subject.messages(subject.queue)

    assert {"text": "Grüße 😀"} == json.loads(base64.b64decode(message, validate=True))


async def test_the_largest_record_fits(subject: Subject) -> None:
    """``QUEUE_LIMIT`` bytes become 64 KiB of Base64, exactly what the service takes."""
    await subject.store.send(subject.queue, b"x" * QUEUE_LIMIT)

    assert 1 == len(subject.messages(subject.queue))


async def test_one_byte_more_is_refused(subject: Subject) -> None:
    """So the claim check must begin at ``QUEUE_LIMIT``, and not later."""
    with pytest.raises(DeliveryError, match=subject.queue):
        await subject.store.send(subject.queue, b"x" * (QUEUE_LIMIT + 1))


async def test_a_missing_container_is_made(subject: Subject) -> None:
    address = await subject.store.save(subject.container, "a/b.json", b"[1]")

    assert b"[1]" == subject.blob(subject.container, "a/b.json")
    assert address.endswith(f"{subject.container}/a/b.json")


async def test_a_blob_is_written_over_one_of_the_same_name(subject: Subject) -> None:
    """An event that is delivered again writes the same blob again."""
    await subject.store.save(subject.container, "same.json", b"1")

    await subject.store.save(subject.container, "same.json", b"2")

    assert b"2" == subject.blob(subject.container, "same.json")


async def test_a_blob_address_holds_no_token(subject: Subject) -> None:
    address = await subject.store.save(subject.container, "x.json", b"{}")

    assert "?" not in address
