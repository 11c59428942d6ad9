"""Events that no route takes: why, and which subscription filter to mend.

Event types: ``azure.eventgrid.SystemEventNames`` and learn.microsoft.com/azure/event-grid/
event-schema-communication-services. A test fails when a newer SDK knows a Communication Services
type that is neither in ``routes`` nor here.
"""

from shared.reading.envelope import PREFIX, Envelope

_FILTER = "take it out of the event subscription's included event types"
OTHER_FAMILIES = {
    "UserDisconnected": "presence",
    "AdvancedMessageAnalysisCompleted": "message analysis",
    "RouterJobReceived": "job router",
    "RouterJobClassified": "job router",
    "RouterJobQueued": "job router",
    "RouterJobClassificationFailed": "job router",
    "RouterJobCompleted": "job router",
    "RouterJobClosed": "job router",
    "RouterJobCancelled": "job router",
    "RouterJobExceptionTriggered": "job router",
    "RouterJobWorkerSelectorsExpired": "job router",
    "RouterJobUnassigned": "job router",
    "RouterJobWaitingForActivation": "job router",
    "RouterJobSchedulingFailed": "job router",
    "RouterJobDeleted": "job router",
    "RouterWorkerOfferIssued": "job router",
    "RouterWorkerOfferAccepted": "job router",
    "RouterWorkerOfferDeclined": "job router",
    "RouterWorkerOfferRevoked": "job router",
    "RouterWorkerOfferExpired": "job router",
    "RouterWorkerRegistered": "job router",
    "RouterWorkerDeregistered": "job router",
    "RouterWorkerDeleted": "job router",
    "RouterWorkerUpdated": "job router",
}
"""Types of Communication Services (without their prefix) that are no messages, and their family."""

REASONS = {
    "presence": "who is online changes too often to be news, and nobody has to act on it",
    "message analysis": "it is a preview, about a message that AdvancedMessageReceived brings",
    "job router": "it hands out work by itself, and ends with the service on 2028-09-30",
}
"""Why a family's events become no records."""

INVENTED = {
    "ChatParticipantAdded": "ChatThreadParticipantAdded",
    "ChatParticipantRemoved": "ChatThreadParticipantRemoved",
    "RecordingFileStatus": "RecordingFileStatusUpdated",
    "RouterJobWorkerSelectorsExpire": "RouterJobWorkerSelectorsExpired",
    "MessageReceived": "SMSReceived or ChatMessageReceived",
    "MessageDelivered": "SMSDeliveryReportReceived",
    "MessageFailed": "SMSDeliveryReportReceived",
    "ChatParticipantAddedToThread": "ChatThreadParticipantAdded",
    "ChatParticipantRemovedFromThread": "ChatThreadParticipantRemoved",
    "ChatAzureBotCommand": "ChatAzureBotCommandReceivedInThread",
    "AdvancedMessageReadStatusUpdated": "AdvancedMessageDeliveryStatusUpdated",
    "AdvancedMessageChannelRegistrationStatusUpdated": "AdvancedMessageDeliveryStatusUpdated",
    "SMSDeliveryReport": "SMSDeliveryReportReceived",
    "ChatReceived": "ChatMessageReceived",
}
"""Names seen in public code that Event Grid never sends, and the right ones."""

BEFORE_THE_PREVIEW = "microsoft.communicationservices."
"""The prefix of spring 2020; events of it were never sent to customers."""

_CALLBACKS = ("callconnected", "calldisconnected", "connectfailed", "participantsupdated")
_CALLBACK_STARTS = (
    *("add", "remove", "mute", "move", "cancel", "play", "recognize", "continuousdtmf", "senddtmf"),
    *("recording", "transcription", "mediastreaming", "hold", "dialog", "createcall", "answer"),
)
_CALLBACK_ENDS = (
    *("succeeded", "failed", "completed", "canceled", "started", "stopped", "updated", "changed"),
)
"""How the names of Call Automation events begin and end; these are posted to a callback URI and
not by Event Grid (learn.microsoft.com/azure/communication-services/concepts/call-automation)."""

_GRAPH = (
    "a Microsoft Graph change notification, not a Communication Services event: "
    "point that Graph subscription elsewhere"
)
_CALL_AUTOMATION = (
    "a Call Automation callback, not an Event Grid event: point the call's callback URI elsewhere"
)
_BEFORE = "an event type of before the first preview, which no resource publishes"
_EVENT_GRID = {
    "microsoft.eventgrid.subscriptionvalidationevent": "a subscription handshake: it belongs to "
    "the webhook endpoint, not to the function",
    "microsoft.eventgrid.subscriptiondeletedevent": "notice that an event subscription was "
    "deleted; make it anew if that was a mistake",
}
_ELSEWHERE = f"not an event of Communication Services: {_FILTER}, or subscribe to the right topic"
_FAMILY_OF = {name.lower(): family for name, family in OTHER_FAMILIES.items()}
_MEANT = {name.lower(): meant for name, meant in INVENTED.items()}
_MEANT_BEFORE = _MEANT | {
    name: meant
    for meant in ("SMSReceived", "SMSDeliveryReportReceived", "IncomingCall", "CallEnded")
    if (name := meant.lower())
}


def why_not(envelope: Envelope) -> str:
    """Why no route takes this event, and what to do about it."""
    type_ = envelope.type.lower()
    name = type_.rpartition(".")[2]
    if is_graph(envelope):
        return _GRAPH
    if type_.startswith(BEFORE_THE_PREVIEW):
        meant = _MEANT_BEFORE.get(name, "…")
        return f"{_BEFORE}; its name today is Microsoft.Communication.{meant}: {_FILTER}"
    if _is_callback(envelope, type_, name):
        return _CALL_AUTOMATION
    if not type_.startswith(PREFIX):
        return _EVENT_GRID.get(type_, _ELSEWHERE)
    if family := _FAMILY_OF.get(name):
        return f"{family} events become no records here ({REASONS[family]}): {_FILTER}"
    if name in _MEANT:
        return f"Event Grid has no such event type; the right name is {_MEANT[name]}: {_FILTER}"
    return f"no route for this event type: add one if the service publishes it, else {_FILTER}"


def is_graph(envelope: Envelope) -> bool:
    """Whether this is a notification of Microsoft Graph; some have the names of call events."""
    if not envelope.extra:
        return False
    names = {key.lower() for key in envelope.extra}
    return "eventdatetime" in names or "@odata.type" in names


def _is_callback(envelope: Envelope, type_: str, name: str) -> bool:
    if not type_.startswith(PREFIX) or name in _FAMILY_OF:
        return False
    places = f"{envelope.source} {envelope.subject}".lower()
    data = envelope.data if isinstance(envelope.data, dict) else {}
    named = "callconnectionid" in {key.lower() for key in data}
    return named or "calling/" in places or _is_callback_name(name)


def _is_callback_name(name: str) -> bool:
    if name in _CALLBACKS or name.startswith("calltransfer"):
        return True
    return name.startswith(_CALLBACK_STARTS) and name.endswith(_CALLBACK_ENDS)
