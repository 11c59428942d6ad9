"""A run of the tests fails when a test was skipped or a tier is empty."""

import pytest

from local import paths

PLUGINS = ("-p", "tests.conftest", "-p", "no:asyncio", "-p", "no:randomly")
TIERS = ("unit", "golden")
PASSES = "def test_it():\n    assert True\n"
SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_it(): ...\n"
SKIPPED_FILE = "import pytest\npytest.skip('no', allow_module_level=True)\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n"


@pytest.mark.parametrize(
    ("text", "status", "line"),
    [
        (PASSES, 0, "*2 passed*"),
        (EXPECTED_FAILURE, 0, "*1 passed, 1 xfailed*"),
        (SKIPPED, 1, "*golden/test_b.py::test_it was skipped"),
        (SKIPPED_FILE, 1, "*golden/test_b.py was skipped"),
        ("", 1, "no test ran in golden"),
        (PASSES.replace("True", "False"), 1, "*1 failed, 1 passed*"),
    ],
    ids=["all is well", "an expected failure", "a skip", "a skipped file", "no test", "a failure"],
)
def test_a_run_of_two_tiers(text: str, status: int, line: str, pytester: pytest.Pytester) -> None:
    _write(pytester, text)
    run = pytester.runpytest_inprocess(*PLUGINS, *TIERS)

    assert status == run.ret
    run.stdout.fnmatch_lines([line])


def test_a_run_on_two_workers(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(paths.ROOT))
    _write(pytester, SKIPPED)
    workers = ("-n", "2", "--dist", "loadgroup")
    run = pytester.runpytest_inprocess(*PLUGINS, *workers, *TIERS, "other")

    assert 1 == run.ret
    run.stdout.fnmatch_lines(["*golden/test_b.py::test_it* was skipped", "no test ran in other"])


def _write(pytester: pytest.Pytester, text: str) -> None:
    files = {"unit/test_a.py": PASSES, "golden/test_b.py": text, "other/test_c.py": ""}
    for name, content in files.items():
        file = pytester.path / name
        file.parent.mkdir()
        file.write_text(content)
