"""THE TABLE: what is done with every event type.

A new event type is one row here, a payload struct and a normalizer in its family's module, and one
sample. Event types that are not messages, and what only looks like one, are in ``foreign``. A test
holds the names against ``azure.eventgrid.SystemEventNames``, whose import would delay every start.
"""

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from shared.errors import UnreadablePayload
from shared.families import chat, reports, sms, threads
from shared.reading import exact
from shared.reading.envelope import Envelope
from shared.reading.fields import read
from shared.records.delivery_codes import FAILURES
from shared.records.facts import Fact, RecordType
from shared.records.records import Action, Priority

P = TypeVar("P", bound=Struct)


class Yields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records a fact becomes; by default none."""

    work: Action | None = None
    push: Literal["visible", "silent"] | None = None
    priority: Priority = "normal"


NOTHING = Yields()
OPEN = Yields(work="open")
UPDATE = Yields(work="update")
CLOSE = Yields(work="close")
OPEN_AND_SHOW = Yields(work="open", push="visible")
SHOW = Yields(push="visible")
SYNC = Yields(push="silent")
UPDATE_AND_SYNC = Yields(work="update", push="silent")
ALARM = Yields(work="open", push="visible", priority="high")


class Route(Struct, Generic[P], frozen=True):
    """One row of the table."""

    event: str
    """The event type, as Event Grid spells it."""
    function: str
    """The function whose event subscription includes the type."""
    payload: type[P]
    normalize: Callable[[P, Envelope, dict[str, Any]], Fact]
    record: RecordType | None
    """What the fact is called; None for what is counted and left alone."""
    yields: Yields
    when_failed: Yields | None = None
    """Instead of ``yields``, for a delivery that failed."""
    user_work: Action | None = None
    """The work item that a user-level event yields too, with ``CHAT_WORK_ITEMS=user``."""
    overridden: bool = False
    """Whether ``ROUTE_OVERRIDES`` has the last word on it."""

    @property
    def names_no_recipient(self) -> bool:
        """Whether it is a thread-level chat event, which addresses nobody."""
        return self.function == "chat_events" and self.user_work is None


_SMS, _CHAT, _REPORT = "sms_received", "chat_events", "delivery_report"
_RECEIVED: RecordType = "communication.message.received"
_EDITED: RecordType = "communication.message.edited"
_DELETED: RecordType = "communication.message.deleted"
_DELIVERY: RecordType = "communication.delivery.updated"
_CREATED: RecordType = "communication.thread.created"
_UPDATED: RecordType = "communication.thread.updated"
_ENDED: RecordType = "communication.thread.deleted"
_ADDED: RecordType = "communication.participant.added"
_REMOVED: RecordType = "communication.participant.removed"

# No annotation on purpose: with tuple[Route[Any], ...] mypy would stop checking that a row's
# normalizer takes that row's payload.
# fmt: off
ROUTES = (
    # SMS
    Route("Microsoft.Communication.SMSReceived",
        _SMS, sms.SmsReceived, sms.inbound, _RECEIVED, OPEN_AND_SHOW),

    # Delivery reports
    Route("Microsoft.Communication.SMSDeliveryReportReceived",
        _REPORT, reports.SmsReport, reports.sms_report, _DELIVERY, UPDATE_AND_SYNC, ALARM),
    Route("Microsoft.Communication.EmailDeliveryReportReceived",
        _REPORT, reports.EmailReport, reports.email_report, _DELIVERY, UPDATE_AND_SYNC, ALARM),
    Route("Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated",
        _REPORT, reports.AdvancedStatus, reports.advanced_status, _DELIVERY,
        UPDATE_AND_SYNC, ALARM),

    # Chat, user level: once for every user in the thread
    Route("Microsoft.Communication.ChatMessageReceived",
        _CHAT, chat.ChatMessage, chat.message_received, _RECEIVED, SHOW, user_work="update"),
    Route("Microsoft.Communication.ChatMessageEdited",
        _CHAT, chat.ChatMessage, chat.message_edited, _EDITED, SYNC, user_work="update"),
    Route("Microsoft.Communication.ChatMessageDeleted",
        _CHAT, chat.ChatMessage, chat.message_deleted, _DELETED, SYNC, user_work="update"),
    Route("Microsoft.Communication.ChatThreadCreatedWithUser",
        _CHAT, threads.ChatThread, threads.thread_created, _CREATED, SYNC,
        user_work="open"),
    Route("Microsoft.Communication.ChatThreadPropertiesUpdatedPerUser",
        _CHAT, threads.ChatThread, threads.thread_updated, _UPDATED, SYNC,
        user_work="update"),
    Route("Microsoft.Communication.ChatThreadWithUserDeleted",
        _CHAT, threads.ChatThread, threads.thread_deleted, _ENDED, SYNC,
        user_work="close"),
    Route("Microsoft.Communication.ChatParticipantAddedToThreadWithUser",
        _CHAT, threads.ChatParticipant, threads.participant_added, _ADDED, SYNC,
        user_work="update"),
    Route("Microsoft.Communication.ChatParticipantRemovedFromThreadWithUser",
        _CHAT, threads.ChatParticipant, threads.participant_removed, _REMOVED, SYNC,
        user_work="update"),
    # ... the names of the two before 2021-03, still in Microsoft's samples
    Route("Microsoft.Communication.ChatMemberAddedToThreadWithUser",
        _CHAT, threads.ChatParticipant, threads.participant_added, _ADDED, SYNC,
        user_work="update"),
    Route("Microsoft.Communication.ChatMemberRemovedFromThreadWithUser",
        _CHAT, threads.ChatParticipant, threads.participant_removed, _REMOVED, SYNC,
        user_work="update"),

    # Chat, thread level: once
    Route("Microsoft.Communication.ChatMessageReceivedInThread",
        _CHAT, chat.ChatMessage, chat.message_received, _RECEIVED, UPDATE),
    Route("Microsoft.Communication.ChatMessageEditedInThread",
        _CHAT, chat.ChatMessage, chat.message_edited, _EDITED, UPDATE),
    Route("Microsoft.Communication.ChatMessageDeletedInThread",
        _CHAT, chat.ChatMessage, chat.message_deleted, _DELETED, UPDATE),
    Route("Microsoft.Communication.ChatThreadCreated",
        _CHAT, threads.ChatThread, threads.thread_created, _CREATED, OPEN),
    Route("Microsoft.Communication.ChatThreadPropertiesUpdated",
        _CHAT, threads.ChatThread, threads.thread_updated, _UPDATED, UPDATE),
    Route("Microsoft.Communication.ChatThreadDeleted",
        _CHAT, threads.ChatThread, threads.thread_deleted, _ENDED, CLOSE),
    Route("Microsoft.Communication.ChatThreadParticipantAdded",
        _CHAT, threads.ChatParticipant, threads.participant_added, _ADDED, UPDATE),
    Route("Microsoft.Communication.ChatThreadParticipantRemoved",
        _CHAT, threads.ChatParticipant, threads.participant_removed, _REMOVED, UPDATE),
    Route("Microsoft.Communication.ChatTypingIndicatorReceivedInThread",
        _CHAT, chat.ChatMessage, chat.message_received, None, NOTHING),
    Route("Microsoft.Communication.ChatAzureBotCommandReceivedInThread",
        _CHAT, chat.ChatMessage, chat.message_received, None, NOTHING),
)
# fmt: on

_BY_TYPE = {route.event.lower(): route for route in ROUTES}
_BLANK = {route.payload: route.payload() for route in ROUTES}
"""What is read from data that says nothing."""
if len(_BY_TYPE) != len(ROUTES):  # pragma: no cover - a mistake in the table above
    raise RuntimeError("an event type stands twice in ROUTES")


def find(event_type: str) -> Route[Any] | None:
    """The row of an event type, whatever its casing."""
    return _BY_TYPE.get(event_type.lower())


def fact_of(route: Route[Any], envelope: Envelope) -> Fact:
    """Read the event's data and normalize it.

    Raises:
        UnreadablePayload: the data is missing, or not what this type of event carries.
    """
    if envelope.raw is not None and (told := exact.read(route.payload, envelope.raw)):
        return route.normalize(told[0], envelope, told[1])
    name = route.event.rpartition(".")[2]
    data = envelope.data
    if not isinstance(data, dict):
        raise UnreadablePayload(f"{name}: data is missing or not a JSON object")
    payload, extra = read(route.payload, data)
    if payload == _BLANK[route.payload]:
        raise UnreadablePayload(f"{name}: data has no readable field of this event type")
    return route.normalize(payload, envelope, extra)


def outcome(route: Route[Any], fact: Fact, *, user_work_items: bool) -> Yields:
    """What this fact becomes; and never tell a user of the user's own message."""
    yields = route.yields
    if route.when_failed and fact.delivery and fact.delivery.status in FAILURES:
        yields = route.when_failed
    if user_work_items and route.user_work and not (yields.work or route.overridden):
        yields = Yields(work=route.user_work, push=yields.push, priority=yields.priority)
    if route.user_work and yields.push and fact.message and _to_its_own_sender(fact):
        yields = Yields(work=yields.work, priority=yields.priority)
    return yields


def _to_its_own_sender(fact: Fact) -> bool:
    if not fact.sender or len(fact.recipients) != 1:
        return False
    return fact.recipients[0].key == fact.sender.key != ""
