"""What ``docs/deploy.md`` says an app costs: the arithmetic, and the amounts behind it."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal

from bench import events
from local import paths
from shared import pipeline
from shared.reading import envelope
from shared.settings import Settings

PAGE = (paths.ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## What it costs\n")[2].partition("\n## ")[0]
SETTINGS = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})
EVENTS = 100_000
FREE = {"Event Grid": 100_000, "executions": 250_000, "memory": 100_000, "Log Analytics": 5}
"""What a month has for nothing, by what the row's name begins or ends with."""
ROW = re.compile(
    r"^\| ([^|*]+) \| ([\d.,]+) [\w-]+ \| ([\d.]+) for ([\d,]+) \| ([\d.]+) \| ([\d.]+) \|$"
)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _rows() -> dict[str, tuple[Decimal, ...]]:
    found = [match for line in SECTION.splitlines() if (match := ROW.match(line))]
    return {match[1]: tuple(map(_number, match.groups()[1:])) for match in found}


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_each_row_is_its_amount_times_its_price() -> None:
    rows = _rows()

    assert len(rows) == 9
    for name, (amount, price, unit, costs, left) in rows.items():
        free = next((FREE[word] for word in FREE if word in name.partition(",")[0]), 0)
        assert costs == _cents(amount * price / unit), name
        assert left == _cents(max(amount - free, Decimal(0)) * price / unit), name


def test_the_sum_is_that_of_the_rows_above_it() -> None:
    above = SECTION.partition("| **together**")[0]
    ((costs, left),) = re.findall(
        r"\*\*together\*\* \| \| \| \*\*([\d.]+)\*\* \| \*\*([\d.]+)", SECTION
    )
    rows = [row for name, row in _rows().items() if f"| {name} |" in above]

    assert sum(row[3] for row in rows) == _number(costs)
    assert sum(row[4] for row in rows) == _number(left)


def test_the_amounts_are_those_of_the_app() -> None:
    sends = pipeline.convert(envelope.parse(events.sample("SMSReceived.current")), SETTINGS)
    template = json.loads((paths.ROOT / "infra" / "main.json").read_text(encoding="utf-8"))
    gigabytes = Decimal(template["parameters"]["instanceMemoryMB"]["defaultValue"]) / 1024
    amounts = {name: row[0] for name, row in _rows().items()}

    assert amounts["Queue Storage: written by the app"] == EVENTS * len(sends)
    read = amounts["Queue Storage: read and deleted by readers"]
    assert read == EVENTS * len(sends) * Decimal("1.5")
    assert amounts["Functions: memory, each event alone"] == EVENTS * gigabytes
    burst = amounts["Functions: memory, at 70 events a second, instead"]
    assert burst == round(EVENTS * gigabytes / 70)
    assert amounts["Blob Storage: with an archive"] == EVENTS
    assert f"an instance of {gigabytes} GB" in SECTION


def test_the_section_says_of_when_and_where_the_prices_are() -> None:
    assert re.search(
        r"West Europe.* as of 20\d\d-\d\d-\d\d, the rest as of 20\d\d-\d\d-\d\d", SECTION, re.DOTALL
    )
    assert "Left out" in SECTION
