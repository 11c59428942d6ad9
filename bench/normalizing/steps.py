"""What the app does beyond its floor, step by step: where the time of an SMS goes."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from shared import pipeline, routes
from shared.reading import envelope
from shared.records import records, wording
from tools.golden import DEFAULTS


def steps(event: str) -> dict[str, Callable[[], object]]:
    """Each step alone, with its inputs ready. Some overlap; together they are most of the time."""
    parsed = envelope.parse(event)
    route = routes.find(parsed.type)
    if route is None or route.record is None:
        raise ValueError(f"{parsed.type} becomes no record")
    record_type = route.record
    fact = routes.fact_of(route, parsed)
    origin = records.origin(record_type, fact, parsed)
    built = [send.record.envelope for send in pipeline.convert(parsed, DEFAULTS)]
    encode = msgspec.json.Encoder().encode
    return {
        "reading the envelope": lambda: envelope.parse(event),
        "the data to a fact: decoding, times, parties": lambda: routes.fact_of(route, parsed),
        "what the records share: source, time, key": lambda: records.origin(
            record_type, fact, parsed
        ),
        "the ids: SHA-1 as UUID version 5, two records and a collapse key": lambda: [
            records.uuid5(origin.key) for _ in range(len(built) + 1)
        ],
        "titles and text for people": lambda: (
            wording.work_title(record_type, fact),
            wording.push_title(record_type, fact),
            wording.push_body(record_type, fact),
        ),
        "making the structs of the records from ready values": _constructing(built),
        "encoding the records": lambda: [encode(record) for record in built],
    }


def _constructing(built: list[Any]) -> Callable[[], object]:
    """Only the constructors, inner structs first; an inner one that records share counts once."""
    made: dict[int, Struct] = {}
    for record in built:
        _gather(record, made)
    calls = [(type(each), msgspec.structs.asdict(each)) for each in made.values()]
    return lambda: [kind(**fields) for kind, fields in calls]


def _gather(value: Any, made: dict[int, Struct]) -> None:
    if isinstance(value, tuple):
        for each in value:
            _gather(each, made)
    elif isinstance(value, Struct) and id(value) not in made:
        for each in msgspec.structs.astuple(value):
            _gather(each, made)
        made[id(value)] = value
