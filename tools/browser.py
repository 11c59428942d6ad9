"""A headless Chromium, driven through its DevTools protocol.

chromedevtools.github.io/devtools-protocol has the commands.
"""

import asyncio
import base64
import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from local import paths
from local.errors import CommandError
from local.processes import Children

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-proxy-server", "--disable-dev-shm-usage", "--hide-scrollbars"),
    "--remote-debugging-port=0",
)
_START_SECONDS = 60.0
_LARGEST = 64 * 1024 * 1024
"""Bytes of an answer: a picture is in one."""


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self.exceptions: list[str] = []
        """What the page's scripts have thrown."""

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and wait for its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        await self._socket.send_json(message)
        while True:
            answer = json.loads(await self._socket.receive_str())
            if answer.get("method") == "Runtime.exceptionThrown":
                self.exceptions.append(json.dumps(answer["params"]["exceptionDetails"]))
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self.command("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = await self.command(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, script: str, seconds: float = 60.0) -> Any:
        """Wait until an expression is true; its value.

        Raises:
            TimeoutError: it took longer.
        """
        deadline = time.monotonic() + seconds
        while not (value := await self.evaluate(script)):
            if time.monotonic() > deadline:
                text = await self.evaluate("document.body.innerText")
                raise TimeoutError(f"not within {seconds} s: {script}; the page says:\n{text}")
            await asyncio.sleep(0.05)
        return value

    async def picture(self) -> bytes:
        """What is to be seen, as PNG."""
        answer = await self.command("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])


@contextmanager
def running(*flags: str) -> Iterator[int]:
    """Chromium for the time of a `with` block; the port of its DevTools.

    Raises:
        CommandError: it is not installed, or does not start.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise CommandError("Chromium is not installed; on Debian: apt-get install chromium")
    # It writes into the folder until its last moment.
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        file = Path(profile) / "DevToolsActivePort"
        command = [program, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        with Children() as children:
            browser = children.start("Chromium", command, cwd=paths.ROOT, environ=os.environ)
            browser.wait_until(lambda: file.exists() and "\n" in file.read_text(), _START_SECONDS)
            yield int(file.read_text().split()[0])


@asynccontextmanager
async def page(port: int) -> AsyncIterator[Page]:
    """A new tab of the Chromium whose DevTools are on a port; it is closed after the block."""
    base = f"http://127.0.0.1:{port}/json"
    async with aiohttp.ClientSession() as session:
        async with session.put(f"{base}/new?about:blank") as answer:
            target = await answer.json()
        async with session.ws_connect(
            target["webSocketDebuggerUrl"], max_msg_size=_LARGEST
        ) as socket:
            made = Page(socket)
            await made.command("Page.enable")
            await made.command("Runtime.enable")
            yield made
        async with session.get(f"{base}/close/{target['id']}"):
            pass
