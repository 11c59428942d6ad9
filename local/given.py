"""Files that somebody names on the command line: read up to a bound, with errors of one line."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from local.errors import CommandError

_MOST_BYTES = 32 * 1024 * 1024
"""Twice what a request to a function may have."""


def is_file_name(word: str) -> bool:
    """Whether a word of the command line is meant as a file of JSON."""
    try:
        return word.endswith(".json") or (word != "" and Path(word).exists())
    except OSError:  # far too long for a name
        return False


def content(file: Path) -> bytes:
    """What is in a file, also in a pipe, as `<(az ...)` gives one.

    Raises:
        CommandError: it cannot be read, or has more than 32 MB.
    """
    try:
        with open(file, "rb", opener=_opened) as stream:
            found = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"cannot read {file}: {error.strerror}") from error
    if len(found) > _MOST_BYTES:
        raise CommandError(f"cannot read {file}: it has more than {_MOST_BYTES} bytes")
    return found


def values(text: bytes, name: object) -> Any:
    """The values of a JSON text in UTF-8; ``name`` says where it is from.

    Raises:
        CommandError: it is no such text; the message names the line.
    """
    try:
        return json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        why = f"line {line} is not UTF-8"
    except json.JSONDecodeError as error:
        why = f"line {error.lineno} column {error.colno}: {error.msg}"
    except RecursionError:
        raise CommandError(f"{name} is nested too deeply to be read") from None
    except ValueError:  # Python's own bound, against the time that long numbers take
        raise CommandError(f"{name} has a number too long to be read") from None
    raise CommandError(f"{name} is not JSON: {why}")


def _opened(name: str, flags: int) -> int:
    """Do not wait for somebody to write into a named pipe that nobody has open."""
    if sys.platform == "win32":
        return os.open(name, flags)
    number = os.open(name, flags | os.O_NONBLOCK)
    os.set_blocking(number, True)
    return number
