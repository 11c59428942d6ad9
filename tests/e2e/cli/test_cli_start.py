"""`dev.py start`: what it says, and that nothing of it is left however it ends."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from local import paths
from local.ports import LOOPBACK
from local.processes import Children
from tests.e2e.cli.commands import Ports, children_of, dev, eventually, is_alive, stand_in, started

pytestmark = pytest.mark.e2e

START = [sys.executable, "-m", "local", "start"]
READY = "Ctrl-C stops everything"


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGKILL, -9),
    ],
)
def test_nothing_is_left(number: signal.Signals, status: int, tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM, a closed terminal and even kill -9 leave no process and no port taken."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, stand_in()) as process:
        assert eventually(lambda: READY in output.read_text()), output.read_text()
        children = children_of(process.pid)
        process.send_signal(number)

        assert status == process.wait(10)
        assert 2 == len(children)
        assert eventually(lambda: not any(map(is_alive, children)), 8), children
        assert ports.are_free()
        assert "Traceback" not in output.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_start_cut_short(number: signal.Signals, tmp_path: Path) -> None:
    """The same while Azurite and the host are only starting."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, stand_in()) as process:
        assert eventually(lambda: "Starting" in output.read_text())
        assert eventually(lambda: bool(children_of(process.pid)))
        children = children_of(process.pid)
        process.send_signal(number)
        process.wait(10)

        assert eventually(lambda: not any(map(is_alive, children)), 8), children
        assert ports.are_free()


def test_a_child_that_ends_ends_the_rest(tmp_path: Path) -> None:
    """When Azurite dies, the command says so, stops the host and fails."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, stand_in()) as process:
        assert eventually(lambda: READY in output.read_text()), output.read_text()
        azurite, host = sorted(children_of(process.pid))
        os.kill(azurite, signal.SIGKILL)

        assert 1 == process.wait(10)
        assert "Azurite ended by itself (exit status -9)" in output.read_text()
        assert not is_alive(host)
        assert ports.are_free()


def test_azurite_ends_with_us_even_while_it_is_busy() -> None:
    """Its main thread can be blocked for minutes; the preloaded watch has a thread of its own."""
    node = paths.NODE_CHOICE.read_text(encoding="utf-8")
    preload = paths.NPM / "stop-with-parent.cjs"
    busy = "require('fs').writeSync(1, 'busy'); for (;;);"
    command: list[str | Path] = [node, "--require", preload, "-e", busy]
    with Children() as children:
        child = children.start("Busy", command, cwd=paths.ROOT, environ=os.environ)
        assert child.process.stdin is not None
        child.process.stdin.close()

        assert -signal.SIGKILL == child.process.wait(10)


FUNC = f"""#!{sys.executable}
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Host(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{{"state":"Running"}}' if self.path == "/admin/host/status" else b"[]"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("func", *sys.argv[1:], flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[-1])), Host).serve_forever()
"""


def test_core_tools_are_the_host_where_they_are_installed(tmp_path: Path) -> None:
    """They know nothing of our ways of stopping, and stop all the same."""
    func = tmp_path / "func"
    func.write_text(FUNC)
    func.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    environ = stand_in() | {"PATH": path, "DEV_HOST": ""}
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, environ) as process:
        assert eventually(lambda: READY in output.read_text()), output.read_text()
        assert "Starting Azurite, `func start`" in output.read_text()
        process.kill()

        assert eventually(ports.are_free, 8)


def test_it_says_where_things_are_and_what_to_try(tmp_path: Path) -> None:
    """Address, header, queues, and the next commands with the ports of this run."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, stand_in()):
        assert eventually(lambda: READY in output.read_text()), output.read_text()
        text = output.read_text()

        assert f"http://127.0.0.1:{ports.host}/runtime/webhooks/EventGrid?functionName=" in text
        assert "aeg-event-type: Notification" in text
        assert "work-items and push-notifications" in text
        assert f"send SMSReceived --port {ports.host}" in text
        assert f"peek --queue-port {ports.queue}" in text

        sent = dev("send", "SMSReceived", "--port", str(ports.host))
        assert 0 == sent.returncode, sent.stdout
        assert "SMSReceived -> sms_received: 202 Accepted" in sent.stdout
        assert eventually(lambda: "Executed 'Functions.sms_received'" in output.read_text(), 5)
        assert "communication.message.received" in dev("peek", f"--queue-port={ports.queue}").stdout


def test_once_sends_every_sample_and_ends(tmp_path: Path) -> None:
    """`--once` is the demo without staying: exit status 0, both queues named, no port taken."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, "--once", *ports.options], output, stand_in()) as process:
        status = process.wait(40)
        text = output.read_text()

        assert 0 == status, text
        assert "samples gave exactly what their golden records say" in text
        assert "work-items 1, push-notifications 1" in text
        assert "\x1b" not in text
        assert ports.are_free()


def test_ports_that_are_taken_are_named_with_their_option() -> None:
    """All of them at once, before anything starts, and without a traceback."""
    ports = Ports()
    with (
        socket.create_server((LOOPBACK, ports.queue)),
        socket.create_server((LOOPBACK, ports.host)),
    ):
        refused = dev("start", *ports.options)

    assert 1 == refused.returncode
    assert f"port {ports.host} (the Functions host) is taken" in refused.stdout
    assert f"port {ports.queue} (Azurite's queues) is taken; choose another with --queue-port" in (
        refused.stdout
    )
    assert "Traceback" not in refused.stdout


def test_two_services_cannot_share_a_port() -> None:
    number = str(Ports().host)

    refused = dev("start", "--port", number, "--blob-port", number)

    assert 1 == refused.returncode
    assert f"cannot both have port {number}" in refused.stdout


@pytest.mark.parametrize("number", ["0", "65536", "http", "-1", "٣"])
def test_what_is_no_port_is_refused(number: str) -> None:
    refused = dev("start", f"--port={number}")

    assert 2 == refused.returncode
    assert "is not a port (1 to 65535)" in refused.stdout
