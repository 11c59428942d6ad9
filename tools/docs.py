"""What is generated: tables and code in the docs, schemas, subscriptions."""

import json
import re
from pathlib import Path
from typing import Any

from local.errors import CommandError
from local.paths import ROOT, SAMPLES
from shared.families.route import Yields
from shared.reading.unrouted import OTHER_FAMILIES, REASONS
from shared.routes import ROUTES
from tools import golden, schemas, subscriptions

EVENTS = ROOT / "docs" / "events.md"
DIALECTS = {
    "": "as first published: the preview of 2020-09 for the oldest ten types",
    "cloudevents": "CloudEvents 1.0 envelope",
    "dual": "2021: old and new field names side by side",
    "current": "today: new names only, kinds, metadata, segment count",
    "emulator": "third-party emulators: numbers with +, receivedTimeStamp, few fields",
    "careless": "fields missing, other casings, numbers for text",
    "both-envelopes": "attributes of both envelopes at once",
    "shortcode": "a short code as one side",
    "teams": "a Teams user, HTML",
    "phone": "a phone number as a participant",
    "own": "a user's own message, delivered to that user",
    "failed": "a delivery that failed",
    "opted-out": "a failure described in text, before there were codes",
    "bounced": "a hard bounce",
    "soft-bounce": "a bounce for now",
    "expanded": "a distribution list, not final",
    "read": "read by the recipient",
    "keyword": "a keyword alone, such as STOP",
    "no-plus": "a number of ten digits, whose country the other number gives",
    "reply": "a reply in Teams with a quote, a mention and an emoji",
    "recording": "a call recording posted by Teams",
    "extension": "a Teams extension user, without the raw id",
    "left": "somebody left, not removed by another",
    "2021": "2021: identifiers flat, fewer fields, old names",
    "2023": "2023: without messageId and messageType",
    "2026": "2026: with a sequence id",
    "policy": "2026: by or about a retention policy",
    "no-number": "2026: a WhatsApp user known by a business-scoped id only",
    "media": "a file",
    "button": "a button of a template, pressed",
    "interactive": "a row of a list, chosen",
    "reaction": "a reaction",
    "click": "a link, clicked",
    "missed": "a call that nobody answered",
}
"""The meaning of the middle part of a sample's name."""

_EVENTS = """\
# Events and what they become

Generated from `shared/routes.py` and `samples/` by `python3 dev.py docs`; a test fails when it is
stale.

## By event type

`ROUTE_OVERRIDES` changes the columns work item and push notification, see the README. With
`CHAT_WORK_ITEMS=user` the user-level chat events yield the work item in brackets too, with the id
that the thread-level event of the same fact gives it.

Event types stand without `Microsoft.Communication.`, records without `communication.`.

| event type | function | record | work item | push notification |
|---|---|---|---|---|
{types}
## What a reader sees

Of the first sample of each type, with default settings; `-` where there is nothing. Thread-level
events are titles of work items, user-level ones pushes. What is `background` shows nothing.

| event type | work item: title | action | push: title | body | level |
|---|---|---|---|---|---|
{seen}
## What becomes no record

Events of these types are dead letters that say so: take them out of the filter of the event
subscription. `ChatTypingIndicatorReceivedInThread` and `ChatAzureBotCommandReceivedInThread` are
acknowledged without a record.

| family | why | event types |
|---|---|---|
{unrouted}
## By dialect

Every row is a file in `samples/` with a golden file in `tests/golden/`.

| event type | dialect | work item | push notification |
|---|---|---|---|
{dialects}
| dialect | meaning |
|---|---|
{meanings}
## What an event may come in

One event is found, and gives the same records, in an array of one, in a string of JSON or Base64
of it, in the answer of a pull delivery of an Event Grid namespace (`value`, `brokerProperties`,
`event`) and its dead letters, and in a message of Service Bus, Event Hubs or a Storage queue
(`body`, `messageText`, `ContentData`). CloudEvents 0.1 to 0.3 are read like 1.0. Each event of
an array of several is settled by itself. Where there are several in anything else, or none, the
dead letter says what came. The Functions host takes JSON objects and arrays only.

## Rejected

Every row is a file in `samples/rejected/`. Reasons are also in the dead letter.

| sample | reason |
|---|---|
{rejected}"""


def documents() -> dict[Path, str]:
    """Every generated file and its text."""
    readme, records = ROOT / "README.md", ROOT / "docs" / "records.md"
    reader = (ROOT / "examples" / "read_records.py").read_text(encoding="utf-8")
    return {
        EVENTS: events_page(),
        readme: _with_block(readme, "record", "json", _example()),
        records: _with_block(records, "python", "python", reader),
        **schemas.documents(),
        **subscriptions.documents(),
    }


def events_page() -> str:
    """The tables of events: by type, by dialect, and what is rejected."""
    return _EVENTS.format(
        types=_table(_types()),
        seen=_table(_seen()),
        unrouted=_table(_unrouted()),
        dialects=_table(_dialects()),
        meanings=_table([(name or "(none)", meaning) for name, meaning in DIALECTS.items()]),
        rejected=_table(_rejected()),
    )


def dialect(sample: Path) -> str:
    """The dialect in a sample's name: `cloudevents` of `SMSReceived.cloudevents.json`."""
    return sample.stem.partition(".")[2]


def _types() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for route in ROUTES:
        name = route.event.rpartition(".")[2]
        record = route.record.removeprefix("communication.") if route.record else "-"
        user_work = f" ({route.user_work})" if route.user_work else ""
        rows.append((name, route.function, record, *_cells(route.yields, user_work)))
        if route.when_failed:
            rows.append((f"{name}, failed", route.function, record, *_cells(route.when_failed)))
        if route.when_missed:
            rows.append((f"{name}, missed", route.function, record, *_cells(route.when_missed)))
    return rows


def _cells(yields: Yields, user_work: str = "") -> tuple[str, str]:
    high = ", high" if yields.work and yields.priority == "high" else ""
    return f"{yields.work or '-'}{high}{user_work}", yields.push or "-"


def _seen() -> list[tuple[str, ...]]:
    """What people read, out of the golden file of each type's first sample and its alarm."""
    names = [route.event.rpartition(".")[2] for route in ROUTES if route.record]
    samples = [SAMPLES / f"{name}{kind}.json" for name in names for kind in ("", *_ALARMS)]
    return [_seen_of(sample) for sample in samples if sample.exists()]


_ALARMS = (".failed", ".bounced", ".missed")


def _seen_of(sample: Path) -> tuple[str, ...]:
    given = _golden(sample)
    (work,) = given["work-items"] or [{"data": {}}]
    (push,) = given["push-notifications"] or [{"data": {}}]
    name, _, kind = sample.stem.partition(".")
    cells = [work["data"].get(field) for field in ("title", "action")]
    cells += [push["data"].get(field) for field in ("title", "body", "interruptionLevel")]
    return (f"{name}, {kind}" if kind else name, *(_cell(cell) for cell in cells))


def _cell(text: str | None) -> str:
    """Text of a sample, as a table shows it."""
    return " ".join((text or "-").replace("|", "\\|").replace("<", "&lt;").split())


def _unrouted() -> list[tuple[str, ...]]:
    return [
        (family, why, ", ".join(name for name, of in OTHER_FAMILIES.items() if of == family))
        for family, why in REASONS.items()
    ]


def _dialects() -> list[tuple[str, ...]]:
    order = [route.event.rpartition(".")[2] for route in ROUTES]
    samples = [s for s in golden.samples() if s.parent == SAMPLES]
    for each in samples:
        if each.stem.partition(".")[0] not in order:
            raise CommandError(f"samples/{each.name} is named after no event type of the routes.")
        if dialect(each) not in DIALECTS:
            raise CommandError(
                f"samples/{each.name}: say what {dialect(each)!r} means in DIALECTS, tools/docs.py."
            )
    samples.sort(
        key=lambda s: (order.index(s.stem.partition(".")[0]), [*DIALECTS].index(dialect(s)))
    )
    return [(s.stem.partition(".")[0], dialect(s) or "(none)", *_given(s)) for s in samples]


def _given(sample: Path) -> tuple[str, str]:
    """What a sample yields, by its golden file."""
    given = _golden(sample)
    work = [record["data"]["action"] for record in given["work-items"]]
    push = [record["data"]["interruptionLevel"] for record in given["push-notifications"]]
    return ", ".join(work) or "-", ", ".join(push) or "-"


def _rejected() -> list[tuple[str, ...]]:
    samples = [sample for sample in golden.samples() if sample.parent != SAMPLES]
    return [(sample.stem, _golden(sample)["rejected"] or "accepted") for sample in samples]


def _golden(sample: Path) -> Any:
    return json.loads(golden.golden_text(sample))


def _example() -> str:
    """The record that the README shows."""
    (item,) = _golden(SAMPLES / "SMSReceived.current.json")["work-items"]
    return json.dumps(item, indent=2, ensure_ascii=False) + "\n"


def _with_block(page: Path, name: str, language: str, code: str) -> str:
    """A page with its code block between `<!-- name -->` and `<!-- /name -->` made anew."""
    text = page.read_text(encoding="utf-8")
    block = f"<!-- {name} -->\n```{language}\n{code}```\n<!-- /{name} -->"
    return re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _: block, text, flags=re.DOTALL)


def _table(rows: list[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
