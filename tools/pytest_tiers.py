"""A pytest plugin: every tier has tests, and none of them was skipped, or the run fails."""

from collections import Counter
from collections.abc import Iterable

import pytest

TIERS = ("unit", "contract", "e2e", "golden")
"""Those of `dev.py test` without arguments; ``--tiers`` names others."""

_counts = pytest.StashKey[Counter[str]]()
_skipped = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run name the tiers that it has to have."""
    parser.addoption("--tiers", default=",".join(TIERS), help="tiers that must not be empty")


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing counted."""
    config.stash[_counts] = Counter()
    config.stash[_skipped] = []
    config.pluginmanager.register(_Reports(config), "local-tiers-reports")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a good run with a skipped test or an empty tier into a failed one."""
    if session.exitstatus == pytest.ExitCode.OK and problems(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many tests each tier had, and what is wrong with that."""
    counts = config.stash[_counts]
    shown = ", ".join(f"{tier} {counts[tier]}" for tier in _tiers(config))
    terminalreporter.write_line(f"tiers: {shown}")
    for problem in problems(config):
        terminalreporter.write_line(f"tiers: {problem}", red=True)


def _tiers(config: pytest.Config) -> tuple[str, ...]:
    return tuple(str(config.getoption("--tiers")).split(","))


def tiers_of(node_ids: Iterable[str], wanted: Iterable[str] = TIERS) -> Counter[str]:
    """How many tests belong to each tier; a golden test belongs to the tier of its folder, too."""
    counts: Counter[str] = Counter()
    for node_id in node_ids:
        *folders, file = node_id.partition("::")[0].split("/")
        tiers = {tier for tier in wanted if tier in folders}
        counts.update(tiers | ({"golden"} if "golden" in file else set()))
    return counts


def problems(config: pytest.Config) -> list[str]:
    """What makes the run fail."""
    counts = config.stash[_counts]
    found = [f"no test of the tier {tier} ran" for tier in _tiers(config) if not counts[tier]]
    return found + [f"{node_id} was skipped" for node_id in config.stash[_skipped]]


class _Reports:
    """Notes what ran and what was skipped, be it a test or, while collecting, a whole file.

    With pytest-xdist only reports reach the process that decides how the run ended.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._tiers = _tiers(config)
        self._counts = config.stash[_counts]
        self._skipped = config.stash[_skipped]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            self._counts.update(tiers_of([report.nodeid], self._tiers))
        # A test that is expected to fail did run, and says "skipped" all the same.
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped.append(report.nodeid)
