"""Settings: the only reader of the environment."""

import os
from collections.abc import Mapping
from typing import NamedTuple

_AZURITE = "http://127.0.0.1:10000/devstoreaccount1"
_HUB_PARTS = ("Endpoint", "SharedAccessKeyName", "SharedAccessKey")


class Settings(NamedTuple):
    """Everything that can be set; the README explains each."""

    database: str
    """``postgresql://…``, or the path of an SQLite file."""
    is_local: bool
    payloads: tuple[str, ...]
    """Beginnings of the addresses of blobs that may be read, each to a slash."""
    storage: str
    """Connection string for these blobs; empty for the app's identity."""
    vapid_key: str
    """The private key of Web Push, as ``py_vapid`` reads it; empty: browsers get none."""
    vapid_subject: str
    hub: str
    """Connection string of a Notification Hubs namespace; empty: none is used."""
    hub_name: str
    hub_platforms: tuple[str, ...]


def from_env(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment.

    Raises:
        ValueError: something is missing or wrong; the message says what.
    """
    found = os.environ if environ is None else environ
    storage = found.get("AzureWebJobsStorage", "")
    local_payloads = f"{_AZURITE}/record-payloads/" if _is_emulator(storage) else ""
    settings = Settings(
        database=found.get("DESK_DATABASE", "") or "desk.sqlite3",
        is_local=found.get("DESK_LOCAL", "").lower() == "true",
        payloads=_words(found.get("DESK_PAYLOADS", "") or local_payloads),
        storage=storage,
        vapid_key=found.get("DESK_VAPID_KEY", ""),
        vapid_subject=found.get("DESK_VAPID_SUBJECT", ""),
        hub=found.get("DESK_HUB", ""),
        hub_name=found.get("DESK_HUB_NAME", ""),
        hub_platforms=_words(found.get("DESK_HUB_PLATFORMS", "apple,fcmv1")),
    )
    problems = list(_problems(settings, is_azure="WEBSITE_SITE_NAME" in found))
    if problems:
        raise ValueError("; ".join(problems))
    return settings


def _problems(settings: Settings, *, is_azure: bool) -> list[str]:
    wrong = {
        "DESK_DATABASE must be postgresql://… in Azure: SQLite is for one machine": is_azure
        and not is_postgresql(settings.database),
        "DESK_LOCAL must not be true in Azure": is_azure and settings.is_local,
        "DESK_PAYLOADS: each address must end with a slash": any(
            not start.endswith("/") for start in settings.payloads
        ),
        "DESK_VAPID_SUBJECT must be mailto:… or https://… where DESK_VAPID_KEY is set": bool(
            settings.vapid_key
        )
        and not settings.vapid_subject.startswith(("mailto:", "https://")),
        "DESK_HUB needs Endpoint, SharedAccessKeyName and SharedAccessKey": bool(settings.hub)
        and not all(f"{part}=" in settings.hub for part in _HUB_PARTS),
        "DESK_HUB_NAME is missing": bool(settings.hub) and not settings.hub_name,
        "DESK_HUB_PLATFORMS knows apple and fcmv1": not {"apple", "fcmv1"}.issuperset(
            settings.hub_platforms
        ),
    }
    return [problem for problem, is_wrong in wrong.items() if is_wrong]


def is_postgresql(database: str) -> bool:
    """Whether that names a PostgreSQL database, not a file."""
    return database.startswith(("postgresql://", "postgres://"))


def _is_emulator(storage: str) -> bool:
    return storage.lower() == "usedevelopmentstorage=true"


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
