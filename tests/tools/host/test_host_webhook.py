"""The Event Grid endpoint answers as the real host's extension does, row by row."""

import json
import re
from dataclasses import dataclass, field

import pytest

from tests.tools.host.hosting import RunningHost, unique

pytestmark = pytest.mark.e2e

HOOK = "/runtime/webhooks/eventgrid"
FAILED = b"Exception while executing function: Functions.fails_on_demand"
GOOD = '[{"id":"1","data":{}}]'
BAD = '{"id":"2","data":{"fail":true}}'
CLOUD_EVENT = '{"specversion":"1.0","id":"3","data":{}}'
ARRAY_HANDSHAKE = '[{"data":{"validationCode":"c0de"}}]'
OBJECT_HANDSHAKE = json.dumps({"data": json.dumps({"validationCode": "c0de"})})
VALIDATED = b'{"validationResponse":"c0de"}'
NO_FUNCTION = b"cannot find function: '%s'"


@dataclass(frozen=True)
class Row:
    """A request and the answer to it; `kind` is the header aeg-event-type."""

    status: int
    body: bytes = b""
    name: str = "fails_on_demand"
    kind: str | None = "Notification"
    sent: str = GOOD
    method: str = "POST"
    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    allowed: str | None = None


def unknown(name: str, method: str = "POST", sent: str = GOOD) -> Row:
    """Give the row of a function that Event Grid cannot reach."""
    return Row(404, NO_FUNCTION % name.encode(), name=name, method=method, sent=sent)


def options(origin: str | None, allowed: str) -> Row:
    """Give the row of a CloudEvents handshake."""
    headers = {} if origin is None else {"WebHook-Request-Origin": origin}
    return Row(200, method="OPTIONS", kind=None, sent="", headers=headers, allowed=allowed)


ROWS = {
    # function lookup comes first, whatever the verb and the header
    "no function name": Row(404, NO_FUNCTION % b"", url=HOOK),
    "blank function name": unknown(""),
    "unknown function": unknown("nobody"),
    "function name in another case": unknown("Fails_On_Demand"),
    "disabled function": unknown("switched_off"),
    "function with a broken function.json": unknown("bad_json"),
    "unknown function, OPTIONS": unknown("nobody", method="OPTIONS"),
    "unknown function, malformed body": unknown("nobody", sent="{"),
    "unknown function, GET": unknown("nobody", method="GET"),
    "function name given twice": Row(
        404, NO_FUNCTION % b"records,slow", name="records&functionName=slow"
    ),
    # case of the path and of the query key
    "path in capitals": Row(202, url="/RUNTIME/WebHooks/EventGrid?functionName=fails_on_demand"),
    "query key in another case": Row(202, url=f"{HOOK}?FUNCTIONNAME=fails_on_demand"),
    "path with more after it": Row(202, url=f"{HOOK}/extra?functionName=fails_on_demand"),
    "key of Azure in the query": Row(202, url=f"{HOOK}?functionName=fails_on_demand&code=x"),
    # the CloudEvents handshake
    "OPTIONS, no origin": options(None, "eventgrid.azure.net"),
    "OPTIONS, public cloud": options("eventgrid.azure.net", "eventgrid.azure.net"),
    "OPTIONS, US government": options("eventgrid.azure.us", "eventgrid.azure.us"),
    "OPTIONS, eaglex": options("eventgrid.azure.eaglex.ic.gov", "eventgrid.azure.eaglex.ic.gov"),
    "OPTIONS, scloud": options(
        "eventgrid.azure.microsoft.scloud", "eventgrid.azure.microsoft.scloud"
    ),
    "OPTIONS, China": options("eventgrid.azure.cn", "eventgrid.azure.cn"),
    "OPTIONS, foreign origin": options("example.org", "eventgrid.azure.net"),
    # the Event Grid handshake
    "validation, array": Row(200, VALIDATED, kind="SubscriptionValidation", sent=ARRAY_HANDSHAKE),
    "validation, object": Row(200, VALIDATED, kind="SubscriptionValidation", sent=OBJECT_HANDSHAKE),
    "validation, header in capitals": Row(
        200, VALIDATED, kind="SUBSCRIPTIONVALIDATION", sent=ARRAY_HANDSHAKE
    ),
    "validation of a function that fails to load": Row(
        200, VALIDATED, name="broken_import", kind="SubscriptionValidation", sent=ARRAY_HANDSHAKE
    ),
    "validation, no code": Row(500, kind="SubscriptionValidation", sent='[{"data":{}}]'),
    "validation, no data": Row(500, kind="SubscriptionValidation", sent="[{}]"),
    "validation, no event": Row(500, kind="SubscriptionValidation", sent="[]"),
    "validation, malformed": Row(500, kind="SubscriptionValidation", sent="[{"),
    "validation, data no JSON": Row(500, kind="SubscriptionValidation", sent='{"data":"x"}'),
    # notifications
    "notification, array": Row(202),
    "notification, single object": Row(202, sent=CLOUD_EVENT),
    "notification, no event": Row(202, sent="[]"),
    "notification, header in another case": Row(202, kind="nOTIFICATION"),
    "notification, PUT": Row(202, method="PUT"),
    "notification, GET": Row(202, method="GET"),
    "notification, DELETE": Row(202, method="DELETE"),
    "notification, byte order mark": Row(202, sent=f"\ufeff{GOOD}"),
    "one event fails": Row(500, FAILED, sent=BAD),
    "one of several fails": Row(500, FAILED, sent=f"[{CLOUD_EVENT},{BAD},{CLOUD_EVENT}]"),
    "element that is no object": Row(500, FAILED, sent="[1]"),
    "element that is an array": Row(500, FAILED, sent="[[]]"),
    "element that is null": Row(500, FAILED, sent="[null]"),
    "malformed JSON": Row(500, sent='[{"id":1}'),
    "empty body": Row(500, sent=""),
    "JSON scalar": Row(500, sent='"event"'),
    "text after the JSON": Row(500, sent="[] []"),
    # other headers
    "unsubscribe": Row(202, kind="Unsubscribe", sent=""),
    "no header": Row(400, kind=None),
    "other header": Row(400, kind="Greeting"),
    "no header, malformed body": Row(400, kind=None, sent="{"),
    "no header, GET": Row(400, kind=None, method="GET"),
    # what is no route at all
    "HEAD": Row(404, method="HEAD"),
    "PATCH": Row(404, method="PATCH"),
    "unknown extension": Row(404, url="/runtime/webhooks/blobs?functionName=fails_on_demand"),
    "no extension": Row(404, url="/runtime/webhooks?functionName=fails_on_demand"),
    "unknown path": Row(404, url="/api/fails_on_demand"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_answers_each_request_as_the_real_host_does(row: Row, host: RunningHost) -> None:
    """Status, body and handshake header are those of the real host."""
    headers = row.headers if row.kind is None else row.headers | {"aeg-event-type": row.kind}
    url = f"{HOOK}?functionName={row.name}" if row.url is None else row.url

    answer = host.request(row.method, url, row.sent, headers)

    assert (row.status, row.body) == (answer.status, answer.body)
    assert row.allowed == answer.headers["Webhook-Allowed-Origin"]
    assert answer.headers["Webhook-Allowed-Rate"] is None


def test_takes_the_first_of_several_event_type_headers(host: RunningHost) -> None:
    """A repeated header does not confuse the host: the first value counts."""
    with_two = f"{HOOK}?functionName=fails_on_demand"
    headers = {"aeg-event-type": "Unsubscribe", "AEG-Event-Type": "Greeting"}

    assert host.request("POST", with_two, "", headers).status == 202


def test_validation_answer_is_plain_text(host: RunningHost) -> None:
    """The real host writes the JSON of the handshake as text/plain."""
    url = f"{HOOK}?functionName=records"
    headers = {"aeg-event-type": "SubscriptionValidation"}

    answer = host.request("POST", url, ARRAY_HANDSHAKE, headers)

    assert answer.headers.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    ("function", "body", "expected"),
    [
        ("records", '[{"id":"%s"}, {"n":1,"id":"%s"}]', ['{"id":"%s"}', '{"n":1,"id":"%s"}']),
        ("records_many", '[{"id":"%s"}, {"id":"%s"}]', ['[{"id":"%s"},{"id":"%s"}]']),
        ("records_many", '[{"id":"%s"}]', ['[{"id":"%s"}]']),
        ("records_many", '{"id":"%s"}', ['[{"id":"%s"}]']),
    ],
)
def test_an_array_is_one_run_for_each_event_or_one_for_all(
    function: str, body: str, expected: list[str], host: RunningHost
) -> None:
    """Batching of the event subscription alone saves requests; `cardinality` saves runs."""
    mark = unique()

    assert host.notify(function, body.replace("%s", mark)).status == 202

    found = host.received(mark)
    assert sorted(each["event"] for each in found) == [t.replace("%s", mark) for t in expected]
    assert len({each["traceparent"] for each in found}) == len(expected)
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", r["traceparent"]) for r in found)
