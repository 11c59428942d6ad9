"""Send sample events to the app that `dev.py start` runs.

Each SAMPLE is the name of a file in samples/, with or without .json, or the path of any file that
holds what Event Grid delivers: a JSON array of events, or one CloudEvent. It goes as it is to the
function's Event Grid webhook, or with --publisher through Microsoft's own client to a topic. With
--function it goes there whatever it is, also where it is no JSON.
"""

import argparse
import json
import re
import time
from http import HTTPStatus
from typing import Any

from local import console, eventgrid, functions_host, ports, samples
from local.errors import CommandError
from local.samples import Sample
from local.stack import HOST_PORT

_FUNCTION = re.compile("[A-Za-z][A-Za-z0-9_-]{0,126}")
"""learn.microsoft.com/azure/azure-functions: what a function can be called."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("samples", nargs="+", metavar="SAMPLE", help="a sample's name, or a file")
    parser.add_argument(
        "--function", type=_name, metavar="NAME", help="default: the one for the event's type"
    )
    parser.add_argument(
        "--port", type=ports.port, default=HOST_PORT, help="the host's; %(default)s"
    )
    parser.add_argument(
        "--publisher",
        nargs="?",
        const=eventgrid.endpoint(eventgrid.DEFAULT_PORT),
        metavar="URL",
        help="publish to a topic instead, to that of `dev.py start` unless another is named",
    )
    parser.add_argument(
        "--key", default="local", help="the topic's access key, for --publisher; any one locally"
    )


def run(arguments: argparse.Namespace) -> int:
    """Send them in turn; exit status 1 when one was not accepted."""
    chosen = [samples.find(name) for name in arguments.samples]
    if arguments.publisher is not None:
        topic = arguments.publisher or eventgrid.endpoint(eventgrid.DEFAULT_PORT)
        return _publish(chosen, topic, arguments.key)
    accepted = [_send(sample, arguments.function, arguments.port) for sample in chosen]
    return 0 if all(accepted) else 1


def function_for(sample: Sample) -> str:
    """The function that a sample goes to, from its golden file, else from the routes.

    Raises:
        CommandError: neither names one; the message says why.
    """
    golden = sample.golden
    if golden:
        return golden.function
    found = [_route_of(event) for event in sample.events()]
    for function, _ in found:
        if function:
            return function
    _, why = found[0]
    raise CommandError(f"{sample.name}: {why}. Name one with --function to send it all the same.")


def _route_of(event: dict[str, Any]) -> tuple[str | None, str]:
    """The function that takes an event, or None and why there is none."""
    from shared import routes  # noqa: PLC0415 -- `--help` works before the packages are installed
    from shared.errors import MalformedEvent  # noqa: PLC0415 -- same
    from shared.reading import envelope, unrouted  # noqa: PLC0415 -- same

    try:
        parsed = envelope.parse(json.dumps(event))
    except MalformedEvent as error:
        return None, str(error)
    route = routes.find(parsed.type)
    if route:
        return route.function, ""
    return None, f"no function takes {console.harmless(parsed.type)}: {unrouted.why_not(parsed)}"


def _send(sample: Sample, function: str | None, port: int) -> bool:
    function = function or function_for(sample)
    started = time.perf_counter()
    answer = functions_host.deliver(port, function, sample.body)
    took = f"{(time.perf_counter() - started) * 1000:.0f} ms"
    accepted = answer.status == HTTPStatus.ACCEPTED
    shown = console.paint(console.harmless(str(answer)), "green" if accepted else "red")
    print(f"{console.harmless(sample.name)} -> {function}: {shown} ({took})")
    if answer.status == HTTPStatus.NOT_FOUND:
        functions = console.harmless(", ".join(functions_host.functions(port)) or "none")
        print(f"  The host has these functions: {functions}")
    elif not accepted:
        print("  The output of `dev.py start` says why; Event Grid would send the event again.")
    return accepted


def _publish(chosen: list[Sample], endpoint: str, key: str) -> int:
    from local import publisher  # noqa: PLC0415 -- `--help` works before it is installed

    for sample in chosen:
        count = publisher.publish(sample, endpoint, key)
        name, topic = console.harmless(sample.name), console.harmless(endpoint)
        print(f"{name} -> {topic}: {count} published")
        for why in sorted({why for event in sample.events() if (why := _route_of(event)[1])}):
            print(f"  {why}")
    return 0


def _name(text: str) -> str:
    if not _FUNCTION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is no name of a function")
    return text
