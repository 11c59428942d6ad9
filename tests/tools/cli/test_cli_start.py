"""`dev.py start`: what it prints, and that nothing of it is left however it ends."""

import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local import desk, loopback, paths, samples
from local.ports import LOOPBACK
from tests.commands import Ports, children_of, eventually, is_alive, stand_in, started
from tests.tools.cli.conftest import Ended

pytestmark = pytest.mark.e2e

START = [sys.executable, "-m", "local", "start"]
READY = "Ctrl-C stops everything"


def test_from_its_start_to_ctrl_c(tmp_path: Path, dev: Callable[..., Ended]) -> None:
    """It prints addresses, header, queues and the next commands, with the ports of this run."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, stand_in()) as process:
        assert eventually(lambda: READY in output.read_text()), output.read_text()
        text = output.read_text()
        assert f"http://127.0.0.1:{ports.host}/runtime/webhooks/EventGrid?functionName=" in text
        assert "aeg-event-type: Notification" in text
        assert "work-items and push-notifications" in text
        assert f"send SMSReceived.current --port {ports.host}" in text
        assert f"peek --queue-port {ports.queue}" in text

        sent = dev("send", "SMSReceived", "--port", str(ports.host))
        assert 0 == sent.status
        assert "SMSReceived -> sms_received: 202 Accepted" in sent.output
        assert eventually(lambda: "Executed 'Functions.sms_received'" in output.read_text(), 5)
        peeked = dev("peek", f"--queue-port={ports.queue}")
        assert "communication.message.received" in peeked.output

        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(10)
        assert not any(map(is_alive, children))
        assert ports.are_free()
    assert "Traceback" not in output.read_text()


@pytest.mark.parametrize("text", ["Starting", READY])
def test_nothing_is_left_after_kill_9(text: str, tmp_path: Path) -> None:
    """While the programs are starting, and when they are ready."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, stand_in()) as process:
        assert eventually(lambda: text in output.read_text()), output.read_text()
        assert eventually(lambda: len(children_of(process.pid)) > 1)
        children = children_of(process.pid)
        process.kill()

        assert -9 == process.wait(10)
        assert eventually(lambda: not any(map(is_alive, children)), 8), children
        assert eventually(ports.are_free, 8)


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
    """And when Azurite dies, the command says so, stops them, and fails."""
    func = tmp_path / "func"
    func.write_text(FUNC)
    func.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    environ = stand_in() | {"PATH": path, "DEV_HOST": ""}
    ports, output = Ports(), tmp_path / "output"
    with started([*START, *ports.options], output, environ) as process:
        assert eventually(lambda: READY in output.read_text()), output.read_text()
        assert "Starting Azurite, `func start`" in output.read_text()
        _guard, azurite, *others = sorted(children_of(process.pid))
        os.kill(azurite, signal.SIGKILL)

        assert 1 == process.wait(10)
        assert "Azurite ended by itself (exit status -9)" in output.read_text()
        assert not any(map(is_alive, others))
        assert ports.are_free()


def test_once_sends_every_sample_and_ends(tmp_path: Path) -> None:
    """`--once` is the demo without staying: exit status 0, both queues named, no port taken.

    With `--json` stdout has one document, and stderr what stdout has without.
    """
    ports, output, errors = Ports(), tmp_path / "output", tmp_path / "errors"
    apart: list[str | Path] = ["sh", "-c", 'exec "$@" 2>"$0"', errors]
    with started([*apart, *START, "--once", "--json", *ports.options], output, stand_in()) as it:
        status = it.wait(120)
        text = errors.read_text()

        assert 0 == status, text
        assert "samples gave exactly what their golden records say" in text
        assert "work-items 1, push-notifications 1" in text
        assert re.search(r"The desk applied all \d{2,} records", text.splitlines()[-1])
        assert f"http://localhost:{ports.desk}\n" in text
        assert not {"\x1b", "\r"} & {*text}
        assert ports.are_free()

    found = json.loads(output.read_text())
    assert len(samples.every()) == found["samples"]
    assert {"work-items", "push-notifications"} == {*found["records"]}
    assert 0 < found["desk"]["applied"] <= sum(found["records"].values())
    assert 0 < found["deadLetters"]
    assert [] == found["mismatches"]


def test_a_desk_reads_the_queues(tmp_path: Path, dev: Callable[..., Ended]) -> None:
    """With the payloads of this storage; its database is gone when the command is."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, "--desk", *ports.options], output, stand_in()) as process:
        assert eventually(lambda: READY in output.read_text(), 90), output.read_text()
        assert 0 == dev("send", "SMSReceived", "--port", str(ports.host)).status
        assert eventually(lambda: desk.applied(ports.desk) == desk.Applied(2, 0), 60)
        state = loopback.request(ports.desk, "/api/state")
        assert state is not None
        assert "+15555555555" == json.loads(state.body)["tickets"][0]["customer"]
        peeked = dev("peek", f"--queue-port={ports.queue}").output
        assert (
            f"The desk on http://localhost:{ports.desk} reads these queues: it has applied 2 "
            "records and parked 0 messages."
        ) in peeked

        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(10)
        assert ports.are_free()
        assert not list((paths.VENV / "desk").glob(f"{ports.queue}-*"))


def test_no_desk_leaves_the_records_on_the_queues(
    tmp_path: Path, dev: Callable[..., Ended]
) -> None:
    """As the demo did before there was a desk."""
    ports, output = Ports(), tmp_path / "output"
    with started([*START, "--demo", "--no-desk", *ports.options], output, stand_in()):
        assert eventually(lambda: READY in output.read_text(), 120), output.read_text()
        peeked = dev("peek", f"--queue-port={ports.queue}").output

    assert "desk" not in output.read_text()
    assert "work-items: 32 of" in peeked
    assert "desk" not in peeked


def test_ports_that_are_taken_are_named_with_their_option(dev: Callable[..., Ended]) -> None:
    """All of them at once, before anything starts."""
    ports = Ports()
    with (
        socket.create_server((LOOPBACK, ports.queue)),
        socket.create_server((LOOPBACK, ports.host)),
    ):
        refused = dev("start", *ports.options)

    assert 1 == refused.status
    assert f"port {ports.host} (the Functions host) is taken" in refused.output
    assert f"port {ports.queue} (Azurite's queues) is taken; choose another with --queue-port" in (
        refused.output
    )


def test_a_port_that_needs_rights_is_no_port_that_is_taken(
    dev: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports below 1024, for whoever is not the administrator."""
    ports = Ports()

    def bind(_socket: socket.socket, address: tuple[str, int]) -> None:
        if address[1] == ports.host:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind, raising=False)

    refused = dev("start", *ports.options)

    assert 1 == refused.status
    assert refused.output == (
        f"dev.py start: port {ports.host} (the Functions host) is not open to your user; "
        "choose another with --port PORT\n"
    )


def test_it_ends_when_nobody_reads_its_output(tmp_path: Path, dev: Callable[..., Ended]) -> None:
    """`dev.py start | head`, and an event after that: no traceback, and nothing is left."""
    ports, output, errors = Ports(), tmp_path / "output", tmp_path / "errors"
    os.mkfifo(output)
    apart: list[str | Path] = ["sh", "-c", 'exec "$@" 2>"$0"', errors, *START, *ports.options]
    reader = os.fdopen(os.open(output, os.O_RDONLY | os.O_NONBLOCK))
    with started(apart, output, stand_in()) as it:
        os.set_blocking(reader.fileno(), True)
        while READY not in reader.readline():
            assert it.poll() is None, errors.read_text()
        assert "\n" == reader.readline()
        reader.close()
        dev("send", "SMSReceived", "--port", str(ports.host))  # if it has not ended before

        assert 1 == it.wait(15)
        assert "" == errors.read_text()
        assert ports.are_free()


def test_wrong_settings_are_named_before_anything_starts(
    dev: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_ITEMS_QUEUE", "Bad_Name")
    monkeypatch.setenv("ROUTE_OVERRIDES", "{")

    refused = dev("start", *Ports().options)

    assert 1 == refused.status
    assert "WORK_ITEMS_QUEUE='Bad_Name' is no storage name" in refused.output
    assert "ROUTE_OVERRIDES: " in refused.output
    assert 1 == refused.output.count("\n")


def test_json_is_of_the_demo(dev: Callable[..., Ended]) -> None:
    refused = dev("start", "--json", *Ports().options)

    assert 1 == refused.status
    assert "add --once" in refused.output


def test_two_services_cannot_share_a_port(dev: Callable[..., Ended]) -> None:
    number = str(Ports().host)

    refused = dev("start", "--port", number, "--blob-port", number)

    assert 1 == refused.status
    assert refused.output == (
        f"dev.py start: Azurite's blobs and the Functions host cannot both have port {number}; "
        "choose another with --blob-port PORT\n"
    )


@pytest.mark.parametrize("number", ["0", "65536", "http", "-1", "٣"])
def test_what_is_no_port_is_refused(number: str, dev: Callable[..., Ended]) -> None:
    refused = dev("start", f"--port={number}")

    assert 2 == refused.status
    assert "is not a port (1 to 65535)" in refused.output
