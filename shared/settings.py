"""Settings: the only reader of the environment.

Names and forms are those of the Functions host, so that one way of configuring serves both:
learn.microsoft.com/azure/azure-functions/functions-reference#connections.
"""

import base64
import os
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shared import routes
from shared.errors import ConfigError
from shared.families.route import Route, Yields

_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
"""learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata; containers alike."""


_QUOTED = re.compile(r"'([^']*)'")


class Account(Struct, frozen=True):
    """A storage account: by connection string, or by address and identity."""

    setting: str
    """The name of the setting that it comes from, for error messages."""
    connection_string: str | None = None
    queue_url: str | None = None
    blob_url: str | None = None
    managed_identity: bool = False
    """Else the developer's own identity, as ``DefaultAzureCredential`` finds it."""
    client_id: str | None = None
    """Of a user-assigned identity; None for the system-assigned one."""


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
    user_work_items: bool
    """``CHAT_WORK_ITEMS=user``."""
    overrides: dict[str, Route[Any]]
    """Rows of ``ROUTES`` as ``ROUTE_OVERRIDES`` changes them, by lower-cased event type."""
    use_proxy: bool
    """Whether storage is reached through ``HTTP(S)_PROXY``; reading that costs time per request."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment.

        Raises:
            ConfigError: something is missing or wrong; the message names all of it.
        """
        reader = _Reader(os.environ if environ is None else environ)
        settings = cls(
            account=reader.account(),
            work_items_queue=reader.name("WORK_ITEMS_QUEUE", "work-items"),
            push_notifications_queue=reader.name("PUSH_NOTIFICATIONS_QUEUE", "push-notifications"),
            dead_letters_container=reader.name("DEAD_LETTERS_CONTAINER", "dead-letters"),
            record_payloads_container=reader.name("RECORD_PAYLOADS_CONTAINER", "record-payloads"),
            user_work_items=reader.choice("CHAT_WORK_ITEMS", "thread", "user") == "user",
            overrides=reader.overrides(),
            use_proxy=reader.choice("STORAGE_USE_PROXY", "false", "true") == "true",
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
                f"{setting}={_shown(value)} is no storage name: 3 to 63 lower-case letters, digits "
                "and single dashes"
            )
        return value

    def choice(self, setting: str, default: str, other: str) -> str:
        value = (self._get(setting) or default).lower()
        if value not in {default, other}:
            self.problems.append(f"{setting} must be {default} or {other}, not {_shown(value)}")
        return value

    def overrides(self) -> dict[str, Route[Any]]:
        try:
            wanted = msgspec.json.decode(
                self._get("ROUTE_OVERRIDES") or "{}", type=dict[str, Override]
            )
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            self.problems.append(f"ROUTE_OVERRIDES: {_QUOTED.sub(_requoted, str(error))}")
            return {}
        changed = (self._override(event, override) for event, override in wanted.items())
        return {route.event.lower(): route for route in changed if route}

    def _override(self, event: str, override: Override) -> Route[Any] | None:
        route = routes.find(event)
        if route is None or route.record is None:
            self.problems.append(f"ROUTE_OVERRIDES: no record can come of {_shown(event)}")
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

    def account(self) -> Account:
        """``RecordStorage`` if there is any trace of it, else ``AzureWebJobsStorage``."""
        for prefix in ("RecordStorage", "AzureWebJobsStorage"):
            if connection_string := self._get(prefix):
                return self._by_connection_string(prefix, connection_string)
            if any(key.startswith(f"{prefix}__") and self._get(key) for key in self.environ):
                return self._by_identity(prefix)
        self.problems.append(
            "no storage account: set RecordStorage (a connection string), or "
            "RecordStorage__queueServiceUri and RecordStorage__blobServiceUri; "
            "AzureWebJobsStorage serves in the same forms"
        )
        return Account(setting="RecordStorage")

    def _by_connection_string(self, setting: str, value: str) -> Account:
        problem = _problem_of(value)
        if problem:
            self.problems.append(f"{setting}: {problem}")
        return Account(setting=setting, connection_string=value)

    def _by_identity(self, prefix: str) -> Account:
        account_name = self._get(f"{prefix}__accountName")
        credential = self._get(f"{prefix}__credential")
        if credential and credential.lower() != "managedidentity":
            self.problems.append(f"{prefix}__credential must be managedidentity, or be left out")
        return Account(
            setting=prefix,
            queue_url=self._service(prefix, "queue", account_name),
            blob_url=self._service(prefix, "blob", account_name),
            managed_identity=credential is not None,
            client_id=self._get(f"{prefix}__clientId"),
        )

    def _service(self, prefix: str, service: str, account_name: str | None) -> str | None:
        setting = f"{prefix}__{service}ServiceUri"
        url = self._get(setting)
        if url is None and account_name:
            return f"https://{account_name}.{service}.core.windows.net"
        if url is None:
            self.problems.append(f"{setting} is missing (the address of the {service} service)")
        elif not url.startswith("https://"):
            self.problems.append(f"{setting} must be an https:// address")
        return url

    def _get(self, setting: str) -> str | None:
        return self.environ.get(setting, "").strip() or None


def _shown(value: str) -> str:
    """A wrong value, unless it may be a secret: connection strings, keys and SAS hold ``=``."""
    return "(not shown, it may be a secret)" if "=" in value else repr(value)


def _requoted(match: re.Match[str]) -> str:
    return _shown(match.group(1))


def _problem_of(connection_string: str) -> str | None:
    """What is wrong with a connection string; it is a secret, so nothing of it is quoted."""
    if connection_string.startswith("@Microsoft.KeyVault("):
        return "the Key Vault reference was not resolved; check the app's access to the vault"
    parts = dict(part.partition("=")[::2] for part in connection_string.split(";") if part)
    values = {key.strip().lower(): value for key, value in parts.items()}
    if values.get("usedevelopmentstorage") == "true" and len(values) == 1:
        return None
    if "sharedaccesssignature" in values:
        missing = [s for s in ("Queue", "Blob") if not values.get(f"{s.lower()}endpoint")]
        if missing and not values.get("accountname"):
            return f"it has no {' and no '.join(f'{s}Endpoint' for s in missing)}, nor AccountName"
        return None
    if not values.get("accountname") or not values.get("accountkey"):
        return "not a storage connection string (AccountName and AccountKey, or a SAS)"
    try:
        base64.b64decode(values["accountkey"], validate=True)
    except ValueError:
        return "its AccountKey is not base64; was it cut?"
    return None
