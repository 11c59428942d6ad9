"""The desk as a set of files to copy: its functions, settings and sizes."""

import ast
import json
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

import page as page_function
import push_notifications
import work_items
from desk import application, settings
from desk.outbox import PushesWaiting
from desk.senders import Answer
from tests.desk.desks import World, desk_on, rows, sms

ROOT = Path(__file__).parents[2]
APP = ROOT / "examples" / "desk"
MODULES = sorted(APP.rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(APP))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_it_imports_nothing_of_this_repository(path: Path) -> None:
    ours = {"shared", "local", "tools", "bench", "tests", "examples"}

    assert _imports(path) & ours == set()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_its_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            statements = [each for each in ast.walk(node) if isinstance(each, ast.stmt)]
            assert len(statements) <= 25, node.name


def test_its_reader_is_the_one_of_the_documentation() -> None:
    assert (ROOT / "examples" / "read_records.py").read_bytes() == (
        APP / "desk" / "read_records.py"
    ).read_bytes()


def test_every_function_is_deployed_and_nothing_else() -> None:
    lines = (APP / ".funcignore").read_text(encoding="utf-8").split()
    functions = {path.parent.name for path in APP.glob("*/function.json")}

    assert lines[0] == "/*"
    assert functions == {"work_items", "push_notifications", "page"}
    assert {line.removeprefix("!/") for line in lines if line.startswith("!")} == {
        *functions,
        *("host.json", "requirements.txt", "desk", ".python_packages"),
    }


@pytest.mark.parametrize("name", ["work_items", "push_notifications"])
def test_queue_names_are_the_settings_of_the_app(name: str) -> None:
    function = json.loads((APP / name / "function.json").read_text(encoding="utf-8"))
    (binding,) = function["bindings"]
    values = json.loads((APP / "local.settings.json").read_text(encoding="utf-8"))["Values"]

    assert binding["type"] == "queueTrigger"
    assert values[binding["queueName"].strip("%")] == name.replace("_", "-")


def test_what_the_tests_need_is_what_azure_installs() -> None:
    """The same versions, so that the lock of the tests tells of both."""
    needed = set((APP / "requirements.txt").read_text(encoding="utf-8").splitlines()[1:])
    tested = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    tested += (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()

    assert needed - set(tested) == set()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the functions find outside of a desk of the test."""
    found = World()
    with desk_on(str(tmp_path / "desk"), found) as desk:
        monkeypatch.setattr(application, "desk", lambda: desk)
        yield found, desk


def test_the_functions_take_what_the_host_gives(world: Any) -> None:
    _, desk = world
    work, push = (func.QueueMessage(id="1", body=body) for body in sms(1))

    work_items.main(work)
    push_notifications.main(push)

    assert [{"state": "sent"}] == rows(desk, "SELECT state FROM outbox")
    assert [{"text": "Hello"}] == rows(desk, "SELECT text FROM messages")


def test_a_push_that_waits_fails_so_that_its_message_comes_again(world: Any) -> None:
    outside, _ = world
    outside.answers = [Answer("waiting", "HTTP 429", 60)]

    with pytest.raises(PushesWaiting):
        push_notifications.main(func.QueueMessage(id="1", body=sms(1)[1]))


def test_a_message_that_is_no_record_is_acknowledged(world: Any) -> None:
    _, desk = world

    push_notifications.main(func.QueueMessage(id="1", body=b"hello"))

    assert 1 == len(rows(desk, "SELECT * FROM parked"))


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("path", "kind"), [("", "text/html"), ("api/state", "application/json")])
def test_the_page_answers(path: str, kind: str) -> None:
    request = func.HttpRequest(
        method="GET",
        url=f"http://localhost:7073/{path}",
        headers={"host": "localhost:7073"},
        route_params={"path": path} if path else {},
        body=b"",
    )

    response = page_function.main(request)

    assert response.status_code == 200
    assert kind in response.headers["content-type"]
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"WEBSITE_SITE_NAME": "desk"}, "postgresql"),
        ({"WEBSITE_SITE_NAME": "desk", "DESK_LOCAL": "true"}, "DESK_LOCAL"),
        ({"DESK_PAYLOADS": "https://a.example/record-payloads"}, "slash"),
        ({"DESK_VAPID_KEY": "key"}, "DESK_VAPID_SUBJECT"),
        ({"DESK_HUB": "Endpoint=sb://a/"}, "SharedAccessKey"),
        ({"DESK_HUB": "Endpoint=sb://a/"}, "DESK_HUB_NAME"),
        ({"DESK_HUB_PLATFORMS": "windows"}, "DESK_HUB_PLATFORMS"),
    ],
)
def test_wrong_settings_are_named(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        settings.from_env(environ)


def test_a_local_run_reads_large_records_from_the_emulator() -> None:
    values = json.loads((APP / "local.settings.json").read_text(encoding="utf-8"))["Values"]
    found = settings.from_env(values)

    assert found.payloads == ("http://127.0.0.1:10000/devstoreaccount1/record-payloads/",)
    assert (found.database, found.is_local) == ("desk.sqlite3", True)
