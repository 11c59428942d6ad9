"""The running host: the app, its runtime, and how far starting has come."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.host.app import EVENT_GRID

if TYPE_CHECKING:
    import re

    from local.host.app import Function, FunctionApp
    from local.host.runtime import Runtime


@dataclass
class Host:
    """What the endpoints answer from."""

    app: FunctionApp
    runtime: Runtime
    # One of the real host's states: Starting, Running, Stopping (ScriptHostState).
    state: str = "Starting"
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: float = field(default_factory=time.monotonic)
    # asyncio holds its tasks weakly: a run that is not awaited needs another reference.
    background: set[asyncio.Task[bool]] = field(default_factory=set)
    routes: dict[str, re.Pattern[str]] = field(default_factory=dict)
    """The paths of the functions with an HTTP trigger."""

    async def load(self) -> None:
        """Load the functions one by one, in the order of their names, then open the endpoints.

        A disabled function is loaded too: it can still be run through the admin endpoint.
        """
        await self.runtime.start()
        for function in self.app.functions.values():
            await self.runtime.load(function)
        self.state = "Running"

    def listening(self, name: str) -> Function | None:
        """Give the function that Event Grid reaches under this name, which is case-sensitive.

        One that failed to load listens too, and fails every event.
        """
        function = self.app.functions.get(name)
        if function is None or function.disabled or function.trigger.type != EVENT_GRID:
            return None
        return function

    @property
    def by_name(self) -> dict[str, Function]:
        """The functions by their names in lower case: admin endpoints ignore the case."""
        return {name.lower(): function for name, function in self.app.functions.items()}

    @property
    def broken(self) -> dict[str, str]:
        """What is wrong with a function.json, by the name of the function in lower case."""
        return {name.lower(): error for name, error in self.app.errors.items()}

    def run_unawaited(self, function: Function, event: str, reason: str) -> None:
        """Run a function without waiting for it; the log shows the outcome."""
        task = asyncio.create_task(self.runtime.invoke(function, event, reason))
        self.background.add(task)
        task.add_done_callback(self.background.discard)
