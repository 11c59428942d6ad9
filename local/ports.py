"""Which ports the local run listens on, and whether they are free."""

import argparse
import random
import socket
import sys
from collections.abc import Mapping

from local.errors import CommandError

LOOPBACK = "127.0.0.1"

# Below the range of outgoing connections on any system: none of those takes one meanwhile.
_FREE_RANGE = range(15_000, 32_000)
_LONGEST = 5  # digits
# Not the generator that tests seed: two of their workers would choose the same ports at once.
_CHOICE = random.SystemRandom()


def port(text: str) -> int:
    """A port number given as an option."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST
    number = int(text) if is_number else 0
    if not 0 < number < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return number


def is_free(number: int) -> bool:
    """Whether a server could listen on the port now."""
    return _refusal(number) is None


def _refusal(number: int) -> OSError | None:
    """Why no server could listen on the port now."""
    with socket.socket() as server:
        if sys.platform != "win32":  # there it would allow a second server on the same port
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((LOOPBACK, number))
        except OSError as error:
            return error
    return None


def free(count: int) -> list[int]:
    """Different ports that are free now, at random, so that two runs seldom choose the same."""
    found: list[int] = []
    while len(found) < count:
        number = _CHOICE.choice(_FREE_RANGE)
        if number not in found and is_free(number):
            found.append(number)
    return found


def require_free(services: Mapping[str, tuple[int, str]]) -> None:
    """Check the ports before anything starts.

    Args:
        services: for each its port, and the option that changes it.

    Raises:
        CommandError: naming every port that is taken or given twice.
    """
    problems, taken = [], []
    seen: dict[int, str] = {}
    for service, (number, option) in services.items():
        advice = f"choose another with {option} PORT"
        if number in seen:
            problems.append(
                f"{service} and {seen[number]} cannot both have port {number}; {advice}"
            )
        elif isinstance(refusal := _refusal(number), PermissionError):
            problems.append(f"port {number} ({service}) is not open to your user; {advice}")
        elif refusal is not None:
            taken.append(f"port {number} ({service}) is taken; {advice}")
        seen.setdefault(number, service)
    lines = "\n  ".join([*problems, *taken])
    if taken:
        lines += "\nIs another `dev.py start` running? Stop it with Ctrl-C in its terminal."
    if lines:
        raise CommandError(lines)
