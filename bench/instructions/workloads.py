"""What is counted: the fixed computation, and the normalizer on one event of a handful of types."""

from collections.abc import Callable

from bench import events
from bench.instructions import fixed
from shared import pipeline
from shared.reading import envelope
from tools.golden import DEFAULTS

FIXED = "the fixed computation"


def workloads() -> dict[str, Callable[[], object]]:
    """By name; the fixed computation comes first."""
    texts = {
        "SMSReceived": events.sample("SMSReceived.current"),
        "SMSReceived, an older form": events.sample("SMSReceived"),
        "SMSDeliveryReportReceived": events.sample("SMSDeliveryReportReceived.current"),
        "ChatMessageReceived": events.sample("ChatMessageReceived.current"),
        f"ChatThreadCreatedWithUser, {events.LARGE} people": events.thread(events.LARGE),
    }
    return {FIXED: fixed.compute} | {name: _normalizing(text) for name, text in texts.items()}


def _normalizing(text: str) -> Callable[[], object]:
    def normalize() -> object:
        return pipeline.convert(envelope.parse(text), DEFAULTS)

    return normalize
