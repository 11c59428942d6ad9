"""The commands: `python3 dev.py COMMAND`, or in the environment `python -m local COMMAND`."""

import argparse
import importlib
import io
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import NoReturn

from local import console, given, loopback, messages
from local.signals import end_on_signals
from shared import __version__

_LONG_NAME = 20
_OPTIONAL_VALUES: Mapping[str, Callable[[str], bool]] = {
    "--publisher": lambda word: "://" in word,
    "--settings": given.is_file_name,
}
"""Options whose value may be left out, and which words can be one."""


@dataclass(frozen=True)
class Command:
    """A command: its name, the line that the overview shows, and the module that is it.

    The module has `configure(parser)` and `run(arguments) -> int`, and its docstring is the help.
    It is imported before any package is installed.
    """

    name: str
    summary: str
    module: str
    takes_others: bool = False
    """Whether arguments that it does not declare are its `others`, too."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage."""
        name = self.prog.removeprefix("python3 ")
        text = messages.printable(messages.without_secrets(f"{name}: {message}"))
        text = text.replace("\n", " ")
        self.exit(2, f"{text}; see {self.prog} --help\n")


COMMANDS = (
    Command("start", "run the app here: storage, functions host, demo", "local.start"),
    Command("send", "send sample events to a function", "local.send"),
    Command("peek", "show what lies on the queues, without taking it", "local.peek"),
    Command("doctor", "find out why nothing arrives, here or in Azure", "local.doctor"),
    Command("dead-letters", "list, show and replay rejected events", "local.dead_letters.commands"),
    Command("rederive", "make records of archived events again", "local.rederive"),
    Command("test", "run the tests", "tools.test", takes_others=True),
    Command("reliability", "break things, and account for every event", "tools.reliability"),
    Command("bench", "measure what the app costs, beside what people write instead", "tools.bench"),
    Command("package", "make the zip that is deployed", "tools.package"),
    Command("golden", "write or check what the samples must give", "tools.write_golden"),
    Command("docs", "write or check the generated pages and schemas", "tools.write_docs"),
    Command("picture", "make docs/desk.png anew, in Chromium", "tools.picture"),
)


def main(arguments: Sequence[str]) -> int:
    """Run one command. What keeps it from its work becomes one message and exit status 1."""
    command, parsed = prepared(arguments)
    end_on_signals()
    module = importlib.import_module(command.module)
    return messages.status_of(f"dev.py {command.name}", partial(module.run, parsed))


def prepared(arguments: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command and its options.

    Raises:
        SystemExit: help was asked for and printed, or the arguments are wrong and that was said.
    """
    messages.open_streams()
    _accept_any_character()
    command = next((command for command in COMMANDS if command.name in arguments[:1]), None)
    if command is None:
        raise SystemExit(_overview(arguments))
    parser = _parser(command, importlib.import_module(command.module))
    if not command.takes_others:
        return command, _parsed(parser, arguments[1:])
    parsed, others = parser.parse_known_args(arguments[1:])
    parsed.others = others
    return command, parsed


def _overview(arguments: Sequence[str]) -> int:
    width = max(len(command.name) for command in COMMANDS)
    table = "\n".join(f"  {c.name:{width}}  {c.summary}" for c in COMMANDS)
    parser = _Parser(
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
        # What is longer was pasted by mistake, and may be a secret.
        wrong = f"command {arguments[0]!r}" if len(arguments[0]) <= _LONG_NAME else "such command"
        parser.error(f"there is no {wrong}; there are {names}")
    parser.parse_args(arguments)
    parser.print_help()
    return 0


def _parser(command: Command, module: ModuleType) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"python3 dev.py {command.name}",
        description=console.paragraphs(module.__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    return parser


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Options and names in any order."""
    try:
        return parser.parse_intermixed_args(_separated(words))
    except TypeError:  # it has commands of its own
        return parser.parse_args(words)


def _separated(words: Sequence[str]) -> list[str]:
    """An option without its value takes no word behind it that cannot be one."""
    pairs = zip(words, [*words, ""][1:], strict=True)
    return [
        f"{word}=" if word in _OPTIONAL_VALUES and not _OPTIONAL_VALUES[word](after) else word
        for word, after in pairs
    ]


def _accept_any_character() -> None:
    """Events hold any character; a terminal that cannot show one gets a replacement."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    loopback.avoid_proxies()
    # Else the clients of Azure write beside what the command says of the same error.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    sys.exit(main(sys.argv[1:]))
