"""What the unit tests share: made-up events and settings from a mapping."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared import routes
from shared.pipeline import convert
from shared.reading import envelope
from shared.reading.envelope import Envelope
from shared.records.facts import Fact
from shared.settings import Settings
from tests.contract_of_records import held

PREFIX = "Microsoft.Communication."
TOPIC = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Communication/communicationServices/c"
)
THREAD = "19:0123456789abcdef@thread.v2"
ALICE = "8:acs:11111111-1111-1111-1111-111111111111_00000005-aaaa"
BOB = "8:acs:11111111-1111-1111-1111-111111111111_00000005-bbbb"
CAROL = "8:acs:11111111-1111-1111-1111-111111111111_00000005-cccc"
EVENT_TIME = "2026-01-02T03:04:05.6780000Z"
NOW = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)
SAMPLES = [
    json.dumps(wire[0] if isinstance(wire, list) else wire, ensure_ascii=False)
    for path in sorted((Path(__file__).parents[2] / "samples").rglob("*.json"))
    if (wire := json.loads(path.read_text(encoding="utf-8")))
]
"""Each as the functions host hands it over."""

SMS = {
    "messageId": "Incoming_1",
    "from": "15555550100",
    "to": "+15555550199",
    "message": "Is the shop open? ",
    "receivedTimestamp": "2026-01-02T03:04:05.32Z",
}
CHAT_MESSAGE = {
    "messageBody": "Hello",
    "messageId": "1767323045678",
    "senderId": ALICE,
    "senderDisplayName": "Alice",
    "recipientId": BOB,
    "composeTime": "2026-01-02T03:04:05.678Z",
    "type": "Text",
    "version": 1767323045678,
    "threadId": THREAD,
}


def identifier(raw_id: str) -> dict[str, Any]:
    """A chat user's identifier in the form of 2021-03 and later."""
    return {"rawId": raw_id, "communicationUser": {"id": raw_id}}


def event(name: str, data: Any, **attributes: Any) -> dict[str, Any]:
    """An event in Event Grid's schema."""
    return {
        "id": "event-1",
        "topic": TOPIC,
        "subject": "s",
        "eventType": PREFIX + name,
        "eventTime": EVENT_TIME,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": data,
    } | attributes


def settings(**environ: str) -> Settings:
    """Settings of a local run, and what the test adds."""
    return Settings.from_env({"AzureWebJobsStorage": "UseDevelopmentStorage=true"} | environ)


def parse(wire: Any) -> Envelope:
    """The envelope of an event given as JSON value."""
    return envelope.parse(json.dumps(wire))


def fact(name: str, data: Any, **attributes: Any) -> Fact:
    """The fact of an event."""
    parsed = parse(event(name, data, **attributes))
    route = routes.find(parsed.type)
    assert route is not None
    return routes.fact_of(route, parsed)


def records(wire: Any, **environ: str) -> list[dict[str, Any]]:
    """The records that an event becomes, as a consumer reads them."""
    sends = convert(parse(wire), settings(**environ))
    return [held(json.loads(send.record.body)) for send in sends]


def of_kind(kind: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """The one record that is a ``work-item`` or a ``push-notification``."""
    (record,) = [record for record in found if f":{kind}:" in record["dataschema"]]
    return record
