"""How a message fared, in whatever shape a provider says it; inputs as public reports have them."""

import itertools
import json
from typing import Any

import pytest

from shared.records.delivery_codes import SMS_CODES, STATUSES
from shared.records.parts import Delivery
from tests.unit.events import event, fact, of_kind, records

SMS = {"messageId": "m", "from": "+15555550199", "to": "+15555550100", "deliveryStatus": "Failed"}
MAIL = {"messageId": "m", "sender": "shop@example.org", "recipient": "a@example.org"}
WHATSAPP = {"messageId": "m", "from": "channel-1", "to": "14255550199", "channelType": "whatsapp"}
SMS_REPORT = "SMSDeliveryReportReceived"
MAIL_REPORT = "EmailDeliveryReportReceived"
WHATSAPP_REPORT = "AdvancedMessageDeliveryStatusUpdated"


def _delivery(name: str, data: dict[str, Any]) -> Delivery:
    delivery = fact(name, data).delivery
    assert delivery is not None
    return delivery


FORMS = (
    *("{}", "{}: {}", "{} - {}", "{}. {}", "{} {}", "{}, {}", "{}; {}", "{}\u2013{}", "{} | {}"),
    *("[{}]", "[{}] {}", "({}) {}", "code={}", "Code: {} {}", "code {} - {}", "errorCode={}, {}"),
    *("Error {}: {}", "#{} {}", " {}:{}", "{}\t{}", "status {}", '{{"code": "{}"}}'),
)


@pytest.mark.parametrize(("form", "code"), [*itertools.product(FORMS, ["4010", "4004"])], ids=str)
def test_the_code_of_an_sms_report_with_any_separator(form: str, code: str) -> None:
    details = form.format(code, "The message was stopped")
    delivery = _delivery(SMS_REPORT, SMS | {"deliveryStatusDetails": details})

    assert (code, SMS_CODES[code].reason) == (delivery.code, delivery.failure_reason)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("131049", "131049"),
        pytest.param("131049", 131049, id="a number"),
        ("470", " 470 "),
        ("130429", "(#130429) Rate limit hit"),
        ("131026", "Error 131026: Message undeliverable"),
        (None, "100 messages were sent"),
        (None, "999999"),
        (None, "The recipient wrote 131026"),
    ],
)
def test_the_code_in_the_words_of_a_whatsapp_error(code: str | None, error: str | int) -> None:
    report = WHATSAPP | {"status": "failed", "error": error}

    assert code == _delivery(WHATSAPP_REPORT, report).code


@pytest.mark.parametrize("word", ["Undelivered", "DeliveryFailed", "", None])
def test_a_code_decides_where_nobody_documents_the_word(word: str | None) -> None:
    report = SMS | {"deliveryStatus": word, "deliveryStatusDetails": "4007: opted out"}
    delivery = _delivery(SMS_REPORT, report)

    assert ("failed", "optedOut") == (delivery.status, delivery.failure_reason)


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("4000", "Message wasn't delivered because it was blocked due to fraud detection"),
        ("4001", "Message is rejected due to Invalid Source/From number format"),
        ("4002", "Message is rejected due to Invalid Destination/To number format"),
        ("4003", "Message failed to deliver due to unsupported destination."),
        ("4004", "Message failed to deliver since Destination/To number doesn't exist."),
        ("4005", "Message is blocked by Destination carrier"),
        ("4005", "Message blocked by Destination carrier."),
        ("4006", "The Destination/To number isn't reachable."),
        ("4006", "The Destination/To number is not reachable"),
        ("4007", "The Destination/To number opted out of receiving messages from you."),
        ("4007", "The Destination/To number has opted out of receiving messages from you"),
        ("4007", "Sender blocked for given recipient."),
        ("4008", "You've exceeded the maximum number of messages allowed for your profile"),
        ("4009", "Message is rejected by Microsoft Entitlement System"),
        ("4010", "Message was blocked due to the toll-free number not being verified."),
        ("4020", "Message rejected by the carrier due to a volumetric violation."),
        ("5000", "Message failed to deliver. Please reach out Microsoft support team."),
        ("5001", "Message failed to deliver due to temporary unavailability of application/system"),
        ("5002", "Carrier does not support delivery report"),
        ("5002", "Message Delivery Timeout"),
        ("9999", "Message failed to deliver due to unknown error/failure"),
    ],
)
def test_the_code_of_an_sms_report_in_the_documented_words(code: str, details: str) -> None:
    """The wordings of the troubleshooting pages, of every year."""
    delivery = _delivery(SMS_REPORT, SMS | {"deliveryStatusDetails": details})

    assert (code, SMS_CODES[code].reason) == (delivery.code, delivery.failure_reason)


@pytest.mark.parametrize(
    "details",
    [
        "2026 messages are waiting",
        "2026-05-20",
        "20000 bytes",
        "4010.5",
        "+4010",
        "12:4010:30",
        "?",
    ],
)
def test_another_number_in_an_sms_report_is_no_code(details: str) -> None:
    assert _delivery(SMS_REPORT, SMS | {"deliveryStatusDetails": details}).code is None


@pytest.mark.parametrize("status", ["Expired", "expired", "EXPIRED"])
@pytest.mark.parametrize(
    ("name", "field"),
    [(SMS_REPORT, "deliveryStatus"), (MAIL_REPORT, "status"), (WHATSAPP_REPORT, "status")],
)
def test_expired_is_a_final_failure(name: str, field: str, status: str) -> None:
    delivery = _delivery(name, {"messageId": "m", field: status})

    assert ("failed", True, "expired") == (delivery.status, delivery.final, delivery.failure_reason)


def test_an_expired_message_stays_expired_whatever_code_comes_with_it() -> None:
    data = SMS | {"deliveryStatus": "Expired", "deliveryStatusDetails": "5002: timeout"}

    assert _delivery(SMS_REPORT, data).failure_reason == "expired"


DOCUMENTED = {
    SMS_REPORT: ["Delivered", "Failed", "Expired"],
    MAIL_REPORT: [
        *("Delivered", "Suppressed", "Bounced", "Quarantined", "FilteredSpam", "Expanded"),
        *("Failed", "OutForDelivery", "Dropped"),
    ],
    WHATSAPP_REPORT: ["sent", "delivered", "read", "failed", "warning", "Queued"],
}
"""acs-events: section 3 of the catalogue; Azure Monitor's logs for the last two of mail."""


@pytest.mark.parametrize(
    ("name", "status"), [(name, status) for name, all_ in DOCUMENTED.items() for status in all_]
)
@pytest.mark.parametrize("casing", [str, str.lower, str.upper, lambda s: f" {s} "])
def test_a_documented_status_is_never_unknown(name: str, status: str, casing: Any) -> None:
    field = "deliveryStatus" if name == SMS_REPORT else "status"
    delivery = _delivery(name, {"messageId": "m", field: casing(status)})

    assert delivery.status != "unknown"
    assert (delivery.status == "failed") is (delivery.failure_reason is not None)


def test_every_status_has_a_documented_word() -> None:
    assert set(STATUSES) == {word.lower() for all_ in DOCUMENTED.values() for word in all_}


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        ("sent", None, None),
        ("sent", None, {"channelMessage": "An item of the catalogue is missing."}),
        ("failed", "blocked", {"channelCode": "131049", "channelMessage": "Not delivered"}),
        ("failed", "unknown", {"channelCode": "999999"}),
    ],
    ids=["alone", "words", "a known code", "another code"],
)
def test_a_warning_is_a_failure_if_an_error_code_comes_with_it(
    status: str, reason: str | None, error: dict[str, Any] | None
) -> None:
    delivery = _delivery(WHATSAPP_REPORT, WHATSAPP | {"status": "warning", "error": error})

    assert (status, reason) == (delivery.status, delivery.failure_reason)


TEXT = "More than 24 hours have passed since the recipient last replied"
SHAPES = {
    "channel": {"error": {"channelCode": "131047", "channelMessage": TEXT}},
    "number": {"error": {"channelCode": 131047, "channelMessage": TEXT}},
    "Pascal case": {"Error": {"ChannelCode": "131047", "ChannelMessage": TEXT}},
    "code": {"error": {"code": "131047", "message": TEXT}},
    "details": {"error": {"code": "131047", "message": "", "details": [{"message": TEXT}]}},
    "text details": {"error": {"code": "131047", "details": [TEXT]}},
    "inner code": {"error": {"message": TEXT, "details": [{"code": "131047"}]}},
    "WhatsApp": {"errors": [{"code": 131047, "error_data": {"details": TEXT}, "href": "x"}]},
    "WhatsApp title": {"errors": [{"code": 131047, "title": TEXT}]},
    "list in error": {"error": [{"code": 131047, "title": TEXT}]},
    "object in error": {"error": {"error": {"code": 131047, "message": TEXT}}},
    "flat": {"errorCode": "131047", "errorMessage": TEXT},
    "flat number": {"errorCode": 131047, "errorMessage": TEXT},
    "JSON": {"error": json.dumps({"code": 131047, "message": TEXT})},
    "JSON list": {"error": json.dumps([{"code": 131047, "message": TEXT}])},
}


@pytest.mark.parametrize("error", SHAPES.values(), ids=SHAPES)
def test_an_error_of_whatsapp_in_any_shape(error: dict[str, Any]) -> None:
    found = records(event(WHATSAPP_REPORT, WHATSAPP | {"status": "Failed"} | error))
    push, delivery = of_kind("push-notification", found)["data"], found[0]["data"]["delivery"]

    assert ("131047", TEXT, "expired") == (
        delivery["code"],
        delivery["details"],
        delivery["failureReason"],
    )
    assert not set("{}[]") & set(push["body"])


@pytest.mark.parametrize(
    ("details", "error"),
    [
        ("Undeliverable", "Undeliverable"),
        ("Undeliverable", {"details": [" ", "Undeliverable"]}),
        ("7", 7),
        ("{no JSON", "{no JSON"),
        ("a: {bad", [{"code": 1, "message": "a"}, {"code": "2"}, "{bad"]),
        ("first: second", {"message": "first", "details": ["second", {"message": "first"}, 5]}),
        (None, {"details": {"trace": 1}}),
        (None, {}),
    ],
    ids=["text", "blank", "number", "brace", "codes", "several", "nothing readable", "empty"],
)
def test_the_words_of_an_error(details: str | None, error: Any) -> None:
    found = fact(WHATSAPP_REPORT, WHATSAPP | {"status": "Failed", "error": error})

    assert found.delivery is not None
    assert details == found.delivery.details


def test_what_of_an_error_is_neither_code_nor_text_is_kept() -> None:
    error = {"code": 1, "details": [{"message": "x", "trace": 1}, 5], "n": ""}
    several = error | {"message": "y"}

    found = fact(WHATSAPP_REPORT, WHATSAPP | {"status": "Failed", "error": error})
    all_of_it = fact(WHATSAPP_REPORT, WHATSAPP | {"status": "Failed", "error": several})

    assert found.extra == {"error": {"details": [{"trace": 1}, 5]}}
    assert all_of_it.extra == {"error": several}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        *(("131026", "unreachable"), ("131047", "expired"), ("131049", "blocked")),
        *(("131050", "optedOut"), ("130429", "throttled"), ("131048", "spam")),
        *(("132001", "misconfigured"), ("133010", "misconfigured"), ("133016", "throttled")),
        *(("13", "unknown"), ("99", "unknown"), ("1321234", "unknown")),
    ],
)
def test_why_whatsapp_did_not_deliver(code: str, reason: str) -> None:
    data = WHATSAPP | {"status": "Failed", "error": {"channelCode": code}}

    assert _delivery(WHATSAPP_REPORT, data).failure_reason == reason


@pytest.mark.parametrize(
    ("bounce", "code", "reason", "details"),
    [
        ("hard", None, "bounced", ""),
        ("hard", "550 5.1.1", "bounced", "550 5.1.1 user unknown"),
        ("soft", "452 4.2.2", "bounced", "452 4.2.2 The account is over quota."),
        ("hard", "550 5.1.10", "bounced", "Remote server returned '550 5.1.10 RESOLVER.ADR'"),
        ("hard", "550 5.7.26", "bounced", "550-5.7.26 This mail is unauthenticated"),
        ("hard", "5.1.1", "bounced", "status=5.1.1"),
        ("soft", "421", "bounced", "421 Try again later"),
        ("soft", "450 4.7.1", "bounced", "smtp; 450 4.7.1 Greylisted"),
        ("soft", "550 4.4.7", "bounced", "550 4.4.7 expired"),
        ("hard", "554", "bounced", "SMTP code: 554, refused"),
        ("hard", None, "bounced", "A message of 550 KB is too large"),
        ("hard", None, "bounced", "Server 5.1.1.1 said no in 2026"),
    ],
)
def test_a_bounce_of_mail_is_hard_or_soft(
    bounce: str, code: str | None, reason: str, details: str
) -> None:
    """By the code, where there is one; without it ``Bounced`` is documented as a hard one."""
    data = MAIL | {"status": "Bounced", "deliveryStatusDetails": {"statusMessage": details}}
    delivery = _delivery(MAIL_REPORT, data)

    assert ("failed", bounce, code, reason) == (
        delivery.status,
        delivery.bounce,
        delivery.code,
        delivery.failure_reason,
    )
    assert (details or None) == delivery.details


@pytest.mark.parametrize(
    ("status", "bounce", "reason", "details"),
    [
        ("Failed", "hard", "invalidRecipient", "550 5.1.1 user unknown"),
        ("Failed", "soft", "unreachable", "421 4.4.2 Connection dropped."),
        ("Failed", "hard", "bounced", "554 no"),
        ("Failed", None, "unknown", "250 2.0.0 OK"),
        ("Failed", None, "unknown", "[HM08] Message rejected due to local policy..."),
        ("Suppressed", "hard", "suppressed", "550 5.1.1 user unknown"),
        ("Delivered", None, None, "250 2.1.5 OK"),
        ("Expanded", None, None, "550 5.1.1 user unknown"),
    ],
)
def test_what_a_mail_server_answered(
    status: str, bounce: str | None, reason: str | None, details: str
) -> None:
    data = MAIL | {"status": status, "deliveryStatusDetails": {"statusMessage": details}}
    delivery = _delivery(MAIL_REPORT, data)

    assert (bounce, reason) == (delivery.bounce, delivery.failure_reason)


@pytest.mark.parametrize("status", ["Suppressed", "Quarantined", "FilteredSpam", "Bounced"])
@pytest.mark.parametrize(
    "details", [None, {}, "", {"statusMessage": "", "recipientMailServerHostName": ""}]
)
def test_a_failure_of_mail_without_details_still_reads_well(status: str, details: Any) -> None:
    found = records(event(MAIL_REPORT, MAIL | {"status": status, "deliveryStatusDetails": details}))
    push = of_kind("push-notification", found)["data"]

    assert push["body"] not in ("", push["title"])
    assert not set("{}[]") & set(push["body"])
    assert "extra" not in push


def test_a_mail_server_that_is_no_text_is_kept() -> None:
    details = {"recipientMailServerHostName": ["mx"]}
    found = fact(MAIL_REPORT, MAIL | {"status": "Delivered", "deliveryStatusDetails": details})

    assert found.extra == {"deliveryStatusDetails": details}


def _ids(name: str, *reports: dict[str, Any]) -> list[list[str]]:
    return [[record["id"] for record in records(event(name, report))] for report in reports]


@pytest.mark.parametrize(
    ("name", "base", "first", "second"),
    [
        pytest.param(
            MAIL_REPORT,
            MAIL | {"status": "Failed", "deliveryAttemptTimestamp": "2026-05-20T10:00:00Z"},
            {"deliveryStatusDetails": {"statusMessage": "421 4.4.2 Connection dropped."}},
            {"deliveryStatusDetails": {"statusMessage": "550 5.1.1 user unknown"}},
            id="mail",
        ),
        pytest.param(
            SMS_REPORT,
            SMS,
            {"deliveryStatusDetails": "4010 - not verified"},
            {"deliveryStatusDetails": "4010: not verified"},
            id="SMS",
        ),
        pytest.param(
            WHATSAPP_REPORT,
            WHATSAPP | {"status": "Failed"},
            {"errorCode": "131047"},
            {"errorCode": "131026"},
            id="flat",
        ),
        pytest.param(
            WHATSAPP_REPORT,
            WHATSAPP | {"status": "Failed"},
            {"errors": [{"code": 131047}]},
            {"errors": [{"code": 131026}]},
            id="list",
        ),
    ],
)
def test_two_failures_with_different_details_are_two_facts(
    name: str, base: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    """By their raw text: a better reading of the same text never changes an id."""
    one, again, other = _ids(name, base | first, base | first, base | second)

    assert one == again
    assert not set(one) & set(other)


def test_the_id_of_a_report_holds_nothing_that_was_read_out_of_it() -> None:
    data = {"statusMessage": "550 5.1.1 user unknown", "recipientMailServerHostName": "mx"}
    found = fact(MAIL_REPORT, MAIL | {"status": "Bounced", "deliveryStatusDetails": data})

    assert json.loads(found.attempt) == [
        "bounced",
        {"statusmessage": "550 5.1.1 user unknown", "recipientmailserverhostname": "mx"},
    ]


def test_a_report_older_than_a_final_one_is_known_by_its_sequence() -> None:
    """A reader that keeps the greater text keeps ``delivered``, whatever arrives last."""
    final = SMS | {"deliveryStatus": "Delivered", "receivedTimestamp": "2026-05-20T10:00:05Z"}
    late = SMS | {"receivedTimestamp": "2026-05-20T09:59:00Z"}
    sent = SMS | {"deliveryStatus": "Sent", "receivedTimestamp": "2026-05-20T11:00:00Z"}
    newest, *older = (records(event(SMS_REPORT, data))[0] for data in (final, late, sent))

    assert all(record["sequence"] < newest["sequence"] for record in older)


@pytest.mark.parametrize("bsuid", ["US.13491208655302741918", "be.ENT.Ab12"])
@pytest.mark.parametrize(
    "to",
    [
        {"to": "", "toBSUID": "{}"},
        {"to": None, "toBSUID": "{}"},
        {"toBSUID": "{}"},
        {"ToBsuid": "{}"},
        {"to": "{}"},
        {"to": "{}", "toBSUID": "{}"},
    ],
    ids=["empty", "null", "absent", "another casing", "in to", "in both"],
)
def test_a_whatsapp_user_without_a_number(to: dict[str, str | None], bsuid: str) -> None:
    data = {name: value and value.format(bsuid) for name, value in to.items()}
    base = {name: value for name, value in WHATSAPP.items() if name != "to"}
    work = records(event(WHATSAPP_REPORT, base | data | {"status": "Delivered"}))[0]["data"]

    assert work["conversation"] == f"whatsapp:channel-1:{bsuid.lower()}"
    assert work["title"] == f"WhatsApp: Delivered to {bsuid}"
    assert work["recipients"] == [
        {
            "kind": "whatsAppUser",
            "key": bsuid.lower(),
            "rawId": bsuid,
            "businessScopedUserId": bsuid,
        }
    ]
    assert "extra" not in work


def test_the_number_names_the_conversation_and_the_id_is_kept_beside_it() -> None:
    data = WHATSAPP | {"status": "Delivered", "toBSUID": "US.1"}
    work = records(event(WHATSAPP_REPORT, data))[0]["data"]

    assert work["conversation"] == "whatsapp:channel-1:+14255550199"
    assert work["recipients"] == [
        {
            "kind": "phoneNumber",
            "key": "+14255550199",
            "rawId": "14255550199",
            "phoneNumber": "+14255550199",
            "businessScopedUserId": "US.1",
        }
    ]


def test_what_stands_in_place_of_the_number_is_kept() -> None:
    found = fact(WHATSAPP_REPORT, WHATSAPP | {"status": "sent", "to": "@ann", "toBSUID": "US.1"})

    assert [party.key for party in found.recipients] == ["us.1"]
    assert found.extra == {"to": "@ann"}


def test_a_recipient_that_nobody_can_read_is_unknown() -> None:
    found = fact(WHATSAPP_REPORT, WHATSAPP | {"status": "sent", "to": "@ann"})

    assert [(party.kind, party.key) for party in found.recipients] == [("unknown", "@ann")]


def test_the_partners_id_of_an_sms() -> None:
    found = fact(SMS_REPORT, SMS | {"messagingConnectPartnerMessageId": "2250-3af1"})

    assert found.message is not None
    assert (found.message.partner_message_id, found.extra) == ("2250-3af1", {})
