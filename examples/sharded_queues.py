"""Records on many queues in several accounts, for the day of `docs/scaling.md`.

Copy it beside `shared/writing/storage.py`, and let `account` there return a `ShardedStore`.
Nothing else in the app changes. Readers of a queue see what they saw before: whole conversations.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from shared.writing.storage import Store


class Shard(NamedTuple):
    """One queue of each kind."""

    account: str
    number: int

    def queue(self, kind: str) -> str:
        """``work-items-07``."""
        return f"{kind}-{self.number:02}"


class Keys(msgspec.Struct):
    """What of a record decides where it goes."""

    id: str
    partitionkey: str | None = None


def shards_of(accounts: Sequence[str], queues: int) -> list[Shard]:
    """So many queues of each kind in every account."""
    return [Shard(account, number) for account in accounts for number in range(queues)]


def shard_of(key: str, shards: Sequence[Shard]) -> Shard:
    """The shard of a key, the same in every process and in any order of shards.

    Each shard draws a number for the key and the highest wins, so a new shard takes its share of
    the keys from all others, and no key moves between two old ones.
    """
    return max(
        shards,
        key=lambda shard: sha256(f"{shard.account}/{shard.number}/{key}".encode()).digest(),
    )


class ShardedStore:
    """``Store`` over several accounts, by name. Blobs stay in the first."""

    def __init__(self, stores: Mapping[str, Store], queues: int) -> None:
        self._stores = stores
        self._first = next(iter(stores.values()))
        self._shards = shards_of(list(stores), queues)

    async def send(self, queue: str, message: bytes) -> None:
        """Put a record on the queue of its conversation's shard."""
        keys = msgspec.json.decode(message, type=Keys)
        shard = shard_of(keys.partitionkey or keys.id, self._shards)
        await self._stores[shard.account].send(shard.queue(queue), message)

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Write a blob where dead letters and payloads are looked for."""
        return await self._first.save(container, name, body)
