"""Who is staff, and what follows: roles, direction, and what opens a conversation."""

from typing import Any

import pytest

from tests.unit.events import (
    ALICE,
    BOB,
    CAROL,
    CHAT_MESSAGE,
    SMS,
    THREAD,
    event,
    identifier,
    of_kind,
    records,
)

TEAMS = "8:orgid:88888888-8888-8888-8888-888888888888"
BOT = "28:orgid:99999999-9999-9999-9999-999999999999"
VISITOR = "8:teamsvisitor:a"
WITHOUT_SENDER = {key: value for key, value in CHAT_MESSAGE.items() if key != "senderId"}


def _written_by(sender: Any, **environ: str) -> tuple[str | None, str, str | None]:
    """Direction, action and the sender's role of the work item; the push says the same."""
    data = WITHOUT_SENDER | {"senderCommunicationIdentifier": sender}
    found = records(event("ChatMessageReceived", data), CHAT_WORK_ITEMS="user", **environ)
    work, push = (of_kind(kind, found)["data"] for kind in ("work-item", "push-notification"))
    assert work.get("direction") == push.get("direction")
    assert work.get("sender") == push.get("sender")
    return work.get("direction"), work["action"], (work.get("sender") or {}).get("role")


CUSTOMER, STAFF = ("inbound", "open", None), ("outbound", "update", "staff")


@pytest.mark.parametrize(
    ("expected", "sender"),
    [
        pytest.param(CUSTOMER, identifier(ALICE), id="a user"),
        pytest.param(CUSTOMER, "4:+15555550100", id="a number"),
        pytest.param(STAFF, TEAMS, id="somebody in Teams"),
        pytest.param(
            STAFF, {"microsoftTeamsUser": {"userId": TEAMS[8:]}}, id="the same, no raw id"
        ),
        pytest.param(STAFF, BOT, id="a bot in Teams"),
        pytest.param(CUSTOMER, VISITOR, id="an anonymous guest in Teams"),
    ],
)
def test_without_settings_staff_is_who_writes_from_teams(
    expected: tuple[str | None, ...], sender: Any
) -> None:
    assert expected == _written_by(sender)


@pytest.mark.parametrize("nobody", [None, "", {}, {"kind": "unknown"}], ids=repr)
def test_a_message_of_nobody_has_no_direction_and_opens_nothing(nobody: Any) -> None:
    assert _written_by(nobody) == (None, "update", None)
    assert _written_by(nobody, STAFF_IDS=ALICE) == (None, "update", None)


@pytest.mark.parametrize(
    "setting",
    [ALICE, ALICE.upper(), f" {BOB} , {ALICE},", f",,{ALICE}"],
    ids=["as it is", "another casing", "a list with blanks", "empty places"],
)
@pytest.mark.parametrize(
    "sender", [ALICE, ALICE.upper(), identifier(ALICE)], ids=["text", "casing", "object"]
)
def test_staff_by_their_ids(setting: str, sender: Any) -> None:
    assert _written_by(sender, STAFF_IDS=setting) == STAFF
    assert _written_by(CAROL, STAFF_IDS=setting) == CUSTOMER


@pytest.mark.parametrize("setting", ["4:+15555550100", "+15555550100", "15555550100"])
@pytest.mark.parametrize(
    "sender", ["4:+15555550100", {"phoneNumber": {"value": "+15555550100"}}], ids=["text", "object"]
)
def test_staff_by_their_number_in_any_spelling(setting: str, sender: Any) -> None:
    assert _written_by(sender, STAFF_IDS=setting) == STAFF


@pytest.mark.parametrize(
    ("expected", "setting"),
    [
        pytest.param(STAFF, "communicationUser", id="all users"),
        pytest.param(STAFF, " COMMUNICATIONUSER, phonenumber ", id="any casing"),
        pytest.param(CUSTOMER, "microsoftTeamsUser", id="another kind"),
        pytest.param(CUSTOMER, "", id="nobody"),
    ],
)
def test_staff_by_kind(expected: tuple[str | None, ...], setting: str) -> None:
    assert expected == _written_by(ALICE, STAFF_KINDS=setting)


def test_kinds_that_are_set_replace_the_default() -> None:
    assert _written_by(TEAMS, STAFF_KINDS="communicationUser") == CUSTOMER


def test_a_guest_can_be_staff_by_id() -> None:
    assert _written_by(VISITOR, STAFF_IDS=VISITOR) == STAFF


def test_a_role_stands_wherever_a_party_does() -> None:
    people = [{"displayName": "A", "memberId": ALICE}, {"displayName": "B", "memberId": BOB}]
    thread = {"threadId": THREAD, "version": 1, "recipientId": ALICE, "createdBy": ALICE}
    (created,) = records(
        event("ChatThreadCreatedWithUser", thread | {"members": people}), STAFF_IDS=ALICE
    )
    (joined,) = records(
        event("ChatMemberAddedToThreadWithUser", thread | {"memberAdded": people[0]}),
        STAFF_IDS=ALICE,
    )

    for data in (created["data"], joined["data"]):
        assert [data["recipient"]["role"], data["recipients"][0]["role"]] == ["staff", "staff"]
        assert "direction" not in data
    assert created["data"]["sender"]["role"] == "staff"
    assert [who.get("role") for who in created["data"]["thread"]["participants"]] == ["staff", None]
    assert joined["data"]["participant"]["role"] == "staff"


@pytest.mark.parametrize(("expected", "by"), [("open", ALICE), ("update", TEAMS), ("update", None)])
def test_only_a_customer_opens_a_conversation(expected: str, by: str | None) -> None:
    data = {"threadId": THREAD, "version": 1, "createdBy": by}
    (created,) = records(event("ChatThreadCreated", data))

    assert expected == created["data"]["action"]


def test_an_sms_says_its_direction_by_itself() -> None:
    report = {"messageId": "m", "deliveryStatus": "Delivered", "from": "+15555550199"}
    for name, data, expected in (
        ("SMSReceived", SMS, "inbound"),
        ("SMSDeliveryReportReceived", report, "outbound"),
        ("EmailDeliveryReportReceived", {"status": "Delivered"}, "outbound"),
        ("AdvancedMessageDeliveryStatusUpdated", {"status": "read"}, "outbound"),
    ):
        found = records(event(name, data), STAFF_IDS=SMS["from"])
        assert [record["data"]["direction"] for record in found] == [expected] * 2
