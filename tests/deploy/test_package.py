"""`dev.py package`: what is in the zip, and that it is always the same."""

import argparse
import json
import os
import zipfile
from pathlib import Path

import pytest

from local.errors import CommandError
from local.paths import ROOT
from tools import package
from tools.package import is_left_out, package_files, required

pytestmark = pytest.mark.deploy

MAXIMUM = 1024 * 1024
"""The source is a tenth of it; what makes it larger is something that does not belong there."""


@pytest.fixture
def zipped(tmp_path: Path) -> zipfile.ZipFile:
    """The package of this repository."""
    return zipfile.ZipFile(build(tmp_path / "app.zip"))


def build(target: Path) -> Path:
    """As the command does."""
    assert 0 == package.run(argparse.Namespace(folder=ROOT, output=target, prebuilt=False))
    return target


def app(root: Path) -> Path:
    """A small app, complete."""
    root.mkdir(exist_ok=True)
    (root / ".funcignore").write_text((ROOT / ".funcignore").read_text(encoding="utf-8"))
    (root / "infra").mkdir()
    subscriptions = [{"function": "sms_received"}]
    (root / "infra" / "event-subscriptions.json").write_text(json.dumps(subscriptions))
    for name in required(root):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("{}")
    return root


def test_it_prints_where_and_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Path and SHA-256, the same twice, whatever the time and the permissions of files."""
    first, second = build(tmp_path / "1.zip"), build(tmp_path / "2.zip")
    one, other = capsys.readouterr().out.splitlines()

    assert first.read_bytes() == second.read_bytes()
    assert one.startswith(f"{first}: ")
    assert one.rpartition(" ")[2] == other.rpartition(" ")[2]
    assert 64 == len(one.rpartition(" ")[2])


def test_the_same_from_another_checkout(tmp_path: Path) -> None:
    """Order of creation, times and modes of files are not in it."""
    roots = [app(tmp_path / name) for name in ("a", "b")]
    late = roots[1] / "shared" / "__init__.py"
    late.chmod(0o600)
    os.utime(late, (0, 0))
    zips = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for root, target in zip(roots, zips, strict=True):
        package.write_zip(target, package_files(root))

    assert zips[0].read_bytes() == zips[1].read_bytes()


def test_it_holds_the_app_and_nothing_else(zipped: zipfile.ZipFile) -> None:
    """host.json at the root, the function folders, shared; no folder around them."""
    names = zipped.namelist()
    tops = {name.partition("/")[0] for name in names}
    functions = {Path(name).parts[0] for name in required(ROOT) if name.endswith("function.json")}

    assert {"host.json", "requirements.txt", "shared"} | functions == tops
    assert sorted(names) == names
    assert not [name for name in names if "\\" in name or "__pycache__" in name]
    assert not [name for name in names if name.endswith((".pyc", "function_app.py", "/"))]
    assert {0o100644} == {entry.external_attr >> 16 for entry in zipped.infolist()}
    assert sum(entry.file_size for entry in zipped.infolist()) < MAXIMUM


def test_its_functions_are_event_grid_triggers(zipped: zipfile.ZipFile) -> None:
    """Each by the v1 model: one trigger, a script and an entry point that are there."""
    for name in zipped.namelist():
        if name.endswith("/function.json"):
            declared = json.loads(zipped.read(name))
            script = f"{Path(name).parent}/{declared['scriptFile']}"

            assert ["eventGridTrigger"] == [one["type"] for one in declared["bindings"]]
            assert f"async def {declared['entryPoint']}(".encode() in zipped.read(script)


def test_its_bundle_is_one_that_flex_consumption_takes(zipped: zipfile.ZipFile) -> None:
    """github.com/Azure/azure-functions-host/issues/10245: version 4."""
    bundle = json.loads(zipped.read("host.json"))["extensionBundle"]

    assert "[4.*, 5.0.0)" == bundle["version"]


def test_the_desk_is_a_package_of_its_own() -> None:
    """`--folder examples/desk`: its functions and modules, no settings, database or README."""
    folder = ROOT / "examples" / "desk"
    names = {*package_files(folder)}
    tops = {name.partition("/")[0] for name in names}

    assert {"work_items/function.json", "push_notifications/function.json"} < names
    assert {"page/function.json", "desk/schema.sql", "desk/static/index.html"} < names
    assert {Path(name).parts[0] for name in required(folder)} | {"desk"} == tops


def test_a_folder_that_is_no_app_is_refused(tmp_path: Path) -> None:
    """Nothing says what belongs to it."""
    with pytest.raises(CommandError, match=r"has no \.funcignore"):
        package_files(tmp_path)


def test_strangers_stay_out(tmp_path: Path) -> None:
    """What lies about in a working folder, and bytecode and secrets even inside the app's."""
    root = app(tmp_path)
    for name in (
        "local.settings.json",
        "local.settings.user.json",
        ".env",
        "notes.md",
        "shared/a.pyc",
        ".vscode/x.json",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("secret")
    (root / "shared" / "__pycache__").mkdir()
    (root / "shared" / "__pycache__" / "a.txt").write_text("x")

    assert sorted(required(root)) == list(package_files(root))


def test_local_packages_only_when_asked(tmp_path: Path) -> None:
    """Azure installs the requirements itself; .funcignore allows them for who builds at home."""
    root = app(tmp_path)
    (root / ".python_packages").mkdir()
    (root / ".python_packages" / "a.py").write_text("x")

    assert ".python_packages/a.py" not in package_files(root)
    assert ".python_packages/a.py" in package_files(root, prebuilt=True)


@pytest.mark.parametrize("name", ["host.json", "requirements.txt", "sms_received/function.json"])
def test_an_incomplete_app_is_refused(tmp_path: Path, name: str) -> None:
    """By the name of what is missing."""
    root = app(tmp_path)
    (root / name).unlink()

    with pytest.raises(CommandError, match=f"not in the package: {name}"):
        package_files(root)


def test_a_link_is_refused(tmp_path: Path) -> None:
    """It would point to nothing in Azure."""
    root = app(tmp_path)
    (root / "shared" / "link.py").symlink_to(root / "host.json")

    with pytest.raises(CommandError, match=r"no links: shared/link\.py"):
        package_files(root)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (".funcignore", b"\xff", "is not UTF-8 text"),
        ("infra/event-subscriptions.json", b"{", "is no list of event subscriptions"),
        ("infra/event-subscriptions.json", b"[{}]", "is no list of event subscriptions"),
        ("shared/\x1b[2J.py", b"", "files with printable names"),
    ],
)
def test_what_cannot_be_packed_is_named(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    root = app(tmp_path)
    (root / name).write_bytes(content)

    with pytest.raises(CommandError, match=message):
        package_files(root)


def test_rules_that_name_nothing_leave_out_nothing(tmp_path: Path) -> None:
    root = app(tmp_path)
    (root / ".funcignore").write_text("/\n!\n")

    assert "host.json" in package_files(root)


def test_a_zip_is_whole_or_not_there(tmp_path: Path) -> None:
    """Two commands at once, Ctrl-C, a full disk: the zip of before stays."""
    target = tmp_path / "app.zip"
    target.write_text("before")

    with pytest.raises(FileNotFoundError):
        package.write_zip(target, {"host.json": ROOT / "host.json", "gone": tmp_path / "gone"})

    assert "before" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("lines", "path", "out"),
    [
        ("*.pyc", "shared/a.pyc", True),
        ("/a", "a", True),
        ("/a", "b/a", False),
        ("a/", "a", False),
        ("a/*", "a/b", True),
        ("**/b", "x/y/b", True),
        ("a/**", "a/x/y", True),
        ("b?.[tj]s", "ba.ts", True),
        ("*\n!keep", "keep", False),
        ("!keep\n*", "keep", True),
        ("**/__pycache__", "__pycache__/a", True),
        ("**/__pycache__", "a/b/__pycache__/c", True),
        ("a/*", "x/a/b", False),
    ],
)
def test_ignore_rules(lines: str, path: str, *, out: bool, tmp_path: Path) -> None:
    """git-scm.com/docs/gitignore, for a file: left out by itself or with a folder that it is in."""
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    rules = lines.splitlines()
    parents = [folder for folder in file.parents if folder.is_relative_to(tmp_path)]

    assert out is any(is_left_out(each, tmp_path, rules) for each in [file, *parents[:-1]])
