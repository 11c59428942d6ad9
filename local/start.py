"""Run the app on this machine: Azurite for Storage, the Functions host, and an Event Grid topic.

With Azure Functions Core Tools on the PATH the host is `func start`; otherwise it is our stand-in,
which runs the functions on Microsoft's own Python runtime. Nothing is kept: Azurite holds its
queues and blobs in memory, the desk its tickets in a file that is removed. Ctrl-C stops everything.
"""

import argparse
import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from local import console, desk, eventgrid, functions_host, ports, settings
from local.azurite import StoragePorts
from local.desk import Applied, Desk
from local.errors import CommandError
from local.stack import HOST_PORT, Stack

if TYPE_CHECKING:
    from local.demo import Found

_WATCH_SECONDS = 0.3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    storage = StoragePorts()
    for option, default, what in (
        ("--port", HOST_PORT, "the Functions host"),
        ("--topic-port", eventgrid.DEFAULT_PORT, "the Event Grid topic"),
        ("--blob-port", storage.blob, "Azurite's blob service"),
        ("--queue-port", storage.queue, "Azurite's queue service"),
        ("--table-port", storage.table, "Azurite's table service"),
        ("--desk-port", desk.DEFAULT_PORT, "the desk"),
    ):
        parser.add_argument(
            option, type=ports.port, default=default, metavar="PORT", help=f"{what}; {default}"
        )
    parser.add_argument(
        "--demo", action="store_true", help="send every sample, show what comes out"
    )
    parser.add_argument(
        "--desk",
        action=argparse.BooleanOptionalAction,
        help="make tickets and pushes of the records (examples/desk); the demo does so by itself",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="stop after the demo; exit status 0 only if all records are the golden ones and the "
        "desk has applied them",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="with --once: at the end one JSON document on stdout, all else on stderr",
    )


def run(arguments: argparse.Namespace) -> int:
    """Start everything, and run until a signal or the end of a program."""
    if not arguments.json:
        return _run(arguments)[0]
    if not arguments.once:
        raise CommandError("--json shows what the demo found, at its end: add --once.")
    with contextlib.redirect_stdout(sys.stderr):
        status, found = _run(arguments)
    print(json.dumps(found, indent=2))
    return status


def _run(arguments: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    storage = StoragePorts(arguments.blob_port, arguments.queue_port, arguments.table_port)
    has_demo = arguments.demo or arguments.once
    has_desk = has_demo if arguments.desk is None else arguments.desk
    _require_ports(arguments, storage, has_desk=has_desk)
    _require_settings(storage)
    if has_desk:
        desk.require_folder()
    func = functions_host.core_tools()
    host = "`func start`" if func else "the Functions host"
    print(f"Starting Azurite, {host} and Event Grid ...", flush=True)
    topic_port = arguments.topic_port
    with Stack.on(arguments.port, storage, topic_port=topic_port, func=func) as stack:
        _introduce(stack)
        found = _demo(stack) if has_demo else None
        # Not before: the demo looks at records that a desk would take.
        with _desk(stack, arguments.desk_port if has_desk else None, func) as reader:
            done = _await_desk(reader, found.distinct if found else 0) if reader else None
            if not arguments.once:
                _stay(stack)
    is_good = not (found and found.mismatches) and not (done and done.parked)
    document = found.document() if found else {}
    return 0 if is_good else 1, document | {"desk": done and dataclasses.asdict(done)}


def _require_ports(arguments: argparse.Namespace, storage: StoragePorts, *, has_desk: bool) -> None:
    services = {
        "the Functions host": (arguments.port, "--port"),
        "the Event Grid topic": (arguments.topic_port, "--topic-port"),
        "Azurite's blobs": (storage.blob, "--blob-port"),
        "Azurite's queues": (storage.queue, "--queue-port"),
        "Azurite's tables": (storage.table, "--table-port"),
    }
    if has_desk:
        services["the desk"] = (arguments.desk_port, "--desk-port")
    ports.require_free(services)


def _require_settings(storage: StoragePorts) -> None:
    """Read the settings as the app will do: it would fail every event for a wrong one."""
    from shared.errors import ConfigError  # noqa: PLC0415 - `--help` works without packages
    from shared.settings import Settings  # noqa: PLC0415

    try:
        Settings.from_env(settings.of_local_run(storage))
    except ConfigError as error:
        raise CommandError(
            f"settings in the environment or in local.settings.json are wrong: {error}"
        ) from error


@contextlib.contextmanager
def _desk(stack: Stack, port: int | None, func: str | None) -> Iterator[Desk | None]:
    """A desk that reads the queues, if it has a port."""
    if port is None:
        yield None
        return
    print("\nStarting the desk ...", flush=True)
    with desk.running(stack, port, func) as found:
        yield found


def _await_desk(reader: Desk, records: int) -> Applied:
    """Wait until it has applied or parked the records of the demo."""
    print(f"  tickets and pushes  {reader.url}", flush=True)
    done = reader.wait_for(records)
    if done.parked:
        print(f"The desk applied {done.applied} records and parked {done.parked} messages.")
    elif records:
        print(
            f"The desk applied all {done.applied} records. The samples are years old, so their "
            "pushes show as expired.",
            flush=True,
        )
    return done


def _introduce(stack: Stack) -> None:
    functions = ", ".join(functions_host.functions(stack.host_port)) or "none"
    storage = stack.storage
    print(
        f"{console.paint('Running.', 'green')}\n"
        f"  functions  {functions}\n"
        f"  events to  POST {stack.url}/runtime/webhooks/EventGrid?functionName=FUNCTION\n"
        f"             with the header aeg-event-type: Notification\n"
        f"  topic      http://{ports.LOOPBACK}:{stack.topic_port}/api/events\n"
        f"  queues     {' and '.join(settings.queues())}\n"
        f"  storage    {ports.LOOPBACK}, blobs {storage.blob}, queues {storage.queue}, "
        f"tables {storage.table}\n",
        flush=True,
    )


def _demo(stack: Stack) -> "Found":
    from local import demo  # noqa: PLC0415 -- `--help` works before the clients are installed

    try:
        found = demo.run(stack)
    except CommandError:
        stack.check()  # if a program has ended, that is the reason
        raise
    if found.mismatches:
        print(f"\nThe last lines of {stack.host.name}:\n{stack.host.last_lines()}")
    return found


def _stay(stack: Stack) -> None:
    """Show the host's output until a signal ends the command, or a program of the stack ends."""
    port = "" if stack.host_port == HOST_PORT else f" --port {stack.host_port}"
    by_default = stack.topic_port == eventgrid.DEFAULT_PORT
    topic = "" if by_default else f" http://{ports.LOOPBACK}:{stack.topic_port}/api/events"
    queue = stack.storage.queue
    queue_port = "" if queue == StoragePorts().queue else f" --queue-port {queue}"
    print(
        "Now try, in another terminal:\n"
        f"  python3 dev.py send SMSReceived.current{port}\n"
        f"  python3 dev.py send SMSReceived.current --publisher{topic}\n"
        f"  python3 dev.py peek{queue_port}\n"
        "Ctrl-C stops everything. The host's output from here on:\n",
        flush=True,
    )
    lines: SimpleQueue[str] = SimpleQueue()
    stack.host.on_line = lines.put
    while True:
        stack.check()
        with contextlib.suppress(Empty):
            print(lines.get(timeout=_WATCH_SECONDS), flush=True)
