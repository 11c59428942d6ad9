"""Make docs/desk.png anew: the desk's page in Chromium, with the samples.

The samples are moved by whole days to the last 24 hours; else all their pushes would have expired.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local import desk, functions_host, loopback, paths, ports, samples
from local.desk import Desk
from local.errors import CommandError
from local.samples import Golden, Sample
from local.send import function_for
from local.stack import Stack

if TYPE_CHECKING:
    from tools.browser import Page

FILE = paths.ROOT / "docs" / "desk.png"

_WIDTH, _HEIGHT = 1280, 720
_DAY = re.compile(r"\b20\d\d-\d\d-\d\d(?=T\d\d:)")
_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")


def configure(_parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def run(_arguments: argparse.Namespace) -> int:
    """Write the picture."""
    from tools import browser  # noqa: PLC0415 - `--help` works before its packages are installed

    paths.require_writable(FILE)
    (at,) = ports.free(1)
    now = datetime.now(UTC)
    accepted = {each: each.golden for each in samples.every() if _is_accepted(each.golden)}
    # Chromium first: if it is missing, that is said at once.
    with (
        browser.running() as port,
        Stack.on_free_ports() as stack,
        desk.running(stack, at) as reader,
    ):
        for sample in accepted:
            functions_host.deliver(stack.host_port, function_for(sample), moved(sample, now))
        golden = [record for each in accepted.values() if each for record in _records(each)]
        reader.wait_for(len({record["id"] for record in golden}))
        FILE.write_bytes(asyncio.run(_picture(reader, browser.page(port))))
    print(f"written: {FILE.relative_to(paths.ROOT)}")
    return 0


def moved(sample: Sample, now: datetime) -> bytes:
    """The sample with its latest time on today's date, or on yesterday's if that were later."""
    text = sample.body.decode()
    latest = max(_TIME.findall(text), default=None)
    if latest is None:
        return sample.body
    by = timedelta(days=(now - datetime.fromisoformat(latest).replace(tzinfo=UTC)).days)
    return _DAY.sub(
        lambda day: (datetime.fromisoformat(day[0]) + by).date().isoformat(), text
    ).encode()


def _is_accepted(golden: Golden | None) -> bool:
    return golden is not None and golden.rejected is None


def _records(golden: Golden) -> Iterator[dict[str, Any]]:
    for records in golden.records.values():
        yield from records


async def _picture(reader: Desk, opened: AbstractAsyncContextManager["Page"]) -> bytes:
    async with opened as page:
        await page.command(
            "Emulation.setDeviceMetricsOverride",
            width=_WIDTH,
            height=_HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )
        await page.open(f"{reader.url}/#ticket={_fullest(reader)}")
        await page.until("!!document.querySelector('#conversation li.bubble')")
        await page.until("!!document.querySelector('#push-list .push')")
        return await _still(page)


async def _still(page: "Page") -> bytes:
    await page.evaluate("document.fonts.ready.then(() => true)")
    return await page.picture()


def _fullest(reader: Desk) -> str:
    """The ticket with the most entries among the open ones of SMS."""
    found = {}
    for ticket in _asked(reader, "/api/state?state=open")["tickets"]:
        if ticket["channel"] != "sms":
            continue
        one = _asked(reader, f"/api/tickets/{ticket['subject']}")
        found[ticket["subject"]] = len(one["entries"])
    return max(found, key=found.__getitem__)


def _asked(reader: Desk, path: str) -> dict[str, list[dict[str, str]]]:
    answer = loopback.request(reader.port, path)
    if answer is None:
        raise CommandError("the desk does not answer")
    value: dict[str, list[dict[str, str]]] = json.loads(answer.body)
    return value
