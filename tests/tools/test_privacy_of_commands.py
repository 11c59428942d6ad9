"""Consoles of the commands carry ids, types and outcomes, never what is personal or secret.

``dev.py peek`` and ``dev.py dead-letters show`` are not here: to show a record or an event to the
developer who asks for it is what they are for.
"""

import sys
from pathlib import Path

import pytest

from local import ports
from local.azurite import KEY
from tests.commands import Ports, dev, eventually, stand_in, started
from tests.e2e.privacy import events
from tests.e2e.privacy.personal import leaks

pytestmark = pytest.mark.e2e


def test_no_command_says_anything_personal(tmp_path: Path) -> None:
    """`start --demo` with the host's log behind it, `send` of all samples, `dead-letters list`."""
    at, output = Ports(), tmp_path / "output"
    command = [sys.executable, "-m", "local", "start", "--demo", *at.options]
    environ = stand_in() | {"AzureFunctionsJobHost__logging__logLevel__default": "Debug"}
    files = []
    for number, each in enumerate([*events.samples(), *events.objects()]):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(f"[{each.text}]" if each.text[0] == "{" else each.text, "utf-8")
    topic = f"http://{ports.LOOPBACK}:{at.topic}/api/events"
    with started(command, output, environ):
        assert eventually(lambda: "Ctrl-C" in output.read_text("utf-8"), 120), output.read_text()
        sent = dev("send", "--function", "sms_received", "--port", str(at.host), *files)
        published = dev("send", "SMSReceived", "--publisher", topic)
        listed = dev("dead-letters", "list", "--blob-port", str(at.blob))
        text = output.read_text("utf-8")

    assert 0 == sent.returncode, sent.stdout
    assert 0 == published.returncode, published.stdout
    assert 0 == listed.returncode, listed.stdout
    assert "UnknownEventType" in listed.stdout
    assert "samples gave exactly what their golden records say" in text
    assert "outcome=rejected" in text
    everything = text + sent.stdout + published.stdout + listed.stdout
    assert set() == leaks(everything, events.personal_strings() | {KEY})
