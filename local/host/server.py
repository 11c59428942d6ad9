"""Which path means what. Paths are compared without regard to case, as ASP.NET routes are."""

from functools import partial

from aiohttp import web

from local.host import admin, webhook
from local.host.state import Host

# Event Grid posts up to 1 MB at once; the real host takes even more.
_LARGEST_BODY = 16 * 1024 * 1024

# The verbs of HostController.ExtensionWebHookHandler; any other is a 404, not a 405.
_WEBHOOK_VERBS = {"GET", "PUT", "POST", "DELETE", "OPTIONS"}


def build(host: Host) -> web.Application:
    """Make the web application of this host."""
    application = web.Application(client_max_size=_LARGEST_BODY)
    application.router.add_route("*", "/{path:.*}", partial(_dispatch, host))
    return application


async def _dispatch(host: Host, request: web.Request) -> web.StreamResponse:
    segments = [segment for segment in request.path.split("/") if segment]
    if segments[:1] and segments[0].lower() == "admin":
        return await _admin(host, request, segments[1:])
    if host.state != "Running":
        # HostAvailabilityCheckMiddleware
        return web.Response(status=503, text="Function host is not running.")
    route = [segment.lower() for segment in segments[:3]]
    if route == ["runtime", "webhooks", "eventgrid"] and request.method in _WEBHOOK_VERBS:
        return await webhook.receive(request, host)
    return web.Response(status=404)


async def _admin(host: Host, request: web.Request, segments: list[str]) -> web.Response:
    match (request.method, [segment.lower() for segment in segments]):
        case ("GET" | "POST", ["host", "ping"]):
            return admin.ping()
        case ("GET", ["host", "status"]):
            return admin.host_status(host)
        case ("GET", ["functions"]):
            return admin.functions(request, host)
        case (_, ["functions", name, *rest]):
            return await _admin_function(host, request, name, rest)
    return web.Response(status=404)


async def _admin_function(
    host: Host, request: web.Request, name: str, rest: list[str]
) -> web.Response:
    match (request.method, rest):
        case ("GET", []):
            return admin.function(request, host, name)
        case ("GET", ["status"]):
            return admin.function_status(host, name)
        case ("POST", []):
            return await admin.run(request, host, name)
    return web.Response(status=404)
