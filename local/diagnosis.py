"""What is wrong with an event subscription, read as `az` prints it: pure, from JSON to findings."""

from dataclasses import dataclass
from typing import Any, Literal

from shared import routes
from shared.errors import RejectedEvent
from shared.reading import unrouted
from shared.reading.envelope import Envelope, parse
from shared.routes import FUNCTIONS

_FUNCTION_SCHEMAS = ("EventGridSchema", "CloudEventSchemaV1_0")
_SMS = ("sms_received", "delivery_report")


@dataclass(frozen=True)
class Finding:
    """One thing to know; an error keeps events from becoming records."""

    level: Literal["error", "warning"]
    what: str
    mend: str


@dataclass(frozen=True)
class Subscription:
    """The parts of an event subscription that decide about delivery."""

    name: str
    function: str | None
    schema: str
    types: list[str]
    begins_with: str
    ends_with: str
    case_sensitive: bool
    batch: int
    has_dead_lettering: bool
    has_advanced_filters: bool
    state: str

    def refuses(self, event: Envelope) -> str | None:
        """Why an event is not delivered; None when it is."""
        if self.types and event.type.lower() not in {name.lower() for name in self.types}:
            return "its type is not included"
        same = str if self.case_sensitive else str.lower
        subject = same(event.subject or "")
        if not subject.startswith(same(self.begins_with)):
            return f"its subject does not begin with {self.begins_with!r}"
        if not subject.endswith(same(self.ends_with)):
            return f"its subject does not end with {self.ends_with!r}"
        return None


def read(wire: dict[str, Any]) -> Subscription:
    """Read what ``az eventgrid … show`` or ``az resource show`` prints, flat or with properties."""
    inside = {**wire, **(wire.get("properties") or {})}
    target = inside.get("destination") or inside.get("deliveryWithResourceIdentity") or {}
    target = target.get("destination") or target
    target = {**target, **(target.get("properties") or {})}
    wanted = inside.get("filter") or {}
    return Subscription(
        name=str(wire.get("name") or "?"),
        function=_function(target),
        schema=inside.get("eventDeliverySchema") or "EventGridSchema",
        types=wanted.get("includedEventTypes") or [],
        begins_with=wanted.get("subjectBeginsWith") or "",
        ends_with=wanted.get("subjectEndsWith") or "",
        case_sensitive=bool(wanted.get("isSubjectCaseSensitive")),
        batch=target.get("maxEventsPerBatch") or 1,
        has_dead_lettering=any(
            inside.get(key) for key in ("deadLetterDestination", "deadLetterWithResourceIdentity")
        ),
        has_advanced_filters=bool(wanted.get("advancedFilters")),
        state=inside.get("provisioningState") or "Succeeded",
    )


def findings(subscription: Subscription) -> list[Finding]:
    """Everything that keeps events away, or that will hurt on a bad day."""
    return [
        *_about_target(subscription),
        *_about_filter(subscription),
        *_about_bad_days(subscription),
    ]


def delivery_of(subscription: Subscription, samples: dict[str, str]) -> dict[str, str | None]:
    """For each sample that belongs to the function: why it is not delivered, or None."""
    found: dict[str, str | None] = {}
    for name, text in samples.items():
        try:
            event = parse(text)
        except RejectedEvent:
            continue
        route = routes.find(event.type)
        if route and route.record and route.function == subscription.function:
            found[name] = subscription.refuses(event)
    return found


def _function(target: dict[str, Any]) -> str | None:
    """The function that a destination names: in a resource id, or in a webhook's address."""
    resource = str(target.get("resourceId") or "")
    if "/functions/" in resource:
        return resource.rpartition("/functions/")[2]
    url = str(target.get("endpointBaseUrl") or target.get("endpointUrl") or "")
    _, found, rest = url.partition("functionName=")
    return rest.partition("&")[0] if found else None


def _about_target(subscription: Subscription) -> list[Finding]:
    found = []
    if subscription.state != "Succeeded":
        mend = "make it anew; an endpoint that does not exist yet is refused"
        found.append(Finding("error", f"its provisioning state is {subscription.state}", mend))
    if subscription.function is None:
        mend = "let it deliver to the Azure function, by its resource id"
        found.append(Finding("error", "it delivers to no function", mend))
    elif subscription.function not in FUNCTIONS:
        mend = f"functions are called {', '.join(FUNCTIONS)}; case counts, the host answers 404"
        found.append(Finding("error", f"there is no function {subscription.function!r}", mend))
    if subscription.schema not in _FUNCTION_SCHEMAS:
        mend = f"set the delivery schema to {' or '.join(_FUNCTION_SCHEMAS)}"
        found.append(Finding("error", f"it delivers in {subscription.schema}", mend))
    return found


def _about_filter(subscription: Subscription) -> list[Finding]:
    found = []
    if not subscription.types:
        mend = "include the types of docs/events.md, or all else becomes dead letters"
        found.append(Finding("warning", "it includes every event type", mend))
    for name in subscription.types:
        route = routes.find(name)
        if route is None:
            why = unrouted.why_not(Envelope(type=name, schema="EventGridSchema"))
            found.append(Finding("error", f"{name}: no such event for this app", why))
        elif route.function != subscription.function:
            mend = f"move it to the subscription of {route.function}; it works, with a warning each"
            found.append(Finding("warning", f"{name} belongs elsewhere", mend))
    begins = subscription.begins_with.lower()
    if subscription.function in _SMS and begins.startswith("phonenumber"):
        mend = f"write /{subscription.begins_with}: the subjects of SMS events begin with a slash"
        found.append(Finding("error", "the subject prefix lacks its leading slash", mend))
    if subscription.function == "chat_events" and begins.startswith("/thread"):
        mend = f"write {subscription.begins_with[1:]}: the subjects of chat events have no slash"
        found.append(Finding("error", "the subject prefix has a leading slash", mend))
    if "+" in subscription.begins_with:
        mend = "leave the plus out: numbers in subjects have none"
        found.append(Finding("error", "the subject prefix has a plus", mend))
    if subscription.has_advanced_filters:
        mend = "key casing in data differs by the age of an event; filter by type and subject"
        found.append(
            Finding("warning", "it has advanced filters, which are not checked here", mend)
        )
    return found


def _about_bad_days(subscription: Subscription) -> list[Finding]:
    found = []
    if not subscription.has_dead_lettering:
        mend = "set the app's dead-letters container, or what cannot be delivered is dropped"
        found.append(Finding("warning", "it has no dead-letter destination", mend))
    if subscription.batch > 1:
        mend = "set maxEventsPerBatch to 1: one failure sends a whole batch again"
        found.append(Finding("warning", f"it batches up to {subscription.batch} events", mend))
    return found
