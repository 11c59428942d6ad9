"""``docs/records.md`` tells a reader what to do where the record alone does not say it."""

import re

import pytest

from local.paths import ROOT

PAGE = " ".join((ROOT / "docs" / "records.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("a new type is no error", "accept types that you do not know"),
        ("one key for each conversation on FCM", "FCM keeps four keys"),
        ("a title is not the ticket's name", "not what the ticket is about"),
        ("a message id is unique in its conversation only", "unique only within its conversation"),
        ("how to find devices", "Find devices by `recipient.key`"),
        ("what a tag may hold", "allows no `+`"),
        ("an absent topic", "an absent `topic` is unchanged"),
        ("whoever sends keeps the id", "has to keep the id that the provider returned"),
        ("numbers without a plus", "their conversation is another one"),
        ("poison messages need no expiry", "without expiry"),
        ("a database that is away", "visibilityTimeout"),
        ("de-duplicate before fetching", "fetch it after de-duplication"),
        ("only allowed addresses", "only where you allow the address"),
        ("erasing a person", "To erase a person"),
        ("texts are untrusted", "Escape them wherever they are shown"),
        ("a late report", "older"),
    ],
)
def test_the_page_has_the_rule(rule: str, words: str) -> None:
    assert re.search(re.escape(words), PAGE), rule
