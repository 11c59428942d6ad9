"""HTTP triggers: which requests reach a function, and what it answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.host import http_trigger
from local.host.app import Binding, Function
from local.host.errors import HostError
from tests.tools.host.hosting import RunningHost, host_of, write_function, write_settings

ECHO = """
import json

import azure.functions as func


def main(request: func.HttpRequest) -> func.HttpResponse:
    if request.params.get("fail"):
        raise ValueError("the request asked for it")
    seen = {
        "method": request.method,
        "route": dict(request.route_params),
        "query": dict(request.params),
        "body": request.get_body().decode(),
        "header": request.headers.get("X-Test"),
    }
    return func.HttpResponse(
        json.dumps(seen), status_code=201, headers={"x-own": "1"}, mimetype="application/json"
    )
"""
TEXT = """
def main(request) -> str:
    return "a text"
"""


def function_json(**properties: Any) -> str:
    """An HTTP trigger and its response."""
    trigger = {"type": "httpTrigger", "name": "request", "authLevel": "anonymous"} | properties
    return json.dumps({"bindings": [trigger, {"type": "http", "name": "$return"}]})


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """An app with an HTTP trigger for each kind of route."""
    root = tmp_path_factory.mktemp("http")
    write_settings(root, {})
    write_function(root, "plain", ECHO, function_json())
    write_function(root, "named", ECHO, function_json(route="things/{id}", methods=["GET"]))
    write_function(root, "rest", ECHO, function_json(route="files/{*path}", methods=["post"]))
    write_function(root, "text", TEXT, function_json())
    with host_of(root) as running:
        yield running


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        pytest.param("GET", "/api/plain", {}, id="name of the function"),
        pytest.param("DELETE", "/API/Plain/", {}, id="any method and casing"),
        pytest.param("GET", "/api/things/7%20a", {"id": "7 a"}, id="one part"),
        pytest.param("POST", "/api/files/a/b", {"path": "a/b"}, id="the rest"),
        pytest.param("POST", "/api/files", {"path": ""}, id="an empty rest"),
        pytest.param("POST", "/api/things/7", None, id="another method"),
        pytest.param("GET", "/api/things", None, id="a part is missing"),
        pytest.param("GET", "/plain", None, id="without the prefix"),
    ],
)
def test_routes(method: str, path: str, route: dict[str, str] | None, host: RunningHost) -> None:
    """What no route and method names is a 404."""
    answer = host.request(method, path)

    assert answer.status == (404 if route is None else 201)
    assert route is None or route == answer.json()["route"]


@pytest.mark.e2e
def test_a_request_and_its_answer(host: RunningHost) -> None:
    """Query, headers and body reach the function; its status, headers and body come back."""
    answer = host.request("POST", "/api/plain?a=1&a=2&b=%26", "body é", {"x-TEST": "yes"})

    assert (201, "1", "application/json") == (
        answer.status,
        answer.headers["x-own"],
        answer.headers["content-type"],
    )
    assert {"a": "1,2", "b": "&"} == answer.json()["query"]
    assert ("body é", "yes", "POST") == tuple(
        answer.json()[name] for name in ("body", "header", "method")
    )


@pytest.mark.e2e
def test_a_text_is_an_answer(host: RunningHost) -> None:
    answer = host.request("GET", "/api/text")

    assert (200, b"a text") == (answer.status, answer.body)


@pytest.mark.e2e
def test_a_failure_is_a_500_without_words(host: RunningHost) -> None:
    answer = host.request("GET", "/api/plain?fail=1")

    assert (500, b"") == (answer.status, answer.body)
    host.await_log("ValueError: the request asked for it")


@pytest.mark.e2e
def test_event_grid_does_not_reach_it(host: RunningHost) -> None:
    assert 404 == host.notify("plain", "[{}]").status


def routes(route: str, prefix: str | None = None) -> dict[str, re.Pattern[str]]:
    """The routes of an app with one function."""
    trigger = Binding("request", "httpTrigger", {"route": route})
    function = Function("page", Path(), Path(), "main", trigger, {}, disabled=False)
    host_json = {"extensions": {"http": {"routePrefix": prefix}}}
    return http_trigger.routes({"page": function}, host_json)


def test_an_empty_prefix_gives_the_whole_site() -> None:
    """As the page of the desk has it."""
    pattern = routes("{*path}", "")["page"]

    assert [("",), ("api/state",)] == [
        match.groups(default="") for path in ("", "api/state") if (match := pattern.fullmatch(path))
    ]


@pytest.mark.parametrize("route", ["{id?}", "{id:int}", "a{id}"])
def test_a_route_that_is_not_imitated_is_refused(route: str) -> None:
    with pytest.raises(HostError, match="in a route"):
        routes(route)
