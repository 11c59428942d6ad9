"""The archive: events exactly as they came, so that records can be made of them again.

Off by default. With ``ARCHIVE_CONTAINER`` each event that gave records is a blob under the hour in
which it came; a lifecycle rule deletes them after some days. ``dev.py rederive`` reads them.
"""

from datetime import UTC, datetime
from hashlib import sha256


def hour(at: datetime) -> str:
    """``2026/11/21/09/``: the beginning of the names of all events that came in that hour."""
    return f"{at.astimezone(UTC):%Y/%m/%d/%H}/"


def blob_name(event: str, at: datetime) -> str:
    """``2026/11/21/09/<digest>.json``: a redelivery in the same hour overwrites its copy."""
    return f"{hour(at)}{sha256(content(event)).hexdigest()[:32]}.json"


def content(event: str) -> bytes:
    """The event's text; a lone surrogate, which UTF-8 cannot hold, becomes its JSON escape."""
    return event.encode("utf-8", "backslashreplace")
