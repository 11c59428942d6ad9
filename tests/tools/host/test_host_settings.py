"""What the host reads from the app, and which of it wins."""

import json
from pathlib import Path

import pytest

from tests.tools.host.hosting import (
    REPOSITORY,
    SHOWS,
    free_port,
    host_of,
    run_to_end,
    write_function,
    write_settings,
)

pytestmark = pytest.mark.e2e


def test_environment_wins_over_local_settings(app: Path) -> None:
    """local.settings.json fills in what the environment does not say, and the host adds its own."""
    with host_of(app, FROM_BOTH="environment") as host:
        assert host.notify("shows", "[{}]").status == 202
        output = host.output()

    seen = json.loads((app / "shown.json").read_text())["settings"]
    assert (
        seen["FROM_FILE"],
        seen["FROM_BOTH"],
        seen["FROM_NUMBER"],
    ) == ("file", "environment", "5")
    assert "FROM_NULL" not in seen
    assert (
        "Skipping 'FROM_BOTH' from local settings as it's already defined in current environment "
        "variables." in output
    )
    assert {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobsScriptRoot": str(app),
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "PYTHON_THREADPOOL_THREAD_COUNT": "1000",
    }.items() <= seen.items()


def test_app_is_imported_as_the_worker_does(app: Path) -> None:
    """The working directory is the app's root, which comes last on the path; ours is not on it."""
    with host_of(app) as host:
        host.notify("shows", "[{}]")

    shown = json.loads((app / "shown.json").read_text())
    assert str(app) == shown["cwd"] == shown["path"][-1]
    assert str(REPOSITORY) not in shown["path"]
    assert str(app / "shared" / "origin.py") == shown["shared"]


def test_disabled_by_the_linux_name_in_the_environment(app: Path) -> None:
    """`AzureWebJobs_NAME_Disabled` is the name that every shell can set."""
    with host_of(app, AzureWebJobs_shows_Disabled="1") as host:
        assert host.notify("shows", "[{}]").status == 404
        assert "Function shows is disabled." in host.output()


def test_log_level_of_host_json(app: Path) -> None:
    """At Warning, successful invocations are silent."""
    write_settings(app, {}, logging={"logLevel": {"default": "Warning"}})
    with host_of(app) as host:
        assert host.notify("shows", "[{}]").status == 202

    assert host.log() == ""


def test_rules_of_function_folders(app: Path) -> None:
    """One broken function is told of by name, and the others go on."""
    write_function(app, "1st", SHOWS)
    write_function(app, "host", SHOWS)
    write_function(app, "no_binding", SHOWS, '{"bindings":[]}')
    write_function(app, "queue", SHOWS, '{"bindings":[{"type":"queueTrigger","name":"event"}]}')
    write_function(app, "lost", SHOWS, '{"scriptFile":"gone.py","bindings":[]}')
    write_function(app, "nested/inner", SHOWS)
    with host_of(app) as host:
        assert host.notify("shows", "[{}]").status == 202
        assert [item["name"] for item in host.request("GET", "/admin/functions").json()] == [
            "shows"
        ]
        output = host.output()

    for name in ("1st", "host", "no_binding", "queue", "lost"):
        assert f"The '{name}' function is in error: " in output


@pytest.mark.parametrize("by", ["entryPoint", "default script"])
def test_defaults_of_function_json(by: str, app: Path) -> None:
    """`entryPoint` names another function than main; without scriptFile the one file is taken."""
    bindings = [{"type": "EVENTGRIDTRIGGER", "name": "e"}]
    declared = {"bindings": bindings} | ({"entryPoint": "other"} if by == "entryPoint" else {})
    function = "other" if by == "entryPoint" else "main"
    code = f"async def {function}(e: str) -> None:\n    pass\n"
    write_function(app, "terse", code, json.dumps(declared))
    with host_of(app) as host:
        assert host.notify("terse", "[{}]").status == 202


def test_storage_by_identity_is_enough(app: Path) -> None:
    """`AzureWebJobsStorage__accountName` stands for the connection string."""
    (app / "local.settings.json").unlink()
    with host_of(app, AzureWebJobsStorage__accountName="account") as host:
        assert host.state() == "Running"


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
    """A mistake in a settings file is told in one line, never as a traceback."""
    (app / file).unlink() if content is None else (app / file).write_text(content)

    ended = run_to_end(app, free_port())

    assert ended.returncode == 1
    assert message in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
