"""A push as a request to Azure Notification Hubs: one for each platform, devices found by tag.

learn.microsoft.com/rest/api/notificationhubs/send-apns-native-notification and
…/send-google-fcm-v1-native-notification. The headers with ``apns-`` are Apple's; the hub passes
them on.
"""

import base64
import hmac
import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote_plus

from desk.settings import Settings

if TYPE_CHECKING:
    from desk.senders import Push

_TOKEN_LIFE = 300
"""Seconds; a token is made for each request."""
_TAG = re.compile(r"[A-Za-z0-9_@#.:-]{1,120}")
"""learn.microsoft.com/azure/notification-hubs/notification-hubs-tags-segment-push-message"""


class Request(NamedTuple):
    """What to post."""

    url: str
    headers: dict[str, str]
    body: bytes


def request(settings: Settings, push: "Push", platform: str, seconds_left: int) -> Request:
    """Build the request.

    Args:
        settings: with the hub's.
        push: what to send; its body is short enough already.
        platform: ``apple`` or ``fcmv1``.
        seconds_left: until the push expires.
    """
    parts = dict(part.split("=", 1) for part in settings.hub.split(";") if part)
    server = parts["Endpoint"].removeprefix("sb://").rstrip("/")
    # A stand-in of tests and local runs has no certificate.
    host = server if server.startswith("http://") else f"https://{server}"
    url = f"{host}/{settings.hub_name}/messages/?api-version=2015-01"
    build = _apple if platform == "apple" else _android
    headers, content = build(push, seconds_left)
    expires = int(push.now.timestamp()) + _TOKEN_LIFE
    token = _token(url, parts["SharedAccessKeyName"], parts["SharedAccessKey"], expires)
    headers |= {
        "Authorization": token,
        "Content-Type": "application/json;charset=utf-8",
        "ServiceBusNotification-Format": platform,
        "ServiceBusNotification-Tags": tag(push.recipient),
    }
    return Request(url, headers, json.dumps(content).encode())


def tag(recipient: str) -> str:
    """The tag by which a recipient's devices are registered: the key, + as p, or a digest."""
    spelled = recipient.replace("+", "p")
    return spelled if _TAG.fullmatch(spelled) else sha256(recipient.encode()).hexdigest()


def _apple(push: "Push", seconds_left: int) -> tuple[dict[str, str], dict[str, Any]]:
    is_background = push.level == "background"
    expiry = int(push.now.timestamp()) + seconds_left
    headers = {
        "apns-push-type": "background" if is_background else "alert",
        "apns-priority": "10" if push.level == "active" else "5",
        "apns-collapse-id": push.collapse_key,
        "apns-expiration": str(expiry),
    }
    aps: dict[str, Any] = {"content-available": 1}
    if not is_background:
        alert = {"title": push.title, "body": push.body}
        aps = {"alert": alert, "interruption-level": push.level}
        aps |= {"sound": "default"} if push.level == "active" else {}
    return headers, {"aps": aps, "subject": push.subject}


def _android(push: "Push", seconds_left: int) -> tuple[dict[str, str], dict[str, Any]]:
    """The conversation is FCM's collapse key: it keeps only four for a device that is offline."""
    android: dict[str, Any] = {
        "collapse_key": push.subject,
        "priority": "high" if push.level == "active" else "normal",
        "ttl": f"{seconds_left}s",
    }
    data = {"subject": push.subject, "collapseKey": push.collapse_key, "level": push.level}
    message: dict[str, Any] = {"android": android, "data": data}
    if push.level != "background":
        message["notification"] = {"title": push.title, "body": push.body}
        channel = "messages" if push.level == "active" else "quiet"
        android["notification"] = {"tag": push.collapse_key, "channel_id": channel}
    return {}, {"message": message}


def _token(url: str, key_name: str, key: str, expires: int) -> str:
    """By learn.microsoft.com/rest/api/eventhub/generate-sas-token."""
    resource = quote_plus(url.lower())
    digest = hmac.digest(key.encode(), f"{resource}\n{expires}".encode(), "sha256")
    signature = quote_plus(base64.b64encode(digest).decode())
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expires}&skn={key_name}"
