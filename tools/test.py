"""Run the tests.

Without options: every promise of the product (unit, golden, contract, the app end to end, privacy)
with the coverage of shared/, which has to be complete. --all: the tests of the tools and of the
desk, too, which need PostgreSQL and Chromium.
--deploy: the tests of the deployment, for which the Azure CLI is installed first. A run fails when
a test was skipped or a tier held no test. Other arguments go to pytest; without an option they say
what runs.
"""

import argparse
import os
import sys

from local import paths
from local.processes import replace_process
from local.setup.environment import install_deploy_tools

_TIERS = ("tests/unit", "tests/golden", "tests/contract")
_PRODUCT = (*_TIERS, "tests/e2e/app", "tests/e2e/privacy")
_ALL = (*_TIERS, "tests/e2e", "tests/tools", "tests/desk", "tests/browser")
_DEPLOY = ("tests/deploy", "-n", "2", "--dist", "loadscope")
_OPTIONS = ("-n", "2", "--dist", "loadgroup", "--cov=shared")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="test the tools and the desk, too")
    which.add_argument("--deploy", action="store_true", help="test the deployment instead")
    parser.usage = "python3 dev.py test [-h] [--all | --deploy] [PYTEST ARGS]"


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by pytest, which takes the signals and gives the exit status."""
    paths.require_writable(paths.ROOT)  # pytest's cache, and what coverage measures
    os.chdir(paths.ROOT)
    environ = dict(os.environ)
    chosen: list[str] = arguments.others
    if arguments.deploy:
        environ["AZ"] = str(install_deploy_tools())
        chosen = [*_DEPLOY, *chosen]
    elif arguments.all:
        chosen = [*_OPTIONS, *_ALL, *chosen]
    elif not chosen:
        chosen = [*_OPTIONS, *_PRODUCT]
    return replace_process([sys.executable, "-m", "pytest", *chosen], environ)
