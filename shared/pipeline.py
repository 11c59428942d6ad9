"""``handle``: decode, normalize, deliver. The only place where a rejected event is caught.

To Event Grid, returning means done, raising means send it again. So an event that no retry can help
becomes a dead letter; storage that fails, a wrong setting, a bug and one event too many raise.
"""

import asyncio
import logging
from datetime import UTC, datetime
from functools import cache
from typing import Any

from msgspec import Struct

from shared import routes, tracing
from shared.errors import (
    DeliveryError,
    MalformedEvent,
    OversizedRecord,
    RejectedEvent,
    TooManyEvents,
    UnknownEventType,
)
from shared.families.route import Route
from shared.reading import envelope, unrouted
from shared.reading.envelope import Envelope
from shared.reading.jsontext import elements
from shared.records import records, roles
from shared.records.cloudevents import Encoded
from shared.records.facts import RecordType
from shared.redaction import one_word
from shared.settings import Settings
from shared.writing import archive, dead_letters
from shared.writing.storage import Store, account

QUEUE_LIMIT = 48 * 1024
"""Bytes of a record on a queue: 64 KiB a message, as Base64 (storage-queues-introduction)."""
_DATAREF_ROOM = 2048
DEADLINE = 18.0
"""Seconds for all of an event's writes. Event Grid waits 30 for the answer; the host needs some."""

log = logging.getLogger("acs_event_records")


class Send(Struct, frozen=True):
    """One record and the queue it goes to."""

    queue: str
    record: Encoded


async def handle(event: str, function: str, traceparent: str | None = None) -> None:
    """Process one event, as the JSON text that Event Grid delivered to ``function``.

    Args:
        event: the text.
        function: by whose name it came.
        traceparent: of the invocation, for ``TRACE_RECORDS``.

    Raises:
        ConfigError: a setting is missing or wrong.
        TooManyEvents: so many are in flight that this one was refused; it must come again.
        DeliveryError: storage did not take a record or a dead letter; the event must come again.
    """
    settings, in_flight = _settings(), _in_flight()
    if in_flight.locked():
        most = settings.events_in_flight
        raise TooManyEvents(f"EVENTS_IN_FLIGHT={most} are in flight; this one must come again")
    async with in_flight:
        await process(event, function, settings, account(settings), traceparent)


@cache
def _settings() -> Settings:
    return Settings.from_env()


@cache
def _in_flight() -> asyncio.Semaphore:
    """Nobody ever waits for it, so it belongs to no event loop."""
    return asyncio.Semaphore(_settings().events_in_flight)


async def process(
    event: str, function: str, settings: Settings, store: Store, traceparent: str | None = None
) -> None:
    """``handle`` with the settings and the store given; each event of a batch by itself."""
    work = (_process(each, function, settings, store, traceparent) for each in elements(event))
    try:
        async with asyncio.timeout(DEADLINE):
            with tracing.processing(settings):
                await _all(*work)
    except TimeoutError:
        raise DeliveryError(f"storage did not answer within {DEADLINE:g} s") from None


async def _process(
    event: str, function: str, settings: Settings, store: Store, traceparent: str | None
) -> None:
    parsed: Envelope | None = None
    try:
        parsed = tracing.traced(envelope.parse(event), settings, traceparent)
        sends = convert(parsed, settings)
    except RejectedEvent as rejection:
        await _reject(event, function, rejection, parsed, settings, store)
        return
    _warn_of_wrong_function(parsed, function)
    await deliver(sends, settings, store, archive_of=event if sends else None)
    log.info(
        "event=%s type=%s outcome=%s records=%s",
        one_word(parsed.id),
        one_word(parsed.type),
        "delivered" if sends else "ignored",
        ",".join(f"{send.queue}:{send.record.envelope.id}" for send in sends) or "none",
    )


def convert(parsed: Envelope, settings: Settings, revision: int = 0) -> list[Send]:
    """The records that an event becomes; pure.

    Args:
        parsed: the event.
        settings: the app's.
        revision: 0, or which correction of the same fact this is: it gives another id, and a
            greater ``sequence``.

    Raises:
        RejectedEvent: it can become none.
    """
    route = settings.overrides.get(parsed.type.lower()) or routes.find(parsed.type)
    if route is None or unrouted.is_graph(parsed):
        raise UnknownEventType(unrouted.why_not(parsed))
    if route.record is None:
        return []
    try:
        sends = _records(route, route.record, parsed, settings, revision)
    except RecursionError:
        raise MalformedEvent("the JSON is nested too deeply") from None
    for send in sends:
        if len(send.record.body) > QUEUE_LIMIT < len(send.record.claim_check("")) + _DATAREF_ROOM:
            raise OversizedRecord("the ids in the event alone exceed a queue message")
    return sends


def _records(
    route: Route[Any],
    record_type: RecordType,
    parsed: Envelope,
    settings: Settings,
    revision: int,
) -> list[Send]:
    fact = roles.with_roles(routes.fact_of(route, parsed), settings.staff)
    yields = routes.outcome(route, fact, user_work_items=settings.user_work_items)
    origin = records.origin(record_type, fact, parsed, revision)
    sends = []
    # A user-level event yields a work item with CHAT_WORK_ITEMS=user, and where it is overridden.
    has_several_events = route.level == "user" or (
        route.level == "thread" and settings.user_work_items
    )
    if yields.work:
        item = records.work_item(
            origin,
            action=yields.work,
            priority=yields.priority,
            has_several_events=has_several_events,
        )
        sends.append(Send(settings.work_items_queue, item))
    if yields.push:
        to = fact.sender if route.notify == "sender" else next(iter(fact.recipients), None)
        push = records.push_notification(
            origin, recipient=to, level=yields.push, expires=_expires(route, settings)
        )
        sends.append(Send(settings.push_notifications_queue, push))
    return sends


def _expires(route: Route[Any], settings: Settings) -> int | None:
    """Seconds for which a push is of use: the row's or the setting's, whichever is less."""
    own, general = route.push_expires, settings.push_expires
    if own is None or general is None:
        return general if own is None else own
    return min(own, general)


async def deliver(
    sends: list[Send], settings: Settings, store: Store, archive_of: str | None = None
) -> None:
    """Write all records of an event at once, and the event itself where there is an archive.

    Raises:
        DeliveryError: storage did not take one of them; the event must come again.
    """
    writes: list[Any] = [_write(send, settings, store) for send in sends]
    if archive_of is not None and settings.archive_container:
        name = archive.blob_name(archive_of, datetime.now(UTC))
        writes.append(store.save(settings.archive_container, name, archive.content(archive_of)))
    await _all(*writes)


async def _all(*work: Any) -> None:
    """Await all at once. Each ends before the first failure is raised."""
    if len(work) == 1:  # as mostly; it needs no task
        await work[0]
        return
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _write(send: Send, settings: Settings, store: Store) -> None:
    record, body = send.record.envelope, send.record.body
    if len(body) > QUEUE_LIMIT:
        # The blob first: a message must never name a blob that is not there.
        name = f"{record.partitionkey}/{record.id}.json"
        container = settings.record_payloads_container
        body = send.record.claim_check(await store.save(container, name, send.record.data))
    with tracing.sending(settings, send.queue, record):
        await store.send(send.queue, body)


async def _reject(
    event: str,
    function: str,
    rejection: RejectedEvent,
    parsed: Envelope | None,
    settings: Settings,
    store: Store,
) -> None:
    now = datetime.now(UTC)
    name = dead_letters.blob_name(event, function, now)
    letter = dead_letters.body(event, rejection, function, now)
    await store.save(settings.dead_letters_container, name, letter)
    log.warning(
        "event=%s type=%s outcome=rejected reason=%s dead_letter=%s: %s",
        one_word(parsed.id if parsed else None),
        one_word(parsed.type if parsed else None),
        type(rejection).__name__,
        name,
        rejection,
    )


def _warn_of_wrong_function(parsed: Envelope, function: str) -> None:
    route = routes.find(parsed.type)
    if route and route.record and route.function != function:
        log.warning(
            "%s belongs to %s and came to %s: mend the included event types of the event "
            "subscription that delivers to %s",
            *(route.event, route.function, function, function),
        )
