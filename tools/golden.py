"""Write or check the golden records: what every sample must give, with default settings.

A golden file is read as a diff: a change of it is a change of the contract with whoever reads the
queues. ``samples/X.json`` gives ``tests/golden/X.json``, ``samples/rejected/X.json`` the same below
``rejected``.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from local.paths import GOLDEN, SAMPLES
from shared import pipeline, routes
from shared.errors import RejectedEvent
from shared.reading import envelope
from shared.settings import Settings
from tools import generated

HINT = "python3 dev.py golden, then read the diff"
DEFAULTS = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail when one is stale"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write or check all golden files."""
    expected = {golden_path(sample): golden_text(sample) for sample in samples()}
    orphans = [path for path in GOLDEN.rglob("*.json") if path not in expected]
    stale = generated.write(expected, check=arguments.check, hint=HINT)
    return generated.remove(orphans, check=arguments.check, hint=HINT) or stale


def samples() -> list[Path]:
    """Every sample, those that must be rejected included."""
    return sorted(SAMPLES.rglob("*.json"))


def golden_path(sample: Path) -> Path:
    """Where the golden records of a sample lie."""
    return GOLDEN / sample.relative_to(SAMPLES)


def golden_text(sample: Path) -> str:
    """What a sample gives: its function, its records by queue, or why it is rejected."""
    text = sample.read_text(encoding="utf-8")
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
