"""THE TABLE: rules that every row keeps; what changes what a row yields.

What each sample yields, the golden files hold: a new event type need not be added here.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from shared import routes
from shared.errors import UnreadablePayload
from shared.families.route import NOTHING, Route, Yields
from shared.records.cloudevents import Action
from shared.routes import ROUTES
from tests.unit.events import (
    ALICE,
    BOB,
    CHAT_MESSAGE,
    PREFIX,
    SMS,
    THREAD,
    event,
    fact,
    identifier,
    parse,
    records,
)

DELIVERED = {"messageId": "m", "deliveryStatus": "Delivered", "from": "+15555550199"}
FAILED = DELIVERED | {"deliveryStatus": "Failed"}
OPTED_OUT = FAILED | {"deliveryStatusDetails": "4007: Opted out"}
NO_REPORTS = FAILED | {"deliveryStatusDetails": "5002"}
BY_ALICE = {
    "senderId": ALICE,
    "createdBy": ALICE,
    "editedBy": ALICE,
    "deletedBy": ALICE,
    "addedBy": ALICE,
    "removedBy": ALICE,
}
"""Who acted, under the name of each chat event: a customer."""
OPEN, UPDATE, CLOSE = ({"work": f"{action} normal"} for action in ("open", "update", "close"))
ACTIVE, BACKGROUND = {"push": "active"}, {"push": "background"}
ALARM = {"work": "open high"} | ACTIVE


def _each(rows: Iterable[Route[Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "route", list(rows), ids=lambda route: route.event.removeprefix(PREFIX)
    )


every_route = _each(ROUTES)
every_user_level_route = _each(route for route in ROUTES if route.level == "user")
every_thread_level_route = _each(
    route for route in ROUTES if route.level == "thread" and route.record
)


def _yield(found: list[dict[str, Any]]) -> dict[str, str]:
    """``{"work": "open normal", "push": "active"}``."""
    yields = {}
    for record in found:
        data = record["data"]
        if "action" in data:
            yields["work"] = f"{data['action']} {data['priority']}"
        else:
            yields["push"] = data["interruptionLevel"]
    return yields


def _twins(route: Route[Any], level: str) -> list[Route[Any]]:
    return [other for other in ROUTES if (other.level, other.record) == (level, route.record)]


@every_route
def test_chat_events_have_a_level_and_others_have_none(route: Route[Any]) -> None:
    assert (route.level is not None) is (route.function == "chat_events")


@every_route
def test_an_event_that_names_nobody_to_notify_yields_no_push(route: Route[Any]) -> None:
    """Thread-level events, and those about calls that go on or are over."""
    is_about_a_call = route.function == "call_events" and route.yields.push is None

    assert (route.notify is None) is (route.level == "thread" or is_about_a_call)


@every_route
def test_only_a_call_that_ended_can_be_missed(route: Route[Any]) -> None:
    assert (route.when_missed is not None) is (route.record == "communication.call.ended")


@every_thread_level_route
def test_a_thread_level_event_yields_work_and_has_a_user_level_twin(route: Route[Any]) -> None:
    assert (route.yields.push, bool(route.yields.work)) == (None, True)
    assert _twins(route, "user")


SHOWN = {"communication.message.received": "active", "communication.message.edited": "passive"}


@every_user_level_route
def test_a_user_level_event_yields_a_push_and_only_messages_are_shown(route: Route[Any]) -> None:
    """Work comes from the thread-level event, unless ``CHAT_WORK_ITEMS=user``."""
    assert (SHOWN.get(str(route.record), "background"), None) == (
        route.yields.push,
        route.yields.work,
    )


@every_user_level_route
def test_with_chat_work_items_user_both_levels_yield_the_same_work(route: Route[Any]) -> None:
    assert {route.user_work} == {twin.yields.work for twin in _twins(route, "thread")}


@every_route
def test_only_user_level_events_have_work_for_chat_work_items_user(route: Route[Any]) -> None:
    assert (route.user_work is not None) is (route.level == "user")


@every_route
def test_a_delivery_may_fail_and_goes_to_whoever_sent_the_message(route: Route[Any]) -> None:
    is_delivery = route.record == "communication.delivery.updated"

    assert is_delivery is (route.when_failed is not None)
    assert not is_delivery or route.notify == "sender"


@every_route
def test_what_makes_no_record_yields_nothing(route: Route[Any]) -> None:
    assert (route.record is None) is (route.yields == NOTHING)


@pytest.mark.parametrize("setting", ["thread", "user"])
@_each(route for route in ROUTES if route.level)
def test_what_a_chat_event_yields(route: Route[Any], setting: str) -> None:
    """``CHAT_WORK_ITEMS=user`` adds work items to user-level events and changes nothing else."""
    data = BY_ALICE | {"threadId": THREAD, "recipientId": BOB, "version": 1, "messageId": "1"}
    name = route.event.removeprefix(PREFIX)
    work = route.user_work if setting == "user" and route.user_work else route.yields.work
    expected = {"work": f"{work} normal"} if work else {}
    if route.yields.push:
        expected["push"] = route.yields.push

    assert expected == _yield(records(event(name, data), CHAT_WORK_ITEMS=setting))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("SMSReceived", SMS, OPEN | ACTIVE, id="SMS"),
        pytest.param("SMSDeliveryReportReceived", DELIVERED, UPDATE | BACKGROUND, id="delivered"),
        pytest.param("SMSDeliveryReportReceived", FAILED, ALARM, id="failed"),
        pytest.param("SMSDeliveryReportReceived", OPTED_OUT, UPDATE | BACKGROUND, id="opted out"),
        pytest.param("SMSDeliveryReportReceived", NO_REPORTS, UPDATE | BACKGROUND, id="5002"),
        pytest.param(
            "EmailDeliveryReportReceived",
            {"status": "Expanded"},
            UPDATE | BACKGROUND,
            id="expanded",
        ),
        pytest.param("EmailDeliveryReportReceived", {"status": "Bounced"}, ALARM, id="bounced"),
        pytest.param(
            "AdvancedMessageDeliveryStatusUpdated", {"status": "failed"}, ALARM, id="WhatsApp"
        ),
    ],
)
def test_a_failure_is_an_alarm_if_somebody_can_act_on_it(
    name: str, data: dict[str, Any], expected: dict[str, str]
) -> None:
    """Nobody can act on an opt-out, and 5002 says that the outcome is not known."""
    assert expected == _yield(records(event(name, data)))


@pytest.mark.parametrize("casing", [str, str.lower, str.upper])
def test_an_event_type_is_found_in_any_casing(casing: Any) -> None:
    route = routes.find(casing(f"{PREFIX}SMSReceived"))

    assert route is not None
    assert route.event == f"{PREFIX}SMSReceived"


@pytest.mark.parametrize(
    "type_", ["SMSReceived", f"{PREFIX}SMSReceive", "", "Microsoft.Storage.SMSReceived"]
)
def test_another_event_type_is_not_found(type_: str) -> None:
    assert routes.find(type_) is None


@pytest.mark.parametrize(
    "data", [None, [], "text", 7, True], ids=["null", "array", "text", "number", "boolean"]
)
def test_data_that_is_no_object_is_unreadable(data: object) -> None:
    with pytest.raises(UnreadablePayload, match="SMSReceived: data is missing or not a JSON"):
        fact("SMSReceived", data)


@pytest.mark.parametrize(
    "data",
    [{}, {"message": None}, {"recepient": "x"}, {"message": {"a": 1}}],
    ids=["empty", "null", "unknown", "wrong shape"],
)
def test_data_without_any_field_of_its_type_is_unreadable(data: dict[str, Any]) -> None:
    """Otherwise a wrong event would become an empty record, and nobody would know."""
    with pytest.raises(UnreadablePayload, match="no readable field"):
        fact("SMSReceived", data)


@pytest.mark.parametrize(
    "own",
    [
        {"recipientId": ALICE},
        {"recipientId": ALICE.upper()},
        {"recipientCommunicationIdentifier": identifier(ALICE)},
    ],
)
@pytest.mark.parametrize("name", ["ChatMessageReceived", "ChatMessageEdited", "ChatMessageDeleted"])
def test_nobody_is_notified_of_the_own_message(name: str, own: dict[str, Any]) -> None:
    """User-level events exclude the sender today, and included the sender once."""
    data = {key: value for key, value in CHAT_MESSAGE.items() if key != "recipientId"} | own

    work = OPEN if name == "ChatMessageReceived" else UPDATE

    assert {} == _yield(records(event(name, data)))
    assert work == _yield(records(event(name, data), CHAT_WORK_ITEMS="user"))


def test_who_joins_a_thread_alone_gets_a_push_too() -> None:
    """Not a message: every device of the user needs to know the thread."""
    data = {"threadId": THREAD, "addedBy": ALICE, "recipientId": ALICE, "version": 1}

    assert BACKGROUND == _yield(records(event("ChatParticipantAddedToThreadWithUser", data)))


def test_an_sms_to_oneself_is_shown() -> None:
    """Both are numbers of the resource; the documented sample is such a message."""
    data = SMS | {"to": SMS["from"]}

    assert OPEN | ACTIVE == _yield(records(event("SMSReceived", data)))


def test_unknown_senders_and_recipients_are_not_the_same() -> None:
    assert ACTIVE == _yield(records(event("ChatMessageReceived", {"messageId": "1"})))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("{}", {}),
        ('{"work": "close"}', CLOSE),
        ('{"push": "background"}', BACKGROUND),
        ('{"push": "passive"}', {"push": "passive"}),
        ('{"work": "open", "push": "active", "priority": "high"}', ALARM),
    ],
)
def test_an_override_replaces_what_an_event_yields(override: str, expected: dict[str, str]) -> None:
    overrides = f'{{"microsoft.communication.smsreceived": {override}}}'

    assert expected == _yield(records(event("SMSReceived", SMS), ROUTE_OVERRIDES=overrides))


@pytest.mark.parametrize(
    ("data", "override", "expected"),
    [
        pytest.param(DELIVERED, "{}", {}, id="delivered is left alone"),
        pytest.param(FAILED, "{}", ALARM, id="failed still alarms"),
        pytest.param(FAILED, '{"whenFailed": {"work": "update"}}', UPDATE, id="failed is changed"),
        pytest.param(FAILED, '{"whenFailed": {}}', {}, id="failed is left alone"),
        pytest.param(
            DELIVERED, '{"work": "close", "whenFailed": {}}', CLOSE, id="delivered is changed"
        ),
    ],
)
def test_an_override_of_a_delivery_report(
    data: dict[str, Any], override: str, expected: dict[str, str]
) -> None:
    overrides = f'{{"{PREFIX}SMSDeliveryReportReceived": {override}}}'
    found = records(event("SMSDeliveryReportReceived", data), ROUTE_OVERRIDES=overrides)

    assert expected == _yield(found)


@pytest.mark.parametrize("setting", ["thread", "user"])
def test_an_override_of_a_user_level_event_is_the_last_word(setting: str) -> None:
    """Who overrides a type says all that it yields, whatever ``CHAT_WORK_ITEMS`` says."""
    found = records(
        event("ChatMessageReceived", CHAT_MESSAGE),
        ROUTE_OVERRIDES=f'{{"{PREFIX}ChatMessageReceived": {{"push": "background"}}}}',
        CHAT_WORK_ITEMS=setting,
    )

    assert BACKGROUND == _yield(found)


def test_an_override_does_not_notify_the_own_sender() -> None:
    found = records(
        event("ChatMessageReceived", CHAT_MESSAGE | {"recipientId": ALICE}),
        ROUTE_OVERRIDES=f'{{"{PREFIX}ChatMessageReceived": {{"work":"open","push": "active"}}}}',
    )

    assert OPEN == _yield(found)


@pytest.mark.parametrize("work", [None, "open", "update", "close"])
def test_work_that_a_type_yields_anyway_is_not_changed_by_user_work_items(
    work: Action | None,
) -> None:
    route = routes.find(f"{PREFIX}SMSReceived")
    assert route is not None
    expected = Yields(work=work, push="active")
    found = routes.fact_of(route, parse(event("SMSReceived", SMS)))
    changed = type(route)(
        route.event, route.function, route.payload, route.normalize, route.record, expected
    )

    assert expected == routes.outcome(changed, found, user_work_items=True)
