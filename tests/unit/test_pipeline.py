"""All of it in order, with storage in memory."""

import asyncio
import json
import logging
import os
from typing import Any

import pytest

from shared import pipeline, routes
from shared.errors import ConfigError, DeliveryError, RejectedEvent
from shared.pipeline import QUEUE_LIMIT, convert, handle, process
from shared.reading.unrouted import OTHER_FAMILIES
from shared.records import wording
from tests.contract_of_records import held
from tests.memory import MemoryStore
from tests.unit.events import ALICE, BOB, CHAT_MESSAGE, PREFIX, SMS, event, parse, settings

WORK, PUSH = "work-items", "push-notifications"
FOREIGN = next(iter(OTHER_FAMILIES))
LOGGER = "acs_event_records"


class BrokenStore(MemoryStore):
    """Some queues and containers fail, the others take their time."""

    def __init__(self, *broken: str) -> None:
        super().__init__()
        self.broken = broken

    async def send(self, queue: str, message: bytes) -> None:
        """Fail at once, or succeed later."""
        if queue in self.broken:
            raise DeliveryError(f"queue {queue!r}: HTTP 503")
        await asyncio.sleep(0.01)
        await super().send(queue, message)

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Fail at once, or succeed later."""
        if container in self.broken:
            raise DeliveryError(f"container {container!r}: HTTP 503")
        await asyncio.sleep(0.01)
        return await super().save(container, name, body)


class OrderedStore(MemoryStore):
    """Remembers what was written in which order."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    async def send(self, queue: str, message: bytes) -> None:
        """Write it down."""
        self.order.append(queue)
        await super().send(queue, message)

    async def save(self, container: str, name: str, body: bytes) -> str:
        """Write it down."""
        address = await super().save(container, name, body)
        self.order.append(container)
        return address


class DeadStore(MemoryStore):
    """Never answers."""

    async def send(self, queue: str, message: bytes) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()
        await super().send(queue, message)


async def _process(
    wire: Any, store: MemoryStore, function: str = "sms_received", **environ: str
) -> None:
    text = wire if isinstance(wire, str) else json.dumps(wire)
    await process(text, function, settings(**environ), store)


def _letter(store: MemoryStore) -> dict[str, Any]:
    ((container, name),) = store.blobs
    (letter,) = json.loads(store.blobs[container, name])
    assert container == "dead-letters"
    assert isinstance(letter, dict)
    return letter


def _infos(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "INFO"]


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.fixture(autouse=True)
def _every_log_record(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger=LOGGER)


async def test_each_record_goes_to_its_queue() -> None:
    store = MemoryStore()
    await _process(event("SMSReceived", SMS), store)

    assert {queue: len(messages) for queue, messages in store.queues.items()} == {WORK: 1, PUSH: 1}
    assert json.loads(store.queues[WORK][0])["data"]["action"] == "open"
    assert json.loads(store.queues[PUSH][0])["data"]["interruptionLevel"] == "active"
    assert store.blobs == {}


async def test_queues_have_the_names_that_are_set() -> None:
    store = MemoryStore()
    await _process(
        event("SMSReceived", SMS), store, WORK_ITEMS_QUEUE="w-1", PUSH_NOTIFICATIONS_QUEUE="p-1"
    )

    assert set(store.queues) == {"w-1", "p-1"}


async def test_the_same_event_again_gives_the_same_messages() -> None:
    store = MemoryStore()
    for _ in range(2):
        await _process(event("SMSReceived", SMS), store)

    assert [len(set(messages)) for messages in store.queues.values()] == [1, 1]


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        pytest.param("{", "MalformedEvent", id="not JSON"),
        pytest.param("7", "MalformedEvent", id="a scalar"),
        pytest.param({"id": "1"}, "MalformedEvent", id="no type"),
        pytest.param(event("Tomorrow", {}), "UnknownEventType", id="unknown type"),
        pytest.param(event(FOREIGN, {}), "UnknownEventType", id="another family"),
        pytest.param(event("SMSReceived", None), "UnreadablePayload", id="no data"),
        pytest.param(event("SMSReceived", {"message": {}}), "UnreadablePayload", id="wrong shape"),
        pytest.param(
            {"type": f"{PREFIX}SMSReceived", "data_base64": "é"}, "UnreadablePayload", id="64"
        ),
        pytest.param(
            event("SMSReceived", {"message": "a", "x": "DEEP"}), "MalformedEvent", id="deep"
        ),
        pytest.param(
            event("ChatMessageReceived", CHAT_MESSAGE, topic="/" + "x" * 60_000),
            "OversizedRecord",
            id="ids too long",
        ),
    ],
)
async def test_what_no_retry_can_help_becomes_a_dead_letter(wire: Any, reason: str) -> None:
    """It is acknowledged, and nothing lies on a queue."""
    text = wire if isinstance(wire, str) else json.dumps(wire)
    store = MemoryStore()
    await _process(text.replace('"DEEP"', "[" * 100_000 + "]" * 100_000), store)

    assert _letter(store)["deadLetterReason"] == reason
    assert _letter(store)["deadLetterFunction"] == "sms_received"
    assert dict(store.queues) == {}


@pytest.mark.parametrize("depth", [*range(100, 1000, 100), 2_000, 50_000])
async def test_nesting_of_any_depth_is_a_record_or_a_dead_letter(depth: int) -> None:
    deep = event("SMSReceived", SMS | {"x": "DEEP"}, y="DEEP")
    store = MemoryStore()
    await _process(json.dumps(deep).replace('"DEEP"', '{"a":' * depth + "1" + "}" * depth), store)

    assert bool(store.queues) != bool(store.blobs)


def test_nesting_that_only_the_way_out_refuses_is_malformed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_deep(*_: Any) -> None:
        raise RecursionError

    monkeypatch.setattr(routes, "fact_of", too_deep)
    with pytest.raises(RejectedEvent, match="nested too deeply"):
        convert(parse(event("SMSReceived", SMS)), settings())


BAD = ["null", "7", "true", '"text"', "[]", "[[1, 2], {}]", "", '{"data": {}}']


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_batch_with_an_element_that_is_no_event_settles_the_good_ones(
    bad: str, place: int
) -> None:
    """With ``"cardinality": "many"`` the worker gets the text of the whole array."""
    odd = {"message": ' [,"{\\'}
    good = [json.dumps(event("SMSReceived", SMS | odd | {"to": to}), indent=1) for to in "12"]
    texts = [*good[:place], bad, *good[place:]]
    store, alone = MemoryStore(), MemoryStore()
    await _process(f" [ {' , '.join(texts)} ]\n", store)
    for each in good:
        await _process(each, alone)

    for queue in (WORK, PUSH):
        assert sorted(store.queues[queue]) == sorted(alone.queues[queue])
    letter = _letter(store)
    assert (letter["deadLetterReason"], letter.get("rawEvent", bad)) == ("MalformedEvent", bad)


async def test_what_is_no_whole_array_is_one_dead_letter() -> None:
    good = json.dumps(event("SMSReceived", SMS))
    tails = ("", "] ]", f",{good}", f",{good}]]", ",{]", ',"\\]', ',"]')
    for text in ("[", "[]", f"{good},{good}", *(f"[{good}{tail}" for tail in tails)):
        store = MemoryStore()
        await _process(text, store)

        assert (_letter(store)["rawEvent"], dict(store.queues)) == (text, {})


async def test_a_batch_comes_again_where_one_of_it_could_not_be_stored() -> None:
    """The others are stored by then, and have the same ids when they come again."""
    chat = event("ChatMessageReceivedInThread", CHAT_MESSAGE)  # no push
    store = BrokenStore(PUSH)
    with pytest.raises(DeliveryError, match=PUSH):
        await _process([event("SMSReceived", SMS), 7, chat], store)

    assert len(store.queues[WORK]) == 2
    assert _letter(store)["rawEvent"] == "7"


async def test_a_dead_letter_goes_to_the_container_that_is_set() -> None:
    store = MemoryStore()
    await _process("{", store, DEAD_LETTERS_CONTAINER="d-1")

    assert [container for container, _ in store.blobs] == ["d-1"]


async def test_a_dead_letter_that_cannot_be_written_comes_again() -> None:
    with pytest.raises(DeliveryError, match="dead-letters"):
        await _process("{", BrokenStore("dead-letters"))


@pytest.mark.parametrize(
    "name", ["ChatTypingIndicatorReceivedInThread", "ChatAzureBotCommandReceivedInThread"]
)
@pytest.mark.parametrize("function", routes.FUNCTIONS)
async def test_an_ignored_event_is_counted_and_left_alone(
    name: str, function: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By every function: a deployment tries each with one."""
    store = MemoryStore()
    await _process(event(name, {}), store, function)

    assert (dict(store.queues), store.blobs) == ({}, {})
    assert [] == [one for one in caplog.records if one.levelno > logging.INFO]
    assert len(_infos(caplog)) == 1
    assert "outcome=ignored records=none" in _infos(caplog)[0]


def _of_size(size: int) -> dict[str, Any]:
    """An SMS whose work item has exactly this many bytes."""
    empty = convert(parse(event("SMSReceived", SMS | {"message": ""})), settings())
    room = size - len(empty[0].record.body)
    return event("SMSReceived", SMS | {"message": "x" * room})


async def test_a_record_of_the_limit_stays_whole() -> None:
    store = MemoryStore()
    await _process(
        _of_size(QUEUE_LIMIT), store, ROUTE_OVERRIDES=f'{{"{PREFIX}SMSReceived":{{"work":"open"}}}}'
    )

    assert len(store.queues[WORK][0]) == QUEUE_LIMIT
    assert store.blobs == {}


async def test_a_record_over_the_limit_leaves_its_data_in_a_blob() -> None:
    """48 KiB become 64 KiB as Base64, which is all that a queue message holds."""
    wire = _of_size(QUEUE_LIMIT + 1)
    store = MemoryStore()
    await _process(wire, store, ROUTE_OVERRIDES=f'{{"{PREFIX}SMSReceived":{{"work":"open"}}}}')
    ((container, name),) = store.blobs
    message = json.loads(store.queues[WORK][0])
    whole = held(json.loads(convert(parse(wire), settings())[0].record.body))

    assert container == "record-payloads"
    assert name == f"{message['subject']}/{message['id']}.json"
    assert message.pop("dataref") == f"memory://{container}/{name}"
    assert json.loads(store.blobs[container, name]) == whole.pop("data")
    assert message == whole


async def test_a_long_name_of_a_conversation_costs_no_room_on_the_queue() -> None:
    store = MemoryStore()
    wire = event("ChatMessageReceivedInThread", CHAT_MESSAGE | {"threadId": "x" * 60_000})
    await _process(wire, store, "chat_events")
    ((_, name),) = store.blobs
    message = json.loads(store.queues[WORK][0])

    assert name == f"{message['partitionkey']}/{message['id']}.json"
    assert len(store.queues[WORK][0]) < 1024


async def test_the_blob_is_written_before_the_message_that_names_it() -> None:
    """A message must never name a blob that is not there."""
    store = OrderedStore()
    await _process(
        event("ChatMessageReceivedInThread", CHAT_MESSAGE | {"messageBody": "x" * 60_000}),
        store,
        "chat_events",
        RECORD_PAYLOADS_CONTAINER="r-1",
    )

    assert store.order == ["r-1", WORK]


async def test_without_the_blob_there_is_no_message() -> None:
    store = BrokenStore("record-payloads")
    with pytest.raises(DeliveryError, match="record-payloads"):
        await _process(event("SMSReceived", SMS | {"message": "x" * 60_000}), store)

    assert dict(store.queues) == {}


async def test_a_big_event_of_a_megabyte_is_delivered() -> None:
    store = MemoryStore()
    await _process(event("SMSReceived", SMS | {"message": "é" * 500_000}), store)

    assert all(len(message) < QUEUE_LIMIT for (message,) in store.queues.values())
    assert len(store.blobs) == 2


@pytest.mark.parametrize("broken", [WORK, PUSH])
async def test_one_write_fails_while_the_other_is_finished(broken: str) -> None:
    """Event Grid sends the event again, and a consumer knows the record by its id."""
    store = BrokenStore(broken)
    with pytest.raises(DeliveryError, match=broken):
        await _process(event("SMSReceived", SMS), store)

    assert set(store.queues) == {WORK, PUSH} - {broken}


async def test_the_second_try_yields_the_same_records() -> None:
    first, second = BrokenStore(PUSH), MemoryStore()
    with pytest.raises(DeliveryError):
        await _process(event("SMSReceived", SMS), first)
    await _process(event("SMSReceived", SMS), second)

    assert first.queues[WORK] == second.queues[WORK]


async def test_a_dead_service_fails_before_event_grid_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "DEADLINE", 0.05)
    with pytest.raises(DeliveryError, match=r"did not answer within 0\.05 s"):
        await _process(event("SMSReceived", SMS), DeadStore())


def test_the_deadline_leaves_event_grid_time() -> None:
    assert pipeline.DEADLINE < 20


async def test_a_bug_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: Any) -> None:
        raise KeyError("bug")

    store = MemoryStore()
    monkeypatch.setattr(wording, "work_title", bug)
    with pytest.raises(KeyError):
        await _process(event("SMSReceived", SMS), store)

    assert store.blobs == {}


@pytest.mark.parametrize(
    ("name", "data", "function"),
    [
        ("SMSReceived", SMS, "sms_received"),
        ("ChatMessageReceived", CHAT_MESSAGE, "chat_events"),
        ("SMSDeliveryReportReceived", {"messageId": "m"}, "delivery_report"),
    ],
)
async def test_the_right_function_is_not_warned_of(
    name: str, data: dict[str, Any], function: str, caplog: pytest.LogCaptureFixture
) -> None:
    await _process(event(name, data), MemoryStore(), function)

    assert _warnings(caplog) == []
    assert len(_infos(caplog)) == 1


async def test_a_known_type_at_the_wrong_function_is_processed_and_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    await _process(event("SMSReceived", SMS), store, "chat_events")

    assert len(store.queues) == 2
    (warning,) = _warnings(caplog)
    assert f"{PREFIX}SMSReceived belongs to sms_received and came to chat_events" in warning
    assert "included event types" in warning


async def test_one_record_of_the_log_says_what_became_of_an_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    await _process(event("SMSReceived", SMS), store)
    ids = [json.loads(store.queues[queue][0])["id"] for queue in (WORK, PUSH)]

    (record,) = caplog.records
    assert record.getMessage() == (
        f"event=event-1 type={PREFIX}SMSReceived outcome=delivered "
        f"records={WORK}:{ids[0]},{PUSH}:{ids[1]}"
    )


async def test_one_record_of_the_log_says_why_an_event_was_rejected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    await _process(event("SMSReceived", {"message": {}}), store)
    ((_, name),) = store.blobs

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    for part in ("event=event-1", "outcome=rejected", "reason=UnreadablePayload", name):
        assert part in record.getMessage()


async def test_an_event_that_cannot_be_parsed_has_no_id_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await _process("{", MemoryStore())

    assert "event=none type=none" in _warnings(caplog)[0]


async def test_nobody_can_write_lines_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    wire = event("SMSReceived", SMS, id="1\nevent=2 outcome=delivered" + "x" * 500)
    await _process(wire, MemoryStore())

    (line,) = _infos(caplog)
    assert "\n" not in line
    assert "event=1?event?2?outcome?delivered" in line
    assert "x" * 101 not in line


@pytest.mark.parametrize(
    "wire",
    [
        event("SMSReceived", {"from": "+15555550100", "to": "+15555550199", "message": "Secret"}),
        event("SMSReceived", {"from": "+15555550100", "message": ["Secret"]}),
        event("SMSReceived", {"From": {"Secret": 1}, "message": "Secret"}),
        event("EmailDeliveryReportReceived", {"sender": "secret@x.org", "recipient": ["Secret"]}),
        event("ChatMessageReceived", CHAT_MESSAGE | {"senderDisplayName": "Secret"}),
        event("ChatMessageReceived", CHAT_MESSAGE | {"version": {"Secret": "Secret"}}),
        event("ChatThreadCreated", {"members": [{"displayName": ["Secret"], "memberId": BOB}]}),
        event("ChatThreadCreated", {"threadId": "Secret" * 10_000, "createdBy": ALICE}),
        event("Unknown", {"message": "Secret"}),
        '{"eventType": "Microsoft.Communication.SMSReceived", "data": {"message": "Secret',
        '{"message": "Secret"}',
    ],
    ids=[
        "sms",
        "text of a wrong shape",
        "number of a wrong shape",
        "address of a wrong shape",
        "chat",
        "version of a wrong shape",
        "name of a wrong shape",
        "thread id too long",
        "unknown type",
        "cut",
        "no type",
    ],
)
async def test_logs_and_reasons_hold_nothing_personal(
    wire: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Ids, types, counts and outcomes; never text, names, addresses or numbers."""
    store = MemoryStore()
    await _process(wire, store)
    logged = "\n".join(record.getMessage() for record in caplog.records)
    if store.blobs and not store.queues:
        logged += _letter(store)["deadLetterError"]

    assert logged
    assert "secret" not in logged.lower()
    assert "1555555" not in logged
    assert ALICE not in logged


async def test_handle_reads_the_environment_and_uses_its_storage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    monkeypatch.setattr(
        os, "environ", {"RecordStorage": "UseDevelopmentStorage=true", "WORK_ITEMS_QUEUE": "w-1"}
    )
    monkeypatch.setattr(pipeline, "account", lambda _: store)
    pipeline._settings.cache_clear()  # noqa: SLF001 - settings are read once per process
    try:
        await handle(json.dumps(event("SMSReceived", SMS)), "sms_received")
    finally:
        pipeline._settings.cache_clear()  # noqa: SLF001 - and the next test is another process

    assert set(store.queues) == {"w-1", PUSH}


async def test_handle_fails_at_first_use_of_wrong_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {"WORK_ITEMS_QUEUE": "W"})
    pipeline._settings.cache_clear()  # noqa: SLF001 - settings are read once per process
    with pytest.raises(ConfigError, match=r"storage account.*WORK_ITEMS_QUEUE|WORK_ITEMS_QUEUE"):
        await handle("{}", "sms_received")
