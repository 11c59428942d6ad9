"""Requests to push services: what is in them, and what their answers mean."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from desk import devices, hub, senders, settings
from desk.application import stamp
from desk.senders import Answer, Push
from desk.settings import Settings
from tests.desk.desks import NOON


def encoded(data: bytes) -> str:
    """Base64 as browsers write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as browsers write it."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


BROWSER = ec.generate_private_key(ec.SECP256R1())
SECRET = b"0123456789abcdef"
VAPID = ec.generate_private_key(ec.SECP256R1())
VAPID_TEXT = encoded(VAPID.private_numbers().private_value.to_bytes(32, "big"))


@dataclass
class Service:
    """A push service on the loopback interface: what it was asked, and what it answers."""

    address: str = ""
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    """A running one."""
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.asked.append((self.path, headers, body))
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def _push(service: Service, **changes: Any) -> Push:
    push = Push(
        id="1",
        subject="ab" * 16,
        device="d",
        endpoint=f"{service.address}/one",
        p256dh=encoded(point(BROWSER)),
        auth=encoded(SECRET),
        recipient="+15555550199",
        collapse_key="cd" * 16,
        level="active",
        title="Alice",
        body="Hello",
        expires=stamp(NOON + timedelta(hours=2)),
        now=NOON,
    )
    return push._replace(**changes)


def _settings(service: Service) -> Settings:
    key = base64.b64encode(b"key").decode()
    return settings.from_env(
        {
            "DESK_VAPID_KEY": VAPID_TEXT,
            "DESK_VAPID_SUBJECT": "mailto:desk@contoso.example",
            "DESK_HUB": f"Endpoint={service.address};SharedAccessKeyName=send;"
            f"SharedAccessKey={key}",
            "DESK_HUB_NAME": "desk",
        }
    )


def _content(body: bytes) -> Any:
    """What the browser decrypts."""
    return json.loads(http_ece.decrypt(body, private_key=BROWSER, auth_secret=SECRET))


@pytest.mark.parametrize(("level", "urgency"), [("active", "high"), ("passive", "low")])
def test_web_push_has_topic_ttl_and_urgency(service: Service, level: str, urgency: str) -> None:
    push = _push(service, level=level)

    assert senders.deliver(_settings(service), push).state == "sent"

    ((path, headers, body),) = service.asked
    assert (path, headers["topic"]) == ("/one", push.collapse_key)
    assert (headers["ttl"], headers["urgency"]) == ("7200", urgency)
    assert _content(body) == {
        "title": "Alice",
        "body": "Hello",
        "tag": push.collapse_key,
        "silent": level == "passive",
        "subject": push.subject,
    }
    assert Vapid02.verify(headers["authorization"])
    assert devices.public_key(VAPID_TEXT) == encoded(point(VAPID))


def test_a_push_that_never_expires_has_the_longest_ttl(service: Service) -> None:
    senders.deliver(_settings(service), _push(service, expires=""))

    assert service.asked[0][1]["ttl"] == str(28 * 24 * 3600)


def test_a_long_text_is_shortened(service: Service) -> None:
    """A push service takes 4,096 bytes, encrypted."""
    senders.deliver(_settings(service), _push(service, body="\N{PILE OF POO}" * 9000))

    body = service.asked[0][2]
    assert len(body) < 4096
    assert _content(body)["body"].endswith("…")


@pytest.mark.parametrize(
    ("status", "headers", "answer"),
    [
        (404, {}, ("gone", None)),
        (410, {}, ("gone", None)),
        (429, {"Retry-After": "90"}, ("waiting", 90)),
        (503, {"Retry-After": "Fri, 02 Jan 2026 12:05:00 GMT"}, ("waiting", 300)),
        (503, {"Retry-After": "Fri, 02 Jan 2026 11:05:00 GMT"}, ("waiting", 0)),
        (500, {}, ("waiting", None)),
        (500, {"Retry-After": "soon"}, ("waiting", None)),
        (400, {}, ("failed", None)),
        (403, {}, ("failed", None)),
        (413, {}, ("failed", None)),
    ],
)
@pytest.mark.parametrize("device", ["d", "hub:apple"])
def test_what_an_answer_means(
    service: Service, status: int, headers: dict[str, str], answer: Any, device: str
) -> None:
    """A hub that is not there is no device that is gone."""
    service.status, service.headers = status, headers
    if device == "hub:apple" and answer == ("gone", None):
        answer = ("failed", None)

    got = senders.deliver(_settings(service), _push(service, device=device))

    assert (got.state, got.wait) == answer
    assert got.detail == f"HTTP {status}"


def test_a_service_that_cannot_be_reached_waits() -> None:
    nobody = Service(address="http://127.0.0.1:9")
    for device in ("d", "hub:fcmv1"):
        push = _push(nobody, device=device)
        assert senders.deliver(_settings(nobody), push).state == "waiting"


def test_a_device_that_was_removed_meanwhile_is_gone(service: Service) -> None:
    assert senders.deliver(_settings(service), _push(service, endpoint=None)).state == "gone"
    assert [] == service.asked


def test_without_a_key_no_browser_gets_anything(service: Service) -> None:
    answer = senders.deliver(settings.from_env({}), _push(service))

    assert answer == Answer("failed", "DESK_VAPID_KEY is not set")


def test_a_broken_subscription_fails(service: Service) -> None:
    """Its keys come from a stranger's browser."""
    answer = senders.deliver(_settings(service), _push(service, p256dh="AAAA"))

    assert answer.state == "failed"


def test_the_log_says_nothing_of_people(caplog: pytest.LogCaptureFixture, service: Service) -> None:
    with caplog.at_level("INFO"):
        senders.deliver(settings.from_env({}), _push(service, device="log"))

    assert "Alice" not in caplog.text
    assert "Hello" not in caplog.text
    assert "push 1: active" in caplog.text


def _to_hub(service: Service, platform: str, **changes: Any) -> tuple[dict[str, str], Any]:
    push = _push(service, device=f"hub:{platform}", **changes)
    assert senders.deliver(_settings(service), push).state == "sent"
    ((path, headers, body),) = service.asked
    assert path == "/desk/messages/?api-version=2015-01"
    assert (headers["servicebusnotification-format"], headers["content-type"]) == (
        platform,
        "application/json;charset=utf-8",
    )
    return headers, json.loads(body)


def test_notification_hubs_get_a_signed_token(service: Service) -> None:
    headers, _ = _to_hub(service, "apple")

    scheme, _, rest = headers["authorization"].partition(" ")
    token = {name: values[0] for name, values in parse_qs(rest).items()}
    resource = rest.partition("sr=")[2].partition("&")[0]
    key = base64.b64encode(b"key")
    signed = hmac.digest(key, f"{resource}\n{token['se']}".encode(), "sha256")
    assert (scheme, token["skn"]) == ("SharedAccessSignature", "send")
    assert token["sr"] == f"{service.address}/desk/messages/?api-version=2015-01"
    assert base64.b64decode(token["sig"]) == signed
    assert int(token["se"]) == int(NOON.timestamp()) + 300


@pytest.mark.parametrize(
    ("level", "aps", "kind", "priority"),
    [
        (
            "active",
            {
                "alert": {"title": "Alice", "body": "Hello"},
                "interruption-level": "active",
                "sound": "default",
            },
            *("alert", "10"),
        ),
        (
            "passive",
            {"alert": {"title": "Alice", "body": "Hello"}, "interruption-level": "passive"},
            *("alert", "5"),
        ),
        ("background", {"content-available": 1}, "background", "5"),
    ],
)
def test_apple(service: Service, level: str, aps: Any, kind: str, priority: str) -> None:
    headers, content = _to_hub(service, "apple", level=level)

    assert content == {"aps": aps, "subject": "ab" * 16}
    assert (headers["apns-push-type"], headers["apns-priority"]) == (kind, priority)
    assert headers["apns-collapse-id"] == "cd" * 16
    assert headers["apns-expiration"] == str(int(NOON.timestamp()) + 7200)


@pytest.mark.parametrize(("level", "priority"), [("active", "high"), ("passive", "normal")])
def test_android_collapses_by_conversation_and_shows_by_message(
    service: Service, level: str, priority: str
) -> None:
    _, content = _to_hub(service, "fcmv1", level=level)

    message = content["message"]
    assert message["notification"] == {"title": "Alice", "body": "Hello"}
    assert message["android"]["collapse_key"] == "ab" * 16
    assert message["android"]["notification"]["tag"] == "cd" * 16
    assert (message["android"]["priority"], message["android"]["ttl"]) == (priority, "7200s")


def test_android_gets_data_only_in_the_background(service: Service) -> None:
    _, content = _to_hub(service, "fcmv1", level="background")

    assert "notification" not in content["message"]
    assert content["message"]["data"]["level"] == "background"


@pytest.mark.parametrize(
    ("recipient", "tag"),
    [
        ("+15555550199", "p15555550199"),
        ("8:acs:1111-22_0000", "8:acs:1111-22_0000"),
        ("a b", "c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65"),
    ],
)
def test_a_tag_has_only_what_hubs_allow(recipient: str, tag: str) -> None:
    assert hub.tag(recipient) == tag
