"""Every kind of identifier of the newest specification, and every raw id that the SDKs know."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reading.identities import each_once, from_identifier, from_participant
from shared.reading.phones import beside, e164, from_phone
from shared.reading.values import strings
from shared.records.facts import ANONYMOUS, Party
from tests.unit.events import (
    ALICE,
    BOB,
    CHAT_MESSAGE,
    SMS,
    THREAD,
    event,
    fact,
    identifier,
    of_kind,
    records,
)

RESOURCE, TENANT, USER = (f"{n}{n}{n}" for n in "123")
EXTENSION = {"resourceId": RESOURCE, "tenantId": TENANT, "userId": USER}
PREFIXES = {
    "8:acs:": "communicationUser",
    "8:dod-acs:": "communicationUser",
    "8:gcch-acs:": "communicationUser",
    "8:spool:": "communicationUser",
    "4:+1425555": "phoneNumber",
    "8:orgid:": "microsoftTeamsUser",
    "8:dod:": "microsoftTeamsUser",
    "8:gcch:": "microsoftTeamsUser",
    "8:teamsvisitor:": "microsoftTeamsUser",
    "28:orgid:": "microsoftTeamsApp",
    "28:dod:": "microsoftTeamsApp",
    "28:gcch:": "microsoftTeamsApp",
    "28:dod-global:": "microsoftTeamsApp",
    "28:": "microsoftTeamsApp",
    "8:live:": "unknown",
    "8:sfb:": "unknown",
    "8:": "unknown",
    "29:": "unknown",
    "48:": "unknown",
    "": "unknown",
}
"""As ``identifier_from_raw_id`` of azure-communication-callautomation 1.6.0 has them."""


@given(st.sampled_from([*PREFIXES]), st.from_regex(r"[0-9]{4}", fullmatch=True), st.booleans())
def test_every_prefix_in_any_casing(prefix: str, rest: str, is_object: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    for raw_id in (prefix + rest, (prefix + rest).upper()):
        party = from_identifier({"rawId": raw_id} if is_object else raw_id)

        assert party is not None
        assert (party.kind, party.raw_id) == (PREFIXES[prefix], raw_id)


@pytest.mark.parametrize(
    ("raw_id", "cloud"),
    [
        (f"8:acs:{RESOURCE}_{TENANT}_{USER}", {}),
        (f"8:acs:{RESOURCE}_{TENANT}_{USER}", {"cloud": "public"}),
        (f"8:dod-acs:{RESOURCE}_{TENANT}_{USER}", {"cloud": "dod"}),
        (f"8:gcch-acs:{RESOURCE}_{TENANT}_{USER}", {"Cloud": "GCCH"}),
    ],
)
def test_a_teams_extension_user(raw_id: str, cloud: dict[str, str]) -> None:
    """With and without the raw id, the same party; as the SDKs build it."""
    nested = {"teamsExtensionUser": EXTENSION | cloud}
    forms: list[Any] = [
        nested,
        nested | {"kind": "teamsExtensionUser"},
        nested | {"kind": "teams_extension_user", "rawId": raw_id},
        {"rawId": raw_id},
        raw_id,
    ]
    parties = [from_identifier(form) for form in forms]

    assert {(party.kind, party.raw_id) for party in parties if party} == {
        ("teamsExtensionUser", raw_id)
    }
    assert all(parties)


@pytest.mark.parametrize("missing", ["resourceId", "tenantId", "userId"])
def test_a_teams_extension_user_with_a_part_missing(missing: str) -> None:
    """Half an id would be another one's."""
    nested = {key: value for key, value in EXTENSION.items() if key != missing}
    party = from_identifier({"teamsExtensionUser": nested})

    assert party is not None
    assert (party.kind, party.raw_id) == ("teamsExtensionUser", None)
    assert party.extra == {"teamsExtensionUser": nested}


@pytest.mark.parametrize(
    "kind",
    ["communication_user", "phone_number", "microsoft_teams_user", "MICROSOFT_TEAMS_APP"],
)
def test_kinds_as_the_python_sdk_spells_them(kind: str) -> None:
    party = from_identifier({"kind": kind, "rawId": "x"})

    assert party is not None
    assert party.kind.lower() == kind.replace("_", "").lower()
    assert party.extra == {}


@pytest.mark.parametrize(
    "form",
    [
        "4:anonymous",
        "4:Anonymous",
        {"rawId": "4:anonymous"},
        {"kind": "phoneNumber", "phoneNumber": {"value": "anonymous"}},
        {"phoneNumber": {"value": "anonymous", "isAnonymous": True}},
        {"rawId": "4:+14255550123", "phoneNumber": {"value": "+14255550123", "isAnonymous": True}},
        {"phoneNumber": "anonymous"},
    ],
)
def test_somebody_who_hides_the_number(form: Any) -> None:
    """Nobody's number: two of them are two, and no title shows it."""
    party = from_identifier(form)

    assert party is not None
    assert (party.kind, party.key, party.phone_number) == ("phoneNumber", "", None)
    assert (party.raw_id or "").lower() == ANONYMOUS
    assert each_once([party, party]) == (party, party)


def test_an_anonymous_participant_has_a_neutral_title() -> None:
    data = {
        "threadId": THREAD,
        "version": 1,
        "participantAdded": {"participantCommunicationIdentifier": identifier(ANONYMOUS)},
    }
    hidden = data | {"participantAdded": {"participantCommunicationIdentifier": ANONYMOUS}}

    for wire in (data, hidden):
        item = of_kind("work-item", records(event("ChatThreadParticipantAdded", wire)))
        assert item["data"]["title"] == "Chat: Participant added"
        assert "key" not in item["data"]["participant"]


def test_a_number_that_is_shared_by_calls() -> None:
    """The suffix of an asserted id is not part of the number."""
    flat = from_identifier("4:+14255550123_17")
    nested = from_identifier(
        {"rawId": "4:+14255550123_17", "phoneNumber": {"value": "+14255550123", "assertedId": "17"}}
    )

    assert flat is not None
    assert nested is not None
    assert {flat.phone_number, nested.phone_number} == {"+14255550123"}
    assert nested.extra == {"phoneNumber": {"value": "+14255550123", "assertedId": "17"}}


def test_a_number_that_is_not_sure_is_shown_without_its_prefix() -> None:
    data = {
        "threadId": THREAD,
        "version": 1,
        "participantAdded": {"participantCommunicationIdentifier": "4:5555550100"},
    }
    item = of_kind("work-item", records(event("ChatThreadParticipantAdded", data)))

    assert item["data"]["title"] == "Chat: Participant added: 5555550100"


@given(st.data())
def test_casing_makes_nobody_the_recipient_of_an_own_message(data: st.DataObject) -> None:
    own = "".join(data.draw(st.sampled_from([c.upper(), c.lower()])) for c in ALICE)
    wire = CHAT_MESSAGE | {"senderId": ALICE, "recipientId": own}

    assert records(event("ChatMessageReceived", wire)) == []
    assert records(event("ChatMessageReceived", wire | {"recipientId": BOB})) != []


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        *[("shortCode", "1" * count) for count in (3, 4, 5, 6)],
        *[("phoneNumber", "4061234567"[:count]) for count in (7, 8, 9, 10)],
        ("phoneNumber", "+12345"),
        ("phoneNumber", "12"),
    ],
)
def test_short_codes_and_national_numbers(kind: str, number: str) -> None:
    """Short codes have three to six digits; national numbers begin with seven (Norway: eight)."""
    party = from_phone(number)

    assert party is not None
    assert (party.kind, party.raw_id, party.phone_number) == (kind, number, None)


@pytest.mark.parametrize(
    "number",
    ["89161234567", "28123456789", "83123456789", "11987654321", "123456789012", "10255550100"],
)
def test_digits_that_begin_with_no_country_code(number: str) -> None:
    """A Russian or Brazilian number as it is dialled at home, and the like."""
    assert e164(number) is None
    assert e164(f"+{number}") == f"+{number}"


@pytest.mark.parametrize(
    "number",
    ["12065550100", "79161234567", "4520123456789", "31612345678", "35312345678", "971501234567"],
)
def test_digits_that_begin_with_a_country_code(number: str) -> None:
    assert e164(number) == f"+{number}"


@pytest.mark.parametrize(
    ("expected", "number", "other"),
    [
        ("+4520123456", "4520123456", "+4570101010"),
        ("+4520123456", "45 20 12 34 56", "+4570101010"),
        ("+4740612345", "4740612345", "+4790000000"),
        ("+6581234567", "6581234567", "+6561234567"),
        ("+37251234567", "37251234567", "+37251000000"),
        (None, "40612345", "+4790000000"),
        (None, "4740612345", "+4570101010"),
        (None, "4255550123", "+18005550100"),
        (None, "9198765432", "+919800000000"),
        (None, "4520123456", "4570101010"),
        (None, "4520123456", "12345"),
        (None, "4520123456", "CONTOSO"),
        (None, "4520123456", "+2812345678"),
    ],
)
def test_the_other_number_gives_the_country(expected: str | None, number: str, other: str) -> None:
    """As long as the other, and with its country code; national numbers are shorter."""
    party = beside(from_phone(number), from_phone(other))

    assert party is not None
    assert (expected, number) == (party.phone_number, party.raw_id)
    assert party.key == (expected or number)


def test_there_is_no_other_number() -> None:
    party = from_phone("4520123456")

    assert beside(party, None) == party
    assert beside(None, party) is None
    assert beside(Party(kind="phoneNumber"), from_phone("+4570101010")) == Party(kind="phoneNumber")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("+4570101010", "+4520123456"),
        ("+4570101010", "4520123456"),
        ("4570101010", "+4520123456"),
    ],
)
def test_one_conversation_for_both_spellings(ours: str, theirs: str) -> None:
    """An answer's report has the number with its plus."""
    message = fact("SMSReceived", SMS | {"from": theirs, "to": ours})
    report = fact("SMSDeliveryReportReceived", {"messageId": "1", "from": ours, "to": theirs})

    assert {message.conversation, report.conversation} == {"sms:+4570101010:+4520123456"}


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("contoso", "/phonenumber/CONTOSO"),
        ("contoso & c", "phonenumber/Contoso%20&%20c"),
        ("+15555550100", "/phonenumber/%2B15555550100"),
        ("12345", "/phonenumber/12345"),
    ],
)
def test_a_sender_is_found_in_the_subject(key: str, subject: str) -> None:
    """A report's subject has the address that sent: a number, a short code or a name."""
    found = fact("SMSDeliveryReportReceived", {"messageId": "1", "to": "+1"}, subject=subject)

    assert found.sender is not None
    assert key == found.sender.key


@pytest.mark.parametrize("name", ["{number}", "much-longer-than-a-name", "a_b/c", "æøå"])
def test_what_is_no_sender(name: str) -> None:
    found = fact("SMSDeliveryReportReceived", {"messageId": "1"}, subject=f"/phonenumber/{name}")

    assert found.sender is None or name == "a_b/c"


VALUES = st.none() | st.text(max_size=5) | st.integers() | st.booleans() | st.lists(st.none())


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_null_in_a_map_is_absent(wire: dict[str, Any]) -> None:
    """Not the text ``null``, which people would read; other values stay the JSON that they are."""
    found = strings(wire) or {}

    assert found.keys() == {key for key, value in wire.items() if value is not None}
    assert all(found[key] == value for key, value in wire.items() if isinstance(value, str))


@pytest.mark.parametrize("metadata", [{"a": None}, {}, None])
def test_a_map_of_nulls_is_no_map(metadata: Any) -> None:
    message = fact("ChatMessageReceived", CHAT_MESSAGE | {"metadata": metadata}).message
    party = from_participant({"memberId": ALICE, "metadata": metadata})

    assert message is not None
    assert message.metadata is None
    assert party.metadata is None
