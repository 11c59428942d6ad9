"""Locks of Python packages against the requirements that people edit."""

import re

import pytest

from local.paths import ROOT

LOCKED = {
    "requirements.txt": ["requirements.in"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
    "tests/deploy/requirements.lock": ["tests/deploy/requirements.txt"],
    ".github/requirements.lock": [".github/requirements.txt"],
}
SMALL = ["local/requirements-node.txt", "local/requirements-runtime.txt"]
"""They hold their hashes themselves."""
RUNTIME = "azure-functions-runtime-v1"
"""Not in the environment of the tests: it brings a top-level package called ``tests``."""

AGAIN = "make the lock again, see CONTRIBUTING.md"


def text(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def required(requirements: str) -> set[str]:
    """NAME==VERSION of what a file of requirements lists; the lock leaves out [extras]."""
    found = re.findall(r"^([\w-]+)(?:\[\w+\])?(==[\w.]+)", requirements, re.MULTILINE)
    return {"".join(each) for each in found}


def locked(lock: str, name: str) -> set[str]:
    """NAME==VERSION of what a lock holds because the file of that name requires it."""
    packages = re.split(r"\n(?=\w)", lock)
    wanted = re.compile(rf"^    # .*-r {re.escape(name)}$", re.MULTILINE)
    return {package.split()[0] for package in packages if wanted.search(package)}


@pytest.mark.parametrize("lock", LOCKED)
def test_a_lock_is_fresh(lock: str) -> None:
    """It holds exactly what its files require, in the same versions."""
    for name in LOCKED[lock]:
        wanted = required(text(name))
        if name == "requirements.txt":
            wanted = {each for each in wanted if not each.startswith(f"{RUNTIME}==")}

        assert wanted == locked(text(lock), name), AGAIN


def test_azure_runs_the_runtime_of_the_tests() -> None:
    """The same version with the same hashes; where it cannot be chosen, the line does not count."""
    wanted = re.compile(rf"^{RUNTIME}(==\S+)([^\\]*)\\\n((?: +--hash=\S+ ?\\?\n)+)", re.MULTILINE)
    names = ("local/requirements-runtime.txt", "requirements.txt")
    ours, azures = (wanted.search(text(name)) for name in names)

    assert ours
    assert azures
    assert ours[1] == azures[1]
    assert hashes(ours[3]) == hashes(azures[3])
    assert "; python_full_version >= '3.13'" == azures[2].strip()


def hashes(lines: str) -> list[str]:
    """In order."""
    return sorted(re.findall(r"--hash=(\S+)", lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pytest==", "pytest==0."),
        ("pytest==", "pytests=="),
        ("pytest==", "another==1\npytest=="),
        ("pytest==", "# pytest=="),
    ],
)
def test_a_stale_lock_is_found(old: str, new: str) -> None:
    """Another version, a package too many, a package that is missing."""
    name = "requirements-dev.txt"
    changed = text(name).replace(f"\n{old}", f"\n{new}")

    assert required(changed) != locked(text("requirements-dev.lock"), name)


@pytest.mark.parametrize("name", [*LOCKED, *SMALL])
def test_every_package_is_pinned_by_hashes(name: str) -> None:
    """And nothing says where a package comes from: that is a setting of whoever installs."""
    lines = text(name).replace("\\\n", "").splitlines()
    packages = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    assert packages
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    assert not re.search(r"https?:|^--|file:", text(name), re.MULTILINE)
