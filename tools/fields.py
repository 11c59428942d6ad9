"""Which documented fields of the routed event types no struct reads: `python -m tools.fields`.

The fields, with their source and date, are in ``documented_fields.json``: to follow a newer
specification, change that table and read what this prints. A field that is left to ``extra`` on
purpose has its reason in ``LEFT_TO_EXTRA``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from shared.families.route import Route
from shared.routes import ROUTES

TABLE = Path(__file__).with_name("documented_fields.json")
LEFT_TO_EXTRA = {
    "transactionId": "traces a request inside the service; no reader can use it",
    "isRoomsCall": "says nothing that call.roomId does not",
    "customContext": "headers of the customer's own, under the customer's own names",
    "error": "on an inbound message: why the channel could not pass on its content",
}
"""Why nothing reads a field; it is kept in ``extra`` under its own name."""


def documented() -> dict[str, list[str]]:
    """The fields of each event type, without ``Microsoft.Communication.``."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: fields.split() for name, fields in table["fields"].items()}


def read_by(route: Route[Any]) -> set[str]:
    """The names that a row's struct reads, old ones included, in lower case."""
    old: dict[str, str] = getattr(route.payload, "old_names", {})
    return {name.lower() for name in (*route.payload.__struct_encode_fields__, *old)}


def unread() -> list[tuple[str, str]]:
    """Event types and documented fields that no struct reads, in the order of the table."""
    fields = documented()
    return [
        (name, field)
        for route in ROUTES
        for name in [route.event.rpartition(".")[2]]
        for field in fields.get(name, ["(the type is not in the table)"])
        if field.lower() not in read_by(route)
    ]


def main() -> int:
    """Print what is unread, with the reason where there is one; 1 where there is none."""
    for name, field in unread():
        print(f"{name}.{field}: {LEFT_TO_EXTRA.get(field, 'NO STRUCT READS IT')}")
    return int(any(field not in LEFT_TO_EXTRA for _, field in unread()))


if __name__ == "__main__":
    sys.exit(main())
