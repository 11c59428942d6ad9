"""What a command prints in place of a traceback, and where to."""

import errno
import os
import sys
from collections.abc import Callable

from local import console
from local.errors import CommandError

_ADVICE = {
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS),
        "Work in a copy of the repository that you may write to.",
    ),
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR), "There is a file where a folder should be: choose another."
    ),
    **dict.fromkeys((errno.ENOENT, errno.ENAMETOOLONG), "Choose another."),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Make room there, then try again."),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "Raise the limit (`ulimit -n`)."),
}
_LONGEST = 4000
"""Characters of a line; one about settings names every wrong one."""


def status_of(name: str, work: Callable[[], int]) -> int:
    """The exit status of a command, which prints what keeps it from its work as one message.

    That is a `CommandError`, or what the system refused. Nothing is printed when whoever read the
    output has gone, as in `dev.py peek | head`.

    Args:
        name: of the command, the first words of the message.
        work: what it does; gives the exit status.
    """
    try:
        status = work()
        sys.stdout.flush()
    except CommandError as error:
        _say(without_secrets(f"{name}: {error}"))
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            _say(f"{name}: {refused(error)}")
        _forget_output()
    else:
        return status
    return 1


def refused(error: OSError) -> str:
    """What the system refused, in one line."""
    what = error.strerror or str(error) or type(error).__name__
    where = f"cannot use {os.fsdecode(error.filename)}: " if error.filename else ""
    return f"{where}{what}. {_ADVICE.get(error.errno or 0, '')}".rstrip()


def printable(text: str) -> str:
    """A message without what could move the cursor; of a very long line the begin and the end."""
    lines = console.escaped(text).split("\n")
    half = _LONGEST // 2
    return "\n".join(
        line if len(line) <= _LONGEST else f"{line[:half]} … {line[-half:]}" for line in lines
    )


def without_secrets(text: str) -> str:
    """A message that may quote a setting or what somebody typed.

    Not for what the system refused: a folder's name may look like a key.
    """
    from shared.redaction import hide  # noqa: PLC0415 - `--help` works with this folder alone

    return hide(text)


def open_streams() -> None:
    """Give a program that was started with closed streams, as by `>&-`, empty ones."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # noqa: FBT003 - positional only
            setattr(sys, name, os.fdopen(number, mode))


def _say(text: str) -> None:
    print(printable(text), file=sys.stderr)


def _forget_output() -> None:
    """Where nothing more can be printed, leave nothing for the end of Python to print."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
