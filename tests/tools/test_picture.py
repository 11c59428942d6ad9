"""The samples of the picture: on the page's last 24 hours."""

import re
from datetime import UTC, datetime, timedelta

from local import samples
from tools.picture import moved

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_time_of_a_sample_moves_by_the_same_days() -> None:
    """So that its latest is past, and younger than a day."""
    sample = samples.find("SMSDeliveryReportReceived")
    times = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
    before, after = (
        [datetime.fromisoformat(each.decode()) for each in times.findall(body)]
        for body in (sample.body, moved(sample, NOW))
    )

    assert 1 == len({new - old for old, new in zip(before, after, strict=True)})
    assert timedelta() <= NOW.replace(tzinfo=None) - max(after) < timedelta(days=1)
