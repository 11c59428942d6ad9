"""The program: its command line, how it ends, and that it leaves nothing behind."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import eventgrid, loopback, paths, ports
from local.errors import CommandError
from local.eventgrid import Knobs, Options, options, subscriptions
from tests.e2e.eventgrid.conftest import Subscribe, await_said, event, publish, subscription, wants
from tests.e2e.eventgrid.recorder import Reply, Webhook

pytestmark = pytest.mark.e2e

_COMMAND = [sys.executable, "-m", "local.eventgrid"]


def _refused(*arguments: str | Path) -> str:
    """What the program says when it does not start."""
    ended = subprocess.run(
        [*_COMMAND, *map(str, arguments)],
        cwd=paths.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode in {1, 2}, ended
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_taken_port_is_named() -> None:
    port = ports.free(1)[0]
    with socket.create_server((ports.LOOPBACK, port)):
        assert f"port {port} is taken" in _refused("--port", str(port))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--subscriptions", "no-such-file.json"], "cannot read no-such-file.json"),
        (["--connection-string-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
        (["--connection-string-env", "PATH"], "the connection string for dead letters"),
        (["--duplicates", "2"], "duplicates must be a number from 0 to 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_keeps_it_from_starting_is_one_message(arguments: list[str], said: str) -> None:
    assert said in _refused(*arguments)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--drop-answers=-0.1", "drop_answers must be a number from 0 to 1"),
        ("--batch=0", "batch must be from 1 to 5000"),
        ("--delay=-1", "delay must be a number of seconds"),
        ("--time-scale=0", "0 is not above zero"),
        ("--in-flight=0", "0 is not at least 1"),
        ("--delivery-schema=Custom", "invalid choice"),
    ],
)
def test_a_wrong_option(argument: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Values are checked before anything starts."""
    parser = argparse.ArgumentParser()
    options.configure(parser)
    with pytest.raises((CommandError, SystemExit)) as refused:
        options.chosen(parser.parse_args([argument]))

    assert said in str(refused.value) + capsys.readouterr().err


def test_options_and_command_line_say_the_same() -> None:
    """What `running()` is given arrives in the process it starts."""
    parser = argparse.ArgumentParser()
    options.configure(parser)
    knobs = Knobs(0.1, reorder=True, delay=1.5, drop_answers=0.2, batch=3, seed=4)
    given = Options(Path("x.json"), 0.5, 2.0, "EventGridSchema", strict=True, knobs=knobs)

    assert given == options.chosen(parser.parse_args(list(given.words())))
    plain = Options()
    assert plain == options.chosen(parser.parse_args(list(plain.words())))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (subscription(filter={"advancedFilters": []}), "advancedFilters"),
        (subscription(maxEventsPerBatch=5001), "maxEventsPerBatch"),
        (subscription(retryPolicy={"maxDeliveryAttempts": 31}), "maxDeliveryAttempts"),
        (subscription(name="x"), "name"),
        ({"name": "no-function"}, "function"),
    ],
    ids=["filter not imitated", "batch", "attempts", "name", "no function"],
)
def test_a_subscription_that_azure_would_refuse(
    entry: dict[str, object], said: str, subscribe: Subscribe
) -> None:
    """It is said which value is wrong, instead of delivering something else."""
    with pytest.raises(CommandError, match=said):
        subscriptions.read(subscribe(entry))


def test_two_subscriptions_of_one_name(subscribe: Subscribe) -> None:
    file = subscribe(subscription(), subscription(name="TAKES-ALL"))
    with pytest.raises(CommandError, match="twice: takes-all"):
        subscriptions.read(file)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(how: signal.Signals) -> None:
    """Exit status 0, soon, and the port is free again."""
    port = ports.free(1)[0]
    with subprocess.Popen(
        [*_COMMAND, "--port", str(port)], cwd=paths.ROOT, stderr=subprocess.DEVNULL
    ) as process:
        _await_answer(port)
        process.send_signal(how)
        assert 0 == process.wait(5)
    assert ports.is_free(port)


def test_it_ends_with_its_parent_and_says_what_it_forgets(
    hook: Webhook, subscribe: Subscribe
) -> None:
    """The end of standard input is the parent's end, kill -9 included."""
    hook.replies["takes_all"] = lambda _: Reply(500)
    port = ports.free(1)[0]
    options = ["--subscriptions", str(subscribe(subscription())), "--host-url", hook.url]
    with subprocess.Popen(
        [*_COMMAND, "--port", str(port), *options, "--stop-with-parent"],
        cwd=paths.ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _await_answer(port)
        publish(port, event())
        _said, errors = process.communicate(timeout=10)
        assert 0 == process.returncode
    assert "forgets 1 deliveries" in errors
    assert ports.is_free(port)


def test_a_killed_parent_leaves_nothing(tmp_path: Path) -> None:
    """`running()` starts a child that does not outlive whoever called it."""
    port, ready = ports.free(1)[0], tmp_path / "ready"
    script = f"""
import time
from pathlib import Path
from local import eventgrid
with eventgrid.running("http://127.0.0.1:9", port={port}):
    Path({str(ready)!r}).touch()
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=paths.ROOT) as parent:
        deadline = time.monotonic() + 20
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while not ports.is_free(port):
        assert time.monotonic() < deadline, "the topic is still there"
        time.sleep(0.02)


def test_waiting_for_idleness_has_an_end(hook: Webhook, subscribe: Subscribe) -> None:
    """When it is over, the error tells the state and what Event Grid said."""
    hook.replies["takes_all"] = lambda _: Reply(500)
    with eventgrid.running(hook.url, options=Options(subscribe(subscription()))) as topic:
        publish(topic.port, event())
        await_said(topic, "again in")
        with pytest.raises(CommandError, match=r'(?s)"pending": 1.*GenericError \(500\)'):
            topic.wait_until_idle(0.5)


def test_nothing_of_an_event_is_logged(hook: Webhook, subscribe: Subscribe) -> None:
    """Counts and outcomes only: a subject names a phone number, an id may, too."""
    hook.replies["takes_all"] = lambda number: Reply((500, 400)[number])
    file = subscribe(subscription(filter=wants("Test.Secret")))
    options = Options(file, time_scale=0.001, answer_seconds=10)
    with eventgrid.running(hook.url, options=options) as topic:
        publish(topic.port, event("Test.Secret", id="id-4711", subject="/phonenumber/15550100"))
        topic.wait_until_idle()
        said = await_said(topic, "given up")

    for secret in ("4711", "15550100", "grüße", "Test.Secret"):
        assert secret not in said


def test_ten_thousand_events_wait_in_little_memory(subscribe: Subscribe) -> None:
    """Nobody listens, so all of them wait at once; then they are dropped at their last attempt."""
    file = subscribe(subscription(retryPolicy={"maxDeliveryAttempts": 2}))
    options = Options(file, time_scale=0.2, answer_seconds=5)
    with eventgrid.running("http://127.0.0.1:9", options=options) as topic:
        small = _memory(topic.child.process.pid)
        for _ in range(20):
            publish(topic.port, *(event(data="x" * 500) for _ in range(500)))
        assert topic.state()["pending"] > 9_000
        grown = _memory(topic.child.process.pid) - small
        state = topic.wait_until_idle(40)

    assert 10_000 == state["subscriptions"]["takes-all"]["dropped"]
    assert grown < 100, f"{grown} MB for 10,000 events of 700 bytes"


def _memory(pid: int) -> float:
    """Resident memory in MB, as `ps` tells it."""
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607 -- where it is differs by system
        capture_output=True,
        text=True,
        check=True,
    )
    return int(shown.stdout) / 1024


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + 20
    while loopback.request(port, "/admin/state") is None:
        assert time.monotonic() < deadline, "it did not start"
        time.sleep(0.02)
