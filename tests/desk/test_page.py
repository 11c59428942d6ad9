"""What the page's server answers, and which requests it refuses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk import outbox, page, tickets
from desk.application import Desk
from tests.desk.desks import CUSTOMER, OURS, World, changed, desk_on, records, rows, sms, take
from tests.desk.test_senders import BROWSER, SECRET, VAPID_TEXT, encoded, point

LOCAL = {"Host": "localhost:7073"}
JSON = {"Content-Type": "application/json"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\" onload='&amp;\u202e"


@pytest.fixture
def desk(sqlite_desk: Desk) -> Desk:
    """A desk on this machine."""
    return sqlite_desk


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Desk]:
    """A desk behind the platform's sign-in."""
    with desk_on(str(tmp_path / "deployed"), DESK_LOCAL="false") as made:
        yield made


def ask(desk: Desk, path: str, **headers: str) -> page.Response:
    """GET with these headers."""
    path, _, query = path.partition("?")
    pairs = dict(part.split("=", 1) for part in query.split("&") if part)
    return page.respond(desk, "GET", path, pairs, LOCAL | headers, b"")


def data(desk: Desk, path: str) -> Any:
    """What it answers, decoded."""
    status, _, body = ask(desk, path)
    assert status == 200
    return json.loads(body)


def post(desk: Desk, path: str, body: Any, headers: dict[str, str] | None = None) -> int:
    """POST; the status."""
    given = LOCAL | JSON if headers is None else headers
    return page.respond(desk, "POST", path, {}, given, json.dumps(body).encode())[0]


def test_the_page_is_one_document_with_its_own_files(desk: Desk) -> None:
    """Nothing from elsewhere, nothing inline: the policy allows no other script."""
    status, headers, body = ask(desk, "/")

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert (
        re.findall(rb"https?:|\s(?:style|on\w+)=|<style|<script(?! type=.module. src)", body) == []
    )
    for name in ("desk.css", "desk.js", "draw.js", "worker.js", "icon.svg"):
        assert ask(desk, f"/{name}")[0] == 200


def test_scripts_make_no_html_of_data() -> None:
    static = Path(page.__file__).with_name("static")
    for script in static.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in text, (script.name, way)


@pytest.mark.parametrize("path", ["/nothing", "/../page.py", "/api/nothing", "/api/tickets/0"])
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert ask(desk, path)[0] == 404


def test_state_lists_tickets_by_activity_and_filters(desk: Desk) -> None:
    take(desk, sms(1)[0], changed(sms(2)[0], subject="f" * 32, data={"action": "update"}))

    everything = data(desk, "/api/state")
    assert [ticket["state"] for ticket in everything["tickets"]] == ["resolved", "open"]
    assert everything["counts"] == {"open": 1, "resolved": 1, "ended": 0}
    (ticket,) = data(desk, "/api/state?state=open")["tickets"]
    assert (ticket["channel"], ticket["customer"], ticket["urgent"]) == ("sms", CUSTOMER, 0)
    assert (ticket["last"]["text"], ticket["last"]["direction"]) == ("Hello", "inbound")
    assert ask(desk, "/api/state?state=closed")[0] == 400


def test_who_has_the_answer_already_gets_nothing(desk: Desk) -> None:
    tag = ask(desk, "/api/state")[1]["etag"]
    given = {"If-None-Match": tag}
    assert (304, b"") == ask(desk, "/api/state", **given)[::2]

    take(desk, sms(1)[0])
    assert ask(desk, "/api/state", **given)[0] == 200


def test_a_conversation_shows_messages_with_marks_and_what_else_happened(desk: Desk) -> None:
    report = {
        "messageId": "Outgoing_1",
        "from": OURS,
        "to": CUSTOMER,
        "deliveryStatus": "Failed",
        "deliveryStatusDetails": "4006: x",
        "receivedTimestamp": "2026-01-02T10:00:00Z",
    }
    failed = records("SMSDeliveryReportReceived", report)[0]
    joined = changed(
        sms(9)[0],
        type="communication.participant.added",
        data={"participant": {"kind": "x", "key": "8:acs:bob", "displayName": "Bob"}},
    )
    take(desk, failed, sms(1)[0], joined)

    found = data(desk, f"/api/tickets/{json.loads(failed)['subject']}")

    kinds = [
        (entry["kind"], entry.get("text"), entry.get("delivery")) for entry in found["entries"]
    ]
    assert kinds == [
        ("message", "Hello", None),
        ("event", None, None),
        ("message", None, "failed"),
    ]
    assert [1] == [len(entry["records"]) for entry in found["entries"][::2]][:1]
    assert found["entries"][2]["failure_reason"] == "unreachable"
    assert [{"who": "8:acs:bob", "name": "Bob", "present": 1}] == found["participants"]
    assert found["ticket"]["urgent"] == 1


def test_the_record_behind_an_entry_is_there_as_it_came(desk: Desk) -> None:
    work, push = sms(1)
    take(desk, work, push)
    for record in (work, push):
        assert json.loads(record) == data(desk, f"/api/records/{json.loads(record)['id']}")
    (entry,) = data(desk, f"/api/tickets/{json.loads(work)['subject']}")["entries"]
    assert entry["records"] == [json.loads(work)["id"]]


def test_pushes_are_shown_as_a_device_shows_them(desk: Desk) -> None:
    push = sms(1)[1]

    def newer(record_id: str, minor: str, level: str, key: str) -> bytes:
        sequence = json.loads(push)["sequence"].replace("/0000", f"/000{minor}")
        more = {"interruptionLevel": level, "collapseKey": key * 32}
        return changed(push, id=record_id, sequence=sequence, data=more)

    messages = [
        *(newer("alert", "0", "active", "a"), newer("edit", "1", "passive", "a")),
        *(newer("gone", "0", "active", "b"), newer("deletion", "1", "background", "b")),
        changed(newer("late", "0", "active", "c"), expirytime="2026-01-02T11:00:00.0000000Z"),
    ]
    for message in messages:
        (taken,) = take(desk, message)
        assert taken is not None
        outbox.send(desk, taken)
    take(desk, newer("soon", "0", "active", "d"))

    states = {each["id"]: each["state"] for each in data(desk, "/api/state")["pushes"]}
    assert states == {
        "alert": "replaced",
        "edit": "shown",
        "gone": "withdrawn",
        "deletion": "background",
        "late": "expired",
        "soon": "waiting",
    }


def test_resolve_then_a_new_message_reopens_and_an_old_one_does_not(desk: Desk) -> None:
    first, second, third = (sms(number)[0] for number in (1, 2, 3))
    take(desk, second)
    (ticket,) = data(desk, "/api/state")["tickets"]
    path = f"/api/tickets/{ticket['subject']}"

    assert post(desk, f"{path}/resolve", {"seenAt": ticket["opened_at"]}) == 200
    take(desk, first, second)
    assert [] == data(desk, "/api/state?state=open")["tickets"]
    take(desk, third)
    assert 1 == len(data(desk, "/api/state?state=open")["tickets"])


def test_what_nobody_has_seen_is_not_resolved(desk: Desk) -> None:
    """A message that came between the look and the click keeps the ticket open."""
    take(desk, sms(1)[0])
    (seen,) = data(desk, "/api/state")["tickets"]
    take(desk, sms(2)[0])

    post(desk, f"/api/tickets/{seen['subject']}/resolve", {"seenAt": seen["opened_at"]})

    assert data(desk, "/api/state")["tickets"][0]["state"] == "open"


def test_reopen_opens_what_was_resolved_or_never_open(desk: Desk) -> None:
    take(desk, sms(1)[0], changed(sms(2)[0], subject="f" * 32, data={"action": "update"}))
    with desk.database.write() as connection:
        tickets.resolve(connection, json.loads(sms(1)[0])["subject"], "9")

    for ticket in data(desk, "/api/state?state=resolved")["tickets"]:
        assert post(desk, f"/api/tickets/{ticket['subject']}/reopen", {}) == 200

    assert data(desk, "/api/state")["counts"] == {"open": 2, "resolved": 0, "ended": 0}


def test_parked_messages_are_shown_with_their_reason(desk: Desk) -> None:
    take(desk, HOSTILE.encode())

    (parked,) = data(desk, "/api/state")["parked"]
    assert parked["reason"]
    assert HOSTILE == data(desk, f"/api/parked/{parked['id']}")["body"]
    assert data(desk, "/api/applied") == {"applied": 0, "parked": 1}


def test_what_strangers_write_stays_text(desk: Desk) -> None:
    """The JSON has no character that HTML knows, and is not taken for anything else."""
    work, push = sms(1, HOSTILE)
    subject = json.loads(work)["subject"]
    party = {"kind": HOSTILE, "key": HOSTILE, "displayName": HOSTILE}
    for record in (work, push):
        more = {"channel": HOSTILE, "title": HOSTILE, "body": HOSTILE, "sender": party}
        take(desk, changed(record, data=more))

    for path in ("/api/state", f"/api/tickets/{subject}", f"/api/records/{json.loads(work)['id']}"):
        _, headers, body = ask(desk, path)
        assert headers["content-type"] == "application/json"
        assert headers["x-content-type-options"] == "nosniff"
        assert (b"<" in body, b">" in body, b"&" in body) == (False, False, False)
        assert HOSTILE in json.dumps(json.loads(body), ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example:7073"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Host": "localhost,evil.example"},
        {"Host": "evil.example@localhost"},
        {"Host": "localhost:7073", "Origin": "http://evil.example"},
        {"Host": "localhost:7073", "Origin": "http://localhost:8000"},
        {"Host": "localhost:7073", "Origin": "null"},
    ],
)
def test_another_web_site_gets_nothing_from_a_local_desk(
    desk: Desk, headers: dict[str, str]
) -> None:
    take(desk, sms(1)[0])
    subject = json.loads(sms(1)[0])["subject"]

    assert page.respond(desk, "GET", "/api/state", {}, headers, b"")[0] == 403
    assert post(desk, f"/api/tickets/{subject}/resolve", {"seenAt": "9"}, headers | JSON) == 403
    assert [{"resolved_at": ""}] == rows(desk, "SELECT resolved_at FROM tickets")


@pytest.mark.parametrize("host", ["localhost:7073", "127.0.0.1:7073", "[::1]:7073"])
def test_this_machine_may_use_a_local_desk(desk: Desk, host: str) -> None:
    headers = {"host": host, "origin": f"http://{host}"}

    assert page.respond(desk, "GET", "/api/state", {}, headers, b"")[0] == 200


def test_nobody_uses_a_deployed_desk_without_sign_in(deployed: Desk) -> None:
    signed_in = {"X-MS-CLIENT-PRINCIPAL-ID": "1", "Host": "desk.example"}
    for path in ("/", "/api/state", "/desk.js"):
        assert page.respond(deployed, "GET", path, {}, LOCAL, b"")[0] == 401
        assert page.respond(deployed, "GET", path, {}, signed_in, b"")[0] == 200
    foreign = signed_in | JSON | {"Sec-Fetch-Site": "cross-site"}
    assert post(deployed, "/api/tickets/1/reopen", {}, foreign) == 403


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
        (JSON, b"{", 400),
        (JSON, b"[" * 10_000, 400),
        (JSON, b"[]", 400),
        (JSON, b"{}", 400),
        (JSON, b'{"seenAt": 1}', 400),
        (JSON, b" " * 20_000, 413),
        (JSON, b'{"seenAt": "9"}', 404),
    ],
)
def test_what_is_posted_is_checked(
    desk: Desk, headers: dict[str, str], body: bytes, status: int
) -> None:
    path = "/api/tickets/0/resolve"

    assert page.respond(desk, "POST", path, {}, LOCAL | headers, body)[0] == status
    assert post(desk, "/api/nothing", {}) == 404
    assert page.respond(desk, "DELETE", path, {}, LOCAL, b"")[0] == 405


SUBSCRIPTION = {
    "endpoint": "https://push.example/1",
    "keys": {"p256dh": encoded(point(BROWSER)), "auth": encoded(SECRET)},
}


def test_a_browser_subscribes_once(tmp_path: Path) -> None:
    settings = {"DESK_VAPID_KEY": VAPID_TEXT, "DESK_VAPID_SUBJECT": "mailto:a@b.example"}
    with desk_on(str(tmp_path / "desk"), World(), **settings) as desk:
        assert len(data(desk, "/api/state")["webPushKey"]) == 87
        for _ in range(2):
            body = {"recipient": OURS, "subscription": SUBSCRIPTION}
            assert post(desk, "/api/devices", body) == 200
        (device,) = rows(desk, "SELECT recipient, endpoint FROM devices")
        assert device == {"recipient": OURS, "endpoint": SUBSCRIPTION["endpoint"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": 7},
        {"endpoint": "https://push.example/" + "1" * 5000},
        {"keys": None},
        {"keys": {"p256dh": "AAAA", "auth": encoded(SECRET)}},
        {"keys": {"p256dh": encoded(point(BROWSER)), "auth": "!"}},
        {"keys": {"p256dh": encoded(point(BROWSER)), "auth": "AAAA"}},
    ],
)
def test_a_subscription_that_cannot_work_is_refused(desk: Desk, changes: dict[str, Any]) -> None:
    body = {"recipient": OURS, "subscription": SUBSCRIPTION | changes}

    assert post(desk, "/api/devices", body) == 400
    assert [] == rows(desk, "SELECT * FROM devices")
