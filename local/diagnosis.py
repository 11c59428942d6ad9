"""What is wrong with an event subscription, from the JSON that `az` prints."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from local import paths
from local.eventgrid.subscriptions import Filter
from shared import routes
from shared.errors import ConfigError, RejectedEvent
from shared.reading import unrouted
from shared.reading.envelope import Envelope, parse
from shared.routes import FUNCTIONS, ROUTES
from shared.settings import OPEN_TELEMETRY, Settings

_FUNCTION_SCHEMAS = ("EventGridSchema", "CloudEventSchemaV1_0")
_SMS = ("sms_received", "delivery_report")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and how to change it; an error keeps events away."""

    level: Literal["error", "warning"]
    what: str
    advice: str


@dataclass(frozen=True)
class Subscription:
    """The parts of an event subscription that decide about delivery."""

    name: str
    function: str | None
    schema: str
    filter: Filter
    batch: int
    has_dead_lettering: bool
    has_advanced_filters: bool
    state: str

    @property
    def takes_chat(self) -> bool:
        """Whether it delivers chat messages."""
        chat = [route.event for route in ROUTES if route.level and route.record]
        return any(self.filter.why_not([event], "") is None for event in chat)


def read(wire: dict[str, Any]) -> Subscription:
    """Read what ``az eventgrid … show`` prints, or ``az resource show``, which nests properties."""
    inside = {**wire, **(wire.get("properties") or {})}
    target = inside.get("destination") or inside.get("deliveryWithResourceIdentity") or {}
    target = target.get("destination") or target
    target = {**target, **(target.get("properties") or {})}
    rules = inside.get("filter") or {}
    return Subscription(
        name=str(wire.get("name") or "?"),
        function=_function(target),
        schema=inside.get("eventDeliverySchema") or "EventGridSchema",
        filter=Filter(
            included_event_types=rules.get("includedEventTypes") or [],
            subject_begins_with=rules.get("subjectBeginsWith") or "",
            subject_ends_with=rules.get("subjectEndsWith") or "",
            is_subject_case_sensitive=bool(rules.get("isSubjectCaseSensitive")),
        ),
        batch=target.get("maxEventsPerBatch") or 1,
        has_dead_lettering=any(
            inside.get(key) for key in ("deadLetterDestination", "deadLetterWithResourceIdentity")
        ),
        has_advanced_filters=bool(rules.get("advancedFilters")),
        state=inside.get("provisioningState") or "Succeeded",
    )


NO_STAFF = Finding(
    "warning",
    "chat is subscribed and STAFF_IDS is empty, so whoever is no Teams user counts as a customer",
    "set STAFF_IDS to the raw ids of your own users; where the app has it, name its --settings",
)


def of_settings(environ: Mapping[str, str], root: Path = paths.ROOT) -> Iterator[Finding]:
    """What is wrong with the app's settings, read as the app reads them, and with its files."""
    try:
        settings = Settings.from_env(environ)
    except ConfigError as error:
        advice = "every event fails until that is mended"
        yield Finding("error", f"the settings are wrong: {error}", advice)
    else:
        if not settings.staff.keys:
            yield NO_STAFF
        yield from _of_telemetry(settings, environ, root)


def _of_telemetry(settings: Settings, environ: Mapping[str, str], root: Path) -> Iterator[Finding]:
    """Three places must agree: the host's file, the worker's setting, the packages."""
    mode = environ.get("AzureFunctionsJobHost__telemetryMode") or json.loads(
        (root / "host.json").read_text(encoding="utf-8")
    ).get("telemetryMode")
    packages = (root / "requirements.txt").read_text(encoding="utf-8")
    if settings.spans and not re.search("^(azure-monitor-)?opentelemetry", packages, re.MULTILINE):
        what = "spans are on, and requirements.txt has nothing of OpenTelemetry"
        yield Finding("error", what, "add azure-monitor-opentelemetry; every event fails without")
    if settings.spans != (str(mode).lower() == "opentelemetry"):
        what = "of the host and the worker, one sends telemetry by OpenTelemetry and one does not"
        advice = (
            f'set "telemetryMode": "OpenTelemetry" in host.json and {OPEN_TELEMETRY[0]}, or neither'
        )
        yield Finding("warning", what, advice)


def findings(subscription: Subscription) -> list[Finding]:
    """Everything that keeps events away, or that will lose events when something fails."""
    checks = (_of_target, _of_types, _of_subject, _of_the_rest)
    return [finding for check in checks for finding in check(subscription)]


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
            found[name] = subscription.filter.why_not([event.type], event.subject or "")
    return found


def _function(target: dict[str, Any]) -> str | None:
    """The function that a destination names: in a resource id, or in a webhook's address."""
    resource = str(target.get("resourceId") or "")
    if "/functions/" in resource:
        return resource.rpartition("/functions/")[2]
    url = str(target.get("endpointBaseUrl") or target.get("endpointUrl") or "")
    _, found, rest = url.partition("functionName=")
    return rest.partition("&")[0] if found else None


def _of_target(subscription: Subscription) -> Iterator[Finding]:
    if subscription.state != "Succeeded":
        advice = "make it anew; an endpoint that does not exist yet is refused"
        yield Finding("error", f"its provisioning state is {subscription.state}", advice)
    if subscription.function is None:
        advice = "let it deliver to the Azure function, by its resource id"
        yield Finding("error", "it delivers to no function", advice)
    elif subscription.function not in FUNCTIONS:
        advice = f"functions are called {', '.join(FUNCTIONS)}; case counts, the host answers 404"
        yield Finding("error", f"there is no function {subscription.function!r}", advice)
    if subscription.schema not in _FUNCTION_SCHEMAS:
        advice = f"set the delivery schema to {' or '.join(_FUNCTION_SCHEMAS)}"
        yield Finding("error", f"it delivers in {subscription.schema}", advice)


def _of_types(subscription: Subscription) -> Iterator[Finding]:
    types = subscription.filter.included_event_types
    if not types:
        advice = "include the types of docs/events.md, or all others become dead letters"
        yield Finding("warning", "it includes every event type", advice)
    for name in types or ():
        route = routes.find(name)
        if route is None:
            advice = unrouted.why_not(Envelope(type=name, schema="EventGridSchema"))
            yield Finding("error", f"{name}: no such event for this app", advice)
        elif route.function != subscription.function:
            advice = f"move it to that of {route.function}; it works, with a warning for each event"
            yield Finding("warning", f"{name} belongs to another subscription", advice)


def _of_subject(subscription: Subscription) -> Iterator[Finding]:
    prefix = subscription.filter.subject_begins_with
    if subscription.function in _SMS and prefix.lower().startswith("phonenumber"):
        advice = f"write /{prefix}: the subjects of SMS events begin with a slash"
        yield Finding("error", "the subject prefix lacks its leading slash", advice)
    if subscription.function == "chat_events" and prefix.lower().startswith("/thread"):
        advice = f"write {prefix[1:]}: the subjects of chat events have no slash"
        yield Finding("error", "the subject prefix has a leading slash", advice)
    if "+" in prefix:
        advice = "leave the plus out: numbers in subjects have none"
        yield Finding("error", "the subject prefix has a plus", advice)


def _of_the_rest(subscription: Subscription) -> Iterator[Finding]:
    if subscription.has_advanced_filters:
        advice = "key casing in data differs by the age of an event; filter by type and subject"
        yield Finding("warning", "it has advanced filters, which are not checked here", advice)
    if not subscription.has_dead_lettering:
        advice = "set the app's dead-letters container, or what cannot be delivered is dropped"
        yield Finding("warning", "it has no dead-letter destination", advice)
    if subscription.batch > 1:
        advice = "set maxEventsPerBatch to 1: one failure sends a whole batch again"
        yield Finding("warning", f"it batches up to {subscription.batch} events", advice)
