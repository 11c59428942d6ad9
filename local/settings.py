"""The names that the app's settings give to its queues and its container, read as the host does."""

import json
import os

from local import paths


def queues() -> list[str]:
    """The two queues that records go to: work items, then push notifications."""
    return [
        _setting("WORK_ITEMS_QUEUE", "work-items"),
        _setting("PUSH_NOTIFICATIONS_QUEUE", "push-notifications"),
    ]


def dead_letters_container() -> str:
    """The container that rejected events go to."""
    return _setting("DEAD_LETTERS_CONTAINER", "dead-letters")


def payloads_container() -> str:
    """The container that holds the data of large records."""
    return _setting("RECORD_PAYLOADS_CONTAINER", "record-payloads")


def _setting(name: str, default: str) -> str:
    """The environment wins over local.settings.json."""
    file = paths.ROOT / "local.settings.json"
    values = {}
    if file.exists():
        values = json.loads(file.read_text(encoding="utf-8")).get("Values", {})
    return str(os.environ.get(name) or values.get(name) or default)
