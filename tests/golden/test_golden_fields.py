"""Every documented field is read, or left to ``extra`` for a reason."""

import json

from shared.routes import ROUTES
from tools import fields


def test_every_documented_field_is_read_or_explained() -> None:
    assert [pair for pair in fields.unread() if pair[1] not in fields.LEFT_TO_EXTRA] == []


def test_every_reason_is_needed() -> None:
    assert {field for _, field in fields.unread()} == set(fields.LEFT_TO_EXTRA)


def test_the_table_has_every_routed_type_and_no_other() -> None:
    assert [*fields.documented()] != []
    assert {route.event.rpartition(".")[2] for route in ROUTES} == set(fields.documented())


def test_the_table_names_its_source_and_date() -> None:
    table = json.loads(fields.TABLE.read_text(encoding="utf-8"))

    assert table["source"]
    assert table["date"] >= "2026-11"
