"""Which path means what. Paths are compared without regard to case, as ASP.NET routes are."""

from functools import partial

from aiohttp import web

from local.host import admin, http_trigger, webhook
from local.host.state import Host
from local.own_machine import own_machine_only

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes, after unpacking where they come packed; more is answered with 413. Event Grid posts up to
1 MB at once; the real host takes even more."""

# The verbs of HostController.ExtensionWebHookHandler; any other is a 404, not a 405.
_WEBHOOK_VERBS = {"GET", "PUT", "POST", "DELETE", "OPTIONS"}


def build(host: Host) -> web.Application:
    """Make the web application of this host."""
    application = web.Application(middlewares=[own_machine_only], client_max_size=LARGEST_BODY)
    application.router.add_route("*", "/{path:.*}", partial(_dispatch, host))
    return application


async def _dispatch(host: Host, request: web.Request) -> web.StreamResponse:
    path = [part for part in request.path.lower().split("/") if part]
    if path[:1] == ["admin"]:
        return await admin.answer(request, host, path[1:])
    if host.state != "Running":
        # HostAvailabilityCheckMiddleware
        return web.Response(status=503, text="Function host is not running.")
    if path[:3] == ["runtime", "webhooks", "eventgrid"] and request.method in _WEBHOOK_VERBS:
        return await webhook.receive(request, host)
    return await http_trigger.answer(request, host)
