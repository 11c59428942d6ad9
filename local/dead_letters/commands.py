"""List the events that gave no record, and replay them when the cause is fixed.

`list` groups them by reason, `show` prints one whole, `replay` says what it would do and, with
--yes, gives events to the app's own code, which writes their records with the ids that the first
delivery would have given: readers recognize what they have already. What the app still cannot
process stays where it is. An event that was replayed --cap times is quarantined.

The dead letters, queues and settings are those of the local run, or with --settings those of an
app: its settings from the environment or a file. For an account in Azure, `az login` first.
"""

import argparse
import json
from collections import Counter
from typing import TYPE_CHECKING

from local import console, settings
from local.errors import CommandError

if TYPE_CHECKING:
    from local.account import Opened
    from local.dead_letters.container import Container
    from local.dead_letters.format import DeadLetter

_HEADERS = ["REASON", "GIVEN UP BY", "EVENT TYPE", "EVENT ID", "TIME", "BLOB"]
_CAP = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and options."""
    add = parser.add_argument
    add("action", choices=["list", "show", "replay"])
    add("blob", nargs="*", help="names from the list; replay takes all without")
    add("--reason", help="only dead letters with this reason")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--replayed", action="store_true", help="list what was replayed")
    which.add_argument("--quarantined", action="store_true", help="list what was quarantined")
    add("--yes", action="store_true", help="replay: do it, not only say it")
    add("--cap", type=int, default=_CAP, help="replays of an event; %(default)s")
    settings.declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do one action; exit status 1 when an event could not be replayed."""
    from local.account import opened  # noqa: PLC0415 - `--help` works without packages
    from local.dead_letters.container import Container  # noqa: PLC0415 - same

    environ = settings.chosen(arguments)
    with opened(environ, is_local=arguments.settings is None) as account:
        container = Container(account.container(account.settings.dead_letters_container))
        if arguments.action == "replay":
            return _replay(account, container, arguments)
        return {"list": _list, "show": _show}[arguments.action](account, container, arguments)


def _list(account: "Opened", container: "Container", arguments: argparse.Namespace) -> int:
    """Print ids, types and reasons: nothing that people wrote, no name and no number."""
    found = [
        each
        for name in _names(container, arguments)
        for each in container.read(name)
        if arguments.reason in (None, each.reason)
    ]
    if not found:
        print(_nothing(account))
        return 0
    found.sort(key=lambda dead_letter: (dead_letter.reason, dead_letter.time))
    console.print_table(_HEADERS, [_row(dead_letter) for dead_letter in found])
    print()
    for reason, count in Counter(dead_letter.reason for dead_letter in found).most_common():
        print(f"{count} {console.harmless(reason)}")
        explanations = {each.explanation for each in found if each.reason == reason}
        for explanation in sorted(explanations - {""}):
            print(f"  {console.harmless(explanation)}")
    return 0


def _names(container: "Container", arguments: argparse.Namespace) -> list[str]:
    """The blobs to work on: all of a place, or those that are named."""
    from local.dead_letters import container as places  # noqa: PLC0415 - see run

    if arguments.replayed or arguments.quarantined:
        found = container.names(places.REPLAYED if arguments.replayed else places.QUARANTINE)
    else:
        found = container.waiting()
    if missing := set(arguments.blob) - set(found):
        raise CommandError(f"no such dead letter: {', '.join(sorted(missing))}; see the list")
    return [name for name in found if not arguments.blob or name in arguments.blob]


def _nothing(account: "Opened") -> str:
    return f"No dead letters in {account.settings.dead_letters_container} of {account.name}."


def _row(dead_letter: "DeadLetter") -> list[str]:
    event = [dead_letter.event_type, dead_letter.event_id]
    cells = [dead_letter.reason, dead_letter.source, *event, dead_letter.time, dead_letter.blob]
    return [console.harmless(cell) for cell in cells]


def _show(_account: "Opened", container: "Container", arguments: argparse.Namespace) -> int:
    """Print them whole, wherever they are; what could move the cursor as a JSON escape."""
    if not arguments.blob:
        raise CommandError("name the dead letters to show; see the list")
    for name in arguments.blob:
        found = container.read(name)
        if not found:
            raise CommandError("no such dead letter; see the list")
        for dead_letter in found:
            print(_whole(dead_letter))
    return 0


def _whole(dead_letter: "DeadLetter") -> str:
    if dead_letter.event is None:
        return json.dumps({"blob": dead_letter.blob, "unreadable": dead_letter.explanation})
    try:
        content = json.loads(dead_letter.text, strict=False)
        text = json.dumps(content, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = dead_letter.text
    return console.escaped(text)


def _replay(account: "Opened", container: "Container", arguments: argparse.Namespace) -> int:
    from local.dead_letters.replay import Replay  # noqa: PLC0415 - see run

    if arguments.replayed or arguments.quarantined:
        raise CommandError("only what waits is replayed.")
    names = _names(container, arguments)
    if not names:
        print(_nothing(account))
        return 0
    print(f"Dead letters in {account.settings.dead_letters_container} of {account.name}.")
    print(account.target)
    if archive := account.settings.archive_container:
        print(f"Their events go to the container {archive}, too.")
    replay = Replay(account, container, arguments.cap, arguments.reason)
    for name in names:
        for line in replay.run(name) if arguments.yes else replay.look(name):
            print(line)
    if replay.found and not arguments.yes:
        print("Nothing was done. Do it with --yes.")
    return 1 if replay.failed else 0
