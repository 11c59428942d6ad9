"""The processes that the fault tests share, and the table of what every test proved."""

import inspect
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.processes import Child
from tests.reliability import figures as table
from tests.reliability.figures import Figures
from tests.reliability.proxy import Proxy
from tests.reliability.system import System, system

_FIGURES = pytest.StashKey[Figures]()
_ORDER = pytest.StashKey[int]()
_ROW = "row of the table"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Remember the order in the files: tests run in a random one."""
    item.stash[_ORDER] = next(_numbers)


_numbers = iter(range(1 << 30))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add a row for each test, and for each that could not begin or end."""
    report = yield
    if report.when == "call" and report.failed:
        report.sections += [(one.name, one.last_lines()) for one in _children(item)]
    if (report.when == "call" or not report.passed) and item.get_closest_marker("reliability"):
        row = _row(item, report, call.duration)
        report.user_properties.append((_ROW, (item.stash[_ORDER], row)))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table where the environment says, from the reports of all workers."""
    file = os.environ.get(table.ENVIRONMENT)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if file and reporter:
        reports = [report for found in reporter.stats.values() for report in found]
        properties = [each for one in reports for each in getattr(one, "user_properties", ())]
        rows = sorted((row for name, row in properties if name == _ROW), key=lambda row: row[0])
        table.write(Path(file), [row for _, row in rows])


def _children(item: pytest.Item) -> list[Child]:
    """The programs of a test: their last lines may show why it failed."""
    arguments = getattr(item, "funcargs", {}).values()
    systems = [one for one in arguments if isinstance(one, System)]
    return [child for one in systems for child in (one.azurite, one.host) if child]


def _row(item: pytest.Item, report: pytest.TestReport, seconds: float) -> dict[str, Any]:
    assert isinstance(item, pytest.Function)
    callspec = getattr(item, "callspec", None)
    promise = " ".join(
        inspect.cleandoc(item.function.__doc__ or item.name).split("\n\n")[0].split()
    )
    figures = item.stash.get(_FIGURES, Figures())
    return {
        "promise": promise.replace("{case}", callspec.id if callspec else ""),
        "test": item.nodeid,
        "figures": figures.values | {"seconds": round(seconds, 1)},
        "failure": figures.failure,
        "result": report.outcome,
    }


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test puts what it measured."""
    found = Figures()
    request.node.stash[_FIGURES] = found
    return found


@pytest.fixture(scope="session")
def _shared() -> Iterator[tuple[System, Proxy]]:
    with system() as running:
        running.start_azurite()
        with Proxy(running.storage) as proxy:
            running.start_host(proxy.at.connection_string)
            yield running, proxy


@pytest.fixture
def app(_shared: tuple[System, Proxy]) -> System:
    """The app in its host, and Azurite behind `storage`; shared, so events have fresh ids."""
    return _shared[0]


@pytest.fixture
def storage(_shared: tuple[System, Proxy]) -> Proxy:
    """What stands between the app and Azurite."""
    return _shared[1]


@pytest.fixture
def alone() -> Iterator[System]:
    """A system that a test has for itself, not started yet."""
    with system() as running:
        yield running


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[System]:
    """A system for one test, whose Azurite keeps on disk what it has acknowledged."""
    with system(tmp_path) as running:
        yield running
