"""The event subscriptions, one for each function, made from the table of routes.

``infra/event-subscriptions.json`` is what a deployment creates, and what the local Event Grid
delivers by. The names are those of ARM (``Microsoft.EventGrid/systemTopics/eventSubscriptions``).
"""

import json
from pathlib import Path

from local.paths import ROOT
from shared.routes import FUNCTIONS, ROUTES

FILE = ROOT / "infra" / "event-subscriptions.json"


def documents() -> dict[Path, str]:
    """The generated file and its text."""
    return {FILE: json.dumps(subscriptions(), indent=2) + "\n"}


def subscriptions() -> list[dict[str, object]]:
    """One subscription per function, with every event type of its routes that yields a record.

    No subject filter: types separate the families, and the subjects of SMS events are written
    with and without a leading slash. What yields nothing is not asked for.
    """
    return [
        {
            "name": function.replace("_", "-"),
            "function": function,
            "filter": {
                "includedEventTypes": [
                    route.event for route in ROUTES if route.function == function and route.record
                ],
                "subjectBeginsWith": "",
                "subjectEndsWith": "",
                "isSubjectCaseSensitive": False,
            },
            "maxEventsPerBatch": 1,
            "preferredBatchSizeInKilobytes": 64,
            "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
        }
        for function in FUNCTIONS
    ]
