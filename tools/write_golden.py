"""Write or check the golden records: what every sample must give, with default settings.

A golden file is read as a diff: a change of it is a change of the contract with whoever reads the
queues. ``samples/X.json`` gives ``tests/golden/X.json``, ``samples/rejected/X.json`` the same below
``rejected``.
"""

import argparse

from local.paths import GOLDEN
from tools import generated

HINT = "python3 dev.py golden, then read the diff"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    generated.declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write or check all golden files."""
    from tools import golden  # noqa: PLC0415 - `--help` works before its packages are installed

    expected = {golden.golden_path(each): golden.golden_text(each) for each in golden.samples()}
    orphans = [path for path in GOLDEN.rglob("*.json") if path not in expected]
    stale = generated.write(expected, check=arguments.check, hint=HINT)
    return generated.remove(orphans, check=arguments.check, hint=HINT) or stale
