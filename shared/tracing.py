"""Traces: the context that a record carries, and spans. While they are off, nothing is imported.

Names: github.com/open-telemetry/semantic-conventions, docs/messaging, which has none for Storage
queues yet. The Functions worker makes the invocation's context the current one.
"""

import re
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from types import ModuleType
from typing import Any

from msgspec import structs

from shared.errors import ConfigError
from shared.reading.envelope import Envelope
from shared.records.cloudevents import Record
from shared.redaction import one_word
from shared.settings import OPEN_TELEMETRY, Settings

_W3C = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # w3.org/TR/trace-context
_QUEUE = "messaging.destination.name"
_OFF = nullcontext()


def traced(event: Envelope, settings: Settings, traceparent: str | None) -> Envelope:
    """The event, with the invocation's ``traceparent`` where it has none and records want one."""
    if settings.spans:
        span = _opentelemetry().get_current_span()
        span.set_attribute("messaging.message.id", one_word(event.id))
        span.set_attribute("cloudevents.event_type", one_word(event.type))
    if settings.trace_records and not event.traceparent and _W3C.fullmatch(traceparent or ""):
        return structs.replace(event, traceparent=traceparent)
    return event


def processing(settings: Settings) -> AbstractContextManager[Any]:
    """The span around everything that is done with one event."""
    return _span("process", {"messaging.system": "eventgrid"}, None) if settings.spans else _OFF


def sending(settings: Settings, queue: str, record: Record[Any]) -> AbstractContextManager[Any]:
    """The span around putting one record on its queue."""
    if not settings.spans:
        return _OFF
    of_message = {_QUEUE: queue, "messaging.message.id": record.id}
    return _span("send", {"messaging.system": "azure_storage_queue"} | of_message, record)


def _span(operation: str, attributes: dict[str, str], sent: Record[Any] | None) -> ExitStack:
    """Begin a span: ids and names; of a failure the class, since its message may quote anything."""
    trace, span = _opentelemetry(), ExitStack()
    carried = {"traceparent": (sent and sent.traceparent) or ""}
    creation = trace.propagation.tracecontext.TraceContextTextMapPropagator().extract(carried)
    begun = trace.get_tracer("acs_event_records").start_as_current_span(
        f"{operation} {attributes.get(_QUEUE, '')}".rstrip(),
        kind=trace.SpanKind.CLIENT if sent else trace.SpanKind.CONSUMER,
        attributes=attributes | {f"messaging.operation.{of}": operation for of in ("name", "type")},
        links=[trace.Link(trace.get_current_span(creation).get_span_context())],
        record_exception=False,
        set_status_on_exception=False,
    )
    span.push(partial(_end, trace, span.enter_context(begun)))
    return span


def _end(trace: Any, span: Any, failure: type[BaseException] | None, *_: object) -> None:
    if failure:
        span.set_attribute("error.type", failure.__name__)
        span.set_status(trace.StatusCode.ERROR)


def _opentelemetry() -> ModuleType:
    try:
        import opentelemetry.trace.propagation.tracecontext  # noqa: PLC0415 - no requirement
    except ImportError:
        names = " or ".join(OPEN_TELEMETRY)
        raise ConfigError(f"{names} is on without OpenTelemetry: see docs/deploy.md") from None
    return opentelemetry.trace
