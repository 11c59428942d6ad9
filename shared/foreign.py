"""Events that no route takes: why, and which subscription filter to mend.

Event types: ``azure.eventgrid.SystemEventNames`` and learn.microsoft.com/azure/event-grid/
event-schema-communication-services. A test fails when a newer SDK knows a Communication Services
type that is neither in ``routes`` nor here.
"""

import re

from shared.envelope import PREFIX, Envelope

_FILTER = "take it out of the event subscription's included event types"
OTHER_FAMILIES = {
    "UserDisconnected": "presence",
    "RecordingFileStatusUpdated": "call recording",
    "CallStarted": "calls",
    "CallEnded": "calls",
    "CallParticipantAdded": "calls",
    "CallParticipantRemoved": "calls",
    "IncomingCall": "calls",
    "EmailEngagementTrackingReportReceived": "e-mail engagement",
    "AdvancedMessageReceived": "inbound advanced messages",
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
"""Names seen in public code that Event Grid never sends, and the ones that were meant."""

BEFORE_THE_PREVIEW = "microsoft.communicationservices."
"""The prefix of spring 2020; events of it were never sent to customers."""

_CALLBACK = re.compile(
    r"call(connected|disconnected|transfer\w*)|connectfailed|participantsupdated|"
    r"(add|remove|mute|move|cancel)\w*participant\w*(succeeded|failed)|"
    r"(play|recognize|continuousdtmf\w*|senddtmf\w*|recording|transcription\w*|mediastreaming\w*|"
    r"hold|dialog|createcall|answer)\w*(completed|failed|canceled|started|stopped|updated|changed)|"
    r"recordingstatechanged"
)
"""Names of Call Automation events, which are posted to a callback URI and not by Event Grid."""

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
    if (
        "eventdatetime" in {key.lower() for key in envelope.extra}
        or "@odata.type" in envelope.extra
    ):
        return (
            "a Microsoft Graph change notification, not a Communication Services event: "
            "point that Graph subscription elsewhere"
        )
    if type_.startswith(BEFORE_THE_PREVIEW):
        return (
            "an event type of before the first preview, which no resource publishes: "
            f"Microsoft.Communication.{_MEANT_BEFORE.get(name, '…')} was meant"
        )
    if _is_callback(envelope, type_, name):
        return (
            "a Call Automation callback, not an Event Grid event: "
            "point the call's callback URI elsewhere"
        )
    if type_ == "microsoft.eventgrid.subscriptiondeletedevent":
        return "notice that an event subscription was deleted; make it anew if that was a mistake"
    if type_.startswith("microsoft.eventgrid."):
        return "a subscription handshake: it belongs to the webhook endpoint, not to the function"
    if not type_.startswith(PREFIX):
        return f"not an event of Communication Services: {_FILTER}, or subscribe to the right topic"
    if family := _FAMILY_OF.get(name):
        return f"{family} events become no records here: {_FILTER}"
    if meant := _MEANT.get(name):
        return f"Event Grid has no such event type, {meant} was meant: mend whoever publishes it"
    return (
        f"no route for this event type; if Event Grid really publishes it, add one, else {_FILTER}"
    )


def _is_callback(envelope: Envelope, type_: str, name: str) -> bool:
    if not type_.startswith(PREFIX) or name in _FAMILY_OF:
        return False
    places = f"{envelope.source} {envelope.subject}".lower()
    data = envelope.data if isinstance(envelope.data, dict) else {}
    named = "callconnectionid" in {key.lower() for key in data}
    return named or "calling/" in places or _CALLBACK.fullmatch(name) is not None
