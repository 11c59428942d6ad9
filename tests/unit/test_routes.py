"""THE TABLE, against the design's; and what changes it."""

from typing import Any

import pytest

from shared import routes
from shared.errors import UnreadablePayload
from shared.families.route import Route, Yields
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
SOME = {"threadId": THREAD, "recipientId": BOB, "version": 1}
MESSAGE = SOME | {"messageId": "1", "senderId": ALICE}


def _yield(found: list[dict[str, Any]]) -> dict[str, str]:
    """``{"work": "open normal", "push": "visible high"}``."""
    said = {}
    for record in found:
        data = record["data"]
        if "action" in data:
            said["work"] = f"{data['action']} {data['priority']}"
        else:
            said["push"] = f"{'silent' if data['silent'] else 'visible'} {data['priority']}"
    return said


OPEN, UPDATE, CLOSE = ({"work": f"{action} normal"} for action in ("open", "update", "close"))
SHOW, SYNC = {"push": "visible high"}, {"push": "silent normal"}
ALARM = {"work": "open high", "push": "visible high"}
TABLE: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("SMSReceived", SMS, OPEN | SHOW),
    ("SMSDeliveryReportReceived", DELIVERED, UPDATE | SYNC),
    ("SMSDeliveryReportReceived", FAILED, ALARM),
    ("EmailDeliveryReportReceived", {"status": "Delivered"}, UPDATE | SYNC),
    ("EmailDeliveryReportReceived", {"status": "Expanded"}, UPDATE | SYNC),
    ("EmailDeliveryReportReceived", {"status": "Bounced"}, ALARM),
    ("AdvancedMessageDeliveryStatusUpdated", {"status": "read"}, UPDATE | SYNC),
    ("AdvancedMessageDeliveryStatusUpdated", {"status": "failed"}, ALARM),
    ("ChatMessageReceived", MESSAGE, SHOW),
    ("ChatMessageEdited", MESSAGE, SYNC),
    ("ChatMessageDeleted", MESSAGE, SYNC),
    ("ChatThreadCreatedWithUser", SOME, SYNC),
    ("ChatThreadPropertiesUpdatedPerUser", SOME, SYNC),
    ("ChatThreadWithUserDeleted", SOME, SYNC),
    ("ChatParticipantAddedToThreadWithUser", SOME, SYNC),
    ("ChatParticipantRemovedFromThreadWithUser", SOME, SYNC),
    ("ChatMemberAddedToThreadWithUser", SOME, SYNC),
    ("ChatMemberRemovedFromThreadWithUser", SOME, SYNC),
    ("ChatMessageReceivedInThread", MESSAGE, UPDATE),
    ("ChatMessageEditedInThread", MESSAGE, UPDATE),
    ("ChatMessageDeletedInThread", MESSAGE, UPDATE),
    ("ChatThreadCreated", SOME, OPEN),
    ("ChatThreadDeleted", SOME, CLOSE),
    ("ChatThreadPropertiesUpdated", SOME, UPDATE),
    ("ChatThreadParticipantAdded", SOME, UPDATE),
    ("ChatThreadParticipantRemoved", SOME, UPDATE),
    ("ChatTypingIndicatorReceivedInThread", MESSAGE, {}),
    ("ChatAzureBotCommandReceivedInThread", MESSAGE, {}),
]
USER_WORK = {
    "ChatMessageReceived": UPDATE,
    "ChatMessageEdited": UPDATE,
    "ChatMessageDeleted": UPDATE,
    "ChatThreadCreatedWithUser": OPEN,
    "ChatThreadPropertiesUpdatedPerUser": UPDATE,
    "ChatThreadWithUserDeleted": CLOSE,
    "ChatParticipantAddedToThreadWithUser": UPDATE,
    "ChatParticipantRemovedFromThreadWithUser": UPDATE,
    "ChatMemberAddedToThreadWithUser": UPDATE,
    "ChatMemberRemovedFromThreadWithUser": UPDATE,
}


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param(*row, id=f"{row[0]} {row[1].get('status', '')}{n}")
        for n, row in enumerate(TABLE)
    ],
)
def test_what_an_event_yields(name: str, data: dict[str, Any], expected: dict[str, str]) -> None:
    assert expected == _yield(records(event(name, data)))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param(*row, id=f"{row[0]} {row[1].get('status', '')}{n}")
        for n, row in enumerate(TABLE)
    ],
)
def test_what_it_yields_where_work_items_come_from_user_level_events(
    name: str, data: dict[str, Any], expected: dict[str, str]
) -> None:
    """``CHAT_WORK_ITEMS=user`` adds work items to user-level chat events and changes no other."""
    found = records(event(name, data), CHAT_WORK_ITEMS="user")

    assert expected | USER_WORK.get(name, {}) == _yield(found)


def test_the_table_above_names_every_route() -> None:
    assert {PREFIX + name for name, *_ in TABLE} == {route.event for route in routes.ROUTES}


def test_families_and_functions() -> None:
    functions = {
        "SMSReceived": "sms_received",
        "SMSDeliveryReportReceived": "delivery_report",
        "EmailDeliveryReportReceived": "delivery_report",
        "AdvancedMessageDeliveryStatusUpdated": "delivery_report",
    }

    assert {
        route.event: functions.get(route.event.removeprefix(PREFIX), "chat_events")
        for route in routes.ROUTES
    } == {route.event: route.function for route in routes.ROUTES}


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ("communication.message.received", ["SMSReceived", "ChatMessageReceivedInThread"]),
        ("communication.message.edited", ["ChatMessageEdited", "ChatMessageEditedInThread"]),
        ("communication.message.deleted", ["ChatMessageDeleted", "ChatMessageDeletedInThread"]),
        ("communication.delivery.updated", ["SMSDeliveryReportReceived"]),
        ("communication.thread.created", ["ChatThreadCreatedWithUser", "ChatThreadCreated"]),
        ("communication.thread.updated", ["ChatThreadPropertiesUpdated"]),
        ("communication.thread.deleted", ["ChatThreadWithUserDeleted", "ChatThreadDeleted"]),
        (
            "communication.participant.added",
            ["ChatMemberAddedToThreadWithUser", "ChatThreadParticipantAdded"],
        ),
        (
            "communication.participant.removed",
            ["ChatMemberRemovedFromThreadWithUser", "ChatThreadParticipantRemoved"],
        ),
    ],
)
def test_what_the_fact_is_called(record: str, names: list[str]) -> None:
    found = [routes.find(PREFIX + name) for name in names]

    assert {record} == {route and route.record for route in found}


@pytest.mark.parametrize("casing", [str, str.lower, str.upper])
def test_an_event_type_is_found_in_any_casing(casing: Any) -> None:
    route = routes.find(casing(f"{PREFIX}SMSReceived"))

    assert route is not None
    assert route.event == f"{PREFIX}SMSReceived"


@pytest.mark.parametrize(
    "type_", ["SMSReceived", f"{PREFIX}SMSReceive", "", f"{PREFIX}IncomingCall"]
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
    "own", [{"recipientId": ALICE}, {"recipientCommunicationIdentifier": identifier(ALICE)}]
)
@pytest.mark.parametrize("name", ["ChatMessageReceived", "ChatMessageEdited", "ChatMessageDeleted"])
def test_nobody_is_notified_of_the_own_message(name: str, own: dict[str, Any]) -> None:
    """User-level events exclude the sender today, and included the sender once."""
    data = {key: value for key, value in CHAT_MESSAGE.items() if key != "recipientId"} | own

    assert {} == _yield(records(event(name, data)))
    assert UPDATE == _yield(records(event(name, data), CHAT_WORK_ITEMS="user"))


def test_who_is_added_by_the_own_hand_is_told_so() -> None:
    """Not a message: every device of the user needs to know the thread."""
    data = {"threadId": THREAD, "addedBy": ALICE, "recipientId": ALICE, "version": 1}

    assert SYNC == _yield(records(event("ChatParticipantAddedToThreadWithUser", data)))


def test_an_sms_to_oneself_is_shown() -> None:
    """Both are numbers of the resource; the documented sample is such a message."""
    data = SMS | {"to": SMS["from"]}

    assert OPEN | SHOW == _yield(records(event("SMSReceived", data)))


def test_unknown_senders_and_recipients_are_not_the_same() -> None:
    assert SHOW == _yield(records(event("ChatMessageReceived", {"messageId": "1"})))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("{}", {}),
        ('{"work": "close"}', CLOSE),
        ('{"push": "silent"}', SYNC),
        ('{"work": "open", "push": "visible", "priority": "high"}', ALARM),
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
        ROUTE_OVERRIDES=f'{{"{PREFIX}ChatMessageReceived": {{"push": "silent"}}}}',
        CHAT_WORK_ITEMS=setting,
    )

    assert SYNC == _yield(found)


def test_an_override_does_not_notify_the_own_sender() -> None:
    found = records(
        event("ChatMessageReceived", CHAT_MESSAGE | {"recipientId": ALICE}),
        ROUTE_OVERRIDES=f'{{"{PREFIX}ChatMessageReceived": {{"work":"open","push": "visible"}}}}',
    )

    assert OPEN == _yield(found)


@pytest.mark.parametrize("work", [None, "open", "update", "close"])
def test_work_that_a_type_yields_anyway_is_not_changed_by_user_work_items(
    work: Action | None,
) -> None:
    route = routes.find(f"{PREFIX}SMSReceived")
    assert route is not None
    expected = Yields(work=work, push="visible")
    said = routes.fact_of(route, parse(event("SMSReceived", SMS)))
    changed = type(route)(
        route.event, route.function, route.payload, route.normalize, route.record, expected
    )

    assert expected == routes.outcome(changed, said, user_work_items=True)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.event)
def test_only_thread_level_events_name_nobody_to_notify(route: Route[Any]) -> None:
    assert (route.notify is None) is (route.level == "thread")
    assert (route.level is not None) is (route.function == "chat_events")
