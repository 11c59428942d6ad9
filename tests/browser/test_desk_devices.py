"""The desk's page on a phone, in the dark, and with the keyboard alone."""

import pytest

from tests.browser.conftest import Run, now
from tests.browser.test_desk_page import sms
from tools.browser import Page

pytestmark = pytest.mark.e2e

LINK = "#ticket-list a"


@pytest.fixture(autouse=True)
async def a_ticket(local_run: Run, page: Page) -> None:
    """Some ticket is there."""
    local_run.publish("SMSReceived", sms(2000, "Hello " * 30, now()))
    await page.until(f"!!document.querySelector({LINK!r})")


def is_seen(selector: str) -> str:
    """Whether an element takes room on the screen."""
    return f"document.querySelector('{selector}')?.getClientRects().length > 0"


async def test_one_pane_at_a_time_fits_a_phone(page: Page) -> None:
    """Tickets, a conversation, and back; nothing is wider than the screen."""
    await page.command(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=640,
        deviceScaleFactor=2,
        mobile=True,
    )
    fits = "document.documentElement.scrollWidth <= 360"
    assert await page.evaluate(fits)
    assert not await page.evaluate(is_seen("#conversation"))

    await page.evaluate(f"document.querySelector({LINK!r}).click()")
    await page.until(is_seen("#conversation li.bubble"))
    assert await page.evaluate(fits)
    assert not await page.evaluate(is_seen("#tickets"))

    await page.evaluate("document.querySelector('#conversation .back').click()")
    await page.until(is_seen("#tickets"))
    await page.evaluate("document.querySelector('[data-pane-of=pushes]').click()")
    await page.until(is_seen("#pushes"))
    assert await page.evaluate(fits)


async def test_it_is_dark_where_the_device_is(page: Page) -> None:
    """The text is lighter than what is behind it, and the other way round."""
    style = "getComputedStyle(document.body)"
    colours = f"[{style}.color, {style}.backgroundColor].map(c => +c.match(/[\\d.]+/)[0])"
    for scheme, is_dark in (("dark", True), ("light", False)):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await page.command("Emulation.setEmulatedMedia", features=features)
        text, behind = await page.evaluate(colours)
        assert is_dark == (text > behind)


async def test_the_keyboard_is_enough(page: Page) -> None:
    """`j` goes to a ticket, Enter opens it, Tab reaches what can be done with it."""
    await press(page, "j", "KeyJ", 74)
    assert await page.evaluate(f"document.activeElement.matches({LINK!r})")
    await press(page, "Enter", "Enter", 13)
    action = "#conversation [data-key=action]"
    await page.until(f"!!document.querySelector('{action}')")
    for _ in range(100):
        await press(page, "Tab", "Tab", 9)
        if await page.evaluate(f"document.activeElement.matches('{action}')"):
            return
    pytest.fail("Tab does not reach the button")


async def press(page: Page, key: str, code: str, number: int) -> None:
    """Press a key, and let it go."""
    for kind in ("keyDown", "keyUp"):
        text = {"text": "\r" if key == "Enter" else key} if kind == "keyDown" else {}
        if key == "Tab":
            text = {}
        await page.command(
            "Input.dispatchKeyEvent",
            type=kind,
            key=key,
            code=code,
            windowsVirtualKeyCode=number,
            **text,
        )
