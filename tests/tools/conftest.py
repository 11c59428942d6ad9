"""The whole local run, for the tests of what stands before and behind the app."""

from collections.abc import Iterator

import pytest

from local import ports
from local.azurite import StoragePorts
from local.eventgrid.thread import LocalTopic
from local.stack import Stack
from tests.e2e.app.conftest import App


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Azurite, the app in the Functions host, Event Grid: as `dev.py start` runs them."""
    host, topic, *storage = ports.free(5)
    with Stack.on(host, StoragePorts(*storage), topic_port=topic) as running:
        yield running


@pytest.fixture
def topic(stack: Stack) -> LocalTopic:
    """Event Grid before the app."""
    assert stack.topic is not None
    return stack.topic


@pytest.fixture
def app(stack: Stack) -> App:
    """The app, with empty queues and no dead letters."""
    app = App(stack.host_port, stack.connection_string)
    app.records()
    app.dead_letters()
    return app
