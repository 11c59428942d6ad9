"""What a record says of its trace, and the spans of an event, with storage in memory."""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.semconv._incubating.attributes import (
    cloudevents_attributes,
    error_attributes,
    messaging_attributes,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from local import paths
from shared.errors import ConfigError, DeliveryError
from shared.pipeline import process
from tests.memory import MemoryStore
from tests.unit.events import PREFIX, SAMPLES, SMS, event, settings

INVOCATION = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EVENTS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RECORDS = {"TRACE_RECORDS": "true"}
SPANS = {"PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true"}
SPANS_BY = next(iter(SPANS))
PAGE = (paths.ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
ATTRIBUTES = {
    value
    for module in (messaging_attributes, cloudevents_attributes, error_attributes)
    for value in vars(module).values()
    if isinstance(value, str)
}
"""The names that the semantic conventions know."""


class Counting(IdGenerator):
    """Ids that are the same in every run."""

    def __init__(self) -> None:
        self.last = 0

    def generate_span_id(self) -> int:
        """Give the next number."""
        self.last += 1
        return self.last

    def generate_trace_id(self) -> int:
        """Give a number that no invocation has."""
        return 1


class Failing(MemoryStore):
    """Takes nothing, and says whose text it did not take."""

    async def send(self, queue: str, message: bytes) -> None:
        """Fail with all of the message."""
        raise DeliveryError(f"{queue}: {message.decode()}")


class Exporter:
    """The spans of a test, in the order in which they began."""

    def __init__(self) -> None:
        self.ids = Counting()
        self.memory = InMemorySpanExporter()
        provider = TracerProvider(id_generator=self.ids)
        provider.add_span_processor(SimpleSpanProcessor(self.memory))
        trace.set_tracer_provider(provider)

    def spans(self) -> list[ReadableSpan]:
        """What ended so far."""
        return sorted(self.memory.get_finished_spans(), key=lambda each: each.context.span_id)


@pytest.fixture(scope="module")
def _exporter() -> Exporter:
    """OpenTelemetry takes one provider for a process."""
    return Exporter()


@pytest.fixture
def exporter(_exporter: Exporter) -> Iterator[Exporter]:
    """No spans yet, and the invocation's context as the Functions worker sets it."""
    _exporter.memory.clear()
    _exporter.ids.last = 0
    parent = TraceContextTextMapPropagator().extract({"traceparent": INVOCATION})
    token = context.attach(parent)
    yield _exporter
    context.detach(token)


async def _records(
    wire: Any, traceparent: str | None = INVOCATION, **environ: str
) -> list[dict[str, Any]]:
    store, text = MemoryStore(), wire if isinstance(wire, str) else json.dumps(wire)
    await process(text, "sms_received", settings(**environ), store, traceparent)
    return [json.loads(message) for queue in store.queues.values() for message in queue]


def _attributes(span: ReadableSpan) -> dict[str, str]:
    return {key: str(value) for key, value in (span.attributes or {}).items()}


@pytest.mark.parametrize(
    ("own", "invocation", "environ", "expected"),
    [
        pytest.param(None, INVOCATION, RECORDS, INVOCATION, id="the invocation's"),
        pytest.param(EVENTS, INVOCATION, RECORDS, EVENTS, id="the event's own"),
        pytest.param(None, INVOCATION, {}, None, id="off"),
        pytest.param(EVENTS, INVOCATION, {}, EVENTS, id="off, the event's own"),
        pytest.param(None, None, RECORDS, None, id="no invocation"),
        pytest.param(None, "", RECORDS, None, id="a host without traces"),
        pytest.param(None, "|4bf92f35.00f067aa.", RECORDS, None, id="another form"),
        pytest.param(None, INVOCATION + "-x", RECORDS, None, id="more than a context"),
    ],
)
async def test_the_trace_of_a_record(
    own: str | None, invocation: str | None, environ: dict[str, str], expected: str | None
) -> None:
    wire = event("SMSReceived", SMS, **({"traceparent": own} if own else {}))

    found = await _records(wire, invocation, **environ)

    assert [record.get("traceparent") for record in found] == [expected] * 2


async def test_a_redelivery_differs_in_its_trace_alone() -> None:
    """Its id does not depend on the trace."""
    for sample in SAMPLES:
        first, second = [await _records(sample, each, **RECORDS) for each in (INVOCATION, EVENTS)]

        assert [record | {"traceparent": ""} for record in first] == [
            record | {"traceparent": ""} for record in second
        ]


async def test_spans_from_invocation_to_queue(exporter: Exporter) -> None:
    (work, push) = await _records(event("SMSReceived", SMS), **SPANS)

    processing, *sending = exporter.spans()
    assert (processing.name, processing.kind) == ("process", trace.SpanKind.CONSUMER)
    assert processing.attributes == {
        "messaging.system": "eventgrid",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.message.id": "event-1",
        "cloudevents.event_type": f"{PREFIX}SMSReceived",
    }
    assert {each.name: (each.kind, each.attributes) for each in sending} == {
        f"send {queue}": (
            trace.SpanKind.CLIENT,
            {
                "messaging.system": "azure_storage_queue",
                "messaging.operation.name": "send",
                "messaging.operation.type": "send",
                "messaging.destination.name": queue,
                "messaging.message.id": record["id"],
            },
        )
        for queue, record in (("work-items", work), ("push-notifications", push))
    }
    assert all(_attributes(each).keys() <= ATTRIBUTES for each in exporter.spans())


async def test_a_record_with_the_events_trace_is_linked_to_the_invocations(
    exporter: Exporter,
) -> None:
    """By the span that sends it: whoever has either trace finds the other."""
    await _records(event("SMSReceived", SMS, traceparent=EVENTS), **SPANS)

    processing, *sending = exporter.spans()
    assert not processing.links
    assert [[f"{link.context.trace_id:032x}" for link in each.links] for each in sending] == [
        [EVENTS.split("-")[1]]
    ] * 2


async def test_a_context_that_cannot_be_read_gives_no_link(exporter: Exporter) -> None:
    await _records(event("SMSReceived", SMS, traceparent="00-a-b-01"), **SPANS)

    assert [len(each.links) for each in exporter.spans()] == [0, 0, 0]


@pytest.mark.parametrize("text", ["{", json.dumps(event("Unheard", {"body": "Hello"}))])
async def test_a_dead_letter_has_its_span(exporter: Exporter, text: str) -> None:
    await _records(text, **SPANS)

    (span,) = exporter.spans()
    assert (span.name, span.status.is_ok) == ("process", True)


async def test_a_failure_is_named_and_not_quoted(exporter: Exporter) -> None:
    """The message of an error may hold anything, such as what somebody wrote."""
    with pytest.raises(DeliveryError, match="Is the shop open"):
        await process(
            json.dumps(event("SMSReceived", SMS)), "sms_received", settings(**SPANS), Failing()
        )

    spans = exporter.spans()
    assert [_attributes(each)["error.type"] for each in spans] == ["DeliveryError"] * 3
    assert not any(each.status.is_ok or each.status.description or each.events for each in spans)
    assert not any("shop" in each.to_json() for each in spans)


async def test_spans_of_all_samples_hold_ids_types_and_queues(exporter: Exporter) -> None:
    """What people wrote, their names and their numbers are in none of these."""
    for sample in SAMPLES:
        exporter.memory.clear()
        records = await _records(sample, **SPANS)
        processing, *sending = exporter.spans()
        found = _attributes(processing)

        assert found.pop("messaging.message.id", "none") in sample.replace("\\/", "/") + "none"
        assert found.pop("cloudevents.event_type", "none").lower() in sample.lower() + "none"
        assert found.keys() == {
            "messaging.system",
            "messaging.operation.name",
            "messaging.operation.type",
        }
        ids = {_attributes(each)["messaging.message.id"] for each in sending}
        assert ids == {record["id"] for record in records}


async def test_an_id_is_one_short_word(exporter: Exporter) -> None:
    await _records(event("SMSReceived", SMS, id="Is the shop\nopen? " * 10), **SPANS)

    found = _attributes(exporter.spans()[0])["messaging.message.id"]
    assert re.fullmatch(r"[\w?]{100}", found)


async def test_without_spans_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "opentelemetry"]:
        monkeypatch.delitem(sys.modules, name)

    await _records(event("SMSReceived", SMS), **RECORDS)

    assert [name for name in sys.modules if name.startswith("opentelemetry")] == []


async def test_spans_without_the_package_are_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(ConfigError, match=SPANS_BY):
        await _records(event("SMSReceived", SMS), **SPANS)


async def test_the_page_shows_a_real_trace(exporter: Exporter) -> None:
    """After a change: put what this test expects into docs/deploy.md."""
    (sample,) = json.loads((paths.SAMPLES / "SMSReceived.current.json").read_text("utf-8"))
    records = await _records(sample, **SPANS, **RECORDS)
    _, trace_id, invocation, _ = INVOCATION.split("-")
    lines = [f"trace {trace_id}", f"{invocation} sms_received (the host's span)"]
    for span in exporter.spans():
        lines.append(f"{span.context.span_id:016x} {span.name}")
        lines += [f"  parent: {span.parent.span_id:016x}" if span.parent else "no parent"]
        lines += [f"  {key}: {value}" for key, value in sorted(_attributes(span).items())]
    lines += [f"record {each['id']}\n  traceparent: {each['traceparent']}" for each in records]
    expected = "\n".join(lines)

    assert f"```text\n{expected}\n```" in PAGE, expected
