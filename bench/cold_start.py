"""Cold start: from the start of Python until storage has taken both records of the first event.

Every time in a new process, with byte code in place and storage that answers at once. What the
real worker and host add is not in it.
"""

import json
import os
from time import perf_counter

from bench import events, storage
from bench.delivering import app_settings
from bench.measuring import OURS, beside_the_app, check, in_turns, output_of, table
from bench.storage import Storage

_PROGRAM = """
import asyncio, json, os, sys, time, types
import azure.functions as func
from {module} import main
text = {text!r}
{call}
print(json.dumps([time.process_time(), list(sys.modules)]), flush=True)
os._exit(0)
"""
_AWAITED = "asyncio.run(main(text))"
_SAMPLE = """
event = json.loads(text)
main(func.EventGridEvent(id=event["id"], data=event["data"], topic=event["topic"], event_time=None,
    subject=event["subject"], event_type=event["eventType"], data_version=event["dataVersion"]))
"""
_OURS = """
trace_context = types.SimpleNamespace(trace_parent="")
context = types.SimpleNamespace(function_name="sms_received", trace_context=trace_context)
asyncio.run(main(text, context))
"""
STARTS = {
    "empty: azure.functions alone": ("bench.apps.empty", _AWAITED),
    "ideal: aiohttp by hand": ("bench.apps.ideal", _AWAITED),
    "sample: a client per event": ("bench.apps.sample", _SAMPLE),
    OURS: ("sms_received", _OURS),
    "the app and azure.identity": ("sms_received", f"{_OURS}\nimport azure.identity.aio"),
    "the app and a first blob": ("sms_received", f"{_OURS}\nimport azure.storage.blob.aio"),
}
"""The module of a function, and how it is called."""


async def measure(*, quick: bool) -> str:
    """The table, as Markdown."""
    wall: dict[str, list[float]] = {name: [] for name in STARTS}
    cpu: dict[str, list[float]] = {name: [] for name in STARTS}
    async with storage.running() as service:
        for name in STARTS:
            await started(name, service)  # leaves byte code behind
        for name in in_turns(STARTS, 1 if quick else 15):
            begin = perf_counter()
            seconds, _ = await started(name, service)
            wall[name].append((perf_counter() - begin) * 1e3)
            cpu[name].append(seconds * 1e3)
    columns = ["", "ms", "times the app", "CPU ms", "times the app"]
    return table(columns, beside_the_app(wall), beside_the_app(cpu))


async def started(name: str, service: Storage) -> tuple[float, list[str]]:
    """Process one event in a new interpreter: its seconds of CPU time, and its modules."""
    module, call = STARTS[name]
    text = events.sample("SMSReceived.current")
    program = _PROGRAM.format(module=module, text=text, call=call)
    environ, before = os.environ | app_settings(service), service.requests
    seconds, modules = json.loads(await output_of(["-c", program], environ))
    check(f"messages of {name}", 0 if "empty" in name else 2, service.requests - before)
    return seconds, modules
