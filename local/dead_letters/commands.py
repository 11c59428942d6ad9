"""Look through the events that became no record, and publish them again when the cause is mended.

`list` groups them by reason, `show` prints one whole, `replay` says what it would do and, with
--yes, publishes events again through Microsoft's own client. A replayed event keeps its ids, so
what a reader has seen already stays seen. One that comes back more than --cap times is quarantined.

The dead letters are those of the local run, or with --settings those of the account that
RecordStorage (or AzureWebJobsStorage) in the environment names. A system topic takes nothing from
outside, so a replay in Azure needs a custom topic with the same event subscriptions: --topic and
--key-env.
"""

import argparse
import json
import os
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from local import console, eventgrid, ports
from local.azurite import StoragePorts
from local.errors import CommandError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from local.letter_box import LetterBox
    from local.letters import Letter

_HEADERS = ["REASON", "GIVEN UP BY", "EVENT TYPE", "EVENT ID", "TIME", "BLOB"]
_CAP = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and options."""
    parser.add_argument("action", choices=["list", "show", "replay"])
    parser.add_argument("blob", nargs="*", help="names from the list; replay takes all without")
    parser.add_argument("--reason", help="only letters with this reason")
    parser.add_argument("--quarantine", action="store_true", help="list what was quarantined")
    parser.add_argument(
        "--blob-port", type=ports.port, default=StoragePorts().blob, help="Azurite's; %(default)s"
    )
    parser.add_argument(
        "--settings", action="store_true", help="the account that the environment's settings name"
    )
    parser.add_argument("--yes", action="store_true", help="replay: do it, not only say it")
    parser.add_argument("--cap", type=int, default=_CAP, help="replays of an event; %(default)s")
    parser.add_argument(
        "--topic",
        metavar="URL",
        default=eventgrid.endpoint(eventgrid.DEFAULT_PORT),
        help="replay: where to publish; %(default)s",
    )
    parser.add_argument(
        "--key-env", metavar="NAME", help="replay: the variable with the topic's access key"
    )


def run(arguments: argparse.Namespace) -> int:
    """Do one action; exit status 1 when an event could not be replayed."""
    with _box(arguments) as box:
        if arguments.action == "list":
            return _list(box, arguments)
        if arguments.action == "show":
            return _show(box, arguments.blob)
        return _replay(box, arguments)


def _box(arguments: argparse.Namespace) -> "AbstractContextManager[LetterBox]":
    from local import letter_box  # noqa: PLC0415 - `--help` works before the clients are installed

    if arguments.settings:
        return letter_box.of_settings()
    at = StoragePorts(blob=arguments.blob_port)
    return letter_box.of_connection_string(at.connection_string)


def _chosen(box: "LetterBox", arguments: argparse.Namespace) -> "list[Letter]":
    from local.letter_box import QUARANTINE  # noqa: PLC0415 - see _box

    found = box.letters(QUARANTINE if arguments.quarantine else "")
    names = set(arguments.blob)
    if missing := names - {letter.blob for letter in found}:
        raise CommandError(f"no such dead letter: {', '.join(sorted(missing))}; see the list")
    return [
        letter
        for letter in found
        if (not names or letter.blob in names) and arguments.reason in (None, letter.reason)
    ]


def _list(box: "LetterBox", arguments: argparse.Namespace) -> int:
    """Nothing that people wrote, no name and no number: ids, types and reasons only."""
    found = _chosen(box, arguments)
    if not found:
        print("No dead letters.")
        return 0
    found.sort(key=lambda letter: (letter.reason, letter.time))
    console.print_table(_HEADERS, [_row(letter) for letter in found])
    print()
    for reason, count in Counter(letter.reason for letter in found).most_common():
        print(f"{count} {reason}")
        for why in sorted({x.explanation for x in found if x.reason == reason and x.explanation}):
            print(f"  {why}")
    return 0


def _row(letter: "Letter") -> list[str]:
    about = [letter.reason, letter.given_up_by, letter.event_type, letter.event_id]
    return [*about, letter.time, letter.blob]


def _show(box: "LetterBox", names: list[str]) -> int:
    from local.letter_box import QUARANTINE  # noqa: PLC0415 - see _box

    if not names:
        raise CommandError("name the dead letters to show; see the list")
    found = [x for x in (*box.letters(), *box.letters(QUARANTINE)) if x.blob in names]
    if not found:
        raise CommandError("no such dead letter; see the list")
    for letter in found:
        print(json.dumps(letter.kept, indent=2, ensure_ascii=False))
    return 0


def _replay(box: "LetterBox", arguments: argparse.Namespace) -> int:
    found = _chosen(box, arguments)
    refused = 0
    for blob, inside in groupby(found, key=lambda letter: letter.blob):
        said = _replay_blob(box, list(inside), arguments)
        refused += said.startswith("not replayed")
        print(f"{blob}: {said}")
    if found and not arguments.yes:
        print("Nothing was done. Do it with --yes.")
    if not found:
        print("No dead letters.")
    return 1 if refused else 0


def _replay_blob(box: "LetterBox", inside: "list[Letter]", arguments: argparse.Namespace) -> str:
    """What was done with a blob's events, or would be. Event Grid may put several into one."""
    letter, *_ = inside
    times = box.times_replayed(letter)
    events = [each.event for each in inside if each.event is not None]
    if len(events) < len(inside):
        return "not replayed: it is no event; mend whoever sent it"
    if times >= arguments.cap:
        if arguments.yes:
            box.quarantine(letter)
        return f"quarantined: {times} replays did not help"
    if arguments.yes:
        from local import publisher  # noqa: PLC0415 - see _box

        key = os.environ.get(arguments.key_env, "") if arguments.key_env else "local"
        try:
            publisher.publish_events(events, arguments.topic, key, letter.event_id)
        except CommandError as error:
            return f"not replayed: {error}"
        box.keep_as_replayed(letter)
    return f"published again, replay {times + 1} of at most {arguments.cap}"
