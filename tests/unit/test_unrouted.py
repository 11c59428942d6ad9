"""Events that no route takes: the reason says what to mend."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.reading.unrouted import INVENTED, OTHER_FAMILIES, REASONS, why_not
from shared.routes import ROUTES
from tests.unit.events import PREFIX, event, parse


@pytest.mark.parametrize("casing", [str, str.upper, str.lower])
@pytest.mark.parametrize(("name", "family"), OTHER_FAMILIES.items())
def test_another_family_is_named_with_the_filter_to_mend(
    name: str, family: str, casing: Callable[[str], str]
) -> None:
    reason = why_not(parse(event(casing(name), {})))

    assert reason.startswith(f"{family} events become no records here ({REASONS[family]})")
    assert "included event types" in reason


@pytest.mark.parametrize("casing", [str, str.upper, str.lower])
@pytest.mark.parametrize(("name", "meant"), INVENTED.items())
def test_the_reason_names_the_right_type_for_an_invented_name(
    name: str, meant: str, casing: Callable[[str], str]
) -> None:
    assert f"the right name is {meant}:" in why_not(parse(event(casing(name), {})))


def test_the_right_type_for_an_invented_name_is_a_real_one() -> None:
    real = {*OTHER_FAMILIES, *(route.event.removeprefix(PREFIX) for route in ROUTES)}

    assert {name for meant in INVENTED.values() for name in meant.split(" or ")} <= real


def test_each_family_has_a_reason_and_each_reason_a_family() -> None:
    assert set(OTHER_FAMILIES.values()) == set(REASONS)


def test_an_invented_name_is_no_real_one() -> None:
    assert set(INVENTED) & set(OTHER_FAMILIES) == set()


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        pytest.param(
            {"eventType": f"{PREFIX}CallStarted", "eventDateTime": "x"},
            "Microsoft Graph",
            id="Graph",
        ),
        pytest.param(
            {"eventType": f"{PREFIX}CallRosterUpdate", "@odata.type": "#microsoft.graph.x"},
            "Microsoft Graph",
            id="Graph, by its type",
        ),
        pytest.param(
            {"type": f"{PREFIX}CallConnected", "source": "calling/callConnections/1"},
            "Call Automation",
            id="Call Automation, by its source",
        ),
        pytest.param(
            {"type": f"{PREFIX}PlayCompleted", "subject": "calling/callConnections/1"},
            "Call Automation",
            id="Call Automation, by its subject",
        ),
        pytest.param(
            {"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {}},
            "webhook endpoint",
            id="handshake",
        ),
        pytest.param(
            {"eventType": "Microsoft.EventGrid.SubscriptionDeletedEvent", "data": {}},
            "subscription was deleted",
            id="subscription deleted",
        ),
        pytest.param(
            {"type": f"{PREFIX}RecognizeCompleted", "data": {"callConnectionId": "1"}},
            "Call Automation",
            id="Call Automation, by its data",
        ),
        pytest.param(
            {"eventType": "Microsoft.CommunicationServices.ChatReceived"},
            "its name today is Microsoft.Communication.ChatMessageReceived:",
            id="chat before the preview",
        ),
        pytest.param(
            {"eventType": "Microsoft.CommunicationServices.SMSReceived"},
            "its name today is Microsoft.Communication.SMSReceived:",
            id="before the preview",
        ),
        pytest.param(
            {"eventType": "Microsoft.Storage.SMSReceived"},
            "subscribe to the right topic",
            id="another service",
        ),
        pytest.param({"type": "SMSReceived"}, "not an event of Communication", id="no prefix"),
        pytest.param({"eventType": f"{PREFIX}Tomorrow"}, "add one", id="unknown"),
    ],
)
def test_the_reason_names_the_other_service(wire: dict[str, Any], words: str) -> None:
    assert words in why_not(parse(wire))


@pytest.mark.parametrize(
    "name",
    [
        "CallConnected",
        "CallDisconnected",
        "ParticipantsUpdated",
        "PlayCompleted",
        "PlayFailed",
        "RecognizeCompleted",
        "AddParticipantSucceeded",
        "CallTransferAccepted",
        "RecordingStateChanged",
    ],
)
def test_a_callback_is_known_by_its_name(name: str) -> None:
    """Posted to a callback URI, under the same prefix."""
    assert "Call Automation" in why_not(parse(event(name, {})))


@pytest.mark.parametrize("name", [*OTHER_FAMILIES, "SMSReceived2"])
def test_no_event_of_event_grid_is_taken_for_a_callback(name: str) -> None:
    assert "Call Automation" not in why_not(parse(event(name, {})))
