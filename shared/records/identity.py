"""What identifies a fact, and the order of facts.

Names are hashed over JSON arrays, so no text that a sender puts into a field can make two different
names equal. A change here gives every fact another id: decided once, for version 1.
"""

from hashlib import sha1, sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from shared.reading.values import milliseconds
from shared.records.facts import Fact, Message, Thread
from shared.records.parts import Recording

_NAMESPACE = sha1(UUID("0b1f5c8e-6f0a-5d0e-9a49-2f0c1c4e7a11").bytes, usedforsecurity=False)
"""Fixed for ever: another one would give every fact another id."""
_MAX_VERSION = 10**20
"""More digits do not fit ``sequence``."""
_RANKS = {"queued": 0, "unknown": 0, "sent": 1, "delivered": 2, "failed": 2, "read": 3}


class Change(Struct, frozen=True):
    """Which change to its message or thread a fact is: a part of a record's id.

    Only what every event of one fact has in common counts, so never the time of publishing, which
    differs for each of the N + 1 chat events of one message.
    """

    version: Any = None
    is_named: Any = True
    """False where the data does not name the fact; then the event's own id does."""


def message_created(fact: Fact) -> Change:
    """A message is written once."""
    return Change(is_named=fact.message and fact.message.id)


def message_edited(fact: Fact) -> Change:
    """A message is edited once for each version. Without both, the event's id names it."""
    message = fact.message or Message()
    version = message.version or message.edited_at
    return Change(version, is_named=message.id and version)


def message_deleted(fact: Fact) -> Change:
    """A message is deleted, and a restored one can be deleted again."""
    message = fact.message or Message()
    return Change(message.version or message.deleted_at, is_named=message.id)


def delivery_updated(fact: Fact) -> Change:
    """A report is its status and details as they came, and the time of the attempt."""
    attempt = [fact.attempt, fact.occurred_at]
    return Change(attempt, is_named=fact.message and fact.message.id)


def thread_created(fact: Fact) -> Change:
    """A thread is made once, and ends once."""
    return Change(is_named=fact.thread and fact.thread.id)


def thread_updated(fact: Fact) -> Change:
    """A thread is changed once for each version."""
    version = (fact.thread or Thread()).version or fact.occurred_at
    return Change(version, is_named=version)


def participant_changed(fact: Fact) -> Change:
    """Somebody joins or leaves once for each version of the thread, or as one of a call."""
    if fact.call:
        return Change(fact.call.participant_id, is_named=fact.call.participant_id)
    change = thread_updated(fact)
    who = fact.participant.key if fact.participant else ""
    return Change([change.version, who], is_named=change.version and who)


def engagement_updated(fact: Fact) -> Change:
    """A mail is opened and clicked as often as there are times of it."""
    engaged = fact.engagement
    attempt = [fact.attempt, fact.occurred_at, engaged and engaged.link]
    return Change(attempt, is_named=fact.message and fact.message.id and fact.occurred_at)


def call_changed(fact: Fact) -> Change:
    """A call comes in, starts and ends once."""
    return Change(is_named=fact.call and fact.call.id)


def recording_available(fact: Fact) -> Change:
    """A recording is available once, with the same chunks."""
    recording = fact.recording or Recording()
    chunks = [chunk.id for chunk in recording.chunks]
    return Change([recording.id, chunks], is_named=recording.id or any(chunks))


def by_message_version(fact: Fact) -> int | None:
    """The place of a message's change in the order of its changes."""
    return fact.message.version if fact.message else None


def by_thread_version(fact: Fact) -> int | None:
    """The place of a thread's change in the order of its changes."""
    return fact.thread.version if fact.thread else None


def by_time(_fact: Fact) -> None:
    """Nothing numbers these: the time orders them."""


def by_rank(fact: Fact) -> int | None:
    """The rank of a delivery's status: ``read`` outranks ``delivered`` whenever it comes."""
    return _RANKS[fact.delivery.status] if fact.delivery else None


def sequence(order: int | None, time: str | None, revision: int) -> str | None:
    """The CloudEvents extension ``sequence``: of two records of one thing the greater is newer.

    ``<20 digits>/<time>/<4 digits of revision>``. The digits are ``order``, else the time in
    milliseconds; None where there is neither.
    """
    if order is None or not 0 <= order < _MAX_VERSION:
        if time is None:
            return None
        order = milliseconds(time)
    return f"{order:020}/{time or ''}/{revision:04}"


def conversation_key(conversation: str) -> str:
    """The first 32 hexadecimal digits of the SHA-256 of a conversation's name, as UTF-8.

    A pseudonym for attributes, blob names and collapse keys, which show no number and no address.
    """
    return sha256(conversation.encode()).hexdigest()[:32]


def collapse_key(conversation: str, *parts: str) -> str:
    """The same form for a thing in a conversation; for the conversation itself, its key.

    32 digits are what a Web Push ``Topic`` holds (RFC 8030, section 5.4).
    """
    if not parts:
        return conversation_key(conversation)
    return sha256(msgspec.json.encode([conversation, *parts])).hexdigest()[:32]


def uuid5(name: Any) -> str:
    """``str(uuid.uuid5(namespace, name as JSON))`` (RFC 9562, section 5.5)."""
    hashed = _NAMESPACE.copy()
    hashed.update(msgspec.json.encode(name))
    digest = bytearray(hashed.digest()[:16])
    digest[6] = 0x50 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
