"""One stand-in for Azure and one login for all tests: az takes a second or two for every call."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.deploy import cloud as clouds
from tests.deploy.cloud import Cloud
from tests.deploy.stub import server
from tests.deploy.stub.azure import Azure

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The real az, logged in to a stand-in on loopback."""
    folder: Path = tmp_path_factory.mktemp("cloud")
    with server.running(folder) as stub:
        yield clouds.logged_in(stub, folder)


@pytest.fixture
def azure(cloud: Cloud) -> Azure:
    """An Azure with nothing but a Communication Services resource."""
    return cloud.stub.reset()
