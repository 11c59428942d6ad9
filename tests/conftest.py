"""What all tiers share: Hypothesis' profiles, one Azurite, one running app, no skipped test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from local import azurite as azurite_program
from local.azurite import StoragePorts
from tests import app as app_program
from tests.app import App

pytest_plugins = ["pytester"]

_HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large]
for _name, _examples in {"default": 50, "ci": 150, "long": 5000}.items():
    settings.register_profile(
        _name,
        max_examples=_examples,
        deadline=None,
        derandomize=_name != "long",  # a run can be repeated; a long one is to find something new
        suppress_health_check=_HEALTH,
    )
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file on one worker, and on one, too, all that use Azurite: it starts once."""
    for item in items:
        shared = "azurite" in getattr(item, "fixturenames", ())
        group = "azurite" if shared else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a test was skipped, or a path of the command line gave no test."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.exitstatus != pytest.ExitCode.OK:  # a worker of xdist has none
        return
    root, here = session.config.rootpath, session.config.invocation_params.dir
    reports = [r for found in reporter.stats.values() for r in found if hasattr(r, "when")]
    ran = {root / report.nodeid.partition("::")[0] for report in reports}
    wrong = [f"{report.nodeid} was skipped" for report in reporter.stats.get("skipped", ())]
    for argument in session.config.args:
        path = (here / argument.partition("::")[0]).resolve()
        if not any(file.is_relative_to(path) for file in ran):
            wrong.append(f"no test ran in {argument}")
    if wrong:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("\n".join(["", *wrong]), red=True)


@pytest.fixture(scope="session")
def azurite() -> Iterator[StoragePorts]:
    """Azurite, once for a run."""
    with azurite_program.running() as at:
        yield at


@pytest.fixture(scope="session")
def _app(azurite: StoragePorts) -> Iterator[App]:
    """The app, once for a run, with the longest log that it can write."""
    settings = {
        "AzureWebJobsStorage": azurite.connection_string,
        "AzureFunctionsJobHost__logging__logLevel__default": "Debug",
    }
    with app_program.running(**settings) as app:
        yield app


@pytest.fixture
def app(_app: App) -> App:
    """The app, with nothing left of an earlier test."""
    _app.forget()
    return _app
