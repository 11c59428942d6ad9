"""Every documented field is read, or left to ``extra`` for a reason."""

import json

from shared.routes import ROUTES
from tools import fields


def test_every_documented_field_is_read_or_explained() -> None:
    unread = [pair for pair in fields.unread() if pair[1] not in fields.LEFT_TO_EXTRA]

    assert unread == [], "read each in a struct, or a reason in LEFT_TO_EXTRA (tools/fields.py)"


def test_every_reason_is_needed() -> None:
    assert set(fields.LEFT_TO_EXTRA) - {field for _, field in fields.unread()} == set()


def test_the_table_has_every_routed_type_and_no_other() -> None:
    routed = {route.event.rpartition(".")[2] for route in ROUTES}

    assert [*fields.documented()] != []
    assert routed == set(fields.documented()), (
        "step 5 of 'Adding an event type' (CONTRIBUTING.md): tools/documented_fields.json has a "
        "line for each type that has a row"
    )


def test_the_table_names_its_source_and_date() -> None:
    table = json.loads(fields.TABLE.read_text(encoding="utf-8"))

    assert table["source"]
    assert table["date"] >= "2026-11"
