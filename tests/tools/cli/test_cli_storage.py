"""Azurite alone, and what `peek`, `send` and the demo do with what lies in it."""

import argparse
import base64
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from local import azurite, demo, paths, peek, publisher, samples
from local.account import explained
from local.azurite import StoragePorts
from local.errors import CommandError
from local.ports import LOOPBACK, is_free
from local.queues import Account
from local.samples import Golden, Sample
from local.send import function_for
from local.stack import Stack
from tests.tools.cli.conftest import Ended

pytestmark = pytest.mark.e2e

RECORD = {
    "specversion": "1.0",
    "id": "1",
    "type": "communication.message.received",
    "subject": "sms:a:b",
    "time": "2026-01-01T00:00:00Z",
    "data": {"action": "open", "priority": "high"},
}


@pytest.fixture(scope="module")
def storage() -> Iterator[StoragePorts]:
    with azurite.running() as service:
        yield service


@pytest.fixture
def queue(storage: StoragePorts) -> Iterator[QueueClient]:
    """A fresh queue that is written to as the app does."""
    with QueueClient.from_connection_string(
        storage.connection_string, f"q{uuid4().hex}", message_encode_policy=TextBase64EncodePolicy()
    ) as client:
        client.create_queue()
        yield client


@pytest.fixture
def peeked(storage: StoragePorts, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What `dev.py peek` prints for a queue."""

    def run(queue: str | None, *options: str) -> str:
        parser = argparse.ArgumentParser()
        peek.configure(parser)
        arguments = [f"--queue-port={storage.queue}", f"--queue={queue}", *options]
        assert 0 == peek.run(parser.parse_args(arguments))
        return capsys.readouterr().out

    return run


def test_azurite_starts_and_stops_alone() -> None:
    with azurite.running() as service:
        numbers = [service.blob, service.queue, service.table]
        assert not any(map(is_free, numbers))
        assert f"QueueEndpoint=http://127.0.0.1:{service.queue}/devstoreaccount1;" in (
            service.connection_string
        )

    assert all(map(is_free, numbers))


def test_peek_shows_and_does_not_take(peeked: Callable[..., str], queue: QueueClient) -> None:
    queue.send_message(json.dumps(RECORD))
    name = queue.queue_name

    for _ in range(2):
        headers, row, *_, last = peeked(name).splitlines()
        assert ["QUEUE", "RECORD", "WHAT", "SUBJECT", "TIME", "ID"] == headers.split()
        assert row.startswith(f"{name}  communication.message.received  open high  sms:a:b  2026-")
        assert f"{name}: 1" == last


def test_peek_for_scripts_is_one_object_with_what_the_table_shows(
    peeked: Callable[..., str], queue: QueueClient
) -> None:
    """In ASCII, whatever a sender wrote."""
    record = RECORD | {"subject": "\u202e\x1b[2Jé"}
    queue.send_message(json.dumps(record))
    queue.send_message("by hand")
    name = queue.queue_name
    table, text = peeked(name), peeked(name, "--json")

    assert text.isascii()
    document = json.loads(text)
    ids = [message.pop("id") for message in document["queues"][0]["messages"]]
    assert all(ids)
    assert document == {
        "queues": [
            {"name": name, "count": 2, "messages": [{"record": record}, {"text": "by hand"}]}
        ],
        "desk": None,
    }
    assert table.endswith(f"\n{name}: 2\n")
    assert "by hand" in table
    assert all(line.isprintable() for line in table.splitlines())


def test_peek_says_how_many_it_cannot_show(peeked: Callable[..., str], queue: QueueClient) -> None:
    for number in range(34):
        queue.send_message(json.dumps(RECORD | {"id": str(number)}))

    assert f"{queue.queue_name}: 32 of 34 shown" in peeked(queue.queue_name)


def test_peek_shows_what_is_no_record(
    storage: StoragePorts, peeked: Callable[..., str], queue: QueueClient
) -> None:
    """Plain text, where Base64 is due, and JSON that is no object, or is nested too deeply."""
    texts = ["by hand!", "é \u202e", "[1]", '{"a":' * 5_000, '{"id": NaN}']
    with QueueClient.from_connection_string(storage.connection_string, queue.queue_name) as plain:
        for text in texts[:2]:
            plain.send_message(text)
    for text in texts[2:]:
        queue.send_message(text)

    with Account(storage.connection_string) as account:
        messages, count = account.peek(queue.queue_name)

    assert len(texts) == count
    assert texts == [message.text for message in messages]
    assert [None] * len(texts) == [message.record for message in messages]
    assert len(texts) == peeked(queue.queue_name).count("(no record)")
    assert all(line.isprintable() for line in peeked(queue.queue_name).splitlines())


def test_peek_of_a_queue_that_is_not_there(
    storage: StoragePorts, dev: Callable[..., Ended]
) -> None:
    """Before the first record the app's own are empty; another name is a mistake."""
    port = f"--queue-port={storage.queue}"
    for name in ("nope", "Bad_Name", "", "x" * 999):
        ended = dev("peek", port, "--queue", name)
        assert 1 == ended.status
        assert f"there is no queue {name}" in ended.output
        assert "work-items and push-notifications" in ended.output

    assert "work-items: empty\n" in dev("peek", port).output
    assert "work-items: empty\n" in dev("peek", port, "--queue=work-items").output


def test_peek_reads_settings_as_the_app_does(
    storage: StoragePorts, dev: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_ITEMS_QUEUE", " others ")
    assert "others: empty" in dev("peek", f"--queue-port={storage.queue}").output

    monkeypatch.setenv("WORK_ITEMS_QUEUE", "Bad_Name")
    monkeypatch.setenv("PUSH_EXPIRES", "soon")
    ended = dev("peek", f"--queue-port={storage.queue}")
    assert 1 == ended.status
    assert ended.output.startswith("dev.py peek: the settings are wrong: WORK_ITEMS_QUEUE='Bad_N")
    assert "; PUSH_EXPIRES must be" in ended.output


def test_a_port_of_another_service(topic: str, dev: Callable[..., Ended]) -> None:
    """It answers 404, and nothing is empty because of that."""
    port = topic.split(":")[2].partition("/")[0]
    for words in (["peek", "--queue-port", port], ["dead-letters", "list", "--blob-port", port]):
        ended = dev(*words)
        assert 1 == ended.status
        assert f"127.0.0.1:{port}/devstoreaccount1: HTTP 404" in ended.output


@pytest.mark.parametrize(
    "arguments", [["peek", "--queue-port=1"], ["send", "SMSReceived", "--port=1"]]
)
def test_where_nothing_listens_the_message_says_what_to_start(
    arguments: list[str], dev: Callable[..., Ended]
) -> None:
    refused = dev(*arguments)

    assert 1 == refused.status
    assert "python3 dev.py start" in refused.output


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ClientAuthenticationError("a wall of text"), "Run `az login`"),
        (ServiceRequestError("name?sig=x"), "nothing answers at host. Check the account's name"),
        (ServiceResponseTimeoutError("read"), "host did not answer in time. Check"),
        (ServiceResponseError("cut off"), "what answers at host is no Storage"),
    ],
)
def test_what_storage_s_clients_raise_is_said_in_one_line(error: AzureError, text: str) -> None:
    said = str(explained(error, "host", is_local=False))

    assert text in said
    assert str(error) not in said


def test_taken_messages_are_unseen_until_put_back(
    storage: StoragePorts, queue: QueueClient
) -> None:
    """So the demo can tell what an event gave, and leave it for `peek`."""
    for number in range(40):
        queue.send_message(json.dumps(RECORD | {"id": str(number)}))
    name = queue.queue_name

    with Account(storage.connection_string) as account:
        taken = account.take(name)

        assert 40 == len(taken)
        assert ([], 40) == account.peek(name)
        account.put_back(taken)
        again = account.take(name)
    assert sorted(message.text for message in taken) == sorted(message.text for message in again)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (RECORD, "open high"),
        ({"data": {"action": "close", "priority": "normal"}}, "close"),
        ({"data": {"interruptionLevel": "background"}}, "background"),
        ({"dataref": "https://x"}, "in a blob"),
        ({}, ""),
    ],
)
def test_what_a_record_asks_for(record: dict[str, Any], expected: str) -> None:
    assert expected == peek.what(record)


@pytest.mark.parametrize("name", ["SMSReceived", "SMSReceived.json", "smsreceived"])
def test_a_sample_is_found_by_name(name: str) -> None:
    assert paths.SAMPLES / "SMSReceived.json" == samples.find(name).file


def test_a_sample_that_is_not_there_names_similar_ones() -> None:
    with pytest.raises(CommandError, match="Did you mean SMSReceived"):
        samples.find("SMSRecieved")


def test_the_function_comes_from_the_golden_file_else_from_the_routes(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"Type": "microsoft.communication.chatmessagereceived"}')
    other = tmp_path / "other.json"
    other.write_text("[1]")

    assert "sms_received" == function_for(samples.find("SMSReceived"))
    assert "chat_events" == function_for(samples.find(str(file)))
    with pytest.raises(CommandError, match="holds no event"):
        function_for(samples.find(str(other)))


GOLDEN = Golden("f", {"work-items": [{"id": "1", "a": {"b": [1]}}], "push-notifications": []}, None)


@pytest.mark.parametrize(
    ("records", "line"),
    [
        ({}, '-      "id": "1"'),
        ({"work-items": [{"id": "1", "a": {"b": [1.0]}}]}, "+          1.0"),
        ({"work-items": [{"id": "1", "a": {"b": [1]}, "c": 2}]}, '+      "c": 2,'),
        ({"work-items": [{"id": "1", "a": {}}]}, '+      "a": {},'),
        ({"work-items": [{"id": "2"}, *GOLDEN.records["work-items"]]}, '+      "id": "2"'),
        (GOLDEN.records | {"push-notifications": [{"id": "2"}]}, '+      "id": "2"'),
    ],
)
def test_records_are_compared_with_the_golden_ones(
    records: dict[str, list[dict[str, Any]]], line: str
) -> None:
    assert line in demo.compare(GOLDEN, records)
    assert [] == demo.compare(GOLDEN, GOLDEN.records)


def test_the_demo_fails_when_a_sample_gives_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As expected; with another title; without a golden file; accepted and should not be."""
    _write_samples(tmp_path)
    monkeypatch.setattr(paths, "SAMPLES", tmp_path / "samples")
    monkeypatch.setattr(paths, "GOLDEN", tmp_path / "golden")

    with Stack.on_free_ports() as stack:
        found = demo.run(stack).document()
        with Account(stack.connection_string) as account:
            left = [account.peek(name)[1] for name in ("work-items", "push-notifications")]

    output = capsys.readouterr().out
    rows = {line.split()[0]: line for line in output.splitlines() if line}
    assert rows["good"].endswith("as expected")
    assert "NOT AS EXPECTED" not in rows["good"]
    assert '-        "title": "something else"' in output
    assert "tests/golden/missing.json is not there; `python3 dev.py golden` writes it" in output
    assert "dead letters are none and should be ['UnknownEventType']" in output
    assert "3 of 4 samples did not give what they should." in output
    assert [4, 4] == left
    assert ["missing", "other", "rejected/taken"] == [one["sample"] for one in found["mismatches"]]


def _write_samples(folder: Path) -> None:
    event = (paths.SAMPLES / "SMSReceived.json").read_text(encoding="utf-8")
    golden = json.loads((paths.GOLDEN / "SMSReceived.json").read_text(encoding="utf-8"))
    other = json.loads(json.dumps(golden))
    other["work-items"][0]["data"]["title"] = "something else"
    goldens = {"good": golden, "other": other, "rejected/taken": golden | {"rejected": "X"}}
    goldens["rejected/taken"]["rejected"] = "UnknownEventType"
    for name in ("good", "other", "missing", "rejected/taken"):
        for kind, text in (("samples", event), ("golden", json.dumps(goldens.get(name)))):
            if name in goldens or kind == "samples":
                file = folder / kind / f"{name}.json"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")


class _Topic(BaseHTTPRequestHandler):
    """A topic endpoint that takes everything under its key."""

    received: ClassVar[list[tuple[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        accepted = self.headers["aeg-sas-key"] == "secret"
        if accepted:
            self.received.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(200 if accepted else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def topic() -> Iterator[str]:
    _Topic.received.clear()
    with HTTPServer((LOOPBACK, 0), _Topic) as server:
        thread = Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}/topic/api/events"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "content_type", "changes"),
    [
        ("SMSReceived", "application/json; charset=utf-8", {}),
        (
            "SMSReceived.cloudevents",
            "application/cloudevents-batch+json; charset=utf-8",
            {"time": "2020-09-18T00:27:47.000Z"},
        ),
    ],
)
def test_microsofts_client_publishes_a_sample(
    name: str, content_type: str, changes: dict[str, str], topic: str
) -> None:
    """To a plain HTTP endpoint on loopback, in both schemas; it prints a CloudEvent's time anew."""
    sample = samples.find(name)

    assert 1 == publisher.publish(sample, topic, "secret")
    (event,) = sample.events()
    assert [(content_type, [event | changes])] == _Topic.received


def test_a_topic_that_refuses_is_named(topic: str) -> None:
    with pytest.raises(CommandError, match="did not take SMSReceived"):
        publisher.publish(samples.find("SMSReceived"), topic, "wrong")


def test_a_file_without_events_cannot_be_published(topic: str, tmp_path: Path) -> None:
    file = tmp_path / "scalar.json"
    file.write_text("7")

    with pytest.raises(CommandError, match="holds no event"):
        publisher.publish(Sample(file), topic, "secret")


def test_base64_is_what_a_queue_trigger_expects(queue: QueueClient, storage: StoragePorts) -> None:
    """The tests above write as the app does; this is what that means."""
    queue.send_message("é")
    with QueueClient.from_connection_string(storage.connection_string, queue.queue_name) as raw:
        (message,) = raw.peek_messages()

    assert "é".encode() == base64.b64decode(message.content)
