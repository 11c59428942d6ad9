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


async def answer(request: web.Request, host: Host, path: list[str]) -> web.Response:
    """Answer a request for a path below /admin, which is given in parts and in lower case."""
    match (request.method, path):
        case ("GET" | "POST", ["host", "ping"]):
            return web.Response()
        case ("GET", ["host", "status"]):
            return web.json_response(_host_status(host))
        case ("GET", ["functions"]):
            functions = host.app.functions.values()
            return web.json_response([_description(request, each) for each in functions])
        case ("GET", ["functions", name, "status"]) if name in host.broken:
            return web.json_response({"errors": [host.broken[name]]})
        case (_, ["functions", name, *rest]) if name in host.by_name:
            return await _of_function(request, host, host.by_name[name], rest)
    return web.Response(status=404)


async def _of_function(
    request: web.Request, host: Host, function: Function, rest: list[str]
) -> web.Response:
    match (request.method, rest):
        case ("GET", []):
            return web.json_response(_description(request, function))
        case ("GET", ["status"]):
            error = host.runtime.load_error(function)
            return web.json_response({"errors": [error]} if error else {})
        case ("POST", []):
            return await _run(request, host, function)
    return web.Response(status=404)


async def _run(request: web.Request, host: Host, function: Function) -> web.Response:
    """Start a function and answer at once; the log shows how it ended (FunctionController).

    The body is `{"input": "<JSON text of one event>"}`. A disabled function runs as well.
    """
    try:
        event = _input(json.loads(payload.decode(await request.read())))
    except (ValueError, RecursionError):
        return web.Response(status=400)
    host.run_unawaited(function, event, _REASON)
    return web.Response(status=202)


def _host_status(host: Host) -> dict[str, Any]:
    """Give the state of the host, Running when it is ready (Models/HostStatus)."""
    return {
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
