"""The event subscriptions against routes and samples: nothing is missed or comes twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT, SAMPLES
from shared.reading import envelope
from shared.routes import ROUTES
from tests.deploy.arm_templates import Json
from tests.deploy.our_templates import expanded, of_type, subscriptions
from tools import subscriptions as generated
from tools.package import required

pytestmark = pytest.mark.deploy

WHOLE = sorted(SAMPLES.glob("*.json"))


def deployed() -> list[Json]:
    """The filters as a deployment writes them, with the function that each delivers to."""
    kind = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
    found = []
    for one in of_type(expanded("eventgrid.json"), kind):
        properties = one.body["properties"]
        function = properties["destination"]["properties"]["resourceId"].rpartition("/")[2]
        found.append({"function": function, **properties["filter"]})
    return found


def takes(one: Json, event_type: str, subject: str) -> bool:
    """learn.microsoft.com/azure/event-grid/event-filtering."""
    if not one["isSubjectCaseSensitive"]:
        subject = subject.lower()
    begins, ends = (one[f"subject{end}With"].lower() for end in ("Begins", "Ends"))
    types = {name.lower() for name in one["includedEventTypes"]}
    return event_type.lower() in types and subject.startswith(begins) and subject.endswith(ends)


def test_the_file_is_fresh() -> None:
    """Generated from the routes: `python3 dev.py docs` writes it."""
    assert generated.subscriptions() == subscriptions()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.event.rpartition(".")[2])
def test_every_routed_type_is_in_one_subscription(route: Any) -> None:
    """That of its own function; a type that yields nothing is in none."""
    functions = [one["function"] for one in deployed() if route.event in one["includedEventTypes"]]

    assert ([route.function] if route.record else []) == functions


@pytest.mark.parametrize("sample", WHOLE, ids=lambda path: path.stem)
def test_every_sample_reaches_one_function(sample: Path) -> None:
    """By type and subject, in every dialect; events that yield nothing are not asked for."""
    text = sample.read_text(encoding="utf-8")
    parsed = envelope.parse(text)
    route = next(one for one in ROUTES if one.event.lower() == parsed.type.lower())
    raw = json.loads(text)
    event = raw[0] if isinstance(raw, list) else raw
    subject = next((str(event[key]) for key in event if key.lower() == "subject"), "")
    functions = [one["function"] for one in deployed() if takes(one, parsed.type, subject)]

    assert ([route.function] if route.record else []) == functions


def test_every_destination_is_in_the_package() -> None:
    """Every function that a subscription delivers to is a folder of the package."""
    folders = {name.partition("/")[0] for name in required(ROOT) if name.endswith("function.json")}

    assert folders == {one["function"] for one in deployed()}
    assert all((ROOT / folder / "function.json").is_file() for folder in folders)
