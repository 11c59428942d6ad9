"""Whether people read mail."""

from typing import Any

import pytest

from shared.records import headlines
from shared.records.parts import Engagement
from tests.unit.events import event, fact, of_kind, records

NAME = "EmailEngagementTrackingReportReceived"
DATA = {
    "sender": "shop@example.org",
    "recipient": "Alice@example.org",
    "messageId": "m",
    "userActionTimestamp": "2026-01-02T03:04:05Z",
    "engagementContext": "https://shop.example.org",
    "userAgent": "Desktop",
    "engagementType": "click",
}


def test_a_link_was_clicked() -> None:
    found = fact(NAME, DATA)

    assert (found.channel, found.direction) == ("email", "outbound")
    assert found.conversation == "email:shop@example.org:alice@example.org"
    assert found.occurred_at == "2026-01-02T03:04:05.0000000Z"
    assert found.engagement == Engagement(
        action="clicked", link="https://shop.example.org", user_agent="Desktop"
    )
    assert found.extra == {}


@pytest.mark.parametrize(
    ("action", "title", "wire"),
    [
        ("opened", "Mail opened by Alice@example.org", "view"),
        ("opened", "Mail opened by Alice@example.org", "View"),
        ("clicked", "Link clicked by Alice@example.org", "Click"),
        ("printed", "Mail: printed by Alice@example.org", "printed"),
        ("unknown", "Mail: unknown by Alice@example.org", None),
    ],
)
def test_what_was_done(action: str, title: str, wire: str | None) -> None:
    found = records(event(NAME, DATA | {"engagementType": wire}))
    work = of_kind("work-item", found)["data"]

    assert (action, f"E-mail: {title}", "update") == (
        work["engagement"]["action"],
        work["title"],
        work["action"],
    )
    push = of_kind("push-notification", found)["data"]
    assert (push["interruptionLevel"], push["recipient"]["key"]) == (
        "background",
        "shop@example.org",
    )


def test_the_time_in_the_other_spelling() -> None:
    data = {name: value for name, value in DATA.items() if name != "userActionTimestamp"}

    assert fact(NAME, data | {"userActionTimeStamp": "2026-01-02T03:04:05Z"}).occurred_at


def test_a_mail_to_several_names_no_recipient() -> None:
    work = records(event(NAME, DATA | {"recipient": ""}))[0]["data"]

    assert work["conversation"] == "email:unknown:m"
    assert work["title"] == "E-mail: Link clicked"


def test_each_click_is_a_fact_and_a_copy_of_it_is_none() -> None:
    later: dict[str, Any] = {"userActionTimestamp": "2026-01-02T03:04:06Z"}
    other: dict[str, Any] = {"engagementContext": "https://other.example.org"}
    opened: dict[str, Any] = {"engagementType": "view"}
    ids = [
        records(event(NAME, DATA | change, id=id_))[0]["id"]
        for change, id_ in (({}, "1"), ({}, "2"), (later, "3"), (other, "4"), (opened, "5"))
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_the_words_of_an_override() -> None:
    overrides = f'{{"Microsoft.Communication.{NAME}": {{"push": "active"}}}}'
    clicked = records(event(NAME, DATA), ROUTE_OVERRIDES=overrides)[0]["data"]
    opened = records(event(NAME, DATA | {"engagementContext": ""}), ROUTE_OVERRIDES=overrides)

    assert clicked["body"] == "https://shop.example.org"
    assert opened[0]["data"]["body"] == "Link clicked by Alice@example.org"


def test_words_without_anything_to_say() -> None:
    """Functions of words take any fact."""
    nothing = fact("SMSReceived", {"message": "a"})

    assert headlines.engagement(nothing, "Mail") == "Mail: unknown"
    assert headlines.call_ended(nothing, "Call ended") == "Call ended"
    assert headlines.recording(nothing, "Recording") == "Recording"
    assert headlines.thread_changed(nothing, "Changed") == "Changed"
    assert headlines.thread_ended(nothing, "Ended") == "Ended"
