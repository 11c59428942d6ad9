"""The search for personal strings finds them, however they are written, and nothing else."""

import pytest

from tests.e2e.privacy import events
from tests.e2e.privacy.personal import leaks, of_text
from tests.e2e.privacy.storage import KEY

PLANTED = {
    "a number": ("from 18885550177", "+18885550177"),
    "a number with its plus": ("from +18885550177.", "+18885550177"),
    "a number with separators": ("from +1 (888) 555-0177", "+18885550177"),
    "a number in a URL": ("/phonenumber/%2B18885550177/x", "+18885550177"),
    "a number in a raw id": ("4:+4915198765432", "4:+4915198765432"),
    "a national spelling": ("+49 1512 3456789", "+49 (1512) 3456-789"),
    "a short code": ("to=55501", "55501"),
    "a name": ("hello ALICE!", "Alice"),
    "a whole name": ("by Xantippe Wermelskirchen", "Xantippe Wermelskirchen"),
    "a word of a message": ("KeyError: 'zwetschgengarten'", "Zwetschgengarten"),
    "an address": ("to=xantippe.privat@zwetschge.example", "Xantippe.Privat@zwetschge.example"),
    "an address of a subject": ("noreply@contoso.example", "noreply@contoso.example"),
    "a user": ("8:acs:11111111-2222-3333-4444-555555555555_0000000a-feed-beef-cafe-000000000009",)
    * 2,
    "a topic": ("(Opening hours)", "Opening hours"),
    "metadata": ("Krankenakte-8842", "Krankenakte-8842"),
    "a tag": ("reservation-4711", "reservation-4711"),
    "JSON": ('"Rhabarberkuchen f\\u00fcr"', "Rhabarberkuchen"),
    "Base64": ("eyJuYW1lIjoiWGFudGlwcGUgV2VybWVsc2tpcmNoZW4ifQ==", "Xantippe Wermelskirchen"),
    "a key": (KEY, KEY),
}


@pytest.mark.parametrize(("line", "leak"), PLANTED.values(), ids=PLANTED)
def test_a_leak_is_found(line: str, leak: str, personal: set[str]) -> None:
    assert leak in leaks(f"event=1 {line}", personal | {KEY})


def test_ids_types_and_times_are_no_leak(personal: set[str]) -> None:
    """What logs are for."""
    text = (
        "event=Incoming_20200918002745d29ebbea-3341-4466-9690-0a03af35228e "
        "type=Microsoft.Communication.SMSReceived outcome=delivered "
        "records=work-items:00000000-4711-5000-8000-000000000000 2026-01-05T09:30:00.4255550Z"
    )

    assert set() == leaks(text, personal | {KEY})


def test_every_kind_of_personal_string_is_collected_from_the_samples() -> None:
    """By the names of fields: a sample that is added is covered without a word here."""
    (sample,) = [each for each in events.samples() if "Is table 4 free tonight?" in each.text][:1]

    assert {"+14255550123", "+18005550100", "tonight"} <= of_text(sample.text)
    with_names = set().union(*(of_text(each.text) for each in events.samples()))
    assert {"Alice", "John Smith", "Opening hours", "Alice@fabrikam.example", "guest"} <= with_names
    assert {"noreply@contoso.example", "555-555-5555", "reservation-4711"} <= with_names
