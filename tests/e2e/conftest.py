"""What the tests of the app and of privacy share."""

import pytest

from tests.e2e.privacy import events


@pytest.fixture(scope="session")
def personal() -> set[str]:
    """All that must be in no output."""
    return events.personal_strings()
