"""Make the zip that is deployed: exactly what .funcignore allows, the same bytes every time.

`infra/deploy.sh` publishes it, and `az functionapp deployment source config-zip` takes it as well;
az itself reads no .funcignore. Azure installs requirements.txt when it is published, so that
.python_packages stays out, unless --prebuilt says that it is what shall run.
"""

import argparse
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from local import paths
from local.errors import CommandError

DEFAULT = paths.ROOT / ".local" / "app.zip"
PREBUILT = ".python_packages"

ALWAYS_LEFT_OUT = """\
.git
.gitignore
.vscode
.funcignore
local.settings.json
project.lock.json
*.py[cod]
"""
"""What Core Tools leave out whatever .funcignore says, and bytecode, which is of one Python."""

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can tell: the time of a build is no part of what is built."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--output", type=Path, default=DEFAULT, metavar="FILE", help="default: .local/app.zip"
    )
    parser.add_argument(
        "--prebuilt", action="store_true", help=f"with the packages in {PREBUILT}, if there are any"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the zip; print its path and its SHA-256."""
    files = package_files(paths.ROOT, prebuilt=arguments.prebuilt)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    write_zip(arguments.output, files)
    digest = hashlib.sha256(arguments.output.read_bytes()).hexdigest()
    print(f"{arguments.output}: {len(files)} files, sha256 {digest}")
    return 0


def package_files(root: Path, *, prebuilt: bool = False) -> dict[str, Path]:
    """What goes into the package, by its name there.

    Raises:
        CommandError: what the app needs is not there, or what is there cannot be deployed.
    """
    ignored = (root / ".funcignore").read_text(encoding="utf-8")
    rules = ignore_rules(ignored + "\n" + ALWAYS_LEFT_OUT + ("" if prebuilt else f"/{PREBUILT}\n"))
    files = dict(sorted(_allowed(root, root, rules)))
    if missing := [name for name in required(root) if name not in files]:
        raise CommandError(f"not in the package: {', '.join(missing)}; see .funcignore")
    if links := [name for name, path in files.items() if path.is_symlink()]:
        raise CommandError(f"a package holds no links: {', '.join(links)}")
    return files


def required(root: Path) -> list[str]:
    """What the host needs to run the functions that events are delivered to."""
    text = (root / "infra" / "event-subscriptions.json").read_text(encoding="utf-8")
    functions = [subscription["function"] for subscription in json.loads(text)]
    of_functions = (f"{name}/{file}" for name in functions for file in _FUNCTION_FILES)
    return ["host.json", "requirements.txt", "shared/__init__.py", *of_functions]


_FUNCTION_FILES = ("function.json", "__init__.py")


def write_zip(target: Path, files: dict[str, Path]) -> None:
    """Nothing depends on when, where or by whom it is made.

    Nor on zlib, whose versions compress differently: the files are stored as they are.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())


Rule = tuple[re.Pattern[str], bool]
"""What a line of an ignore file fits, and whether it leaves that out."""


def ignore_rules(text: str) -> list[Rule]:
    """The lines of an ignore file (git-scm.com/docs/gitignore); the last that fits decides."""
    lines = (line.strip() for line in text.splitlines())
    return [_rule(line) for line in lines if line and not line.startswith("#")]


def leaves_out(rules: list[Rule], path: str, *, is_folder: bool) -> bool:
    """Whether a file or folder is left out; a folder with all that is in it."""
    out = False
    for pattern, leave in rules:
        if pattern.fullmatch(f"{path}/" if is_folder else path):
            out = leave
    return out


def _rule(line: str) -> Rule:
    leave = not line.startswith("!")
    line = line.removeprefix("!")
    only_folders = line.endswith("/")
    body = line.strip("/")
    anywhere = "/" not in line.rstrip("/")
    regex = "".join(map(_piece, re.findall(r"\*\*/|/\*\*|\*|\?|\[[^]]+\]|.", body)))
    before = "(?:.*/)?" if anywhere else ""
    return re.compile(f"{before}{regex}{'/' if only_folders else '/?'}"), leave


def _piece(token: str) -> str:
    wild = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    if token in wild:
        return wild[token]
    return token if token.startswith("[") and len(token) > 1 else re.escape(token)


def _allowed(root: Path, folder: Path, rules: list[Rule]) -> Iterator[tuple[str, Path]]:
    for path in folder.iterdir():
        name = path.relative_to(root).as_posix()
        is_folder = path.is_dir() and not path.is_symlink()
        if leaves_out(rules, name, is_folder=is_folder):
            continue
        if is_folder:
            yield from _allowed(root, path, rules)
        else:
            yield name, path


def main() -> int:
    """`python3 -m tools.package`: what deploy.sh calls, without the environment of dev.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    configure(parser)
    try:
        return run(parser.parse_args())
    except CommandError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
