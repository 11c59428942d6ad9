"""What ``docs/scaling.md`` says of this app is so, and its example works."""

import json
import math
import re
from collections import Counter, defaultdict
from itertools import cycle

import pytest

from bench import events
from examples import sharded_queues
from examples.sharded_queues import Shard, ShardedStore, shard_of, shards_of
from local import paths
from shared import pipeline
from shared.reading import envelope
from shared.routes import ROUTES
from shared.settings import Settings
from tests.memory import MemoryStore

PAGE = (paths.ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
SETTINGS = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})
QUEUE_RATE, ACCOUNT_RATE, KIB, REQUESTS = 2_000, 20_000, 4, 2.5
KEYS = [f"sms:+18005550100:+1425555{number:04}" for number in range(5_000)]


def _conversations(count: int) -> dict[str, str]:
    """So many events with a conversation each, two families in turn, and their functions."""
    functions = {
        "SMSReceived.current": "sms_received",
        "ChatMessageReceived.current": "chat_events",
    }
    found = {}
    for number, name in zip(range(count), cycle(functions), strict=False):
        event = json.loads(events.sample(name))
        event["data"] |= {"threadId": f"thread-{number}", "from": f"+1425555{number:04}"}
        found[json.dumps(event)] = functions[name]
    return found


def _base64(size: int) -> int:
    return 4 * math.ceil(size / 3)


def _record_sizes(event: str) -> list[int]:
    sends = pipeline.convert(envelope.parse(event), SETTINGS)
    return [_base64(len(send.record.body)) for send in sends]


def test_the_files_that_it_links_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE)

    assert links
    assert [link for link in links if not (paths.ROOT / "docs" / link).exists()] == []


def test_the_sections_that_it_links_exist() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)", PAGE)) <= headings


def test_the_code_that_it_shows_is_that_of_the_example() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    source = (paths.ROOT / "examples" / "sharded_queues.py").read_text(encoding="utf-8")

    assert shown in source


def test_the_constants_that_it_names() -> None:
    parameters = json.loads((paths.ROOT / "infra" / "main.json").read_text(encoding="utf-8"))
    instances = parameters["parameters"]["maximumInstanceCount"]["defaultValue"]

    assert f"{pipeline.QUEUE_LIMIT // 1024} KiB of JSON, `QUEUE_LIMIT`" in PAGE
    assert f"the app gives its writes {pipeline.DEADLINE:g} s, `DEADLINE`" in PAGE
    assert f"towards {pipeline.DEADLINE * 1000:,.0f}" in PAGE
    assert f"{instances}, `maximumInstanceCount`" in PAGE
    assert f"`{SETTINGS.work_items_queue}`" in PAGE
    assert f"`{SETTINGS.push_notifications_queue}`" in PAGE


def test_the_subscriptions_deliver_one_event_at_a_time() -> None:
    made = json.loads((paths.ROOT / "infra" / "event-subscriptions.json").read_text("utf-8"))

    assert {each["maxEventsPerBatch"] for each in made} == {1}
    assert "`maxEventsPerBatch` is 1" in PAGE


async def test_an_array_of_several_becomes_one_dead_letter() -> None:
    """What `cardinality: many` would bring; that the host hands it over so: tests/tools/host."""
    store, event = MemoryStore(), events.sample("SMSReceived.current")
    await pipeline.process(f"[{event}]", "sms_received", SETTINGS, store)
    assert (len(store.queues), len(store.blobs)) == (2, 0)

    await pipeline.process(f"[{event},{event}]", "sms_received", SETTINGS, store)
    ((letter,),) = map(json.loads, store.blobs.values())
    assert letter["deadLetterReason"] == "MalformedEvent"
    assert sum(map(len, store.queues.values())) == 2


def test_the_table_follows_from_the_limits() -> None:
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.MULTILINE)
    found = [tuple(int(cell.replace(",", "")) for cell in row) for row in rows]

    assert found
    assert found == [
        (
            rate,
            math.ceil(rate * KIB / (QUEUE_RATE / 2)),
            math.ceil(rate * 2 * KIB * REQUESTS / (ACCOUNT_RATE / 2)),
        )
        for rate, _, _ in found
    ]
    assert f"the records of {QUEUE_RATE // 2 // KIB} events a second" in PAGE


def test_records_are_as_large_as_it_says() -> None:
    """Of today's samples; all but new threads, which it names apart."""
    names = {route.event.rpartition(".")[2] for route in ROUTES if route.record}
    names -= {"ChatThreadCreated", "ChatThreadCreatedWithUser"}
    current = {path.name.partition(".")[0] for path in paths.SAMPLES.glob("*.current.json")}
    sizes = [
        size for name in names & current for size in _record_sizes(events.sample(f"{name}.current"))
    ]
    (thread,) = _record_sizes(events.thread(250))

    assert (1.9, 3.3) == (round(min(sizes) / 1000, 1), round(max(sizes) / 1000, 1))
    assert max(sizes) < KIB * 1024
    assert f"of a thread of 250 people is {round(thread / 1000)} KB" in PAGE


def test_a_key_has_the_same_shard_in_every_process_and_version() -> None:
    """Fixed examples: another hash, or another text to hash, would move every conversation."""
    shards = shards_of(["first", "second"], queues=4)

    found = [shard_of(key, shards) for key in KEYS[:3]]

    assert [Shard("first", 0), Shard("first", 0), Shard("second", 2)] == found
    assert [shard_of(key, shards) for key in KEYS] == [shard_of(key, shards[::-1]) for key in KEYS]


def test_every_shard_takes_its_share() -> None:
    shards = shards_of(["first", "second"], queues=4)
    taken = Counter(shard_of(key, shards) for key in KEYS)

    assert set(shards) == set(taken)
    assert max(taken.values()) < 1.2 * len(KEYS) / len(shards)


def test_a_new_shard_moves_only_the_keys_that_it_takes() -> None:
    before, new = shards_of(["first"], queues=4), Shard("first", 4)
    moved = {key: shard_of(key, [*before, new]) for key in KEYS}
    moved = {key: to for key, to in moved.items() if to != shard_of(key, before)}

    assert {new} == set(moved.values())
    assert len(moved) / len(KEYS) == pytest.approx(1 / 5, abs=0.03)


async def test_the_pipeline_works_with_it() -> None:
    """Whole conversations on one queue each, of both kinds, over both accounts."""
    stores = {"first": MemoryStore(), "second": MemoryStore()}
    sharded = ShardedStore(stores, queues=3)
    conversations = _conversations(300)
    for text, function in conversations.items():
        await pipeline.process(text, function, SETTINGS, sharded)
    places = defaultdict(set)
    for account, store in stores.items():
        for queue, messages in store.queues.items():
            kind, _, number = queue.rpartition("-")
            for message in messages:
                places[json.loads(message)["partitionkey"]].add((account, number))
                assert kind in {SETTINGS.work_items_queue, SETTINGS.push_notifications_queue}

    assert sum(len(_record_sizes(text)) for text in conversations) == sum(
        len(messages) for store in stores.values() for messages in store.queues.values()
    )
    assert {1} == {len(found) for found in places.values()}
    assert {(a, f"{n:02}") for a in stores for n in range(3)} == set().union(*places.values())


async def test_blobs_stay_in_the_first_account() -> None:
    stores = {"first": MemoryStore(), "second": MemoryStore()}
    await pipeline.process("no JSON", "sms_received", SETTINGS, ShardedStore(stores, queues=3))
    await pipeline.process(
        events.thread(400), "chat_events", SETTINGS, ShardedStore(stores, queues=3)
    )

    assert ["dead-letters", "record-payloads"] == [place for place, _ in stores["first"].blobs]
    assert {} == stores["second"].blobs


async def test_a_record_without_a_conversation_goes_by_its_id() -> None:
    store = MemoryStore()
    message = b'{"id": "8a37e5dd-bd97-5c69-8a17-09b845df19be"}'
    await ShardedStore({"only": store}, queues=2).send("work-items", message)
    shard = shard_of("8a37e5dd-bd97-5c69-8a17-09b845df19be", shards_of(["only"], 2))

    assert {shard.queue("work-items"): [message]} == store.queues


def test_queue_names_are_names_of_queues() -> None:
    names = {shard.queue("push-notifications") for shard in sharded_queues.shards_of(["a"], 60)}

    assert len(names) == 60
    for name in names:
        Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true", "WORK_ITEMS_QUEUE": name})
