"""Calls: coming in, started and ended, and who joins and leaves them.

Fields: learn.microsoft.com/azure/event-grid/communication-services-voice-video-events. Identifiers
are flat on the pages of 2021 and inside ``communicationIdentifier`` since 2022-12.
"""

from typing import Any, ClassVar

from msgspec import Struct, field, structs

from shared.families.route import OPEN, SHOW, UPDATE, Route
from shared.reading.envelope import Envelope, in_subject, provenance
from shared.reading.fields import read, take
from shared.reading.identifiers import Identifier
from shared.reading.identities import from_identifier
from shared.reading.values import Number, Text, number, text
from shared.records.facts import Call, Fact, Party

_RINGS_FOR = 60
"""Seconds: afterwards a push about an incoming call is of no use."""
_NO_ANSWER = frozenset({408, 430, 480})
"""Nobody was reached, or nobody answered in time."""
_CANCELLED = 487
_ANSWERED_OR_DECLINED = frozenset({10003, 10024, 4501})
"""Subcodes of 487 that are no missed call: another device answered, everybody declined. These and
the codes: learn.microsoft.com/azure/communication-services/resources/troubleshooting/
voice-video-calling/troubleshooting-codes."""
_NO_ANSWER_WORDS = ("no answer", "noanswer", "not answered", "unanswered")


class IncomingCall(Struct, frozen=True, rename="camel"):
    """``AcsIncomingCallEventData``."""

    old_names: ClassVar = {"onBehalfOfCallee": "onBehalfOf"}

    to: Identifier = None
    from_: Identifier = field(default=None, name="from")
    server_call_id: Text = None
    caller_display_name: str | None = None
    incoming_call_context: str | None = None
    on_behalf_of: Identifier = None
    correlation_id: Text = None


class CallStarted(Struct, frozen=True, rename="camel"):
    """``AcsCallStartedEventData``, and what every call event has."""

    started_by: Identifier = None
    server_call_id: Text = None
    group: dict[str, Any] | None = None
    room: dict[str, Any] | None = None
    is_two_party: bool | None = None
    correlation_id: Text = None


class CallEnded(CallStarted, frozen=True, rename="camel"):
    """``AcsCallEndedEventData``; ``durationOfCall`` until 2022."""

    old_names: ClassVar = {"durationOfCall": "callDurationInSeconds"}

    ended_by: Identifier = None
    reason: dict[str, Any] | None = None
    call_duration_in_seconds: Number = None


class CallParticipant(CallStarted, frozen=True, rename="camel"):
    """``AcsCallParticipantEventData``; ``endpointType`` until 2022."""

    old_names: ClassVar = {"endpointType": "userAgent"}

    user: Identifier = None
    display_name: str | None = None
    participant_id: Text = None
    user_agent: str | None = None


class _EndReason(Struct, frozen=True, rename="camel"):
    """``AcsCallEndReason``."""

    code: Number = None
    sub_code: Number = None
    phrase: str | None = None


def incoming(payload: IncomingCall, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A call comes in: a device rings."""
    caller = payload.from_ or in_subject(envelope.subject, "caller")
    callee = from_identifier(payload.to or in_subject(envelope.subject, "recipient"))
    call = Call(
        id=text(payload.server_call_id),
        correlation_id=text(payload.correlation_id),
        on_behalf_of=from_identifier(payload.on_behalf_of),
        answer_context=text(payload.incoming_call_context),
    )
    return Fact(
        channel="call",
        direction="inbound",
        event=provenance(envelope),
        conversation=conversation_of(call.id),
        sender=from_identifier(caller, payload.caller_display_name),
        recipients=(callee,) if callee else (),
        call=call,
        extra=extra,
    )


def started(payload: CallStarted, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A call began; nobody but its caller is named."""
    return _fact(payload, envelope, extra, Call())


def ended(payload: CallEnded, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """A call is over: who ended it, and why.

    It is a missed call if somebody called from a telephone, it lasted for no time, and the reason
    is that nobody answered.
    """
    reason, rest = read(_EndReason, payload.reason or {})
    code = number("code", reason.code, rest)
    sub_code = number("subCode", reason.sub_code, rest)
    if rest:
        extra["reason"] = rest
    duration = payload.call_duration_in_seconds
    if isinstance(duration, float) and abs(duration) < _LONGEST:
        duration = int(duration)
    seconds = number("callDurationInSeconds", duration, extra)
    call = Call(
        missed=seconds == 0 and _is_unanswered(code, sub_code, reason.phrase),
        duration_seconds=seconds,
        ended_by=_person("endedBy", payload.ended_by, extra),
        end_code="/".join(str(part) for part in (code, sub_code) if part is not None) or None,
        end_reason=text(reason.phrase),
    )
    return _fact(payload, envelope, extra, call)


def participant(payload: CallParticipant, envelope: Envelope, extra: dict[str, Any]) -> Fact:
    """Somebody joined or left a call."""
    who = payload.user or in_subject(envelope.subject, "participant")
    call = Call(
        participant_id=text(payload.participant_id),
        user_agent=text(payload.user_agent),
    )
    person = _person("user", who, extra, payload.display_name)
    return _fact(payload, envelope, extra, call, who=person)


_LONGEST = 2**53
"""A JSON number above it may have lost digits."""


def conversation_of(server_call_id: str | None) -> str:
    """``call:<id>``; empty where nothing names the call."""
    return f"call:{server_call_id}" if server_call_id else ""


def _fact(
    payload: CallStarted,
    envelope: Envelope,
    extra: dict[str, Any],
    call: Call,
    *,
    who: Party | None = None,
) -> Fact:
    by = payload.started_by or in_subject(envelope.subject, "startedby")
    starter = _person("startedBy", by, extra)
    is_telephone = starter is not None and starter.kind == "phoneNumber"
    call_id = text(payload.server_call_id) or in_subject(envelope.subject, "call")
    return Fact(
        channel="call",
        event=provenance(envelope),
        conversation=conversation_of(call_id),
        sender=starter,
        participant=who,
        call=structs.replace(
            call,
            id=call_id,
            correlation_id=text(payload.correlation_id),
            group_id=_id("group", payload.group, extra),
            room_id=_id("room", payload.room, extra),
            is_two_party=payload.is_two_party,
            missed=call.missed and is_telephone,
        ),
        extra=extra,
    )


def _is_unanswered(code: int | None, sub_code: int | None, phrase: str | None) -> bool:
    if code == _CANCELLED:
        return sub_code not in _ANSWERED_OR_DECLINED
    words = (phrase or "").lower()
    return code in _NO_ANSWER or any(each in words for each in _NO_ANSWER_WORDS)


def _person(
    name: str, wire: Identifier, extra: dict[str, Any], display_name: str | None = None
) -> Party | None:
    """An identifier, flat or in ``communicationIdentifier`` with a role, a type and a name."""
    if not isinstance(wire, dict):
        return from_identifier(wire, display_name)
    rest = dict(wire)
    identifier = take(rest, "communicationidentifier")
    if not isinstance(identifier, (str, dict)):
        return from_identifier(wire, display_name)
    display_name = display_name or _take_text(rest, "name")
    if rest:
        extra[name] = rest
    return from_identifier(identifier, display_name)


def _id(name: str, wire: dict[str, Any] | None, extra: dict[str, Any]) -> str | None:
    """The id of a group or a room."""
    rest = dict(wire or {})
    found = _take_text(rest, "id")
    if rest:
        extra[name] = rest
    return found


def _take_text(wire: dict[str, Any], name: str) -> str | None:
    """Take a text or a number; anything else stays."""
    value = take(wire, name)
    if isinstance(value, (str, int)):
        return text(value)
    if value is not None:
        wire[name] = value
    return None


# fmt: off
ROWS = (
    Route("Microsoft.Communication.IncomingCall",
        "call_events", IncomingCall, incoming, "communication.call.incoming", SHOW,
        push_expires=_RINGS_FOR),
    Route("Microsoft.Communication.CallStarted",
        "call_events", CallStarted, started, "communication.call.started", UPDATE, notify=None),
    Route("Microsoft.Communication.CallEnded",
        "call_events", CallEnded, ended, "communication.call.ended", UPDATE,
        when_missed=OPEN, notify=None),
    Route("Microsoft.Communication.CallParticipantAdded",
        "call_events", CallParticipant, participant, "communication.participant.added", UPDATE,
        notify=None),
    Route("Microsoft.Communication.CallParticipantRemoved",
        "call_events", CallParticipant, participant, "communication.participant.removed", UPDATE,
        notify=None),
)
