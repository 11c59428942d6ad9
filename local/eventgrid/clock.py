"""Time as Event Grid measures it: waits, times to live, the times in dead letters."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that starts at the real time. Tests have one that only they advance."""

    def __init__(self, speed: float = 1.0) -> None:
        """At speed 100 a minute takes 0.6 s."""
        self._speed = speed
        self._started = datetime.now(UTC)
        self._started_at = time.monotonic()

    def now(self) -> datetime:
        """The time, in UTC."""
        seconds = (time.monotonic() - self._started_at) * self._speed
        return self._started + timedelta(seconds=seconds)

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call in the running event loop after so many seconds of this clock."""
        asyncio.get_running_loop().call_later(seconds / self._speed, action)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        is_over = asyncio.Event()
        self.call_later(seconds, is_over.set)
        await is_over.wait()
