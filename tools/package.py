"""Make the zip that is deployed: exactly what .funcignore allows, the same bytes every time.

`infra/deploy.sh` publishes it, and `az functionapp deployment source config-zip` takes it as well;
az itself reads no .funcignore. Azure installs requirements.txt when it is published, so that
.python_packages stays out, unless --prebuilt says that it is what shall run.
"""

import argparse
import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from local import console, messages, paths
from local.errors import CommandError

DEFAULT = paths.ROOT / ".local" / "app.zip"
PREBUILT = ".python_packages"

# What Core Tools leave out whatever .funcignore says, and bytecode, which is of one Python.
_ALWAYS_LEFT_OUT = (
    ".git",
    ".gitignore",
    ".vscode",
    ".funcignore",
    "local.settings.json",
    "project.lock.json",
    "*.py[cod]",
)

# The earliest time in a zip: equal sources give equal bytes, whenever they are packed.
_TIME = (1980, 1, 1, 0, 0, 0)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--output", type=_path, default=DEFAULT, metavar="FILE", help="default: .local/app.zip"
    )
    parser.add_argument(
        "--folder",
        type=_path,
        default=paths.ROOT,
        metavar="DIR",
        help="another app, such as examples/desk; default: this repository's",
    )
    parser.add_argument(
        "--prebuilt", action="store_true", help=f"with the packages in {PREBUILT}, if there are any"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the zip; print its path and its SHA-256."""
    files = package_files(arguments.folder, prebuilt=arguments.prebuilt)
    write_zip(arguments.output, files)
    digest = hashlib.sha256(arguments.output.read_bytes()).hexdigest()
    print(console.escaped(f"{arguments.output}: {len(files)} files, sha256 {digest}"))
    return 0


def _path(text: str) -> Path:
    if not text:  # as of a variable that is not set
        raise argparse.ArgumentTypeError("is empty")
    return Path(text)


def package_files(root: Path, *, prebuilt: bool = False) -> dict[str, Path]:
    """The files of the package, by their names in it.

    Raises:
        CommandError: what the app needs is not there, or what is there cannot be deployed.
    """
    if not (root / ".funcignore").is_file():
        raise CommandError(f"{root} has no .funcignore, which says what belongs to the app")
    lines = paths.text_of(root / ".funcignore").splitlines()
    rules = [line.strip() for line in lines if line.strip("!/ \t") and not line.startswith("#")]
    rules += [*_ALWAYS_LEFT_OUT, *([] if prebuilt else [f"/{PREBUILT}"])]
    files = dict(sorted(_allowed(root, root, rules)))
    if missing := [name for name in required(root) if name not in files]:
        raise CommandError(f"not in the package: {', '.join(missing)}; see .funcignore")
    if odd := [name for name, path in files.items() if not _is_plain(name, path)]:
        names = ", ".join(odd).encode(errors="replace").decode()
        raise CommandError(f"a package holds files with printable names, no links: {names}")
    return files


def required(root: Path) -> list[str]:
    """The files that the host needs for the functions.

    Those that events are delivered to; of an app without subscriptions, those that are there.
    """
    subscriptions = root / "infra" / "event-subscriptions.json"
    files = ["host.json", "requirements.txt"]
    if subscriptions.is_file():
        try:
            listed = json.loads(paths.text_of(subscriptions))
            functions = [str(subscription["function"]) for subscription in listed]
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{subscriptions} is no list of event subscriptions") from error
        files.append("shared/__init__.py")
    else:
        functions = sorted(file.parent.name for file in root.glob("*/function.json"))
    of_each = ("function.json", "__init__.py")
    return [*files, *(f"{name}/{file}" for name in functions for file in of_each)]


def write_zip(target: Path, files: dict[str, Path]) -> None:
    """Write a zip that depends on nothing but names and contents.

    The files are stored as they are: versions of zlib compress differently. The zip takes its place
    when it is whole, so that two commands at once, or Ctrl-C, leave no half one.

    Raises:
        CommandError: there is something in its place that is no file.
    """
    target = target.resolve()
    if target.exists() and not target.is_file():
        raise CommandError(f"{target} is no file; name another one")
    paths.require_writable(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{os.getpid()}.zip")
    try:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_STORED) as archive, console.progress() as show:
            for number, (name, path) in enumerate(files.items(), start=1):
                show(f"{number} of {len(files)} files")
                entry = zipfile.ZipInfo(name, _TIME)
                entry.create_system = 3  # Unix, on Windows too
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, path.read_bytes())
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def is_left_out(path: Path, root: Path, rules: list[str]) -> bool:
    """Whether rules like those of .gitignore leave out a path; the last that fits decides.

    `/name`, `a/*` and `a/**` count from the root; `name`, `*.ext` and `**/name` anywhere; `name/`
    means folders only; `!` takes a path in again.
    """
    left_out = False
    for rule in rules:
        pattern = rule.removeprefix("!").rstrip("/")
        if "/" in pattern and not pattern.startswith(("/", "**/")):
            pattern = f"/{pattern}"
        if rule.endswith("/") and not path.is_dir():
            continue
        if PurePosixPath("/", path.relative_to(root).as_posix()).match(pattern):
            left_out = not rule.startswith("!")
    return left_out


def _is_plain(name: str, path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and name.isprintable()


def _allowed(root: Path, folder: Path, rules: list[str]) -> Iterator[tuple[str, Path]]:
    for path in folder.iterdir():
        if is_left_out(path, root, rules):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _allowed(root, path, rules)
        else:
            yield path.relative_to(root).as_posix(), path


def main() -> int:
    """Run as `python3 -m tools.package`, as deploy.sh does: without the environment of dev.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    configure(parser)
    arguments = parser.parse_args()
    return messages.status_of("package", lambda: run(arguments))


if __name__ == "__main__":
    sys.exit(main())
