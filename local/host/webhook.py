"""The Event Grid endpoint: `/runtime/webhooks/eventgrid?functionName=NAME`.

It answers as Microsoft.Azure.WebJobs.Extensions.EventGrid does, with its order of checks: function,
OPTIONS, `aeg-event-type` (EventGridExtensionConfigProvider.ProcessAsync, HttpRequestProcessor). No
key is asked for, as with `func start`.
"""

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from aiohttp import web

from local.host import payload
from local.host.app import Function
from local.host.errors import MalformedPayloadError
from local.host.state import Host

# The clouds' Event Grid services; any other origin is answered with the first of them.
_ORIGINS = (
    "eventgrid.azure.net",
    "eventgrid.azure.us",
    "eventgrid.azure.eaglex.ic.gov",
    "eventgrid.azure.microsoft.scloud",
    "eventgrid.azure.cn",
)


async def receive(request: web.Request, host: Host) -> web.Response:
    """Answer one request of Event Grid."""
    name = _function_name(request.query_string)
    function = host.listening(name)
    if function is None:
        return web.Response(status=404, text=f"cannot find function: '{name}'")
    if request.method == "OPTIONS":
        return _allow_sender(request.headers.get("WebHook-Request-Origin", ""))
    try:
        return await _by_kind(request, host, function)
    except MalformedPayloadError:
        # The real host lets the parser's exception escape into ExceptionMiddleware.
        return web.Response(status=500)


async def _by_kind(request: web.Request, host: Host, function: Function) -> web.Response:
    match request.headers.get("aeg-event-type", "").lower():
        case "subscriptionvalidation":
            return _handshake(payload.parse(payload.decode(await request.read())))
        case "notification":
            events = payload.parse(payload.decode(await request.read()))
            return await _deliver(host, function, events.items)
        case "unsubscribe":
            return web.Response(status=202)
        case _:
            return web.Response(status=400)


def _function_name(query: str) -> str:
    """Read the parameter as HttpUtility.ParseQueryString: key in any case, values joined."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return ",".join(value for key, value in pairs if key.lower() == "functionname")


def _allow_sender(origin: str) -> web.Response:
    """Answer the CloudEvents handshake: this Event Grid may send."""
    allowed = origin if origin in _ORIGINS else _ORIGINS[0]
    return web.Response(headers={"Webhook-Allowed-Origin": allowed})


def _handshake(events: payload.Payload) -> web.Response:
    """Give the validation code back, as text/plain as the real host does."""
    answer = {"validationResponse": _validation_code(events)}
    return web.Response(text=json.dumps(answer, separators=(",", ":")))


def _validation_code(events: payload.Payload) -> str:
    try:
        data = json.loads(events.items[0])["data"]
        if not events.is_array and isinstance(data, str):
            data = json.loads(data)  # a CloudEvent carries its data as a JSON text in a string
        code = data["validationCode"]
    except (LookupError, TypeError, ValueError, RecursionError):
        raise MalformedPayloadError("a validation without its code") from None
    if not isinstance(code, str | int):
        raise MalformedPayloadError("the validation code is neither text nor number")
    return str(code)


async def _deliver(host: Host, function: Function, events: list[str]) -> web.Response:
    """Run all events at once and answer after the last; one failure fails the whole delivery."""
    if events and function.trigger.takes_many:
        events = [f"[{','.join(events)}]"]
    reason = f"EventGrid trigger fired at {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}0+00:00"
    runs = [host.runtime.invoke(function, event, reason) for event in events]
    if all(await asyncio.gather(*runs)):
        return web.Response(status=202)
    return web.Response(
        status=500, text=f"Exception while executing function: Functions.{function.name}"
    )
