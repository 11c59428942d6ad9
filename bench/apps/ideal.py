"""The least that a function can do: two prepared messages on a kept session, and no logic."""

import asyncio
import json
import os

from bench.raw import RawAccount

accounts: list[RawAccount] = []


async def main(event: str) -> None:  # noqa: ARG001 - the trigger's
    """Put the messages that the bench prepared on their queues."""
    if not accounts:
        accounts.append(RawAccount(os.environ["AzureWebJobsStorage"]))  # noqa: SIM112 - its name
    sends = json.loads(os.environ["BENCH_SENDS"])
    await asyncio.gather(*(accounts[0].send(queue, text) for queue, text in sends))
