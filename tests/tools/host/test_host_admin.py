"""The admin endpoints that tools rely on."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp.test_utils import TestClient, TestServer

from local.host import server
from local.host.app import FunctionApp
from local.host.state import Host
from tests.commands import eventually
from tests.tools.host.hosting import RunningHost, unique

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ping(method: str, host: RunningHost) -> None:
    """A ping is answered with nothing."""
    answer = host.request(method, "/admin/host/ping")

    assert (answer.status, answer.body) == (200, b"")


def test_host_status(host: RunningHost) -> None:
    """The state is Running once the functions are loaded; paths ignore case."""
    status = host.request("GET", "/Admin/HOST/status").json()

    assert status["state"] == "Running"
    assert status["processUptime"] > 0
    assert None not in status.values()


def test_lists_the_functions(host: RunningHost) -> None:
    """Disabled functions are listed, folders and broken function.json files are not."""
    listed = {item["name"]: item for item in host.request("GET", "/admin/functions").json()}

    assert {
        "broken_import",
        "fails_on_demand",
        "overdue",
        "quits",
        "quits_in_a_thread",
        "quits_on_import",
        "records",
        "records_many",
        "slow",
        "switched_off",
    } == set(listed)
    assert [name for name, item in listed.items() if item["isDisabled"]] == ["switched_off"]


def test_describes_one_function(host: RunningHost) -> None:
    """The description carries function.json; the name is found in any case."""
    described = host.request("GET", "/admin/functions/Records").json()

    assert described["name"] == "records"
    assert described["language"] == "python"
    assert described["config"]["bindings"][0]["type"] == "eventGridTrigger"
    assert f"http://127.0.0.1:{host.port}/admin/functions/records" == described["href"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bad_json", "function.json is not valid JSON"),
        ("BAD_JSON", "function.json is not valid JSON"),
        ("broken_import", "No module named 'a_module_that_nobody_has'"),
    ],
)
def test_function_status_tells_what_is_wrong(name: str, reason: str, host: RunningHost) -> None:
    """A function that cannot run says why."""
    status = host.request("GET", f"/admin/functions/{name}/status").json()

    assert reason in status["errors"][0]


def test_function_status_of_a_good_function_is_empty(host: RunningHost) -> None:
    """No error, no member."""
    assert host.request("GET", "/admin/functions/records/status").json() == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/functions/nobody"),
        ("GET", "/admin/functions/nobody/status"),
        ("POST", "/admin/functions/nobody"),
        ("PUT", "/admin/functions/records"),
        ("GET", "/admin/functions/records/status/more"),
        ("POST", "/admin/functions"),
        ("POST", "/admin/host/status"),
        ("GET", "/admin/host"),
        ("GET", "/admin"),
        ("GET", "/"),
    ],
)
def test_what_does_not_exist_is_not_found(method: str, path: str, host: RunningHost) -> None:
    """Unknown functions, verbs and paths are 404."""
    assert host.request(method, path, '{"input":"{}"}').status == 404


def test_runs_a_function_without_awaiting_it(host: RunningHost) -> None:
    """The answer comes at once and tells nothing about the outcome."""
    started = time.monotonic()
    answer = host.request("POST", "/admin/functions/slow", json.dumps({"input": "{}"}))
    elapsed = time.monotonic() - started

    assert (answer.status, answer.body) == (202, b"")
    assert elapsed < 0.3
    host.await_log("(Reason='This function was programmatically called via the host APIs.', Id=")


@pytest.mark.parametrize("name", ["records", "switched_off"])
def test_runs_a_function_with_the_given_event(name: str, host: RunningHost) -> None:
    """`input` is a string that holds one event; a disabled function can be tried this way too."""
    mark = unique()
    body = json.dumps({"Input": json.dumps({"id": mark})})

    assert host.request("POST", f"/admin/functions/{name}", body).status == 202

    assert eventually(lambda: bool(host.received(mark)))
    assert [(f'{{"id":"{mark}"}}', name)] == [
        (record["event"], record["name"]) for record in host.received(mark)
    ]


@pytest.mark.parametrize("event", ["[{}]", "not JSON", "1"])
def test_an_input_that_is_no_event_fails_unseen(event: str, host: RunningHost) -> None:
    """Only the log knows that the invocation failed."""
    before = host.log().count("The event is not a JSON object.")

    answer = host.request("POST", "/admin/functions/records", json.dumps({"input": event}))

    assert answer.status == 202
    assert eventually(lambda: host.log().count("The event is not a JSON object.") > before)


@pytest.mark.parametrize("body", ["", "null", "[]", "{", '{"input":{}}', "[" * 100_000])
def test_refuses_a_body_that_is_no_invocation(body: str, host: RunningHost) -> None:
    """The body must be an object with a string `input`."""
    assert host.request("POST", "/admin/functions/records", body).status == 400


@pytest.mark.parametrize("state", ["Starting", "Stopping"])
async def test_answers_503_unless_running(state: str) -> None:
    """Only the admin endpoints answer before the functions are loaded, and after the stop began."""
    host = Host(FunctionApp(Path(), {}, {}, {}), cast("Any", SimpleNamespace()), state=state)
    async with TestClient(TestServer(server.build(host))) as client:
        answer = await client.post("/runtime/webhooks/eventgrid?functionName=records")
        ping = await client.get("/admin/host/ping")

        assert (answer.status, await answer.text()) == (503, "Function host is not running.")
        assert ping.status == 200
