"""Let Microsoft's runtime run a function twice in this process; print the spans, or imports.

Started by `test_traces.py`, with the app's settings in the environment.
"""

import asyncio
import json
import sys

from local import paths
from local.host import app, settings

sys.path.append(str(paths.FUNCTIONS_RUNTIME))

from local.host.runtime import Runtime

EVENT = json.dumps(json.loads((paths.SAMPLES / "SMSReceived.json").read_text("utf-8"))[0])


async def _deliver() -> None:
    function = app.read(paths.ROOT, settings.read_host_json(paths.ROOT)).functions["sms_received"]
    runtime = Runtime(None)
    await runtime.start()
    await runtime.load(function)
    for _ in range(2):
        if not await runtime.invoke(function, EVENT, "a test"):
            sys.exit(1)
    runtime.stop()


def _with_spans() -> list[dict[str, object]]:
    from opentelemetry import trace  # noqa: PLC0415 - only where it was asked for
    from opentelemetry.sdk.trace import TracerProvider, sampling  # noqa: PLC0415 - the same
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - the same
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # noqa: PLC0415 - the same
        InMemorySpanExporter,
    )

    memory = InMemorySpanExporter()
    provider = TracerProvider(sampler=sampling.ALWAYS_ON)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    asyncio.run(_deliver())
    return [json.loads(span.to_json()) for span in memory.get_finished_spans()]


if __name__ == "__main__":
    if sys.argv[1:] == ["--spans"]:
        found: list[object] = [*_with_spans()]
    else:
        asyncio.run(_deliver())
        found = [name for name in sys.modules if name.startswith("opentelemetry")]
    sys.stdout.write(json.dumps(found))
