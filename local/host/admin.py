"""The admin endpoints that tools use, as azure-functions-host answers them (Controllers/).

Locally they ask for no key.
"""

import json
import os
import platform
import time
from importlib.metadata import version
from typing import Any

from aiohttp import web

from local.host import payload
from local.host.app import Function
from local.host.errors import MalformedPayloadError
from local.host.state import Host

_REASON = "This function was programmatically called via the host APIs."
_RUNTIME = "azure-functions-runtime-v1"


def ping() -> web.Response:
    """Answer that the process is there; its functions may not be loaded yet."""
    return web.Response()


def host_status(host: Host) -> web.Response:
    """Give the state of the host, Running when it is ready (Models/HostStatus)."""
    return web.json_response(
        {
            "id": host.id,
            "state": host.state,
            "version": "4.0.0.0",
            "versionDetails": f"local stand-in on {_RUNTIME} {version(_RUNTIME)}",
            "instanceId": host.id,
            "computerName": platform.node(),
            "processUptime": round((time.monotonic() - host.started) * 1000),
            "functionAppContentEditingState": "Unknown",
            "processId": os.getpid(),
        }
    )


def functions(request: web.Request, host: Host) -> web.Response:
    """List the functions, disabled ones too, but none whose function.json is broken."""
    return web.json_response(
        [_description(request, function) for function in host.app.functions.values()]
    )


def function(request: web.Request, host: Host, name: str) -> web.Response:
    """Describe one function."""
    found = host.find(name)
    if found is None:
        return web.Response(status=404)
    return web.json_response(_description(request, found))


def function_status(host: Host, name: str) -> web.Response:
    """Give what is wrong with a function: its function.json, or its import."""
    for broken, error in host.app.errors.items():
        if broken.lower() == name.lower():
            return web.json_response({"errors": [error]})
    found = host.find(name)
    if found is None:
        return web.Response(status=404)
    load_error = host.runtime.load_error(found)
    return web.json_response({"errors": [load_error]} if load_error else {})


async def run(request: web.Request, host: Host, name: str) -> web.Response:
    """Start a function and answer at once; the log shows how it ended (FunctionController).

    The body is `{"input": "<JSON text of one event>"}`. A disabled function runs as well.
    """
    found = host.find(name)
    if found is None:
        return web.Response(status=404)
    try:
        event = _input(json.loads(payload.decode(await request.read())))
    except (ValueError, RecursionError):
        return web.Response(status=400)
    host.run_unawaited(found, event, _REASON)
    return web.Response(status=202)


def _input(body: object) -> str:
    """Give the event as compact JSON; what is no JSON object becomes "", which fails to bind."""
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - caught as bad input
    text = {key.lower(): value for key, value in body.items()}.get("input")
    if not isinstance(text, str):
        raise ValueError("input must be a string")  # noqa: TRY004 - caught as bad input
    try:
        parsed = payload.parse(text)
    except MalformedPayloadError:
        return ""
    return "" if parsed.is_array else parsed.items[0]


def _description(request: web.Request, function: Function) -> dict[str, Any]:
    """Describe a function with the members of Models/FunctionMetadataResponse."""
    base = f"{request.scheme}://{request.host}/admin"
    files = f"{base}/vfs/{function.name}"
    return {
        "name": function.name,
        "script_root_path_href": f"{files}/",
        "script_href": f"{files}/{function.script_file.name}",
        "config_href": f"{files}/function.json",
        "test_data_href": None,
        "href": f"{base}/functions/{function.name}",
        "invoke_url_template": None,
        "language": "python",
        "config": function.config,
        "files": None,
        "test_data": None,
        "isDisabled": function.disabled,
        "isDirect": False,
        "isProxy": False,
    }
