"""THE TABLE: what is done with every event type. Its rows stand beside their families.

A new event type is one row, a payload struct and a normalizer in its family's module, and one
sample. Event types that make no record, and what only looks like one, are in
``reading.unrouted``. A test holds the names against ``azure.eventgrid.SystemEventNames``, whose
import would delay every start.
"""

from typing import Any

from shared.errors import UnreadablePayload
from shared.families import chat, participants, reports, sms, threads
from shared.families.route import Route, Yields
from shared.reading.envelope import Envelope
from shared.reading.fields import read
from shared.records.delivery_codes import FAILURES
from shared.records.facts import Fact

# No annotation on purpose: with tuple[Route[Any], ...] mypy would stop checking that a row's
# normalizer takes that row's payload.
ROUTES = (*sms.ROWS, *reports.ROWS, *chat.ROWS, *threads.ROWS, *participants.ROWS)

_BY_TYPE = {route.event.lower(): route for route in ROUTES}
_EMPTY = {route.payload: route.payload() for route in ROUTES}
"""What is read from data without any known field."""
if len(_BY_TYPE) != len(ROUTES):  # pragma: no cover - a mistake in the table
    raise RuntimeError("an event type stands twice in ROUTES")


def find(event_type: str) -> Route[Any] | None:
    """The row of an event type, whatever its casing."""
    return _BY_TYPE.get(event_type.lower())


def fact_of(route: Route[Any], envelope: Envelope) -> Fact:
    """Read the event's data and normalize it.

    Raises:
        UnreadablePayload: the data is missing, or not what this type of event carries.
    """
    name = route.event.rpartition(".")[2]
    if not isinstance(envelope.data, dict):
        raise UnreadablePayload(f"{name}: data is missing or not a JSON object")
    payload, extra = read(route.payload, envelope.data)
    if payload == _EMPTY[route.payload]:
        raise UnreadablePayload(f"{name}: data has no readable field of this event type")
    return route.normalize(payload, envelope, extra)


def outcome(route: Route[Any], fact: Fact, *, user_work_items: bool) -> Yields:
    """What this fact becomes. A user never gets a push of the user's own message."""
    yields = route.yields
    if route.when_failed and fact.delivery and fact.delivery.status in FAILURES:
        yields = route.when_failed
    if user_work_items and route.user_work and not (yields.work or route.is_overridden):
        yields = Yields(work=route.user_work, push=yields.push, priority=yields.priority)
    if route.level == "user" and yields.push and fact.message and _to_its_own_sender(fact):
        yields = Yields(work=yields.work, priority=yields.priority)
    return yields


def _to_its_own_sender(fact: Fact) -> bool:
    if not fact.sender or len(fact.recipients) != 1:
        return False
    return fact.recipients[0].key == fact.sender.key != ""
