"""The golden records: what every sample must give, with default settings."""

import json
from pathlib import Path
from typing import Any

from local.paths import GOLDEN, SAMPLES, text_of
from shared import pipeline, routes
from shared.errors import RejectedEvent
from shared.reading import envelope
from shared.settings import Settings

DEFAULTS = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})


def samples() -> list[Path]:
    """Every sample, those that must be rejected included."""
    return sorted(SAMPLES.rglob("*.json"))


def golden_path(sample: Path) -> Path:
    """Where the golden records of a sample lie."""
    return GOLDEN / sample.relative_to(SAMPLES)


def golden_text(sample: Path) -> str:
    """What a sample gives: its function, its records by queue, or why it is rejected."""
    text = text_of(sample)
    result: dict[str, Any] = {
        "function": function_of(text),
        DEFAULTS.work_items_queue: [],
        DEFAULTS.push_notifications_queue: [],
        "rejected": None,
    }
    try:
        sends = pipeline.convert(envelope.parse(text), DEFAULTS)
    except RejectedEvent as rejection:
        sends = []
        result["rejected"] = type(rejection).__name__
    for send in sends:
        result[send.queue].append(json.loads(send.record.body))
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def function_of(event: str) -> str:
    """The function that a sample is sent to; one that no route takes goes to the first."""
    try:
        route = routes.find(envelope.parse(event).type)
    except RejectedEvent:
        route = None
    return route.function if route else routes.ROUTES[0].function
