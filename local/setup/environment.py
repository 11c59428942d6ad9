"""What `dev.py` does: make the environment that the commands need, then run the command in it."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from local import __main__ as commands
from local import paths
from local.errors import CommandError
from local.processes import replace_process
from local.setup.steps import Step, run_due
from local.signals import end_on_signals

_OLDEST_NODE = 22  # the oldest major version that Azurite's packages run on
_QUIET = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
# Python compiles what it imports on first use; most of the packages is never imported.
_PIP_INSTALL = ["-m", "pip", "install", *_QUIET, "--no-compile"]
_NPM_CI = [
    "ci",
    "--omit=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
]
_FOLDERS_OF_A_VENV = ["bin", "include", "lib", "lib64", "share", "Include", "Lib", "Scripts"]
_PIP_HINT = (
    "If pip found no matching version, correct the requirements file. If it could not connect,\n"
    "check the network: pip uses its own settings for proxies and mirrors (`pip config list`).\n"
    "On Debian and Ubuntu, `apt install python3-venv` adds what `python3 -m venv` needs."
)
_NPM_HINT = (
    "If npm could not connect, check the network: npm uses its own settings for\n"
    "proxies and mirrors (`npm config list`). Node.js comes from PyPI, by pip, unless version\n"
    f"{_OLDEST_NODE} or newer is installed, with npm."
)


def main(arguments: Sequence[str]) -> int:
    """Show help without an environment; for anything else make it, and run the command in it."""
    known = {command.name for command in commands.COMMANDS}
    if not {*arguments[:1]} & known or {"-h", "--help"} & {*arguments[1:2]}:
        with contextlib.suppress(ModuleNotFoundError):  # a command whose help needs packages
            return commands.main(arguments)
    end_on_signals()
    try:
        run_due([_python(), _azurite()], paths.VENV)
    except CommandError as error:
        print(f"\ndev.py: {error}", file=sys.stderr)
        return 1
    path = os.pathsep.join(filter(None, [str(paths.ROOT), os.environ.get("PYTHONPATH")]))
    command = [str(paths.PYTHON), "-m", "local", *arguments]
    return replace_process(command, os.environ | {"PYTHONPATH": path})


def install_deploy_tools() -> Path:
    """Install what the tests of the deployment call, and give the path of az.

    An environment of its own: some two hundred packages, with versions of their own.
    """
    programs = paths.DEPLOY_TOOLS / ("Scripts" if sys.platform == "win32" else "bin")
    file = paths.ROOT / "tests" / "deploy" / "requirements.lock"
    step = Step(
        title="Azure CLI and checkers (about 1 GB)",
        hint=_PIP_HINT,
        commands=[
            [base_python(), "-m", "venv", paths.DEPLOY_TOOLS],
            [programs / "python", *_PIP_INSTALL, "--require-hashes", "-r", file],
        ],
        inputs=[file],
        makes=[paths.DEPLOY_TOOLS],
    )
    run_due([step], paths.VENV)
    return programs / "az"


def base_python() -> str:
    """This Python by its one real name, however it was called.

    From .venv's own Python it is the one beneath: .venv cannot be made anew by itself.
    """
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def needs_node_wheel() -> bool:
    """Whether Node.js comes from PyPI: the system has no recent one with npm, or `DEV_NODE=wheel`.

    Once it is in .venv, it stays the one in use.
    """
    node = shutil.which("node")
    wanted = os.environ.get("DEV_NODE") == "wheel" or paths.NODE_OF_WHEEL.exists()
    if wanted or node is None or shutil.which("npm") is None:
        return True
    try:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return True
    major = re.match(r"v(\d+)\.", asked.stdout)
    return major is None or int(major[1]) < _OLDEST_NODE


def _python() -> Step:
    """The environment is made anew whenever a package changes: nothing stale stays in it."""
    packages = paths.ROOT / "requirements-dev.lock"
    runtime = paths.ROOT / "local" / "requirements-runtime.txt"
    # Apart from the other packages, because it brings a top-level package called `tests`.
    apart = ["--ignore-requires-python", "--no-deps", "--target", str(paths.FUNCTIONS_RUNTIME)]
    return Step(
        title="Python packages",
        hint=_PIP_HINT,
        commands=[
            [base_python(), "-m", "venv", paths.VENV],
            [paths.PYTHON, *_PIP_INSTALL, "--require-hashes", "-r", packages],
            [paths.PYTHON, *_PIP_INSTALL, *apart, "-r", runtime],
        ],
        inputs=[packages, runtime],
        makes=[paths.PYTHON, paths.FUNCTIONS_RUNTIME],
        removes=[paths.VENV / name for name in _FOLDERS_OF_A_VENV],
    )


def _azurite() -> Step:
    """At the versions of the lock file, with Node.js where the system has none."""
    file = paths.ROOT / "local" / "requirements-node.txt"
    commands: list[Sequence[str | Path]] = []
    npm: list[str | Path] = [shutil.which("npm") or "npm"]
    if needs_node_wheel():
        commands = [[paths.PYTHON, *_PIP_INSTALL, "--target", paths.NODE_WHEEL, "-r", file]]
        npm = [paths.NODE_OF_WHEEL, paths.NPM_OF_WHEEL]
    return Step(
        title="Azurite (local Storage) and its packages",
        hint=_NPM_HINT,
        commands=[*commands, [*npm, *_NPM_CI, "--prefix", paths.AZURITE]],
        inputs=[paths.NPM / "package.json", paths.NPM / "package-lock.json", file],
        makes=[paths.AZURITE_SCRIPT],
        removes=[paths.AZURITE, paths.NODE_WHEEL],
        prepare=partial(shutil.copytree, paths.NPM, paths.AZURITE),
    )
