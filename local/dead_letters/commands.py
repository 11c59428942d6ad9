"""List the events that gave no record, and replay them when the cause is fixed.

`list` groups them by reason, `show` prints one whole, `replay` says what it would do and, with
--yes, gives events to the app's own code, which writes their records with the ids that the first
delivery would have given: readers recognize what they have already. What the app still cannot
process stays where it is. An event that was replayed --cap times is quarantined.

The dead letters, queues and settings are those of the local run, or with --settings those of an
app: its settings from the environment or a file. For an account in Azure, `az login` first.

With --json it is one object: `account`, `container`, and `deadLetters` of `list` (`blob`, `reason`,
`explanation`, `source`, `time`, `eventId`, `eventType`) and of `show` (`blob`, `content`,
`unreadable`), or `outcomes` of `replay` (`blob`, `number`, `of`, `action`, `done`, `text`,
`records`), beside `queueAccount`, `queues`, `payloads`, `archive` and `dryRun`.
"""

import argparse
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from local import console, settings
from local.dead_letters.progress import counted
from local.errors import CommandError

if TYPE_CHECKING:
    from local.account import Opened
    from local.dead_letters.container import Container
    from local.dead_letters.format import DeadLetter

_HEADERS = ["REASON", "GIVEN UP BY", "EVENT TYPE", "EVENT ID", "TIME", "BLOB"]
_CAP, _CAP_DIGITS = 3, 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and options."""
    add = parser.add_argument
    add("action", choices=["list", "show", "replay"])
    add("blob", nargs="*", default=[], help="names from the list; replay takes all without")
    add("--reason", help="only dead letters with this reason")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--replayed", action="store_true", help="list what was replayed")
    which.add_argument("--quarantined", action="store_true", help="list what was quarantined")
    add("--yes", action="store_true", help="replay: do it, not only say it")
    add("--cap", type=_cap, default=_CAP, metavar="N", help="replays of an event; %(default)s")
    add("--json", action="store_true", help="for scripts, see above")
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
    names = _names(container, arguments)
    read = counted((container.read(name) for name in names), len(names), "reading")
    found = [each for some in read for each in some if arguments.reason in (None, each.reason)]
    found.sort(key=lambda dead_letter: (dead_letter.reason, dead_letter.time))
    if arguments.json:
        _print(_place(account) | {"deadLetters": [_entry(each) for each in found]})
    elif found:
        _show_table(found)
    else:
        print(_nothing(account))
    return 0


def _show_table(found: "list[DeadLetter]") -> None:
    console.print_table(_HEADERS, [_row(dead_letter) for dead_letter in found])
    print()
    for reason, count in Counter(dead_letter.reason for dead_letter in found).most_common():
        print(f"{count} {console.harmless(reason)}")
        explanations = {each.explanation for each in found if each.reason == reason}
        for explanation in sorted(explanations - {""}):
            print(f"  {console.harmless(explanation)}")


def _entry(dead_letter: "DeadLetter") -> dict[str, str]:
    return {
        "blob": dead_letter.blob,
        "reason": dead_letter.reason,
        "explanation": dead_letter.explanation,
        "source": dead_letter.source,
        "time": dead_letter.time,
        "eventId": dead_letter.event_id,
        "eventType": dead_letter.event_type,
    }


def _print(document: dict[str, Any]) -> None:
    """In ASCII: what a stranger wrote moves no cursor."""
    print(json.dumps(document, indent=2))


def _place(account: "Opened") -> dict[str, Any]:
    return {"account": account.name, "container": account.settings.dead_letters_container}


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


def _show(account: "Opened", container: "Container", arguments: argparse.Namespace) -> int:
    """Print them whole, wherever they are; what could move the cursor as a JSON escape."""
    if not arguments.blob:
        raise CommandError("name the dead letters to show; see the list")
    shown = []
    for name in arguments.blob:
        is_text = name.encode(errors="ignore").decode() == name != ""
        found = container.read(name) if is_text else []
        if not found:
            raise CommandError(f"no such dead letter: {name}; see the list")
        shown += found
    if arguments.json:
        _print(_place(account) | {"deadLetters": [_content(each) for each in shown]})
        return 0
    for each in shown:
        content = _content(each)
        if each.event is None:
            print(json.dumps({"blob": each.blob, "unreadable": each.explanation}))
        elif isinstance(content["content"], str):
            print(console.escaped(content["content"]))
        else:
            print(console.escaped(json.dumps(content["content"], indent=2, ensure_ascii=False)))
    return 0


def _content(dead_letter: "DeadLetter") -> dict[str, Any]:
    """With its values, or as a text where they cannot be printed again without a loss."""
    unreadable = dead_letter.explanation if dead_letter.event is None else None
    content: Any = None if unreadable else dead_letter.text
    try:
        values = json.loads(dead_letter.text, strict=False, object_pairs_hook=_unique)
        json.dumps([[[values]]], allow_nan=False)
        content = values
    except (ValueError, RecursionError):
        pass
    return {"blob": dead_letter.blob, "content": content, "unreadable": unreadable}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _replay(account: "Opened", container: "Container", arguments: argparse.Namespace) -> int:
    from local.dead_letters.replay import Replay  # noqa: PLC0415 - see run

    if arguments.replayed or arguments.quarantined:
        raise CommandError("only what waits is replayed.")
    names, is_dry = _names(container, arguments), not arguments.yes
    replay = Replay(account, container, arguments.cap, arguments.reason)
    act = replay.look if is_dry else replay.run
    doing = "looking at" if is_dry else "replaying"
    done = counted((list(act(name)) for name in names), len(names), doing)
    if arguments.json:
        outcomes = [outcome.document() for some in done for outcome in some]
        _print(_place(account) | _targets(account) | {"dryRun": is_dry, "outcomes": outcomes})
    elif names:
        _introduce(account)
        for some in done:
            for outcome in some:
                print(outcome.line(is_dry=is_dry))
        if replay.found and is_dry:
            print("Nothing was done. Do it with --yes.")
    else:
        print(_nothing(account))
    return 1 if replay.failed else 0


def _introduce(account: "Opened") -> None:
    print(f"Dead letters in {account.settings.dead_letters_container} of {account.name}.")
    print(account.target)
    if archive := account.settings.archive_container:
        print(f"Their events go to the container {archive}, too.")


def _targets(account: "Opened") -> dict[str, Any]:
    to = account.settings
    return {
        "queueAccount": account.queue_account,
        "queues": [to.work_items_queue, to.push_notifications_queue],
        "payloads": to.record_payloads_container,
        "archive": to.archive_container,
    }


def _cap(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _CAP_DIGITS):
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to 9999")
    return int(text)
