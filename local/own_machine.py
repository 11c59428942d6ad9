"""Only this machine may ask the local servers, and no web page of anybody else through it.

A browser on this machine shows pages from everywhere, and any of them can send requests to a port
here. Where its own name leads to 127.0.0.1 (DNS rebinding), that name is the ``Host``. Where it
asks across sites, ``Origin`` or ``Sec-Fetch-Site`` says so, and no page can write these three
(fetch.spec.whatwg.org, "Forbidden request-header"; w3.org/TR/fetch-metadata). Programs that are no
browsers send neither of the last two.

aiohttp itself refuses a second ``Host``, a header line above 8 KiB and more than 128 header lines.
"""

import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

_HOST = re.compile(r"(?:localhost\.?|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_OWN_SITE = {"same-origin", "none"}
"""``none`` is what a person does, such as typing an address."""

requests_log = logging.getLogger("requests")
"""For both servers."""


def _is_our_mistake(record: logging.LogRecord) -> bool:
    """What cannot be read as a request gets 400; the error quotes it, so it is not logged."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


requests_log.addFilter(_is_our_mistake)


@web.middleware
async def own_machine_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer 403 to everybody else, whatever the path and the method."""
    why = _why_refused(request)
    return web.Response(status=403, text=why) if why else await handler(request)


def _why_refused(request: web.Request) -> str | None:
    hosts = request.headers.getall("Host", [])
    host = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if host is None:
        return "This server is for this machine only: ask for localhost or 127.0.0.1."
    origins = [each.partition("://") for each in request.headers.getall("Origin", [])]
    are_own = [
        scheme == "http" and (own := _HOST.fullmatch(name)) is not None and own[1] == host[1]
        for scheme, _, name in origins
    ]
    is_foreign = bool(set(request.headers.getall("Sec-Fetch-Site", [])) - _OWN_SITE)
    if not all(are_own) or (is_foreign and not _is_link(request)):
        return "Another web site may not use this server."
    return None


def _is_link(request: web.Request) -> bool:
    """Somebody follows a link to a page here; the page that has the link cannot read the answer."""
    is_page = request.headers.get("Sec-Fetch-Dest") == "document"
    return request.method == "GET" and is_page
