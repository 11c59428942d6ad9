"""The desk's page in a real browser: from an event that is published to what people see."""

import json
from html import escape
from itertools import count
from typing import Any

import pytest

from local import loopback
from tests.browser.conftest import FOREIGN, Run, now
from tests.unit.events import ALICE, BOB, CHAT_MESSAGE
from tools import browser
from tools.browser import Page

pytestmark = pytest.mark.e2e

_NUMBERS = count(1000)
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
MESSAGES = "[...document.querySelectorAll('#conversation li.bubble > p')].map(e => e.textContent)"
PUSHES = "[...document.querySelectorAll('#push-list .push')]"


def sms(number: int, text: str, sent_at: str) -> dict[str, Any]:
    """An SMS of a customer of that number."""
    return {
        "messageId": f"Incoming_{number}_{sent_at}",
        "from": f"+1555555{number}",
        "to": "+15555550199",
        "message": text,
        "receivedTimestamp": sent_at,
    }


async def open_ticket(page: Page, name: str) -> None:
    """Click the ticket of somebody, when it is there."""
    links = "[...document.querySelectorAll('#ticket-list a')]"
    link = f"{links}.find(e => e.innerText.includes({name!r}))"
    await page.until(f"!!{link}")
    await page.evaluate(f"{link}.click()")
    await page.until(f"document.querySelector('#conversation h2')?.textContent === {name!r}")


async def state(page: Page) -> str:
    """Of the ticket that is open."""
    found = await page.evaluate("document.querySelector('#conversation .state').textContent")
    return str(found)


async def until_state(page: Page, wanted: str) -> None:
    """Wait for the ticket that is open."""
    await page.until(f"document.querySelector('#conversation .state').textContent === '{wanted}'")


async def test_an_sms_stands_on_the_page(local_run: Run, page: Page) -> None:
    """As a ticket, as a message in it, and as a push, without a reload."""
    number = next(_NUMBERS)
    local_run.publish("SMSReceived", sms(number, "Is table 4 free?", now()))

    await open_ticket(page, f"+1555555{number}")

    assert ["Is table 4 free?"] == await page.until(f"{MESSAGES}.length && {MESSAGES}")
    await page.until(f"{PUSHES}.some(e => e.innerText.includes('Is table 4 free?'))")
    assert await page.until("!!document.querySelector('#conversation .raw')")
    await page.evaluate("document.querySelector('#conversation .raw').click()")
    raw = await page.until("document.querySelector('#raw[open] pre')?.textContent")
    assert "communication.message.received" == json.loads(raw)["type"]


async def test_a_hostile_sms_stays_text(local_run: Run, page: Page) -> None:
    """In the list, the conversation, the push and the raw record."""
    number = next(_NUMBERS)
    local_run.publish("SMSReceived", sms(number, HOSTILE, now()))

    await open_ticket(page, f"+1555555{number}")
    await page.until(f"{MESSAGES}.includes({HOSTILE!r})")
    await page.until(f"{PUSHES}.some(e => e.textContent.includes('<script>'))")
    await page.evaluate("document.querySelector('#conversation .raw').click()")
    await page.until("document.querySelector('#raw[open] pre')?.textContent.includes('<img src=x')")

    scripts = "[...document.scripts].map(e => e.getAttribute('src'))"
    assert ["desk.js"] == await page.evaluate(scripts)
    assert 0 == await page.evaluate("document.querySelectorAll('img[src=x]').length")
    assert "undefined" == await page.evaluate("typeof window.hacked")


async def test_hostile_names_and_pages_stay_text(local_run: Run, page: Page) -> None:
    """A name, and mark-up that comes out of a page's references."""
    message = CHAT_MESSAGE | {
        "composeTime": now(),
        "messageId": "1767323045888",
        "senderDisplayName": f"Mallory {HOSTILE}\u202e",
        "type": "html",
        "messageBody": f"<p>{escape(HOSTILE)}</p>",
    }
    local_run.publish("ChatMessageReceived", message)

    shown = f"{PUSHES}.find(e => e.textContent.includes('Mallory <script>'))?.textContent"
    assert "\u202e" not in await page.until(shown)
    assert 0 == await page.evaluate("document.querySelectorAll('img[src=x]').length")
    assert "undefined" == await page.evaluate("typeof window.hacked")


async def test_an_edit_replaces_the_notification(local_run: Run, page: Page) -> None:
    """The old one stays on the page, and is marked."""
    sent_at, edited_at = now(-60), now()
    message = CHAT_MESSAGE | {
        "composeTime": sent_at,
        "messageId": "1767323045999",
        "messageBody": "At seven",
        "senderId": ALICE,
        "recipientId": BOB,
    }
    edited = message | {"messageBody": "At eight", "editTime": edited_at, "version": 9999999999999}
    local_run.publish("ChatMessageReceived", message)
    await page.until(f"{PUSHES}.some(e => e.innerText.includes('At seven'))")
    local_run.publish("ChatMessageEdited", edited)
    await page.until(f"{PUSHES}.some(e => e.innerText.includes('At eight'))")

    old = f"{PUSHES}.find(e => e.innerText.includes('At seven')).dataset.pushState"
    new = f"{PUSHES}.find(e => e.innerText.includes('At eight')).dataset.pushState"
    assert "replaced" == await page.evaluate(old)
    assert "replaced" != await page.evaluate(new)


async def test_only_news_opens_a_resolved_ticket(local_run: Run, page: Page) -> None:
    """A copy of the message that was there does not; a later message does."""
    number = next(_NUMBERS)
    first = sms(number, "Hello", now(-60))
    local_run.publish("SMSReceived", first)
    await open_ticket(page, f"+1555555{number}")
    assert "open" == await state(page)

    await page.evaluate("document.querySelector('#conversation [data-key=action]').click()")
    await until_state(page, "resolved")
    local_run.publish_and_wait("SMSReceived", first)
    # The page has asked again since.
    asked = await page.evaluate("performance.getEntriesByType('resource').length")
    await page.until(f"performance.getEntriesByType('resource').length > {asked} + 2")
    assert "resolved" == await state(page)

    local_run.publish_and_wait("SMSReceived", sms(number, "Still there?", now()))
    await until_state(page, "open")
    assert ["Hello", "Still there?"] == await page.until(f"{MESSAGES}.length > 1 && {MESSAGES}")


async def test_a_foreign_name_gets_nothing(local_run: Run, chromium: int) -> None:
    """Not even where the attacker's name leads to this machine: no page, no event, no data."""
    stack, desk = local_run.stack, local_run.reader.port
    published = stack.topic.state()["published"] if stack.topic else 0
    headers = "{'aeg-event-type': 'Notification', 'aeg-sas-key': 'any'}"
    asks = {
        desk: "fetch('/api/state')",
        stack.host_port: "fetch('/runtime/webhooks/eventgrid?functionName=sms_received', "
        f"{{method: 'POST', body: '[{{}}]', headers: {headers}}})",
        stack.topic_port: f"fetch('/api/events', {{method: 'POST', headers: {headers}, "
        "body: '[{}]'})",
    }
    for port, ask in asks.items():
        async with browser.page(chromium) as foreign:
            await foreign.open(f"http://{FOREIGN}:{port}/")
            assert "for this machine only" in await foreign.until("document.body.innerText")
            assert 403 == await foreign.evaluate(f"{ask}.then(answer => answer.status)")
    assert stack.topic is not None
    assert published == stack.topic.state()["published"]


async def test_a_foreign_page_gets_nothing(local_run: Run, chromium: int) -> None:
    """A page of another origin can neither read nor act, and its requests are refused."""
    ours = f"{local_run.reader.url}/api/devices"
    script = (
        f"fetch('{ours}', {{method: 'POST', body: '{{}}'}}).then(() => 'read', () => 'refused')"
    )
    async with browser.page(chromium) as foreign:
        await foreign.open(f"http://{FOREIGN}:{local_run.reader.port}/")
        assert "refused" == await foreign.evaluate(script)
    for method in ("GET", "POST"):
        headers = {"Origin": f"http://{FOREIGN}", "Content-Type": "application/json"}
        answer = loopback.request(
            local_run.reader.port, "/api/state", method=method, headers=headers, body=b"{}"
        )
        assert answer is not None
        assert 403 == answer.status
