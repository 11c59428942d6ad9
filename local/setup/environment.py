"""What `dev.py` does: make the environment that the commands need, then run the command in it."""

import contextlib
import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from local import __main__ as commands
from local import paths
from local.errors import CommandError
from local.processes import become
from local.setup import node
from local.setup.lock import only_one
from local.setup.steps import Stamps, Step, base_python, pip_install, run_due
from local.signals import end_on_signals

_PIP_HINT = (
    "If pip found no matching version, mend the requirements file. If it could not connect, check\n"
    "the network: pip uses its own settings for proxies and mirrors (`pip config list`)."
)


def main(arguments: Sequence[str]) -> int:
    """Show help without an environment; for anything else make it, and run the command in it."""
    known = {command.name for command in commands.COMMANDS}
    if not {*arguments[:1]} & known or {"-h", "--help"} & {*arguments[1:2]}:
        with contextlib.suppress(ModuleNotFoundError):  # a command that needs packages to tell
            return commands.main(arguments)
    end_on_signals()
    try:
        make_environment()
    except CommandError as error:
        print(f"\ndev.py: {error}", file=sys.stderr)
        return 1
    return _run_command(arguments)


def make_environment() -> None:
    """Bring .venv up to date. When it is, this takes no noticeable time and says nothing."""
    stamps = Stamps(paths.VENV / "stamps")
    with only_one(paths.VENV / "setup.lock"):
        run_due(steps(), stamps, paths.VENV / "setup.log")


def steps() -> list[Step]:
    """The set-up on this machine, in order."""
    program = node.choose()
    return [_packages(), _functions_runtime(), *node.steps(program)]


def _packages() -> Step:
    """The environment is made anew whenever a package changes: nothing stale stays in it."""
    parts = ["bin", "include", "lib", "lib64", "share", "Include", "Lib", "Scripts", "pyvenv.cfg"]
    python = base_python()
    return Step(
        name="packages",
        title="Python packages",
        commands=[
            [python, "-m", "venv", paths.VENV],
            pip_install("--require-hashes", "-r", paths.ROOT / "requirements-dev.lock"),
        ],
        depends_on=[sys.version, sysconfig.get_platform()],
        inputs=[paths.ROOT / "requirements-dev.lock"],
        makes=[paths.VENV / part for part in parts],
        proof=[paths.PYTHON],
        hint=f"{_PIP_HINT}\n"
        "(On Debian and Ubuntu, `apt install python3-venv` adds what `python3 -m venv` needs.)",
    )


def _functions_runtime() -> Step:
    """Apart from the other packages, because it brings a top-level package called `tests`."""
    requirements = paths.ROOT / "local" / "requirements-runtime.txt"
    options: list[str | Path] = [
        "--ignore-requires-python",
        "--no-deps",
        "--target",
        paths.FUNCTIONS_RUNTIME,
    ]
    return Step(
        name="functions-runtime",
        title="Azure Functions runtime for Python",
        commands=[pip_install(*options, "-r", requirements)],
        depends_on=[sys.version, sysconfig.get_platform()],
        inputs=[requirements],
        makes=[paths.FUNCTIONS_RUNTIME],
        proof=[paths.FUNCTIONS_RUNTIME],
        hint=_PIP_HINT,
    )


def install_deploy_tools() -> Path:
    """Install what the tests of the deployment call, if it is not there, and give the path of az.

    An environment of its own: some two hundred packages, with versions of their own.
    """
    folder = paths.DEPLOY_TOOLS
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    requirements = paths.ROOT / "tests" / "deploy" / "requirements.lock"
    step = Step(
        name="deploy-tools",
        title="Azure CLI and checkers (about 1 GB)",
        commands=[
            [base_python(), "-m", "venv", folder],
            [programs / "python", *pip_install("--require-hashes", "-r", requirements)[1:]],
        ],
        depends_on=[sys.version, sysconfig.get_platform()],
        inputs=[requirements],
        makes=[folder],
        proof=[programs / "python"],
        hint=_PIP_HINT,
    )
    with only_one(paths.VENV / "setup.lock"):
        run_due([step], Stamps(paths.VENV / "stamps"), paths.VENV / "setup.log")
    return programs / "az"


def _run_command(arguments: Sequence[str]) -> NoReturn:
    command = [str(paths.PYTHON), "-m", "local", *arguments]
    environ = dict(os.environ)
    if Path.cwd() != paths.ROOT or sys.flags.safe_path:  # else `-m local` finds ours by itself
        inherited = [environ["PYTHONPATH"]] if environ.get("PYTHONPATH") else []
        environ["PYTHONPATH"] = os.pathsep.join([str(paths.ROOT), *inherited])
    become(command, environ)
