"""What the functions receive, how they run, and what the log tells about it."""

import json
import re
import time

import pytest

from tests.tools.host.hosting import RunningHost, unique

pytestmark = pytest.mark.e2e


def test_runs_a_batch_in_parallel_and_answers_after_the_last(host: RunningHost) -> None:
    """Sixty sync functions of 0.3 s run at once, as on the real host's 1000 threads."""
    started = time.monotonic()
    answer = host.notify("slow", json.dumps([{"id": str(number)} for number in range(60)]))
    elapsed = time.monotonic() - started

    assert answer.status == 202
    assert 0.3 <= elapsed < 2


def test_one_failure_does_not_keep_the_others_from_running(host: RunningHost) -> None:
    """All events of a delivery run, although the delivery fails."""
    mark = unique()

    answer = host.notify("records", f'[{{"a":"{mark}"}},1,{{"b":"{mark}"}}]')

    assert answer.status == 500
    assert {f'{{"a":"{mark}"}}', f'{{"b":"{mark}"}}'} == {
        record["event"] for record in host.received(mark)
    }


def test_tells_the_function_its_name_and_invocation(host: RunningHost) -> None:
    """context.function_name is the folder; context.invocation_id is the one in the log."""
    mark = unique()

    host.notify("records", json.dumps([{"id": mark}]))

    (record,) = host.received(mark)
    assert record["name"] == "records"
    log = host.await_log(f"Executed 'Functions.records' (Succeeded, Id={record['id']}, Duration=")
    assert f"Id={record['id']})" in log
    assert "Executing 'Functions.records' (Reason='EventGrid trigger fired at 20" in log


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        pytest.param('{ "b" : 1 ,\n"a":\t[ ] , "c":{ } }', '{"b":1,"a":[],"c":{}}', id="compact"),
        pytest.param('{"a":"ü 😀 \u2028"}', '{"a":"ü 😀 \u2028"}', id="non-ASCII"),
        pytest.param(
            r'{"\u00fc":"\ud83d\ude00 \/ \u0041\t"}', r'{"ü":"😀 / A\t"}', id="needless escapes"
        ),
        pytest.param(
            '{"a":[1.0,1e5,0.10,-0,12345678901234567890123.456789]}',
            '{"a":[1.0,1e5,0.10,-0,12345678901234567890123.456789]}',
            id="numbers keep their digits",
        ),
        pytest.param('{"a":[true,false,null]}', '{"a":[true,false,null]}', id="literals"),
        pytest.param(r'{"a":"\ud800 x \uDFFF"}', r'{"a":"\ud800 x \udfff"}', id="lone surrogates"),
        pytest.param(
            '{"t":"2026-01-01T00:00:00+02:00"}', '{"t":"2026-01-01T00:00:00+02:00"}', id="time"
        ),
        pytest.param('{"a":" , ] } [ "}', '{"a":" , ] } [ "}', id="marks inside a string"),
    ],
)
def test_hands_an_event_on_as_compact_json(sent: str, received: str, host: RunningHost) -> None:
    """The text is the event's own, without needless spaces and escapes."""
    mark = unique()

    answer = host.notify("records", f'[ {{"id":"{mark}"}} , {{"m":"{mark}","e":{sent}}} ]')

    assert answer.status == 202
    assert f'{{"m":"{mark}","e":{received}}}' in [item["event"] for item in host.received(mark)]


def test_survives_a_number_too_long_for_python(host: RunningHost) -> None:
    """Python refuses to convert integers of more than 4300 digits; the event still arrives."""
    mark = unique()
    event = f'{{"id":"{mark}","n":{"9" * 5000}}}'

    assert host.notify("records", f"[{event}]").status == 202
    assert [event] == [record["event"] for record in host.received(mark)]


@pytest.mark.parametrize("depth", [500, 5_000, 100_000])
def test_survives_deep_nesting(depth: int, host: RunningHost) -> None:
    """However deep an event is nested, it reaches the function as it is."""
    mark = unique()
    event = f'{{"id":"{mark}","deep":{"[" * depth}{"]" * depth}}}'

    assert host.notify("records", f"[{event}]").status == 202
    assert [event] == [record["event"] for record in host.received(mark)]


def test_refuses_what_is_deep_and_malformed(host: RunningHost) -> None:
    """Depth alone excuses nothing: a bracket that is never closed is malformed JSON."""
    answer = host.notify("records", '[{"deep":' + "[" * 5_000 + "]" * 4_999 + "}]")

    assert (answer.status, answer.body) == (500, b"")


def test_refuses_a_deep_validation(host: RunningHost) -> None:
    """A handshake nested out of Python's reach has no code that anybody could give back."""
    body = '[{"data":' + "[" * 100_000 + "]" * 100_000 + "}]"

    url = "/runtime/webhooks/eventgrid?functionName=records"
    answer = host.request("POST", url, body, {"aeg-event-type": "SubscriptionValidation"})

    assert (answer.status, answer.body) == (500, b"")


def test_accepts_events_of_a_megabyte(host: RunningHost) -> None:
    """Event Grid's largest event passes, and so does a batch of several of them."""
    mark = unique()
    event = json.dumps({"id": mark, "text": "x" * 1024 * 1024}, separators=(",", ":"))

    assert host.notify("records", f"[{event},{event},{event}]").status == 202
    assert [event] * 3 == [record["event"] for record in host.received(mark)]


def test_replaces_broken_utf8(host: RunningHost) -> None:
    """Bytes that are no UTF-8 arrive as U+FFFD, as .NET reads them."""
    mark = unique()

    assert host.notify("records", b'[{"id":"%s\xff"}]' % mark.encode()).status == 202
    assert [f'{{"id":"{mark}\ufffd"}}'] == [record["event"] for record in host.received(mark)]


def test_replays_a_load_error_for_every_event(host: RunningHost) -> None:
    """A function that cannot be imported listens and fails, so that Event Grid tries again."""
    for _ in range(2):
        answer = host.notify("broken_import", '[{"id":"1"}]')

        assert answer.status == 500
        assert answer.body == b"Exception while executing function: Functions.broken_import"
    log = host.await_log("Executed 'Functions.broken_import' (Failed")
    assert "Worker failed to load function: 'broken_import'" in log
    assert "No module named 'a_module_that_nobody_has'" in log


@pytest.mark.parametrize("name", ["quits", "quits_in_a_thread", "quits_on_import"])
def test_system_exit_is_a_failed_invocation(name: str, host: RunningHost) -> None:
    """A function that exits fails its event; the host lives on and says why."""
    answer = host.notify(name, '[{"id":"1"}]')

    assert (answer.status, host.state()) == (500, "Running")
    log = host.await_log(f"Executed 'Functions.{name}' (Failed")
    assert "SystemExit" in log.split(f"Executed 'Functions.{name}' (Failed")[1]


def test_a_function_that_takes_too_long_fails(host: RunningHost) -> None:
    """The functionTimeout of host.json ends the wait with a failure."""
    answer = host.notify("overdue", '[{"id":"1"}]')

    assert answer.status == 500
    host.await_log("Timeout value of 0:00:02 exceeded by function 'Functions.overdue'")


def test_logs_the_error_of_a_failed_function(host: RunningHost) -> None:
    """Type, text and stack of the exception are shown."""
    host.notify("fails_on_demand", '[{"fail":true}]')

    log = host.await_log("Executed 'Functions.fails_on_demand' (Failed")
    assert "Exception: ValueError: the event asked for it" in log
    assert 'raise ValueError("the event asked for it")' in log


def test_logs_what_the_app_logs_with_the_time_in_utc(host: RunningHost) -> None:
    """Every line begins with [YYYY-MM-DDTHH:MM:SS.mmmZ]."""
    host.notify("fails_on_demand", '[{"id":"1"}]')

    log = host.await_log("looked at an event")
    stamp = r"^\[20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "
    assert re.search(f"{stamp}looked at an event$", log, re.MULTILINE)


def test_never_logs_an_event(host: RunningHost) -> None:
    """Neither success nor failure puts a word of the event into the output."""
    mark = unique()
    for name in ("records", "broken_import", "quits"):
        host.notify(name, f'[{{"id":"{mark}"}}]')
    host.notify("fails_on_demand", f'[{{"id":"{mark}","fail":true}}]')
    host.notify("records", f'[{{"id":"{mark}","broken":"\\x"}}]')
    host.notify("records", f'["{mark}"]')

    assert mark not in host.log() + host.output()
