"""Browsers that get the pushes of a recipient: their Web Push subscriptions."""

import base64
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from desk.database import Connection
from desk.fields import key

_LONGEST = 2000
_SECRET_LENGTH = 16
"""RFC 8291 3.2."""


class Device(NamedTuple):
    """A browser's subscription, and whose pushes it wants."""

    recipient: str
    endpoint: str
    p256dh: str
    auth: str


def parse(posted: dict[str, Any], *, is_local: bool) -> Device:
    """Read ``{"recipient", "subscription"}``, the latter as PushSubscription.toJSON gives it.

    Raises:
        ValueError: it is something else, or the endpoint is no push service's address.
    """
    subscription = posted.get("subscription")
    keys = subscription.get("keys") if isinstance(subscription, dict) else None
    if not isinstance(subscription, dict) or not isinstance(keys, dict):
        raise ValueError("no subscription")  # noqa: TRY004 - one kind of error
    texts = [posted.get("recipient"), subscription.get("endpoint")]
    texts += [keys.get("p256dh"), keys.get("auth")]
    if not all(isinstance(text, str) and 0 < len(text) <= _LONGEST for text in texts):
        raise ValueError("a subscription has an endpoint and two keys, and is for a recipient")
    device = Device(*map(str, texts))
    if len(_bytes(device.auth)) != _SECRET_LENGTH:
        raise ValueError("auth has another length")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(device.p256dh))
    scheme = urlsplit(device.endpoint).scheme
    if scheme != "https" and not (is_local and scheme == "http"):
        raise ValueError("the endpoint must be https://")
    return device


def _bytes(text: str) -> bytes:
    """Base64 as subscriptions have it, without padding.

    Raises:
        ValueError: it is something else.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def add(connection: Connection, device: Device, now: str) -> str:
    """Keep a device, once however often it subscribes; its id."""
    recipient = key(device.recipient)
    device_id = sha256(f"{recipient} {device.endpoint}".encode(errors="replace")).hexdigest()[:32]
    connection.run(
        """
        INSERT INTO devices (id, recipient, endpoint, p256dh, auth, added_at)
        VALUES (:id, :recipient, :endpoint, :p256dh, :auth, :now)
        ON CONFLICT (id) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth
        """,
        id=device_id,
        recipient=recipient,
        endpoint=device.endpoint,
        p256dh=device.p256dh,
        auth=device.auth,
        now=now,
    )
    return device_id


@cache
def public_key(private_key: str) -> str | None:
    """What a browser needs to subscribe; None without a private key."""
    if not private_key:
        return None
    public = Vapid02.from_string(private_key).public_key
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
