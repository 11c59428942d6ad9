"""Settings: the only reader of the environment.

Names and forms are those of the Functions host, so that one way of configuring serves both:
learn.microsoft.com/azure/azure-functions/functions-reference#connections.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shared import redaction, routes
from shared.connection import Account, account
from shared.errors import ConfigError
from shared.families.route import Route, Yields
from shared.reading.identifiers import KINDS
from shared.reading.identities import from_identifier
from shared.reading.phones import from_phone
from shared.records.roles import Staff
from shared.redaction import shown

_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
"""learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata; containers alike."""
_MOST = 10_000
"""Of what is counted; more than any instance can hold open."""
_STAFF_KINDS = "microsoftTeamsUser,microsoftTeamsApp"
"""Bots included: whoever writes as one of these answers customers."""
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
OPEN_TELEMETRY = ("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY", "PYTHON_ENABLE_OPENTELEMETRY")
"""The Functions worker's settings: with the first it sets up the export to Azure Monitor, with
either it hands the invocation's context on (``azure_functions_runtime_v1``, ``otel.py``)."""
_ON = {"1", "true", "t", "yes", "y"}
"""What that worker takes for yes."""
_RENAMED = {"visible": "active", "silent": "background"}
"""Words of ``ROUTE_OVERRIDES`` that are refused, and the words for them now."""


class Override(Yields, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One entry of ``ROUTE_OVERRIDES``: what an event type yields instead."""

    when_failed: Yields | None = None
    """For a delivery that failed; when left out, such a delivery yields what it always does."""


class Settings(Struct, frozen=True):
    """Everything that can be set, read once per process."""

    account: Account
    work_items_queue: str
    push_notifications_queue: str
    dead_letters_container: str
    record_payloads_container: str
    archive_container: str | None
    """Where events are kept as they came; None for nowhere."""
    user_work_items: bool
    """``CHAT_WORK_ITEMS=user``."""
    staff: Staff
    """``STAFF_KINDS`` and ``STAFF_IDS``."""
    push_expires: int | None
    """``PUSH_EXPIRES`` in seconds; None for never."""
    overrides: dict[str, Route[Any]]
    """Rows of ``ROUTES`` as ``ROUTE_OVERRIDES`` changes them, by lower-cased event type."""
    use_proxy: bool
    """Whether storage is reached through ``HTTP(S)_PROXY``; reading that costs time per request."""
    storage_connections: int
    """The most that are open to storage; an event needs two, and three with an archive."""
    events_in_flight: int
    """The most events that are worked on at once; one more is refused."""
    trace_records: bool
    """Whether a record whose event has no ``traceparent`` gets the invocation's."""
    spans: bool
    """Whether spans go to OpenTelemetry."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment.

        Raises:
            ConfigError: something is missing or wrong; the message names all of it.
        """
        reader = _Reader(os.environ if environ is None else environ)
        settings = cls(
            account=account(reader.environ, reader.problems),
            work_items_queue=reader.name("WORK_ITEMS_QUEUE", "work-items"),
            push_notifications_queue=reader.name("PUSH_NOTIFICATIONS_QUEUE", "push-notifications"),
            dead_letters_container=reader.name("DEAD_LETTERS_CONTAINER", "dead-letters"),
            record_payloads_container=reader.name("RECORD_PAYLOADS_CONTAINER", "record-payloads"),
            archive_container=reader.optional_name("ARCHIVE_CONTAINER"),
            user_work_items=reader.choice("CHAT_WORK_ITEMS", "thread", "user") == "user",
            staff=Staff(kinds=reader.staff_kinds(), keys=reader.staff_keys()),
            push_expires=reader.duration("PUSH_EXPIRES", "24h"),
            overrides=reader.overrides(),
            use_proxy=reader.choice("STORAGE_USE_PROXY", "false", "true") == "true",
            storage_connections=reader.count("STORAGE_CONNECTIONS", 400),
            events_in_flight=reader.count("EVENTS_IN_FLIGHT", 200),
            trace_records=reader.choice("TRACE_RECORDS", "false", "true") == "true",
            spans=any(map(reader.is_on, OPEN_TELEMETRY)),
        )
        if reader.problems:
            raise ConfigError("; ".join(reader.problems))
        return settings


class _Reader:
    """Reads settings and gathers what is wrong with them instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def name(self, setting: str, default: str) -> str:
        value = self._get(setting) or default
        if not _QUEUE_NAME.fullmatch(value):
            self.problems.append(
                f"{setting}={shown(value)} is no storage name: 3 to 63 lower-case letters, digits "
                "and single dashes"
            )
        return value

    def optional_name(self, setting: str) -> str | None:
        return self.name(setting, "") if self._get(setting) else None

    def choice(self, setting: str, default: str, other: str) -> str:
        given = self._get(setting) or default
        value = given.lower()
        if value not in {default, other}:
            self.problems.append(f"{setting} must be {default} or {other}, not {shown(given)}")
        return value

    def is_on(self, setting: str) -> bool:
        """Whether a setting of the platform's is on; it has its own words, and the last say."""
        return (self._get(setting) or "").lower() in _ON

    def count(self, setting: str, default: int) -> int:
        value = self._get(setting) or str(default)
        if not (value.isascii() and value.isdigit() and 0 < int(value[:9]) <= _MOST):
            self.problems.append(
                f"{setting} must be a number from 1 to {_MOST}, not {shown(value)}"
            )
            return default
        return int(value)

    def words(self, setting: str, default: str) -> list[str]:
        """A list with commas; an empty setting is an empty list."""
        value = self.environ.get(setting, default)
        return [word for part in value.split(",") if (word := part.strip())]

    def staff_kinds(self) -> frozenset[str]:
        wanted = self.words("STAFF_KINDS", _STAFF_KINDS)
        unknown = [word for word in wanted if word.lower() not in KINDS]
        if unknown:
            self.problems.append(
                f"STAFF_KINDS: no kind of party is {', '.join(map(shown, unknown))}; "
                f"there are {', '.join(KINDS.values())}"
            )
        return frozenset(KINDS[word.lower()] for word in wanted if word.lower() in KINDS)

    def staff_keys(self) -> frozenset[str]:
        """Of users and, where it is one, of a number without its prefix or its plus."""
        words = self.words("STAFF_IDS", "")
        parties = [form(word) for word in words for form in (from_identifier, from_phone)]
        return frozenset(party.key for party in parties if party)

    def duration(self, setting: str, default: str) -> int | None:
        """Seconds of ``90s``, ``30m``, ``24h`` or ``7d``; None where the setting is empty."""
        value = self.environ.get(setting, default).strip()
        if not value:
            return None
        match = _DURATION.fullmatch(value.lower())
        if match is None:
            self.problems.append(
                f"{setting} must be a number with s, m, h or d, such as {default}, or empty, "
                f"not {shown(value)}"
            )
            return None
        return int(match[1]) * _SECONDS[match[2]]

    def overrides(self) -> dict[str, Route[Any]]:
        try:
            wanted = msgspec.json.decode(
                self._get("ROUTE_OVERRIDES") or "{}", type=dict[str, Override]
            )
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            old = [f"{old} is now {new}" for old, new in _RENAMED.items() if old in str(error)]
            hint = f" (of push, {', '.join(old)})" if old else ""
            self.problems.append(f"ROUTE_OVERRIDES: {redaction.hide(str(error))}{hint}")
            return {}
        changed = (self._override(event, override) for event, override in wanted.items())
        return {route.event.lower(): route for route in changed if route}

    def _override(self, event: str, override: Override) -> Route[Any] | None:
        route = routes.find(event)
        if route is None or route.record is None:
            self.problems.append(f"ROUTE_OVERRIDES: no record can come of {shown(event)}")
            return None
        if route.when_failed is None and override.when_failed:
            self.problems.append(
                f"ROUTE_OVERRIDES: {event} is no delivery, whenFailed never applies"
            )
        if override.push and route.notify is None:
            self.problems.append(
                f"ROUTE_OVERRIDES: {event} names nobody to push to; take its user-level twin"
            )
        return msgspec.structs.replace(
            route,
            yields=Yields(work=override.work, push=override.push, priority=override.priority),
            when_failed=override.when_failed or route.when_failed,
            is_overridden=True,
        )

    def _get(self, setting: str) -> str | None:
        return self.environ.get(setting, "").strip() or None
