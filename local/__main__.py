"""The commands: `python3 dev.py COMMAND`, or in the environment `python -m local COMMAND`."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from local.errors import CommandError
from local.signals import end_on_signals
from shared import __version__


@dataclass(frozen=True)
class Command:
    """A command: its name, the line that the overview shows, and the module that is it.

    The module has `configure(parser)` and `run(arguments) -> int`, and its docstring is the help.
    """

    name: str
    summary: str
    module: str


COMMANDS = (
    Command("start", "run the app here: storage, functions host, demo", "local.start"),
    Command("send", "send sample events to a function", "local.send"),
    Command("peek", "show what lies on the queues, without taking it", "local.peek"),
    Command("doctor", "find out why nothing arrives, here or in Azure", "local.doctor"),
    Command("dead-letters", "list, show and replay rejected events", "local.dead_letters.commands"),
    Command("rederive", "make records of archived events again", "local.rederive"),
    Command("test", "run the tests", "tools.test"),
    Command("reliability", "break things, and account for every event", "tools.reliability"),
    Command("bench", "measure what the app costs, beside what people write instead", "tools.bench"),
    Command("package", "make the zip that is deployed", "tools.package"),
    Command("golden", "write or check the records that the samples must give", "tools.golden"),
    Command("docs", "write or check the generated pages and schemas", "tools.docs"),
    Command("picture", "make docs/desk.png anew, in Chromium", "tools.picture"),
)


def main(arguments: Sequence[str]) -> int:
    """Run one command; a `CommandError` becomes a message and exit status 1."""
    _accept_any_character()
    end_on_signals()
    if not arguments or arguments[0].startswith("-"):
        return _overview(arguments)
    command = next((command for command in COMMANDS if command.name == arguments[0]), None)
    if command is None:
        return _overview(arguments)
    module = importlib.import_module(command.module)
    parsed = _parsed(_parser(command, module), arguments[1:])
    try:
        return int(module.run(parsed))
    except CommandError as error:
        from shared.redaction import hide  # noqa: PLC0415 - `--help` works with this folder alone

        print(f"dev.py {command.name}: {hide(str(error))}", file=sys.stderr)
    except BrokenPipeError:  # `dev.py peek | head`: nothing is left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _overview(arguments: Sequence[str]) -> int:
    width = max(len(command.name) for command in COMMANDS)
    table = "\n".join(f"  {c.name:{width}}  {c.summary}" for c in COMMANDS)
    parser = argparse.ArgumentParser(
        prog="dev.py",
        usage="python3 dev.py COMMAND [OPTIONS]",
        description="Run, try and test the app on this machine. The first command makes .venv.",
        epilog=f"commands:\n{table}\n\n`python3 dev.py COMMAND --help` says more about each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    version = f"acs-event-records {__version__}"
    parser.add_argument("--version", action="version", version=version)
    if arguments and not arguments[0].startswith("-"):
        names = ", ".join(command.name for command in COMMANDS)
        parser.error(f"there is no command {arguments[0]!r}; there are {names}")
    parser.parse_args(arguments)
    parser.print_help()
    return 0


def _parser(command: Command, module: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python3 dev.py {command.name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    return parser


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Options and names in any order."""
    try:
        return parser.parse_intermixed_args(words)
    except TypeError:  # `test` hands all that follows to pytest
        return parser.parse_args(words)


def _accept_any_character() -> None:
    """Events hold any character; a terminal that cannot show one gets a replacement."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
