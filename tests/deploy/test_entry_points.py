"""The package, unzipped, in an environment with its requirements and nothing else."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.paths import ROOT
from shared.routes import FUNCTIONS
from tools import package

pytestmark = pytest.mark.deploy

SECONDS = 300
VERSIONS = ("3.11", "3.12", "3.13", "3.14")

LOAD = """\
import importlib
import inspect
import json
import pathlib
import sys

for file in sorted(pathlib.Path().glob("*/function.json")):
    declared = json.loads(file.read_text())
    module = importlib.import_module(file.parent.name)
    main = getattr(module, declared["entryPoint"])
    names = [one["name"] for one in declared["bindings"] if one["name"] != "$return"]
    assert names == [name for name in inspect.signature(main).parameters if name != "context"], file
    assert str(pathlib.Path.cwd()) == str(pathlib.Path(module.__file__).parent.parent), file
    print(file.parent.name)
print("tests" in sys.modules, "local" in sys.modules)
"""


def interpreters() -> dict[str, str]:
    """Those of the versions that Azure offers which run here; at least the one of the tests."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        names = [shutil.which(f"python{version}")]
        names += [str(path) for path in pyenv.glob(f"{version}.*/bin/python{version}")]
        runs = [name for name in names if name and _runs(name)]
        if runs:
            found.setdefault(version, runs[0])
    return found


def _runs(python: str) -> bool:
    """A shim of pyenv is there for versions that are not active, and fails."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("version", interpreters())
def test_entry_points_load(version: str, tmp_path: Path) -> None:
    """Every requirement is there as a wheel, and every function loads with those alone."""
    loaded = load(ROOT, version, tmp_path)

    assert [*sorted(FUNCTIONS), "False False"] == loaded


def test_entry_points_of_the_desk_load(tmp_path: Path) -> None:
    """Under the newest Python; pywebpush needs http-ece, which has no wheel and no C."""
    newest = max(interpreters(), key=lambda version: int(version.partition(".")[2]))
    loaded = load(ROOT / "examples" / "desk", newest, tmp_path, "--no-binary=http-ece")

    assert ["page", "push_notifications", "work_items", "False False"] == loaded


def load(folder: Path, version: str, work: Path, *options: str) -> list[str]:
    """Package, unzip, install, load: the lines of LOAD."""
    environment, app = work / "environment", work / "app"
    target = work / "app.zip"
    package.write_zip(target, package.package_files(folder))
    zipfile.ZipFile(target).extractall(app)
    run(interpreters()[version], "-m", "venv", str(environment), cwd=work)
    python = str(environment / "bin" / "python")
    only_wheels = ("--quiet", "--disable-pip-version-check", "--only-binary=:all:", *options)
    run(python, "-m", "pip", "install", *only_wheels, "-r", "requirements.txt", cwd=app)
    return run(python, "-c", LOAD, cwd=app).splitlines()


def run(*command: str, cwd: Path) -> str:
    """Run to a good end, apart from this process's environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    result = subprocess.run(
        command,
        cwd=cwd,
        env=clean,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
