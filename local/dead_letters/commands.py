"""Look through the events that became no record, and publish them again when the cause is fixed.

`list` groups them by reason, `show` prints one whole, `replay` prints what it would do and, with
--yes, publishes events again through Microsoft's own client. A replayed event keeps its ids, so
readers recognize records that they have already. An event that was replayed --cap times is
quarantined.

The dead letters are those of the local run, or with --settings those of the account that
RecordStorage (or AzureWebJobsStorage) in the environment names. A system topic takes no events from
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
    add("--quarantine", action="store_true", help="list what was quarantined")
    blob_port = StoragePorts().blob
    add("--blob-port", type=ports.port, default=blob_port, help="Azurite's; %(default)s")
    add("--settings", action="store_true", help="the account that the environment's settings name")
    add("--yes", action="store_true", help="replay: do it, not only print it")
    add("--cap", type=int, default=_CAP, help="replays of an event; %(default)s")
    topic = eventgrid.endpoint(eventgrid.DEFAULT_PORT)
    add("--topic", metavar="URL", default=topic, help="replay: where to publish; %(default)s")
    add("--key-env", metavar="NAME", help="replay: the variable with the topic's access key")


def run(arguments: argparse.Namespace) -> int:
    """Do one action; exit status 1 when an event could not be replayed."""
    action = {"list": _list, "show": _show, "replay": _replay}[arguments.action]
    with _container(arguments) as container:
        return action(container, arguments)


def _container(arguments: argparse.Namespace) -> "AbstractContextManager[Container]":
    from local.dead_letters import container  # noqa: PLC0415 - `--help` works without packages

    if arguments.settings:
        return container.of_settings()
    return container.of_local_run(StoragePorts(blob=arguments.blob_port).connection_string)


def _chosen(container: "Container", arguments: argparse.Namespace) -> "list[DeadLetter]":
    found = container.quarantined() if arguments.quarantine else container.waiting()
    names = set(arguments.blob)
    if missing := names - {dead_letter.blob for dead_letter in found}:
        raise CommandError(f"no such dead letter: {', '.join(sorted(missing))}; see the list")
    return [
        dead_letter
        for dead_letter in found
        if (not names or dead_letter.blob in names)
        and arguments.reason in (None, dead_letter.reason)
    ]


def _list(container: "Container", arguments: argparse.Namespace) -> int:
    """Print ids, types and reasons: nothing that people wrote, no name and no number."""
    found = _chosen(container, arguments)
    if not found:
        print("No dead letters.")
        return 0
    found.sort(key=lambda dead_letter: (dead_letter.reason, dead_letter.time))
    console.print_table(_HEADERS, [_row(dead_letter) for dead_letter in found])
    print()
    for reason, count in Counter(dead_letter.reason for dead_letter in found).most_common():
        print(f"{count} {reason}")
        explanations = {each.explanation for each in found if each.reason == reason}
        for explanation in sorted(explanations - {""}):
            print(f"  {explanation}")
    return 0


def _row(dead_letter: "DeadLetter") -> list[str]:
    event = [dead_letter.event_type, dead_letter.event_id]
    return [dead_letter.reason, dead_letter.source, *event, dead_letter.time, dead_letter.blob]


def _show(container: "Container", arguments: argparse.Namespace) -> int:
    if not arguments.blob:
        raise CommandError("name the dead letters to show; see the list")
    everything = [*container.waiting(), *container.quarantined()]
    found = [dead_letter for dead_letter in everything if dead_letter.blob in arguments.blob]
    if not found:
        raise CommandError("no such dead letter; see the list")
    for dead_letter in found:
        print(json.dumps(dead_letter.content, indent=2, ensure_ascii=False))
    return 0


def _replay(container: "Container", arguments: argparse.Namespace) -> int:
    found = _chosen(container, arguments)
    failed = 0
    for blob, inside in groupby(found, key=lambda dead_letter: dead_letter.blob):
        result = _replay_blob(container, list(inside), arguments)
        failed += result.startswith("not replayed")
        print(f"{blob}: {result}")
    if found and not arguments.yes:
        print("Nothing was done. Do it with --yes.")
    if not found:
        print("No dead letters.")
    return 1 if failed else 0


def _replay_blob(
    container: "Container", inside: "list[DeadLetter]", arguments: argparse.Namespace
) -> str:
    """What was done with a blob's events, or would be. Event Grid may put several into one."""
    dead_letter, *_ = inside
    times = container.times_replayed(dead_letter)
    events = [each.event for each in inside if each.event is not None]
    if len(events) < len(inside):
        return "not replayed: it is not an event; its sender must be fixed"
    if times >= arguments.cap:
        if arguments.yes:
            container.move_to_quarantine(dead_letter)
        return f"quarantined: {times} replays did not help"
    if arguments.yes:
        from local import publisher  # noqa: PLC0415 - see _container

        key = os.environ.get(arguments.key_env, "") if arguments.key_env else "local"
        try:
            publisher.publish_events(events, arguments.topic, key, dead_letter.event_id)
        except CommandError as error:
            return f"not replayed: {error}"
        container.move_to_replayed(dead_letter)
    return f"published again, replay {times + 1} of at most {arguments.cap}"
