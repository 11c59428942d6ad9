"""Local settings and host.json, read with the precedence of the real host.

Source of every rule and message: azure-functions-core-tools, StartHostAction. One's own settings
are this repository's addition: `func start` does not read them.
"""

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.host.errors import HostError

DEFAULT_PORT = 7071

TEMPLATE = "local.settings.json"
OWN = "local.settings.user.json"
"""One's own values and secrets, over those of the template; git and deployment leave it out."""

_STORAGE = "AzureWebJobsStorage"

# Triggers that work without a storage account (Core Tools, Constants.TriggersWithoutStorage).
_WITHOUT_STORAGE = (
    "httptrigger, kafkatrigger, rabbitmqtrigger, orchestrationTrigger, activityTrigger, "
    "entityTrigger"
)
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,7})?))?")


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON file whose top level is an object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise HostError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise HostError(f"{path} must hold a JSON object.")
    return content


def read_host_json(root: Path) -> dict[str, Any]:
    """Read host.json, which marks a folder as a function app."""
    path = root / "host.json"
    if not path.is_file():
        raise HostError(f"There is no host.json in {root}: name the function app with --root.")
    content = read_object(path)
    if content.get("version") != "2.0":
        raise HostError(f'{path} must say "version": "2.0".')
    return content


def read_local_settings(root: Path) -> dict[str, Any]:
    """Read both files of local settings; an app with all settings in the environment needs none."""
    template, own = (_read_local_settings(root / name) for name in (TEMPLATE, OWN))
    return {part: template.get(part, {}) | own.get(part, {}) for part in ("Values", "Host")}


def values(local_settings: dict[str, Any]) -> dict[str, str | None]:
    """The app settings among the local ones, as the texts that an environment holds."""
    found = local_settings.get("Values", {})
    return {name: _as_text(name, value) for name, value in found.items()}


def _read_local_settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = read_object(path)
    if content.get("IsEncrypted"):
        raise HostError(f"{path} is encrypted: run `func settings decrypt` first.")
    for section in ("Values", "Host"):
        if not isinstance(content.get(section, {}), dict):
            raise HostError(f'"{section}" in {path} must be an object.')
    return content


def local_port(local_settings: dict[str, Any]) -> int:
    """Port to listen on when the command line names none."""
    port = local_settings.get("Host", {}).get("LocalHttpPort") or DEFAULT_PORT
    if not isinstance(port, int):
        raise HostError(f"Host.LocalHttpPort in the local settings is not a port: {port!r}")
    return port


def export(local_settings: dict[str, Any], root: Path, address: str) -> None:
    """Put the settings into the environment, where the environment itself wins.

    An empty environment variable counts as unset (UpdateEnvironmentVariables).
    """
    # Core Tools overrides a local value of this one, too.
    _export(values(local_settings) | {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"})
    defaults = {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "WEBSITE_HOSTNAME": address,
        "AzureWebJobsScriptRoot": str(root),
        # The real host's default for Python; sync functions run on that many threads
        # (azure-functions-host DefaultWorkerProcessFactory.ApplyWorkerConcurrencyLimits).
        "PYTHON_THREADPOOL_THREAD_COUNT": "1000",
    }
    for name, value in defaults.items():
        if not os.environ.get(name):
            os.environ[name] = value
    if os.environ["FUNCTIONS_WORKER_RUNTIME"].lower() != "python":
        raise HostError("FUNCTIONS_WORKER_RUNTIME must be python: this host runs Python only.")


def _export(texts: dict[str, str | None]) -> None:
    for name, value in texts.items():
        if not name:
            print("Skipping local setting with empty key.")
        elif os.environ.get(name):
            print(
                f"Skipping '{name}' from local settings as it's already defined in current "
                "environment variables."
            )
        elif value is None:
            print(f"Skipping '{name}' because value is null")
        else:
            os.environ[name] = value


def _as_text(name: str, value: object) -> str | None:
    """Values are strings; a bare number or boolean is taken as the text it is written as."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise HostError(f"The value of '{name}' in the local settings must be a string.")


def is_enabled(name: str) -> bool:
    """Whether a setting is 1 or true; names are case-insensitive, as in .NET configuration."""
    environment = {key.lower(): value for key, value in os.environ.items()}
    return environment.get(name.lower(), "").lower() in {"1", "true"}


def require_storage() -> None:
    """Refuse to start without the host's storage, although this stand-in keeps nothing there.

    `func start` and Azure refuse too, so an app that starts here starts there.
    """
    by_identity = any(name.startswith(f"{_STORAGE}__") for name in os.environ)
    if not os.environ.get(_STORAGE, "").strip() and not by_identity:
        raise HostError(
            "Missing value for AzureWebJobsStorage in local.settings.json. This is required for "
            f"all triggers other than {_WITHOUT_STORAGE}. You can run 'func azure "
            "functionapp fetch-app-settings <functionAppName>', specify a connection string in "
            "local.settings.json, or use managed identity to authenticate."
        )


def host_value(host_json: dict[str, Any], *path: str) -> object:
    """Give one value of host.json; `AzureFunctionsJobHost__a__b` in the environment wins."""
    override = os.environ.get("__".join(("AzureFunctionsJobHost", *path)))
    if override:
        return override
    value: object = host_json
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def function_timeout(host_json: dict[str, Any]) -> timedelta | None:
    """How long one invocation may take; without limit is "-1".

    The default outside the Consumption plan is half an hour (ScriptJobHostOptionsSetup).
    """
    text = host_value(host_json, "functionTimeout") or "00:30:00"
    if text == "-1":
        return None
    return time_span("functionTimeout", text)


def time_span(name: str, text: object) -> timedelta:
    """Read a time of host.json; the name is for the message.

    Raises:
        HostError: it is no time.
    """
    match = _TIME_SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise HostError(f"{name} in host.json is no time like 00:05:00: {text!r}")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
