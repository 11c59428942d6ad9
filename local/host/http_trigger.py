"""HTTP triggers: which function a request is for, and its answer.

Rules from Microsoft.Azure.WebJobs.Extensions.Http and azure-functions-host. No key is asked for, as
with `func start`; no route and no method of a function: 404.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from local.host import settings
from local.host.app import HTTP, Function
from local.host.call import Call, TypedData
from local.host.errors import HostError
from local.host.state import Host

_PLACEHOLDER = re.compile(r"\{(\*?)([A-Za-z_]\w*)\}")
_REASON = "This function was programmatically called via the host APIs."


def routes(
    functions: Mapping[str, Function], host_json: dict[str, Any]
) -> dict[str, re.Pattern[str]]:
    """The paths of the functions with an HTTP trigger, by function.

    Raises:
        HostError: a route has more than names and a last `{*rest}`.
    """
    prefix = settings.host_value(host_json, "extensions", "http", "routePrefix")
    start = "api" if prefix is None else str(prefix).strip("/")
    found = {}
    for name, function in functions.items():
        if function.trigger.type == HTTP and not function.disabled:
            route = str(function.trigger.properties.get("route") or name).strip("/")
            found[name] = _pattern(f"{start}/{route}".strip("/"))
    return found


async def answer(request: web.Request, host: Host) -> web.Response:
    """Run the function that the path and the method name."""
    for name, pattern in host.routes.items():
        function, match = host.app.functions[name], pattern.fullmatch(request.path.strip("/"))
        if match and _takes(function, request.method):
            named = {key: value or "" for key, value in match.groupdict().items()}
            return await _run(host, function, request, named)
    return web.Response(status=404)


async def _run(
    host: Host, function: Function, request: web.Request, named: dict[str, str]
) -> web.Response:
    data = TypedData(
        method=request.method,
        url=str(request.url),
        headers=_joined((name.lower(), value) for name, value in request.headers.items()),
        query=_joined(iter(request.query.items())),
        params=named,
        body=TypedData(bytes=await request.read()),
    )
    outcome = await host.runtime.call(function, Call(TypedData(http=data), _REASON))
    if outcome.failure is not None:
        return web.Response(status=500)
    returned = vars(outcome.value)
    if "http" not in returned:  # a function may return a text
        return web.Response(text=str(returned.get("string", "")))
    http = returned["http"]
    headers = {name: text for name, text in http.headers.items() if name != "content-length"}
    return web.Response(status=int(http.status_code), headers=headers, body=http.body.bytes)


def _pattern(route: str) -> re.Pattern[str]:
    """A route template as an expression; literals are compared without regard to case."""
    written = ""
    for part in filter(None, route.split("/")):
        placeholder = _PLACEHOLDER.fullmatch(part)
        if placeholder is None and ("{" in part or "}" in part):
            raise HostError(f"The local host knows {{name}} and {{*rest}} in a route, not {part}.")
        slash = "/" if written else ""
        if placeholder is None:
            written += slash + re.escape(part)
        elif placeholder[1]:
            written += f"(?:{slash}(?P<{placeholder[2]}>.*))?"
        else:
            written += f"{slash}(?P<{placeholder[2]}>[^/]+)"
    return re.compile(written, re.IGNORECASE | re.DOTALL)


def _takes(function: Function, method: str) -> bool:
    methods = function.trigger.properties.get("methods")
    return not methods or method.lower() in [str(each).lower() for each in methods]


def _joined(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Repeated names have their values with commas between, as StringValues has them."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found
