"""The app, for the tests of what stands before and behind it."""

from collections.abc import Iterator

import pytest

from local.azurite import StoragePorts
from local.eventgrid.thread import LocalTopic, running
from local.functions_host import url
from local.stack import Stack
from tests.e2e.app.conftest import App


@pytest.fixture(scope="session")
def _stack() -> Iterator[Stack]:
    with Stack.on_free_ports() as running_stack:
        yield running_stack


@pytest.fixture(scope="session")
def azurite(_stack: Stack) -> StoragePorts:
    """Azurite, once for a run."""
    return _stack.storage


@pytest.fixture
def app(_stack: Stack) -> App:
    """The app, with empty queues and no dead letters."""
    app = App(_stack.host_port, _stack.connection_string)
    app.records()
    app.dead_letters()
    return app


@pytest.fixture
def topic(app: App) -> Iterator[LocalTopic]:
    """Event Grid before the app."""
    with running(url(app.port), app.connection_string) as before:
        yield before
