"""Write or check the generated files: ``docs/events.md`` and the JSON Schemas in ``schemas/``."""

import argparse
from pathlib import Path

from local import generated, schemas
from local.paths import ROOT
from shared.routes import ROUTES, Yields

EVENTS = ROOT / "docs" / "events.md"
HINT = "python3 dev.py docs"
_HEADER = """\
# Events and what they become

Generated from `shared/routes.py` by `python3 dev.py docs`; a test fails when it is stale.

`ROUTE_OVERRIDES` changes the columns work item and push notification, see the README. With
`CHAT_WORK_ITEMS=user` the user-level chat events yield the work item in brackets too, with the id
that the thread-level event of the same fact gives it.

Event types stand without `Microsoft.Communication.`, records without `communication.`.

| event type | function | record | work item | push notification |
|---|---|---|---|---|
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail when one is stale"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write or check all generated pages and schemas."""
    return generated.write(documents(), check=arguments.check, hint=HINT)


def documents() -> dict[Path, str]:
    """Every generated file and its text."""
    return {EVENTS: events_page(), **schemas.documents()}


def events_page() -> str:
    """The table of events, a row for each route, and one more for a delivery that failed."""
    rows = []
    for route in ROUTES:
        name = route.event.rpartition(".")[2]
        record = route.record.removeprefix("communication.") if route.record else "-"
        user_work = f" ({route.user_work})" if route.user_work else ""
        rows.append((name, route.function, record, *_cells(route.yields, user_work)))
        if route.when_failed:
            rows.append((f"{name}, failed", route.function, record, *_cells(route.when_failed)))
    return _HEADER + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(yields: Yields, user_work: str = "") -> tuple[str, str]:
    high = ", high" if yields.work and yields.priority == "high" else ""
    return f"{yields.work or '-'}{high}{user_work}", yields.push or "-"
