"""Show the messages on the queues, without taking them.

At most 32 messages of each queue are shown: Storage lets no more be peeked at. With --json it is
one object: `queues` with `name`, `count` and `messages` (`id`, `record`, or `text` where it is no
record), and `desk`, if one reads them.
"""

import argparse
import json
from typing import TYPE_CHECKING, Any

from local import console, desk, ports, settings
from local.azurite import StoragePorts
from local.errors import CommandError

if TYPE_CHECKING:
    from local.desk import Applied
    from local.queues import Account, Message

_HEADERS = ["QUEUE", "RECORD", "WHAT", "SUBJECT", "TIME", "ID"]

Found = dict[str, tuple[list["Message"], int]]
"""By queue its first messages, and about how many it holds."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--queue-port", type=ports.port, default=StoragePorts().queue, help="Azurite's; %(default)s"
    )
    parser.add_argument("--queue", metavar="NAME", help="only this queue; default: both")
    parser.add_argument("--json", action="store_true", help="for scripts, see above")


def run(arguments: argparse.Namespace) -> int:
    """Print the table, or the records."""
    from local.queues import Account  # noqa: PLC0415 -- `--help` works before the clients are installed

    connection_string = StoragePorts(queue=arguments.queue_port).connection_string
    with Account(connection_string) as account:
        found = {name: account.peek(name) for name in _names(account, arguments.queue)}
    reader = desk.reader_of(arguments.queue_port)
    if arguments.json:
        print(json.dumps(_document(found, reader), indent=2))
    else:
        _show(found, reader)
    return 0


def _names(account: "Account", wanted: str | None) -> list[str]:
    known = settings.queues()
    if wanted is None:
        return known
    if wanted not in known and wanted not in account.names():
        raise CommandError(f"there is no queue {wanted}; the app writes to {' and '.join(known)}")
    return [wanted]


def _document(found: Found, reader: "tuple[int, Applied] | None") -> dict[str, Any]:
    queues = [
        {"name": name, "count": count, "messages": [_message(each) for each in messages]}
        for name, (messages, count) in found.items()
    ]
    if reader is None:
        return {"queues": queues, "desk": None}
    port, done = reader
    return {
        "queues": queues,
        "desk": {"port": port, "applied": done.applied, "parked": done.parked},
    }


def _message(message: "Message") -> dict[str, Any]:
    record = message.record
    what = {"text": message.text} if record is None else {"record": record}
    return {"id": message.receipt.id, **what}


def _show(found: Found, reader: "tuple[int, Applied] | None") -> None:
    messages = [message for some, _ in found.values() for message in some]
    if messages:
        console.print_table(_HEADERS, [_row(message) for message in messages])
        print()
    for name, (some, count) in found.items():
        print(f"{name}: {_how_many(len(some), count)}")
    if reader is not None:
        port, done = reader
        print(
            f"The desk on http://localhost:{port} reads these queues: it has applied "
            f"{done.applied} records and parked {done.parked} messages."
        )
    elif not messages:
        print("Send something: python3 dev.py send SMSReceived.current")


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
