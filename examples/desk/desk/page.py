"""Answer the page's requests: its files, its data, and the few things that people do.

Nobody gets in without sign-in: in Azure the platform's authentication (Entra) names the person in
a header, and takes away such a header from outside. In a local run only this machine may ask, and
only under its own name, so that no other web site can reach the desk through a browser.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from desk import devices, tickets, views
from desk.application import Desk, stamp

Response = tuple[int, dict[str, str], bytes]

_FILES = {
    path.name: path.read_bytes() for path in sorted(Path(__file__).with_name("static").iterdir())
}
_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_SIGNED_IN = "x-ms-client-principal-id"
"""learn.microsoft.com/azure/app-service/configure-authentication-user-identities"""
_LARGEST_BODY = 16 * 1024
_STATES = ("open", "resolved", "ended")


class Refused(Exception):
    """A request that gets no answer but a status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def respond(
    desk: Desk,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> Response:
    """Answer one request; names of headers may have any casing."""
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        _check_caller(desk, method, lower)
        if method == "POST":
            return _json(_act(desk, path, _posted(lower, body)))
        if not path.startswith("/api/"):
            return _file(path)
        return _tagged(_json(_data(desk, path, query)), lower)
    except Refused as refusal:
        return _json({"error": str(refusal)}, refusal.status)


def _check_caller(desk: Desk, method: str, headers: Mapping[str, str]) -> None:
    if method not in ("GET", "POST"):
        raise Refused(405, "GET and POST are known")
    host, origin = headers.get("host", ""), headers.get("origin")
    if desk.settings.is_local:
        if not _LOOPBACK.fullmatch(host):
            raise Refused(403, "this desk is for this machine only")
        if origin is not None and origin != f"http://{host}":
            raise Refused(403, "another web site may not use this desk")
    elif not headers.get(_SIGNED_IN):
        raise Refused(401, "sign in first")
    is_foreign = headers.get("sec-fetch-site", "same-origin") != "same-origin"
    if method == "POST" and is_foreign:
        raise Refused(403, "another web site may not use this desk")


def _posted(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """JSON only: no other site's form can send that type."""
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "send application/json")
    if len(body) > _LARGEST_BODY:
        raise Refused(413, "too large")
    try:
        posted = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "not JSON") from error
    if not isinstance(posted, dict):
        raise Refused(400, "not an object")
    return posted


def _act(desk: Desk, path: str, posted: dict[str, Any]) -> Any:
    match path.strip("/").split("/"):
        case ["api", "tickets", subject, "resolve"]:
            seen_at = posted.get("seenAt")
            if not isinstance(seen_at, str):
                raise Refused(400, "seenAt is missing: opened_at as it was shown")
            with desk.database.write() as connection:
                tickets.resolve(connection, subject, seen_at)
                return _found(views.ticket(connection, subject))
        case ["api", "tickets", subject, "reopen"]:
            with desk.database.write() as connection:
                tickets.reopen(connection, subject, stamp(desk.now()))
                return _found(views.ticket(connection, subject))
        case ["api", "devices"]:
            return _device(desk, posted)
    raise Refused(404, "no such action")


def _device(desk: Desk, posted: dict[str, Any]) -> dict[str, str]:
    try:
        found = devices.parse(posted, is_local=desk.settings.is_local)
    except ValueError as problem:
        raise Refused(400, str(problem)) from problem
    with desk.database.write() as connection:
        return {"id": devices.add(connection, found, stamp(desk.now()))}


def _data(desk: Desk, path: str, query: Mapping[str, str]) -> Any:
    with desk.database.read() as connection:
        match path.strip("/").split("/"):
            case ["api", "state"]:
                wanted = query.get("state", "")
                if wanted and wanted not in _STATES:
                    raise Refused(400, "state is open, resolved or ended")
                found = views.state(connection, wanted, stamp(desk.now()))
                return found | {"webPushKey": devices.public_key(desk.settings.vapid_key)}
            case ["api", "applied"]:
                return views.applied(connection)
            case ["api", "tickets", subject]:
                return _found(views.ticket(connection, subject))
            case ["api", "records", record_id]:
                return _found(views.record(connection, record_id))
            case ["api", "parked", parked_id]:
                return _found(views.parked(connection, parked_id))
    raise Refused(404, "no such data")


def _found(found: Any) -> Any:
    if found is None:
        raise Refused(404, "not found")
    return found


def _file(path: str) -> Response:
    name = path.strip("/") or "index.html"
    if name not in _FILES:
        raise Refused(404, "not found")
    kind = _TYPES[name.rpartition(".")[2]]
    return 200, _HEADERS | {"content-type": kind}, _FILES[name]


def _json(value: Any, status: int = 200) -> Response:
    """ASCII, and no character that HTML knows: harmless even where it is taken for a page."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return status, _HEADERS | {"content-type": "application/json"}, text.encode()


def _tagged(response: Response, headers: Mapping[str, str]) -> Response:
    """Nothing but 304 for who has it already, so that asking every second costs little."""
    status, own, body = response
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    if headers.get("if-none-match") == tag:
        return 304, own | {"etag": tag}, b""
    return status, own | {"etag": tag}, body
