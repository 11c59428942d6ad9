"""THE TABLE: what is done with every event type. Its rows stand beside their families.

CONTRIBUTING.md says how to add an event type. Event types that make no record, and names that
Event Grid never sends, are in ``reading.unrouted``. A test compares the names with
``azure.eventgrid.SystemEventNames``, whose import would delay every start.
"""

from typing import Any

from shared.errors import UnreadablePayload
from shared.families import (
    advanced,
    calls,
    chat,
    email,
    engagement,
    participants,
    recordings,
    sms,
    threads,
    whatsapp,
)
from shared.families.route import Route, Yields
from shared.reading.envelope import Envelope
from shared.reading.fields import read
from shared.records.facts import Fact

# No annotation on purpose: with tuple[Route[Any], ...] mypy would stop checking that a row's
# normalizer takes that row's payload.
ROUTES = (
    *(*sms.ROWS, *email.ROWS, *whatsapp.ROWS, *engagement.ROWS),
    *(*chat.ROWS, *threads.ROWS, *participants.ROWS),
    *(*advanced.ROWS, *calls.ROWS, *recordings.ROWS),
)
FUNCTIONS = tuple(dict.fromkeys(route.function for route in ROUTES))
"""The functions of the app, in the order of the table."""

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
    """What this fact becomes."""
    yields = route.yields
    if route.when_failed and _is_alarm(fact):
        yields = route.when_failed
    if route.when_missed and fact.call and fact.call.missed and not route.is_overridden:
        yields = route.when_missed
    work, push = yields.work, yields.push
    if not route.is_overridden:
        if user_work_items and route.user_work:
            work = route.user_work
        if fact.keyword or (fact.message and fact.message.is_reaction_removed):
            work, push = "update", None  # nobody has to answer it
        if route.level and work == "open" and not _is_by_customer(fact):
            work = "update"
    if route.level == "user" and fact.message and _to_its_own_sender(fact):
        push = None  # nobody gets a push of their own message
    return Yields(work=work, push=push, priority=yields.priority)


def _is_alarm(fact: Fact) -> bool:
    """A failure, unless nobody can do anything about it."""
    delivery = fact.delivery
    return bool(delivery and delivery.status == "failed" and delivery.failure_reason != "optedOut")


def _is_by_customer(fact: Fact) -> bool:
    return bool(fact.sender and fact.sender.key and not fact.sender.role)


def _to_its_own_sender(fact: Fact) -> bool:
    if not fact.sender or len(fact.recipients) != 1:
        return False
    return fact.recipients[0].key == fact.sender.key != ""
