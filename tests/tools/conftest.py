"""Event Grid before the app, for the tests of what stands before and behind it."""

from collections.abc import Iterator

import pytest

from local.eventgrid.thread import LocalTopic, running
from local.functions_host import url
from tests.app import App


@pytest.fixture
def topic(app: App) -> Iterator[LocalTopic]:
    """Event Grid before the app."""
    with running(url(app.port), app.connection_string) as before:
        yield before
