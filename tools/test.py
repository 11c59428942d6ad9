"""Run the tests.

Without arguments: all tiers (unit, contract, e2e and golden) with the coverage of shared/,
which has to be complete; it fails as well when a test was skipped or a tier held no test. With
--deploy: the tests of the deployment, for which the Azure CLI is installed first. With other
arguments, those go to pytest as they are, and only what they select counts.
"""

import argparse
import os
import sys
from typing import NoReturn

from local import paths
from local.processes import become
from local.setup.environment import install_deploy_tools

_TIERS = ["-p", "tools.pytest_tiers"]
_EVERYTHING = [
    *_TIERS,
    *("tests/unit", "tests/contract", "tests/e2e", "tests/golden", "tests/tools"),
    *("--cov=shared", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=100"),
]
_DEPLOY = [*_TIERS, "--tiers=deploy", "tests/deploy", "--numprocesses=2", "--dist=loadscope"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--deploy", action="store_true", help="test the deployment instead")
    parser.add_argument("pytest", nargs=argparse.REMAINDER, metavar="PYTEST ARGS")


def run(arguments: argparse.Namespace) -> NoReturn:
    """Become pytest, which takes the signals and gives the exit status."""
    os.chdir(paths.ROOT)
    environ = dict(os.environ)
    chosen: list[str] = arguments.pytest or _EVERYTHING
    if arguments.deploy:
        environ["AZ"] = str(install_deploy_tools())
        chosen = [*_DEPLOY, *arguments.pytest]
    become([sys.executable, "-m", "pytest", *chosen], environ)
