"""Show the messages on the queues, without taking them.

At most 32 messages of each queue are shown: Storage lets no more be peeked at.
"""

import argparse
import json
from typing import TYPE_CHECKING, Any

from local import console, desk, ports, settings
from local.azurite import StoragePorts

if TYPE_CHECKING:
    from local.queues import Message

_HEADERS = ["QUEUE", "RECORD", "WHAT", "SUBJECT", "TIME", "ID"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--queue-port", type=ports.port, default=StoragePorts().queue, help="Azurite's; %(default)s"
    )
    parser.add_argument("--queue", metavar="NAME", help="only this queue; default: both")
    parser.add_argument("--json", action="store_true", help="whole records, one a line")


def run(arguments: argparse.Namespace) -> int:
    """Print the table, or the records."""
    from local.queues import Account  # noqa: PLC0415 -- `--help` works before the clients are installed

    connection_string = StoragePorts(queue=arguments.queue_port).connection_string
    names = [arguments.queue] if arguments.queue else settings.queues()
    with Account(connection_string) as account:
        found = {name: account.peek(name) for name in names}
    messages = [message for some, _ in found.values() for message in some]
    if arguments.json:
        for message in messages:
            print(
                json.dumps(message.record, ensure_ascii=False) if message.record else message.text
            )
        return 0
    if messages:
        console.print_table(_HEADERS, [_row(message) for message in messages])
        print()
    for name, (some, count) in found.items():
        print(f"{name}: {_how_many(len(some), count)}")
    reader = desk.reader_of(arguments.queue_port)
    if reader is not None:
        port, done = reader
        print(
            f"The desk on http://localhost:{port} reads these queues: it has applied "
            f"{done.applied} records and parked {done.parked} messages."
        )
    elif not messages:
        print("Send something: python3 dev.py send SMSReceived.current")
    return 0


def _how_many(shown: int, count: int) -> str:
    """Messages that a reader has taken are counted, but cannot be shown."""
    if not count:
        return "empty"
    return f"{shown} of {count} shown" if shown < count else f"{shown}"


def _row(message: "Message") -> list[str]:
    record = message.record
    if record is None:
        return [message.queue, "(no record)", "", message.text[:60], "", message.receipt.id or ""]
    cells = [str(record.get(key, "")) for key in ("type", "subject", "time", "id")]
    kind, *others = cells
    return [message.queue, kind, what(record), *others]


def what(record: dict[str, Any]) -> str:
    """In a word or two, what a record asks for: `open high`, `passive`."""
    data = record.get("data")
    if not isinstance(data, dict):
        return "in a blob" if "dataref" in record else ""
    parts = [data.get("action") or data.get("interruptionLevel", "")]
    if data.get("priority") == "high":
        parts.append("high")
    return " ".join(map(str, parts))
