"""Run the tests.

Without arguments: all tiers (unit, contract, e2e and golden) with the coverage of shared/,
which has to be complete; it fails as well when a test was skipped or a tier held no test. With
arguments, those go to pytest as they are, and only what they select counts.
"""

import argparse
import os
import sys
from typing import NoReturn

from local import paths
from local.processes import become

_EVERYTHING = [
    *("-p", "local.pytest_tiers"),
    *("tests/unit", "tests/contract", "tests/e2e", "tests/golden"),
    *("--cov=shared", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=100"),
]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("pytest", nargs=argparse.REMAINDER, metavar="PYTEST ARGS")


def run(arguments: argparse.Namespace) -> NoReturn:
    """Become pytest, which takes the signals and gives the exit status."""
    os.chdir(paths.ROOT)
    become([sys.executable, "-m", "pytest", *(arguments.pytest or _EVERYTHING)])
