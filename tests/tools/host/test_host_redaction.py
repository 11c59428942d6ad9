"""No secret that a function, a setting or a client of Storage quotes gets out of the host."""

from pathlib import Path

import pytest

from local.host import app, queue_trigger
from local.host.errors import HostError
from tests.tools.host.hosting import host_of, run_to_end, write_function, write_settings
from tests.unit.test_redaction import FORMS, Secret

pytestmark = pytest.mark.e2e

TELLS = """
import json
import logging
import os


async def main(event: str) -> None:
    secret = os.environ[json.loads(event)["id"]]
    logging.getLogger("app").warning("opened %s", secret)
    try:
        raise ValueError(secret)
    except ValueError as error:
        logging.getLogger("app").exception("cannot open it")
        raise RuntimeError(f"{secret} does not open") from error
"""
TELLS_ON_IMPORT = """
import os

raise RuntimeError(str(os.environ))
"""


def test_neither_the_log_nor_an_answer_has_it(tmp_path: Path) -> None:
    """Of what a function logs and raises, when it runs and when it is loaded."""
    root = tmp_path / "app"
    secrets = {f"SECRET_{n}": Secret(n, form) for n, form in enumerate(FORMS)}
    write_settings(root, {name: secret.text for name, secret in secrets.items()})
    write_function(root, "tells", TELLS)
    write_function(root, "tells_on_import", TELLS_ON_IMPORT)
    with host_of(root) as host:
        answers = [host.notify("tells", f'[{{"id":"{name}"}}]') for name in secrets]
        answers.append(host.notify("tells_on_import", "[{}]"))
        answers.append(host.request("GET", "/admin/functions/tells_on_import/status"))
        log = host.await_log("Executed 'Functions.tells_on_import'")

    assert [500] * (len(FORMS) + 1) + [200] == [answer.status for answer in answers]
    assert len(FORMS) == log.count("cannot open it")
    texts = [log, host.output(), *(answer.body.decode() for answer in answers)]
    for secret in secrets.values():
        assert set() == set().union(*map(secret.leaks_into, texts))


def test_a_key_in_the_place_of_another_setting_is_not_quoted(tmp_path: Path) -> None:
    """Here in that of the port, which the message names."""
    secret, root = Secret(8, "key"), tmp_path / "app"
    write_settings(root, {}, local_port=secret.text)
    ended = run_to_end(["-m", "local.host", "--root", str(root)])

    assert (1, 1) == (ended.returncode, len(ended.stderr.splitlines()))
    assert "LocalHttpPort" in ended.stderr
    assert set() == secret.leaks_into(ended.stderr + ended.stdout)


def test_a_connection_string_that_is_none_is_named_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line, in place of the traceback of Storage's client."""
    secret = Secret(9, "bare key")
    monkeypatch.setenv("AzureWebJobsStorage", secret.text)
    trigger = app.Binding("message", app.QUEUE, {"queueName": "work-items"})
    function = app.Function("reads", Path(), Path(), "main", trigger, {}, disabled=False)

    async def call(_: object) -> bool:
        return True

    with pytest.raises(HostError, match="setting 'AzureWebJobsStorage'") as refused:
        queue_trigger.listener(function, queue_trigger.Options(), call)
    assert set() == secret.leaks_into(str(refused.value))
