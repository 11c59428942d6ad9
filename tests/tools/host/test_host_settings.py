"""What the host reads from the app, and which of it wins."""

import json
import os
from pathlib import Path

import pytest

from local.host import __main__ as program
from local.host import settings
from local.host.app import FunctionApp
from local.host.errors import HostError
from tests.tools.host.hosting import (
    REPOSITORY,
    SHOWS,
    environment,
    host_of,
    write_function,
    write_settings,
)

pytestmark = pytest.mark.e2e


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the host takes for its environment; it goes to the folder of the app, and back."""
    environ = environment()
    monkeypatch.setattr(os, "environ", environ)
    monkeypatch.chdir(REPOSITORY)
    return environ


def prepared(root: Path) -> FunctionApp:
    """All that the host does before it listens."""
    app = program.prepare(root, settings.read_local_settings(root), "localhost:7071")
    settings.function_timeout(app.host_json)
    return app


def test_app_is_run_as_the_worker_does(app: Path) -> None:
    """The working directory is the app's root, which comes last on the path; ours is not on it.

    The settings are in the environment, and at the log level Warning, successes are silent.
    """
    write_settings(app, {"FROM_FILE": "file"}, logging={"logLevel": {"default": "Warning"}})
    with host_of(app) as host:
        assert host.notify("shows", "[{}]").status == 202
        host.process.terminate()
        assert host.process.wait(10) == 0

    shown = json.loads((app / "shown.json").read_text())
    assert str(app) == shown["cwd"] == shown["path"][-1]
    assert str(REPOSITORY) not in shown["path"]
    assert str(app / "shared" / "origin.py") == shown["shared"]
    assert "file" == shown["settings"]["FROM_FILE"]
    assert host.log() == ""


def test_environment_wins_over_local_settings(
    app: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """local.settings.json fills in what the environment does not say, and the host adds its own."""
    environ["FROM_BOTH"] = "environment"

    prepared(app)

    assert "FROM_NULL" not in environ
    assert (
        "Skipping 'FROM_BOTH' from local settings as it's already defined in current environment "
        "variables." in capsys.readouterr().out
    )
    assert {
        "FROM_FILE": "file",
        "FROM_BOTH": "environment",
        "FROM_NUMBER": "5",
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobsScriptRoot": str(app),
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "PYTHON_THREADPOOL_THREAD_COUNT": "1000",
    }.items() <= environ.items()


def test_ones_own_settings_win_over_the_template(app: Path, environ: dict[str, str]) -> None:
    """And the environment wins over both."""
    own = {"FROM_BOTH": "own", "FROM_FILE": "own", "FROM_OWN": True}
    content = {"Values": own, "Host": {"LocalHttpPort": 7999}}
    (app / settings.OWN).write_text(json.dumps(content), encoding="utf-8")
    environ["FROM_BOTH"] = "environment"

    prepared(app)

    assert 7999 == settings.local_port(settings.read_local_settings(app))
    assert {
        "FROM_FILE": "own",
        "FROM_BOTH": "environment",
        "FROM_OWN": "true",
    }.items() <= environ.items()
    assert "5" == environ["FROM_NUMBER"]


def test_disabled_by_the_linux_name_in_the_environment(app: Path, environ: dict[str, str]) -> None:
    """`AzureWebJobs_NAME_Disabled` is the name that every shell can set."""
    environ["AzureWebJobs_shows_Disabled"] = "1"

    assert prepared(app).functions["shows"].disabled


@pytest.mark.usefixtures("environ")
def test_rules_of_function_folders(app: Path) -> None:
    """Each broken function is named, and the others go on."""
    write_function(app, "1st", SHOWS)
    write_function(app, "host", SHOWS)
    write_function(app, "no_binding", SHOWS, '{"bindings":[]}')
    write_function(app, "timer", SHOWS, '{"bindings":[{"type":"timerTrigger","name":"event"}]}')
    write_function(app, "no_result", SHOWS, '{"bindings":[{"type":"httpTrigger","name":"event"}]}')
    write_function(app, "lost", SHOWS, '{"scriptFile":"gone.py","bindings":[]}')
    write_function(app, "nested/inner", SHOWS)

    found = prepared(app)

    assert ["shows"] == list(found.functions)
    assert {"1st", "host", "no_binding", "timer", "no_result", "lost"} == set(found.errors)


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize(
    ("declared", "entry_point"), [({"entryPoint": "other"}, "other"), ({}, "main")]
)
def test_defaults_of_function_json(declared: dict[str, str], entry_point: str, app: Path) -> None:
    """`entryPoint` names another function than main; without scriptFile the one file is taken."""
    bindings = [{"type": "EVENTGRIDTRIGGER", "name": "e"}]
    write_function(app, "terse", "", json.dumps({"bindings": bindings} | declared))

    function = prepared(app).functions["terse"]

    assert (entry_point, "e") == (function.entry_point, function.trigger.name)
    assert app / "terse" / "__init__.py" == function.script_file


def test_storage_by_identity_is_enough(app: Path, environ: dict[str, str]) -> None:
    """`AzureWebJobsStorage__accountName` stands for the connection string."""
    (app / "local.settings.json").unlink()
    environ["AzureWebJobsStorage__accountName"] = "account"

    assert prepared(app).functions


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("host.json", None, "There is no host.json in "),
        ("host.json", "{", "host.json is not valid JSON"),
        ("host.json", "[]", "host.json must hold a JSON object"),
        ("host.json", "{}", 'host.json must say "version": "2.0"'),
        ("host.json", '{"version":"2.0","functionTimeout":"soon"}', "functionTimeout in host.json"),
        (
            "host.json",
            '{"version":"2.0","logging":{"logLevel":{"default":"Loud"}}}',
            "logging.logLevel.default in host.json is no log level",
        ),
        ("local.settings.json", "{", "local.settings.json is not valid JSON"),
        ("local.settings.json", '{"IsEncrypted":true}', "is encrypted"),
        ("local.settings.json", '{"Values":[]}', '"Values" in '),
        ("local.settings.json", '{"Values":{"A":{}}}', "The value of 'A'"),
        ("local.settings.user.json", "{", "local.settings.user.json is not valid JSON"),
        ("local.settings.user.json", "[]", "local.settings.user.json must hold a JSON object"),
        ("local.settings.user.json", '{"Values":[]}', "local.settings.user.json must be an object"),
        ("local.settings.user.json", '{"IsEncrypted":true}', "local.settings.user.json is encr"),
        (
            "local.settings.user.json",
            '{"Values":{"A":[]}}',
            "The value of 'A' in the local settings",
        ),
        (
            "local.settings.json",
            '{"Values":{"FUNCTIONS_WORKER_RUNTIME":"node"}}',
            "FUNCTIONS_WORKER_RUNTIME must be python",
        ),
        ("local.settings.json", None, "Missing value for AzureWebJobsStorage in local.settings"),
        (
            "local.settings.json",
            '{"Values":{"AzureWebJobsStorage":""}}',
            "Missing value for AzureWebJobsStorage in local.settings.json. This is required for",
        ),
    ],
)
def test_what_keeps_the_host_from_starting(
    file: str, content: str | None, message: str, app: Path
) -> None:
    """A mistake in a settings file is one line; other tests hold what is done with the line."""
    (app / file).unlink() if content is None else (app / file).write_text(content)

    with pytest.raises(HostError) as refused:
        prepared(app)

    assert message in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
