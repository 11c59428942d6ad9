"""`dev.py test` fails when a tier is empty or a test was skipped: the plugin that sees to it."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import paths
from tests.commands import run
from tools.pytest_tiers import tiers_of

pytestmark = pytest.mark.e2e

PASSES = "def test_it():\n    assert True\n"
ALL_TIERS = {
    "unit/test_a.py": PASSES,
    "contract/test_b.py": PASSES,
    "e2e/test_c.py": PASSES,
    "golden/test_d.py": PASSES,
}


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({}, 0, "tiers: unit 1, contract 1, e2e 1, golden 1"),
        ({"contract/test_b.py": ""}, 1, "tiers: no test of the tier contract ran"),
        (
            {"unit/test_s.py": "import pytest\n@pytest.mark.skip\ndef test_s(): ...\n"},
            1,
            "tests/unit/test_s.py::test_s was skipped",
        ),
        (
            {"unit/test_m.py": "import pytest\npytest.skip('no', allow_module_level=True)\n"},
            1,
            "tests/unit/test_m.py was skipped",
        ),
        ({"unit/test_x.py": f"import pytest\n@pytest.mark.xfail\n{PASSES[:-5]}0\n"}, 0, "unit 2"),
        ({"unit/test_f.py": "def test_f():\n    assert 0\n"}, 1, "unit 2"),
    ],
    ids=[
        "all well",
        "an empty tier",
        "a skip",
        "a skipped file",
        "an expected failure",
        "a failure",
    ],
)
def test_tiers(changes: Mapping[str, str], status: int, said: str, tmp_path: Path) -> None:
    for name, text in (ALL_TIERS | dict(changes)).items():
        file = tmp_path / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    pytest_run = run(
        [sys.executable, "-m", "pytest", "-p", "tools.pytest_tiers", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        environ={"PYTHONPATH": str(paths.ROOT)},
    )

    assert said in pytest_run.stdout
    assert status == pytest_run.returncode, pytest_run.stdout


def test_a_golden_test_counts_in_its_folder_too() -> None:
    """A file called golden counts wherever it is; one in the folder golden counts once."""
    counts = tiers_of(["tests/unit/test_golden.py::test[a]", "tests/golden/test_golden.py::test"])

    assert {"unit": 1, "golden": 2} == dict(counts)
