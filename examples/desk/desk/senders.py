"""Send one push to one device: by Web Push, by Notification Hubs, or to the log.

How interruption level, collapse key and expiry map to each is the table of docs/records.md.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import requests
from pywebpush import WebPushException, webpush

from desk import hub
from desk.pushes import HUB, LOG
from desk.settings import Settings

_LOG = logging.getLogger("desk")
_TIMEOUT = 10
"""Seconds; a push service is quick, and pywebpush's own time-out is hours."""
_LONGEST_TTL = 28 * 24 * 3600
"""Four weeks, in seconds: what push services keep a message at most."""
_LARGEST = 3000
"""Bytes of a payload; RFC 8291 leaves 3,993 and APNs 4,096 with what we add."""
_GONE = (404, 410)
_TOO_MANY = 429
_SERVER_ERRORS = 500


class Push(NamedTuple):
    """A push and the device that it is for."""

    id: str
    subject: str
    device: str
    endpoint: str | None
    """These three of a browser's subscription; None for any other device."""
    p256dh: str | None
    auth: str | None
    recipient: str
    collapse_key: str
    level: str
    title: str
    body: str
    expires: str
    """As the record has it; empty for never."""
    now: datetime


class Answer(NamedTuple):
    """What became of a push."""

    state: str
    """``sent``, ``waiting`` (try again), ``gone`` (so is the device), ``failed``, ``expired``,
    ``dropped``."""
    detail: str
    wait: float | None = None
    """Seconds until the next try, where the service said so."""


def deliver(settings: Settings, push: Push) -> Answer:
    """Send it, and say what became of it."""
    if push.device == LOG:
        _LOG.info("push %s: %s", push.id, push.level)
        return Answer("sent", "log")
    try:
        if push.device.startswith(HUB):
            return _to_hub(settings, push)
        return _to_browser(settings, push)
    except requests.RequestException as error:
        return Answer("waiting", type(error).__name__)


def _to_browser(settings: Settings, push: Push) -> Answer:
    if not push.endpoint:
        return Answer("gone", "the device was removed")
    if not settings.vapid_key:
        return Answer("failed", "DESK_VAPID_KEY is not set")
    content = {
        "title": push.title,
        "tag": push.collapse_key,
        "silent": push.level == "passive",
        "subject": push.subject,
    }
    try:
        webpush(
            {"endpoint": push.endpoint, "keys": {"p256dh": push.p256dh, "auth": push.auth}},
            data=json.dumps(content | {"body": _cut(push.body, len(json.dumps(content)))}),
            vapid_private_key=settings.vapid_key,
            vapid_claims={"sub": settings.vapid_subject},
            timeout=_TIMEOUT,
            ttl=seconds_left(push),
            headers={
                "Topic": push.collapse_key,
                "Urgency": "low" if push.level == "passive" else "high",
            },
        )
    except WebPushException as error:
        if error.response is None:
            return Answer("failed", error.message)
        return answer_of(error.response.status_code, error.response.headers, push.now)
    return Answer("sent", "Web Push")


def _to_hub(settings: Settings, push: Push) -> Answer:
    short = push._replace(body=_cut(push.body, len(json.dumps(push.title))))
    request = hub.request(settings, short, push.device.removeprefix(HUB), seconds_left(push))
    with requests.post(
        request.url, data=request.body, headers=request.headers, timeout=_TIMEOUT
    ) as response:
        if response.ok:
            return Answer("sent", "Notification Hubs")
        answer = answer_of(response.status_code, response.headers, push.now)
    # The hub knows its devices itself: 404 is a hub that is not there.
    return answer._replace(state="failed") if answer.state == "gone" else answer


def answer_of(status: int, headers: Mapping[str, str], now: datetime) -> Answer:
    """What a service that did not take a push means by its answer."""
    detail = f"HTTP {status}"
    if status in _GONE:
        return Answer("gone", detail)
    if status == _TOO_MANY or status >= _SERVER_ERRORS:
        return Answer("waiting", detail, _retry_after(headers.get("Retry-After", ""), now))
    return Answer("failed", detail)


def seconds_left(push: Push) -> int:
    """Until it expires; the TTL of the services."""
    if not push.expires:
        return _LONGEST_TTL
    left = (datetime.fromisoformat(push.expires) - push.now).total_seconds()
    return max(0, min(int(left), _LONGEST_TTL))


def _retry_after(value: str, now: datetime) -> float | None:
    """RFC 9110 10.2.3: seconds or a date; None where it is neither."""
    if value.isdecimal():
        return min(float(value), _LONGEST_TTL)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), _LONGEST_TTL)


def _cut(body: str, used: int) -> str:
    """The body, shortened until it fits beside what is used already."""
    while body and used + len(json.dumps(body)) > _LARGEST:
        body = body[: len(body) * 3 // 4].rstrip("… ") + "…"
    return body
