"""Delivery reports of every channel, in one vocabulary."""

from typing import Any

import pytest

from shared.records.delivery_codes import SMS_CODES
from shared.records.facts import Party
from shared.records.parts import Attempt, Delivery
from tests.unit.events import EVENT_TIME, fact

SMS_REPORT = {
    "messageId": "Outgoing_1",
    "from": "+15555550199",
    "to": "15555550100",
    "deliveryStatus": "Delivered",
    "deliveryStatusDetails": "No error.",
    "deliveryAttempts": [
        {"timestamp": "2026-01-02T03:04:01.1Z", "segmentsSucceeded": 1, "segmentsFailed": 0}
    ],
    "receivedTimestamp": "2026-01-02T03:04:05.2855749Z",
    "tag": "campaign",
}
EMAIL_REPORT = {
    "sender": "shop@example.org",
    "recipient": "Alice@example.org",
    "messageId": "m",
    "status": "Delivered",
    "deliveryStatusDetails": {"statusMessage": "OK", "recipientMailServerHostName": "mx"},
    "deliveryAttemptTimestamp": "2026-01-02T03:04:05Z",
}
ADVANCED = {
    "messageId": "m",
    "from": "3b5c6f7e-0000-4000-8000-000000000001",
    "to": "14255550199",
    "status": "Read",
    "channelType": "WhatsApp",
    "receivedTimestamp": "2026-01-02T03:04:05Z",
}


def _delivery(name: str, data: dict[str, Any]) -> Delivery:
    delivery = fact(name, data).delivery
    assert delivery is not None
    return delivery


def test_a_report_on_an_sms() -> None:
    found = fact("SMSDeliveryReportReceived", SMS_REPORT)

    assert found.channel == "sms"
    assert found.conversation == "sms:+15555550199:+15555550100"
    assert found.occurred_at == "2026-01-02T03:04:05.2855749Z"
    assert found.sender == Party(
        kind="phoneNumber", raw_id="+15555550199", phone_number="+15555550199"
    )
    assert found.recipients == (
        Party(kind="phoneNumber", raw_id="15555550100", phone_number="+15555550100"),
    )
    assert found.message is not None
    assert found.message.id == "Outgoing_1"
    assert found.delivery == Delivery(
        status="delivered",
        final=True,
        provider_status="Delivered",
        details="No error.",
        attempts=(
            Attempt(time="2026-01-02T03:04:01.1000000Z", segments_succeeded=1, segments_failed=0),
        ),
        tag="campaign",
    )
    assert found.extra == {}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            {f"{key[0].upper()}{key[1:]}": value for key, value in SMS_REPORT.items()}
            | {
                "DeliveryAttempts": [
                    {
                        "Timestamp": "2026-01-02T03:04:01.10Z",
                        "SegmentsSucceeded": 1,
                        "SegmentsFailed": "0",
                    }
                ]
            },
            id="Pascal case",
        ),
        pytest.param(
            {key: value for key, value in SMS_REPORT.items() if key != "tag"} | {"Tag": "campaign"},
            id="camel case and Tag",
        ),
    ],
)
def test_dialects_of_a_report_say_the_same(data: dict[str, Any]) -> None:
    found = fact("SMSDeliveryReportReceived", data)

    assert (found.delivery, found.extra) == (_delivery("SMSDeliveryReportReceived", SMS_REPORT), {})


def test_the_sending_number_is_taken_from_the_subject_when_data_lacks_it() -> None:
    found = fact(
        "SMSDeliveryReportReceived",
        {"deliveryStatus": "Failed"},
        subject="/phonenumber/15555550199",
    )

    assert found.sender is not None
    assert found.sender.key == "+15555550199"


def test_a_report_without_a_message_id_has_that_of_the_event() -> None:
    message = fact(
        "SMSDeliveryReportReceived", {"deliveryStatus": "Failed"}, id="Outgoing_2"
    ).message

    assert message is not None
    assert message.id == "Outgoing_2"


def test_what_an_attempt_says_beyond_its_fields_is_kept() -> None:
    attempts = [{"timestamp": "noon", "segmentsSucceeded": "all", "carrier": "x"}]
    delivery = _delivery("SMSDeliveryReportReceived", {"deliveryAttempts": attempts})

    assert [attempt.extra for attempt in delivery.attempts] == attempts


@pytest.mark.parametrize(
    ("code", "meaning", "details"),
    [
        ("2000", "Delivered.", "2000: Message Delivered Successfully"),
        ("4007", "The recipient has opted out.", "4007"),
        ("4007", "The recipient has opted out.", 4007),
        ("4007", "The recipient has opted out.", {"statusMessage": "4007: Opted out"}),
        ("4007", "The recipient has opted out.", "Sender blocked for given recipient."),
        ("4123", None, "4123: something new"),
        (None, None, "No error."),
        (None, None, "20000 bytes"),
        (None, None, ""),
        (None, None, None),
    ],
    ids=[
        "code and text",
        "code",
        "code as a number",
        "in an object",
        "opted out, before there were codes",
        "an unknown code",
        "no code",
        "no code either",
        "empty",
        "null",
    ],
)
def test_the_code_of_an_sms_report(code: str | None, meaning: str | None, details: object) -> None:
    delivery = _delivery(
        "SMSDeliveryReportReceived", SMS_REPORT | {"deliveryStatusDetails": details}
    )

    assert (code, meaning) == (delivery.code, delivery.meaning)


def test_every_documented_sms_code_has_a_meaning() -> None:
    documented = {2000, *range(4000, 4011), 4020, 5000, 5001, 5002, 9999}

    assert {str(code) for code in documented} == set(SMS_CODES)


@pytest.mark.parametrize(
    ("wire", "status", "final"),
    [
        ("Delivered", "delivered", True),
        ("delivered", "delivered", True),
        ("Failed", "failed", True),
        ("FAILED", "failed", True),
        ("Bounced", "failed", True),
        ("Suppressed", "failed", True),
        ("Quarantined", "failed", True),
        ("FilteredSpam", "failed", True),
        ("filteredspam", "failed", True),
        ("Read", "read", True),
        ("Sent", "sent", False),
        ("Dropped", "failed", True),
        ("OutForDelivery", "sent", False),
        ("Filtered Spam", "failed", True),
        ("Expanded", "sent", False),
        ("Unhandled", "unknown", False),
        ("warning", "sent", False),
        ("Expired", "failed", True),
        ("", "unknown", False),
        (None, "unknown", False),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("SMSDeliveryReportReceived", "deliveryStatus"),
        ("EmailDeliveryReportReceived", "status"),
        ("AdvancedMessageDeliveryStatusUpdated", "status"),
    ],
)
def test_one_vocabulary(name: str, field: str, wire: str | None, status: str, final: bool) -> None:  # noqa: FBT001 - a column of the table
    """Statuses match in any casing, and the provider's own word is kept."""
    delivery = _delivery(name, {"messageId": "m", field: wire})

    assert (status, final, wire) == (delivery.status, delivery.final, delivery.provider_status)


@pytest.mark.parametrize(
    ("reason", "bounce", "wire"),
    [
        ("unknown", None, "Failed"),
        ("unknown", None, "Dropped"),
        ("bounced", "hard", "Bounced"),
        ("suppressed", None, "Suppressed"),
        ("quarantined", None, "Quarantined"),
        ("spam", None, "FilteredSpam"),
        (None, None, "Expanded"),
        (None, None, "Delivered"),
        (None, None, "Unhandled"),
    ],
)
def test_why_an_e_mail_failed(reason: str | None, bounce: str | None, wire: str) -> None:
    delivery = _delivery("EmailDeliveryReportReceived", EMAIL_REPORT | {"status": wire})

    assert (reason, bounce) == (delivery.failure_reason, delivery.bounce)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("unknown", "none"),
        ("unknown", "4123: something new"),
        ("blocked", "4000"),
        ("misconfigured", "4001"),
        ("invalidRecipient", "4002"),
        ("misconfigured", "4003"),
        ("invalidRecipient", "4004"),
        ("blocked", "4005"),
        ("unreachable", "4006: Destination unreachable"),
        ("optedOut", "4007"),
        ("optedOut", "Sender blocked for given recipient."),
        ("throttled", "4008"),
        ("misconfigured", "4009"),
        ("misconfigured", "4010"),
        ("throttled", "4020"),
        ("unknown", "5000"),
        ("unknown", "5001"),
        ("unknown", "9999"),
    ],
)
def test_why_an_sms_failed(reason: str, code: str) -> None:
    report = SMS_REPORT | {"deliveryStatus": "Failed", "deliveryStatusDetails": code}
    delivery = _delivery("SMSDeliveryReportReceived", report)

    assert ("failed", True, reason) == (delivery.status, delivery.final, delivery.failure_reason)


def test_a_failure_without_reports_is_an_outcome_that_nobody_knows() -> None:
    report = SMS_REPORT | {"deliveryStatus": "Failed", "deliveryStatusDetails": "5002"}
    delivery = _delivery("SMSDeliveryReportReceived", report)

    assert ("unknown", False, None) == (delivery.status, delivery.final, delivery.failure_reason)


@pytest.mark.parametrize("code", sorted(SMS_CODES))
def test_a_code_is_no_failure_when_the_status_is_none(code: str) -> None:
    delivery = _delivery("SMSDeliveryReportReceived", SMS_REPORT | {"deliveryStatusDetails": code})

    assert ("delivered", None) == (delivery.status, delivery.failure_reason)


def test_a_report_on_an_e_mail() -> None:
    found = fact("EmailDeliveryReportReceived", EMAIL_REPORT | {"internetMessageId": "<i>"})

    assert (found.channel, found.occurred_at) == ("email", "2026-01-02T03:04:05.0000000Z")
    assert found.conversation == "email:shop@example.org:alice@example.org"
    assert found.recipients == (
        Party(kind="emailAddress", raw_id="Alice@example.org", email_address="Alice@example.org"),
    )
    assert found.message is not None
    assert found.message.id == "m"
    assert found.message.internet_message_id == "<i>"
    assert found.delivery == Delivery(
        status="delivered",
        final=True,
        provider_status="Delivered",
        details="OK",
        recipient_mail_server_host_name="mx",
    )
    assert found.extra == {}


@pytest.mark.parametrize(
    ("expected", "details"),
    [
        ("OK", "OK"),
        ("OK", {"StatusMessage": "OK"}),
        ("5", {"statusMessage": 5}),
        (None, {"statusMessage": ["OK"]}),
        (None, {}),
        (None, None),
    ],
    ids=["text", "Pascal case", "number", "not a text", "empty", "null"],
)
def test_details_of_an_e_mail_report_are_text(expected: str | None, details: object) -> None:
    """For people; JSON goes to extra."""
    delivery = _delivery(
        "EmailDeliveryReportReceived", EMAIL_REPORT | {"deliveryStatusDetails": details}
    )

    assert expected == delivery.details


def test_the_time_of_an_e_mail_report_in_the_other_spelling() -> None:
    data = {key: v for key, v in EMAIL_REPORT.items() if key != "deliveryAttemptTimestamp"}
    data["deliveryAttemptTimeStamp"] = "2026-01-02T03:04:05.0000000+00:00"

    assert fact("EmailDeliveryReportReceived", data).occurred_at == "2026-01-02T03:04:05.0000000Z"


def test_a_report_on_a_whatsapp_message() -> None:
    found = fact("AdvancedMessageDeliveryStatusUpdated", ADVANCED)

    assert (found.channel, found.occurred_at) == ("whatsapp", "2026-01-02T03:04:05.0000000Z")
    assert found.sender == Party(kind="channelRegistration", raw_id=ADVANCED["from"])
    assert [party.key for party in found.recipients] == ["+14255550199"]
    assert found.conversation == f"whatsapp:{ADVANCED['from']}:+14255550199"
    assert found.delivery == Delivery(status="read", final=True, provider_status="Read")
    assert found.extra == {}


def test_why_a_whatsapp_message_failed() -> None:
    error = {"channelCode": "131026", "ChannelMessage": "Message Undeliverable.", "new": 1}
    found = fact(
        "AdvancedMessageDeliveryStatusUpdated", ADVANCED | {"status": "Failed", "error": error}
    )

    assert found.delivery == Delivery(
        status="failed",
        final=True,
        failure_reason="unreachable",
        provider_status="Failed",
        code="131026",
        meaning="The recipient cannot be reached on WhatsApp.",
        details="Message Undeliverable.",
    )
    assert found.extra == {"error": {"new": 1}}


@pytest.mark.parametrize("name", ["receivedTimeStamp", "ReceivedTimestamp"])
def test_the_time_of_an_advanced_message_in_other_spellings(name: str) -> None:
    found = fact("AdvancedMessageDeliveryStatusUpdated", {"status": "sent", name: EVENT_TIME})

    assert (found.occurred_at, found.extra) == (EVENT_TIME, {})


def test_an_advanced_message_without_a_channel() -> None:
    found = fact("AdvancedMessageDeliveryStatusUpdated", {"status": "sent"})

    assert (found.channel, found.conversation, found.sender) == ("advanced", "", None)


@pytest.mark.parametrize(
    "name",
    [
        "SMSDeliveryReportReceived",
        "EmailDeliveryReportReceived",
        "AdvancedMessageDeliveryStatusUpdated",
    ],
)
def test_a_report_without_a_time_does_not_say_when(name: str) -> None:
    assert fact(name, {"messageId": "m"}).occurred_at is None


def test_an_e_mail_report_takes_ids_from_the_subject_when_data_lacks_them() -> None:
    found = fact(
        "EmailDeliveryReportReceived", {"status": "Delivered"}, subject="sender/a@x.org/message/m-1"
    )

    assert found.sender is not None
    assert found.message is not None
    assert (found.sender.key, found.message.id) == ("a@x.org", "m-1")


def test_an_advanced_message_takes_its_id_from_the_subject_when_data_lacks_it() -> None:
    found = fact(
        "AdvancedMessageDeliveryStatusUpdated",
        {"status": "read"},
        subject="advancedMessage/m-1/status/Read",
    )

    assert found.message is not None
    assert found.message.id == "m-1"


@pytest.mark.parametrize(
    ("name", "field"),
    [("SMSDeliveryReportReceived", "status"), ("EmailDeliveryReportReceived", "deliveryStatus")],
)
def test_the_status_under_the_name_of_another_family(name: str, field: str) -> None:
    assert _delivery(name, {"messageId": "m", field: "Failed"}).status == "failed"


@pytest.mark.parametrize(
    ("kind", "phone_number", "to"),
    [
        ("phoneNumber", "+14255550199", "+14255550199"),
        ("phoneNumber", "+3212345678", "3212345678"),
        ("whatsAppUser", None, "US.13491208655302741918"),
    ],
    ids=["E.164", "without plus, ten digits", "business-scoped id"],
)
def test_who_received_a_whatsapp_message(kind: str, phone_number: str | None, to: str) -> None:
    """WhatsApp writes numbers with their country code and without a plus, of any length."""
    found = fact("AdvancedMessageDeliveryStatusUpdated", ADVANCED | {"to": to})

    assert [(kind, phone_number, to)] == [
        (party.kind, party.phone_number, party.raw_id) for party in found.recipients
    ]
