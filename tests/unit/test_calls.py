"""Calls and their recordings."""

from typing import Any

import pytest

from shared.records.facts import Party
from shared.records.parts import RecordingChunk
from tests.unit.events import ALICE, BOB, CAROL, event, fact, identifier, of_kind, parse, records

PHONE = {"kind": "phoneNumber", "rawId": "4:+14255550123", "phoneNumber": {"value": "+14255550123"}}
INCOMING = {
    "from": PHONE,
    "to": identifier(ALICE),
    "serverCallId": "c",
    "callerDisplayName": "",
    "incomingCallContext": "secret",
    "correlationId": "k",
}
STARTED = {
    "startedBy": {"communicationIdentifier": identifier(BOB), "role": "Consumer"},
    "serverCallId": "c",
    "group": {"id": "g"},
    "room": {"id": "r"},
    "isTwoParty": True,
    "correlationId": "k",
}
MISSED = STARTED | {
    "startedBy": {"communicationIdentifier": PHONE},
    "callDurationInSeconds": 0,
    "reason": {"code": 480, "subCode": 560480, "phrase": "No answer"},
}
PARTICIPANT = STARTED | {
    "user": {"communicationIdentifier": identifier(ALICE)},
    "displayName": "Alice",
    "participantId": "p",
    "userAgent": "web",
}
RECORDING = {
    "recordingStorageInfo": {
        "recordingChunks": [
            {
                "documentId": "d",
                "index": 0,
                "endReason": "SessionEnded",
                "contentLocation": "https://x/content",
                "metadataLocation": "https://x/metadata",
                "deleteLocation": "https://x",
            }
        ]
    },
    "recordingStartTime": "2026-01-02T03:04:05Z",
    "recordingDurationMs": 6620,
}


def test_an_incoming_call_rings_for_a_minute_and_is_no_work() -> None:
    (push,) = records(event("IncomingCall", INCOMING))

    assert push["type"] == "communication.call.incoming"
    assert (push["time"][:19], push["expirytime"][:19]) == (
        "2026-01-02T03:04:05",
        "2026-01-02T03:05:05",
    )
    data = push["data"]
    assert (data["interruptionLevel"], data["recipient"]["key"]) == ("active", ALICE)
    assert (data["title"], data["body"]) == ("+14255550123", "Incoming call from +14255550123")
    assert (data["direction"], data["conversation"]) == ("inbound", "call:c")
    assert data["call"] == {"id": "c", "correlationId": "k", "answerContext": "secret"}


@pytest.mark.parametrize(
    ("seconds", "setting"), [("35", "30s"), ("05", "90s"), ("05", "")], ids=["less", "more", "none"]
)
def test_a_shorter_push_expires_holds(seconds: str, setting: str) -> None:
    (push,) = records(event("IncomingCall", INCOMING), PUSH_EXPIRES=setting)

    assert push["expirytime"][17:19] == seconds


@pytest.mark.parametrize("name", ["onBehalfOf", "onBehalfOfCallee"])
def test_a_call_for_somebody_else(name: str) -> None:
    call = fact("IncomingCall", INCOMING | {name: identifier(CAROL)}).call

    assert call is not None
    assert call.on_behalf_of == Party(kind="communicationUser", raw_id=CAROL)


def test_an_incoming_call_takes_its_parties_from_the_subject() -> None:
    subject = f"/caller/4:+14255550123/recipient/{ALICE}"
    found = fact("IncomingCall", {"serverCallId": "c"}, subject=subject)

    assert found.sender is not None
    assert ("+14255550123", ALICE) == (found.sender.key, found.recipients[0].key)


def test_a_call_that_names_nobody() -> None:
    (push,) = records(event("IncomingCall", {"correlationId": "k"}, id="e"))

    assert push["data"]["conversation"] == "call:unknown:e"
    assert push["data"]["body"] == "Incoming call from an unknown caller"


def test_a_call_started() -> None:
    (work,) = records(event("CallStarted", STARTED))
    data = work["data"]

    assert (work["type"], data["action"]) == ("communication.call.started", "update")
    assert (data["conversation"], data["direction"]) == ("call:c", "inbound")
    assert data["sender"]["key"] == BOB
    assert data["call"] == {
        "id": "c",
        "correlationId": "k",
        "groupId": "g",
        "roomId": "r",
        "isTwoParty": True,
    }
    assert data["extra"] == {"startedBy": {"role": "Consumer"}}


def test_a_call_that_staff_starts_is_outbound() -> None:
    (work,) = records(event("CallStarted", STARTED), STAFF_IDS=BOB)

    assert work["data"]["direction"] == "outbound"


@pytest.mark.parametrize(
    "data",
    [
        STARTED | {"startedBy": identifier(BOB)},
        STARTED | {"startedBy": BOB},
        STARTED | {"startedBy": {"communicationidentifier": identifier(BOB)}},
        {"serverCallId": "c"},
        {"correlationId": "k"},
    ],
    ids=["flat", "raw id", "another casing", "in the subject", "the call too"],
)
def test_who_started_a_call(data: dict[str, Any]) -> None:
    found = fact("CallStarted", data, subject=f"call/c/startedBy/{BOB}")

    assert found.sender is not None
    assert (found.sender.key, found.conversation) == (BOB, "call:c")


@pytest.mark.parametrize(
    ("title", "duration"),
    [
        ("Call ended (3 min 20 s)", {"callDurationInSeconds": 200.4}),
        ("Call ended (49 s)", {"durationOfCall": 49.7}),
        ("Call ended (0 s)", {"callDurationInSeconds": "0"}),
        ("Call ended", {}),
    ],
)
def test_a_call_ended(title: str, duration: dict[str, Any]) -> None:
    (work,) = records(event("CallEnded", STARTED | duration))

    assert (f"Call: {title}", "update") == (work["data"]["title"], work["data"]["action"])


def test_who_ended_a_call_and_why() -> None:
    ended_by = {"communicationIdentifier": identifier(ALICE), "type": "Participant", "name": "Ann"}
    reason = {"code": 487, "subCode": 10003, "phrase": "Answered elsewhere", "more": 1}
    found = fact("CallEnded", STARTED | {"endedBy": ended_by, "reason": reason})

    assert found.call is not None
    assert found.call.ended_by == Party(kind="communicationUser", raw_id=ALICE, display_name="Ann")
    assert (found.call.end_code, found.call.end_reason) == ("487/10003", "Answered elsewhere")
    assert found.extra["endedBy"] == {"type": "Participant"}
    assert found.extra["reason"] == {"more": 1}


def test_a_missed_call_opens() -> None:
    (work,) = records(event("CallEnded", MISSED))
    data = work["data"]

    assert (data["action"], data["title"]) == ("open", "Call: Missed call from +14255550123")
    assert (data["direction"], data["call"]["missed"]) == ("inbound", True)


@pytest.mark.parametrize(
    ("is_missed", "change"),
    [
        (True, {"reason": {"code": 408}}),
        (True, {"reason": {"code": "430"}}),
        (True, {"reason": {"code": 487, "subCode": 10004}}),
        (True, {"reason": {"code": 487}}),
        (True, {"reason": {"phrase": "The call was not answered."}}),
        (True, {"startedBy": PHONE}),
        (True, {"callDurationInSeconds": 0.0}),
        (False, {"reason": {"code": 487, "subCode": 10003}}),
        (False, {"reason": {"code": 487, "subCode": 10024}}),
        (False, {"reason": {"code": 0}}),
        (False, {"reason": {"code": 603}}),
        (False, {"reason": {}}),
        (False, {"reason": None}),
        (False, {"callDurationInSeconds": 1}),
        (False, {"callDurationInSeconds": None}),
        (False, {"startedBy": identifier(BOB)}),
        (False, {"startedBy": None}),
    ],
)
def test_only_a_call_from_a_telephone_that_nobody_answered_is_missed(
    is_missed: bool,  # noqa: FBT001 - a column of the table
    change: dict[str, Any],
) -> None:
    (work,) = records(event("CallEnded", MISSED | change))

    assert ("open" if is_missed else "update") == work["data"]["action"]
    assert is_missed is work["data"]["call"].get("missed", False)


def test_an_override_is_the_last_word_on_missed_calls() -> None:
    overrides = '{"Microsoft.Communication.CallEnded": {"work": "close"}}'
    (work,) = records(event("CallEnded", MISSED), ROUTE_OVERRIDES=overrides)

    assert work["data"]["action"] == "close"


def test_a_call_is_one_fact() -> None:
    first, copy, other = (
        records(event("CallEnded", MISSED | change, id=id_))[0]["id"]
        for change, id_ in (({}, "1"), ({}, "2"), ({"serverCallId": "d"}, "1"))
    )

    assert first == copy != other


@pytest.mark.parametrize(
    ("name", "word"), [("CallParticipantAdded", "added"), ("CallParticipantRemoved", "removed")]
)
def test_a_participant_of_a_call(name: str, word: str) -> None:
    (work,) = records(event(name, PARTICIPANT))
    data = work["data"]

    assert (work["type"], data["action"]) == (f"communication.participant.{word}", "update")
    assert (data["conversation"], data["participant"]["displayName"]) == ("call:c", "Alice")
    assert data["title"] == f"Call: Participant {word}: Alice"
    assert (data["call"]["participantId"], data["call"]["userAgent"]) == ("p", "web")


@pytest.mark.parametrize(
    "data",
    [
        PARTICIPANT | {"user": identifier(ALICE)},
        {name: value for name, value in PARTICIPANT.items() if name != "user"},
        PARTICIPANT | {"user": {"communicationIdentifier": ALICE, "name": 5}},
    ],
    ids=["flat", "in the subject", "raw id"],
)
def test_who_joined_a_call(data: dict[str, Any]) -> None:
    data = {"endpointType" if name == "userAgent" else name: value for name, value in data.items()}
    found = fact("CallParticipantAdded", data, subject=f"call/c/participant/{ALICE}")

    assert found.participant is not None
    assert found.call is not None
    assert (found.participant.key, found.call.user_agent) == (ALICE, "web")


def test_a_participant_of_a_call_is_one_fact_for_each_joining() -> None:
    first, copy, again, nameless = (
        records(event("CallParticipantAdded", PARTICIPANT | {"participantId": id_}, id=event_id))[0]
        for id_, event_id in (("p", "1"), ("p", "2"), ("q", "3"), (None, "4"))
    )

    assert first["id"] == copy["id"]
    assert len({record["id"] for record in (first, again, nameless)}) == 3


def test_what_of_a_call_no_field_holds_is_kept() -> None:
    data = STARTED | {"group": {"id": ["g"]}, "room": {"id": "r", "more": 1}}
    found = fact("CallStarted", data)

    assert found.call is not None
    assert (found.call.group_id, found.call.room_id) == (None, "r")
    assert (found.extra["room"], found.extra["group"]) == ({"more": 1}, {"id": ["g"]})


SUBJECT = "/recording/call/i/serverCallId/c/recordingId/r"


def test_a_recording_opens_and_says_where_it_lies_and_until_when() -> None:
    (work,) = records(event("RecordingFileStatusUpdated", RECORDING, subject=SUBJECT))
    data = work["data"]

    assert (work["type"], data["action"]) == ("communication.recording.available", "open")
    assert data["conversation"] == "call:c"
    assert data["title"] == "Call: Recording available (6 s), fetch by 2026-01-03 03:04 UTC"
    assert data["recording"] == {
        "id": "r",
        "startedAt": "2026-01-02T03:04:05.0000000Z",
        "durationMs": 6620,
        "fetchBy": "2026-01-03T03:04:05.6780000Z",
        "chunks": [
            {
                "id": "d",
                "index": 0,
                "endReason": "SessionEnded",
                "contentLocation": "https://x/content",
                "metadataLocation": "https://x/metadata",
                "deleteLocation": "https://x",
            }
        ],
    }


@pytest.mark.parametrize(
    ("conversation", "recording", "subject"),
    [
        ("call:c", "r", SUBJECT),
        ("call:c", "r", "recording/call/i/servercallid/c/recordingid/r/"),
        ("call:a/b=", "r/s", "/recording/call/i/serverCallId/a/b=/recordingId/r/s"),
        ("call:a/b", "r", "/recording/call/i/serverCallId/a%2Fb/recordingId/r"),
        ("call:i", "r", "/recording/call/i/recordingId/r"),
        ("", None, "/recording/call/{call-id}/recordingId/{recording-id}"),
        ("", None, "s"),
    ],
)
def test_the_call_of_a_recording(conversation: str, recording: str | None, subject: str) -> None:
    found = fact("RecordingFileStatusUpdated", RECORDING, subject=subject)

    assert found.recording is not None
    assert (conversation, recording) == (found.conversation, found.recording.id)


def test_a_recording_with_the_same_chunks_is_one_fact() -> None:
    more = {"recordingStorageInfo": {"recordingChunks": [{"documentId": "d"}, {"documentId": "e"}]}}
    name = "RecordingFileStatusUpdated"
    ids = [
        records(event(name, RECORDING | change, id=id_, subject=SUBJECT))[0]["id"]
        for change, id_ in (({}, "1"), ({}, "2"), (more, "3"))
    ]

    assert ids[0] == ids[1] != ids[2]


def test_a_recording_that_says_less() -> None:
    wire = event("RecordingFileStatusUpdated", {"recordingContentType": "Audio"}, subject="s")
    del wire["eventTime"]
    (work,) = records(wire)

    assert work["data"]["title"] == "Call: Recording available"
    assert parse(wire).time is None


def test_what_of_a_recording_no_field_holds_is_kept() -> None:
    info = {"recordingChunks": [{"documentId": "d", "index": "x", "more": 1}], "region": "eus"}
    found = fact("RecordingFileStatusUpdated", {"recordingStorageInfo": info})

    assert found.recording is not None
    assert found.recording.chunks == (RecordingChunk(id="d"),)
    assert found.extra == {
        "recordingStorageInfo": {"region": "eus"},
        "recordingChunks": [{"index": "x", "more": 1}],
    }


def test_a_missed_call_shown_by_an_override_reads_well() -> None:
    """``ROUTE_OVERRIDES`` cannot push what names nobody."""
    found = records(event("IncomingCall", INCOMING | {"callerDisplayName": "Bob"}))

    assert of_kind("push-notification", found)["data"]["title"] == "Bob"
