"""The function app: which folders are functions, and what their function.json says.

Rules from azure-functions-host: HostFunctionMetadataProvider and Utility.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host import settings
from local.host.errors import HostError

EVENT_GRID, QUEUE, HTTP = "eventGridTrigger", "queueTrigger", "httpTrigger"

_TRIGGERS = {name.lower(): name for name in (EVENT_GRID, QUEUE, HTTP)}
_RESULT = "$return"

_NAME = re.compile(r"[a-z][a-z0-9_\-]{0,127}", re.IGNORECASE)


class FunctionError(Exception):
    """One function cannot be used; the others go on."""


@dataclass(frozen=True)
class Binding:
    """The trigger as function.json declares it: the parameter that receives the event."""

    name: str
    type: str
    properties: dict[str, Any]

    @property
    def takes_many(self) -> bool:
        """Whether one run gets all events of a delivery, in a JSON array.

        Source: azure-functions-eventgrid-extension, pull request 74.
        """
        return str(self.properties.get("cardinality")).lower() == "many"


@dataclass(frozen=True)
class Function:
    """One function folder."""

    name: str
    directory: Path
    script_file: Path
    entry_point: str
    trigger: Binding
    config: dict[str, Any]
    disabled: bool


@dataclass(frozen=True)
class FunctionApp:
    """What one folder hosts: its usable functions, and why the others are not."""

    root: Path
    host_json: dict[str, Any]
    functions: dict[str, Function]
    errors: dict[str, str]


def read(root: Path, host_json: dict[str, Any]) -> FunctionApp:
    """Find the function folders; only first-level folders with a function.json count.

    The environment must hold the local settings already, which disable functions.
    """
    functions: dict[str, Function] = {}
    errors: dict[str, str] = {}
    listed = host_json.get("functions")
    for directory in sorted(path for path in root.iterdir() if path.is_dir()):
        name = directory.name
        if not (directory / "function.json").is_file() or (listed and name not in listed):
            continue
        try:
            functions[name] = _read_function(directory)
        except FunctionError as error:
            errors[name] = str(error)
    return FunctionApp(root, host_json, functions, errors)


def _read_function(directory: Path) -> Function:
    name = directory.name
    if not _NAME.fullmatch(name) or name.lower() == "host":
        raise FunctionError(f"'{name}' is not a valid function name.")
    try:
        config = settings.read_object(directory / "function.json")
    except (HostError, OSError) as error:
        raise FunctionError(str(error)) from error
    return Function(
        name=name,
        directory=directory,
        script_file=_script_file(directory, config.get("scriptFile")),
        entry_point=config.get("entryPoint") or "main",
        trigger=_trigger(config.get("bindings")),
        config=config,
        disabled=_is_disabled(name),
    )


def _trigger(bindings: object) -> Binding:
    """Give the one binding that can be imitated here; only an HTTP trigger has a second one."""
    if not isinstance(bindings, list) or not bindings:
        raise FunctionError("At least one binding must be declared.")
    if not all(isinstance(binding, dict) for binding in bindings):
        raise FunctionError("Every binding must be a JSON object.")
    triggers = [binding for binding in bindings if _kind(binding) in _TRIGGERS]
    kind = _TRIGGERS[_kind(triggers[0])] if len(triggers) == 1 else None
    others = [binding for binding in bindings if _kind(binding) not in _TRIGGERS]
    if kind is None or not (_is_response(others) if kind == HTTP else not others):
        raise FunctionError(
            f"The local host can run functions with one {EVENT_GRID} or {QUEUE} and no other "
            f'binding, or with one {HTTP} and the binding http as "{_RESULT}"; '
            f"found {[binding.get('type') for binding in bindings]}."
        )
    (trigger,) = triggers
    if not isinstance(trigger.get("name"), str) or not trigger["name"]:
        raise FunctionError(f"The {kind} binding needs a name: the Python parameter.")
    if str(trigger.get("direction", "in")).lower() != "in":
        raise FunctionError(f"The direction of the {kind} binding must be in.")
    return Binding(trigger["name"], kind, trigger)


def _kind(binding: dict[str, Any]) -> str:
    return str(binding.get("type")).lower()


def _is_response(bindings: list[dict[str, Any]]) -> bool:
    return [(_kind(each), each.get("name")) for each in bindings] == [("http", _RESULT)]


def _script_file(directory: Path, named: object) -> Path:
    """Find the Python file as the host does: named, or alone, or run.*, or __init__.py."""
    if named:
        path = Path(os.path.normpath(directory / str(named)))
        if not path.is_file():
            raise FunctionError(
                "Invalid script file name configuration. The 'scriptFile' property is set to a "
                f"file that does not exist: {named}"
            )
        return path
    files = sorted(
        path for path in directory.iterdir() if path.is_file() and path.name != "function.json"
    )
    candidates = [path for path in files if path.stem.lower() == "run"]
    candidates += [path for path in files if path.name.lower() == "__init__.py"]
    if len(files) == 1 or candidates:
        return files[0] if len(files) == 1 else candidates[0]
    raise FunctionError(
        "Unable to determine the primary function script. Name it in function.json with scriptFile."
    )


def _is_disabled(name: str) -> bool:
    """Read the setting that switches a function off (webjobs-sdk HostListenerFactory).

    The `disabled` property of function.json is not read by version 4 of the host.
    """
    return settings.is_enabled(f"AzureWebJobs.{name}.Disabled") or settings.is_enabled(
        f"AzureWebJobs_{name}_Disabled"
    )
