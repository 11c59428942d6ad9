"""How the process starts, what it prints, and how it ends."""

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.tools.host.hosting import (
    RunningHost,
    host_of,
    run_to_end,
    write_function,
    write_settings,
)

pytestmark = pytest.mark.e2e

QUITS_IN_THE_BACKGROUND = """
import asyncio
import sys


async def quit_later() -> None:
    sys.exit(7)


async def main(event: str) -> None:
    await asyncio.wait({asyncio.create_task(quit_later())})
"""

HOLDS_THE_LOOP = """
import time


async def main(event: str) -> None:
    time.sleep(60)
"""

# The host, with less patience for functions that do not end.
IMPATIENT = """
from local.host import __main__ as program, lifetime
lifetime._LAST_RESORT_SECONDS = 0.1
program.main()
"""


def test_prints_the_functions_as_func_start_does(host: RunningHost) -> None:
    """Functions with their trigger, then the disabled ones, then those in error."""
    output = host.output()

    assert "\nFunctions:\n\n\tbroken_import: eventGridTrigger\n\n\tfails_on_demand: " in output
    assert "\nFunction switched_off is disabled.\n" in output
    assert "\nThe 'bad_json' function is in error: " in output


def test_port_in_use(app: Path) -> None:
    """One line says which port, that of local.settings.json, and which option to use."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        write_settings(app, {}, local_port=port)
        ended = run_to_end(["-m", "local.host", "--root", str(app)])

    assert ended.returncode == 1
    assert (
        f"Port {port} is unavailable. Close the process using that port, or specify another port "
        "using --port.\n"
    ) == ended.stderr


def test_ctrl_c_stops_the_host(app: Path) -> None:
    """It ends the process without a traceback, with exit status 0; SIGTERM does so elsewhere."""
    with host_of(app) as host:
        host.process.send_signal(signal.SIGINT)

        assert host.process.wait(10) == 0
    assert "Traceback" not in host.log()


def test_stops_although_a_function_holds_the_loop(app: Path) -> None:
    """Blocking code in an async function cannot keep the process alive."""
    write_function(app, "holds_the_loop", HOLDS_THE_LOOP)
    with host_of(app, program=["-c", IMPATIENT]) as host:
        body = json.dumps({"input": "{}"})
        assert host.request("POST", "/admin/functions/holds_the_loop", body).status == 202
        host.process.send_signal(signal.SIGTERM)

        assert host.process.wait(15) == 0
    assert "A function is still running" in host.log()


def test_system_exit_in_a_task_of_the_app_is_not_silent(app: Path) -> None:
    """What the host cannot catch ends it, with a message and exit status 1."""
    write_function(app, "quits_in_the_background", QUITS_IN_THE_BACKGROUND)
    with host_of(app) as host:
        body = json.dumps({"input": "{}"})
        host.request("POST", "/admin/functions/quits_in_the_background", body)

        assert host.process.wait(10) == 1
    assert "The app's background task raised SystemExit(7)." in host.log()


def test_a_missing_runtime_ends_with_advice(app: Path) -> None:
    """Outside the environment that dev.py makes, the message names dev.py."""
    code = (
        "import runpy, sys\n"
        f"sys.prefix = {str(app)!r}\n"
        f"sys.argv[1:] = ['--root', {str(app)!r}]\n"
        "runpy.run_module('local.host', run_name='__main__')\n"
    )
    ended = run_to_end(["-c", code])

    assert ended.returncode == 1
    assert "run `python3 dev.py`" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
