"""Identifiers, phone numbers and addresses to parties."""

from typing import Any

import pytest

from shared.reading.identities import (
    conversation,
    each_once,
    from_email,
    from_identifier,
    from_participant,
)
from shared.reading.phones import e164, from_phone
from shared.records.facts import Party
from tests.unit.events import ALICE, identifier


@pytest.mark.parametrize(
    ("expected", "number"),
    [
        pytest.param("+15555550100", "+15555550100", id="E.164"),
        pytest.param("+15555550100", "15555550100", id="without plus, as in the samples"),
        pytest.param("+15555550100", "+1 (555) 555-0100", id="written for people"),
        pytest.param("+3212345678", "+3212345678", id="short, with plus"),
        pytest.param(None, "3212345678", id="short, without plus"),
        pytest.param(None, "5555550100", id="ten digits may be national"),
        pytest.param(None, "12345", id="short code"),
        pytest.param(None, "0032475000000", id="international prefix"),
        pytest.param(None, "+0475000000", id="no country begins with 0"),
        pytest.param(None, "+" + "1" * 16, id="too long"),
        pytest.param(None, "+123456", id="too short"),
        pytest.param(None, "CONTOSO", id="alphanumeric"),
        pytest.param(None, "+1555555O100", id="a letter O"),
        pytest.param(None, "+١٢٣٤٥٦٧٨٩٠١", id="other digits"),
        pytest.param(None, "", id="empty"),
        pytest.param(None, None, id="null"),
    ],
)
def test_e164_only_when_sure(expected: str | None, number: str | None) -> None:
    """A guess would address somebody else."""
    assert expected == e164(number)


@pytest.mark.parametrize(
    ("kind", "phone_number", "raw"),
    [
        ("phoneNumber", "+15555550100", "15555550100"),
        ("phoneNumber", "+15555550100", "+15555550100"),
        ("phoneNumber", None, "5555550100"),
        ("phoneNumber", None, "+12345"),
        ("shortCode", None, "12345"),
        ("shortCode", None, "123456"),
        ("alphanumericSender", None, "CONTOSO"),
        ("phoneNumber", "+15555550101", "tel:+1-555-555-0101"),
    ],
)
def test_an_sms_address_keeps_its_raw_value(kind: str, phone_number: str | None, raw: str) -> None:
    party = from_phone(raw)

    assert party is not None
    assert (kind, phone_number, raw) == (party.kind, party.phone_number, party.raw_id)


def test_a_number_sent_as_a_number_is_read() -> None:
    assert from_phone("15555550100") == from_phone(15555550100)


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_address_is_no_party(nothing: str | None) -> None:
    assert from_phone(nothing) is None
    assert from_email(nothing) is None
    assert from_identifier(nothing) is None


def test_a_mail_address() -> None:
    party = Party(kind="emailAddress", raw_id="A@x.org", email_address="A@x.org")

    assert party == from_email("A@x.org")


@pytest.mark.parametrize(
    ("kind", "raw_id"),
    [
        ("communicationUser", "8:acs:r_u"),
        ("communicationUser", "8:dod-acs:r_u"),
        ("communicationUser", "8:gcch-acs:r_u"),
        ("communicationUser", "8:spool:r_u"),
        ("phoneNumber", "4:+14085550123"),
        ("microsoftTeamsUser", "8:orgid:u"),
        ("microsoftTeamsUser", "8:dod:u"),
        ("microsoftTeamsUser", "8:gcch:u"),
        ("microsoftTeamsUser", "8:teamsvisitor:u"),
        ("microsoftTeamsApp", "28:orgid:a"),
        ("microsoftTeamsApp", "28:a"),
        ("unknown", "8:other:u"),
        ("unknown", "u"),
    ],
)
@pytest.mark.parametrize("form", [str, lambda raw_id: {"rawId": raw_id}], ids=["text", "object"])
def test_the_kind_is_derived_from_the_raw_id(kind: str, raw_id: str, form: Any) -> None:
    party = from_identifier(form(raw_id))

    assert party is not None
    assert (kind, raw_id) == (party.kind, party.raw_id)


@pytest.mark.parametrize(
    ("raw_id", "kind", "nested"),
    [
        ("8:acs:r_u", "communicationUser", {"communicationUser": {"id": "8:acs:r_u"}}),
        ("4:+14085550123", "phoneNumber", {"phoneNumber": {"value": "+14085550123"}}),
        ("4:+14085550123", "phoneNumber", {"phoneNumber": "+14085550123"}),
        ("8:orgid:u", "microsoftTeamsUser", {"microsoftTeamsUser": {"userId": "u"}}),
        (
            "8:orgid:u",
            "microsoftTeamsUser",
            {"microsoftTeamsUser": {"userId": "u", "isAnonymous": False, "cloud": "public"}},
        ),
        (
            "8:teamsvisitor:u",
            "microsoftTeamsUser",
            {"microsoftTeamsUser": {"userId": "u", "isAnonymous": True}},
        ),
        (
            "8:gcch:u",
            "microsoftTeamsUser",
            {"MicrosoftTeamsUser": {"UserId": "u", "Cloud": "GCCH"}},
        ),
        ("8:dod:u", "microsoftTeamsUser", {"microsoftTeamsUser": {"userId": "u", "cloud": "dod"}}),
        ("28:orgid:a", "microsoftTeamsApp", {"microsoftTeamsApp": {"appId": "a"}}),
        ("28:dod:a", "microsoftTeamsApp", {"microsoftTeamsApp": {"appId": "a", "cloud": "dod"}}),
    ],
)
def test_the_raw_id_is_derived_from_the_nested_part(
    raw_id: str, kind: str, nested: dict[str, Any]
) -> None:
    """As the SDKs of Communication Services build it."""
    party = from_identifier(nested)

    assert party is not None
    assert (raw_id, kind) == (party.raw_id, party.kind)


def test_both_forms_of_one_user_are_one_party() -> None:
    assert from_identifier(ALICE) == from_identifier(identifier(ALICE))


def test_the_phone_number_of_an_identifier_is_e164() -> None:
    flat = from_identifier("4:+14085550123")
    nested = from_identifier({"rawId": "4:+14085550123", "phoneNumber": {"value": "+14085550123"}})

    assert flat == nested
    assert flat is not None
    assert flat.phone_number == "+14085550123"


def test_the_kind_that_the_event_gives_wins_in_any_casing() -> None:
    party = from_identifier({"kind": "COMMUNICATIONUSER", "rawId": "u"})

    assert party is not None
    assert party.kind == "communicationUser"


@pytest.mark.parametrize("kind", ["unknown", "somethingNew", "", None])
def test_a_kind_that_says_nothing_is_derived(kind: str | None) -> None:
    party = from_identifier({"kind": kind} | identifier(ALICE))

    assert party is not None
    assert party.kind == "communicationUser"


def test_a_new_kind_of_identifier_is_kept() -> None:
    """Nothing is dropped: a kind of tomorrow is unknown here, and its name is still there."""
    party = from_identifier({"kind": "somethingNew", "rawId": "8:acs:r_u"})

    assert party is not None
    assert party.extra == {"kind": "somethingNew"}


def test_what_a_nested_part_says_beyond_the_raw_id_is_kept() -> None:
    teams = {"userId": "u", "isAnonymous": False, "cloud": "public"}
    party = from_identifier({"rawId": "8:orgid:u", "microsoftTeamsUser": teams, "new": 1})

    assert party is not None
    assert party.extra == {"microsoftTeamsUser": teams, "new": 1}


def test_what_a_nested_part_repeats_is_not() -> None:
    party = from_identifier(identifier(ALICE))

    assert party is not None
    assert party.extra == {}


@pytest.mark.parametrize("nobody", [{}, {"kind": "unknown"}, {"rawId": None}, {"rawId": ""}])
def test_an_identifier_that_says_nothing_is_nobody(nobody: dict[str, Any]) -> None:
    assert from_identifier(nobody) is None


@pytest.mark.parametrize("identity", [None, {}, ""])
def test_somebody_with_only_a_name_is_a_party(identity: Any) -> None:
    assert from_identifier(identity, "Alice") == Party(kind="unknown", display_name="Alice")


def test_an_empty_name_is_no_name() -> None:
    assert from_identifier(ALICE, "") == from_identifier(ALICE)


def test_metadata_inside_the_identifier_belongs_to_the_participant() -> None:
    """Misplaced there in Microsoft's own specification examples."""
    right = {"participantCommunicationIdentifier": identifier(ALICE), "metadata": {"role": "x"}}
    wrong = {"participantCommunicationIdentifier": identifier(ALICE) | {"metadata": {"role": "x"}}}

    assert from_participant(right) == from_participant(wrong)
    assert from_participant(right).metadata == {"role": "x"}


def test_metadata_in_both_places_is_kept() -> None:
    party = from_participant(
        {
            "participantCommunicationIdentifier": identifier(ALICE) | {"metadata": {"a": "inner"}},
            "metadata": {"b": "outer"},
        }
    )

    assert "outer" in str(party)
    assert "inner" in str(party)


@pytest.mark.parametrize(
    "wire",
    [
        {"displayName": "Alice", "memberId": ALICE},
        {"DisplayName": "Alice", "MemberId": ALICE},
        {"displayName": "Alice", "participantCommunicationIdentifier": identifier(ALICE)},
        {"displayName": "Alice", "participantCommunicationIdentifier": ALICE},
        {
            "displayName": "Alice",
            "memberId": ALICE,
            "participantCommunicationIdentifier": identifier(ALICE),
        },
    ],
    ids=["2020", "2020 in Pascal case", "2021", "2021 as text", "both side by side"],
)
def test_a_participant_of_any_year(wire: dict[str, Any]) -> None:
    alice = Party(kind="communicationUser", raw_id=ALICE, display_name="Alice")

    assert alice == from_participant(wire)


def test_a_participant_without_anything_is_still_a_party() -> None:
    assert Party(kind="unknown") == from_participant({})


def test_what_else_a_participant_carries_is_kept() -> None:
    party = from_participant({"memberId": ALICE, "shareHistoryTime": "x", "displayName": "A"})

    assert party == Party(
        kind="communicationUser",
        raw_id=ALICE,
        display_name="A",
        extra={"shareHistoryTime": "x"},
    )


def test_an_identifier_of_a_wrong_shape_is_kept() -> None:
    assert from_identifier({"rawId": ["x"]}) == Party(kind="unknown", extra={"rawId": ["x"]})


@pytest.mark.parametrize(
    "wire",
    [
        {"communicationUserId": ALICE},
        {"id": ALICE},
        {"communicationUser": ALICE},
        {"kind": "communicationUser", "rawId": ALICE},
    ],
    ids=["as the JavaScript SDK has it", "id", "text", "kind"],
)
def test_careless_forms_of_a_user(wire: dict[str, Any]) -> None:
    party = from_identifier(wire)

    assert party is not None
    assert (party.kind, party.raw_id) == ("communicationUser", ALICE)


def test_a_teams_user_in_the_form_of_the_javascript_sdk() -> None:
    party = from_identifier({"microsoftTeamsUserId": "u"})

    assert party is not None
    assert (party.kind, party.raw_id) == ("microsoftTeamsUser", "8:orgid:u")


@pytest.mark.parametrize("name", ["rawId", "id"])
def test_a_participant_with_the_id_beside_the_name(name: str) -> None:
    assert from_participant({"displayName": "Alice", name: ALICE}) == Party(
        kind="communicationUser", raw_id=ALICE, display_name="Alice"
    )


def test_copies_of_one_party_fill_each_others_gaps() -> None:
    first = Party(kind="communicationUser", raw_id=ALICE)
    again = Party(kind="communicationUser", raw_id=ALICE, display_name="Alice", metadata={"a": "1"})

    assert each_once([first, again]) == (again,)


def test_what_differs_between_copies_of_one_party_is_kept() -> None:
    names = ("Alice", "Al", "Alice", "Ali")
    copies = [
        Party(kind="communicationUser", raw_id=ALICE, display_name=name, extra={f"x{number}": 1})
        for number, name in enumerate(names)
    ]

    assert each_once(copies) == (
        Party(
            kind="communicationUser",
            raw_id=ALICE,
            display_name="Alice",
            extra={"x0": 1, "x1": 1, "x2": 1, "x3": 1}
            | {"duplicates": [{"displayName": "Al"}, {"displayName": "Ali"}]},
        ),
    )


def test_parties_without_an_id_are_all_kept() -> None:
    nobody = Party(kind="unknown", display_name="Guest")

    assert each_once([nobody, nobody]) == (nobody, nobody)


@pytest.mark.parametrize(
    ("expected", "party"),
    [
        (
            "+15555550100",
            Party(kind="phoneNumber", raw_id="15555550100", phone_number="+15555550100"),
        ),
        ("a@x.org", Party(kind="emailAddress", raw_id="A@x.org", email_address="A@X.org")),
        ("12345", Party(kind="shortCode", raw_id="12345")),
        ("contoso", Party(kind="alphanumericSender", raw_id="CONTOSO")),
        ("", Party(kind="unknown", display_name="Alice")),
    ],
)
def test_the_key_is_the_same_for_every_spelling(expected: str, party: Party) -> None:
    assert expected == party.key


def test_a_conversation_is_one_for_both_directions() -> None:
    """The resource's own address comes first, whoever wrote."""
    ours, theirs = from_phone("15555550199"), from_phone("+15555550100")

    assert conversation("sms", ours, theirs) == "sms:+15555550199:+15555550100"


@pytest.mark.parametrize(
    ("expected", "ours", "theirs"),
    [
        ("", None, None),
        ("", from_phone("12345"), None),
        ("sms:unknown:12345", None, from_phone("12345")),
    ],
)
def test_a_conversation_with_an_unknown_end(
    expected: str, ours: Party | None, theirs: Party | None
) -> None:
    """Messages of nobody, or to nobody, do not belong together."""
    assert expected == conversation("sms", ours, theirs)
