"""Send sample events to the app that `dev.py start` runs.

Each SAMPLE is the name of a file in samples/, with or without .json, or the path of any file that
holds what Event Grid delivers: a JSON array of events, or one CloudEvent. It goes as it is to the
function's Event Grid webhook, or with --publisher through Microsoft's own client to a topic.
"""

import argparse
import time
from http import HTTPStatus

from local import console, eventgrid, functions_host, ports, samples
from local.errors import CommandError
from local.samples import Sample
from local.stack import HOST_PORT

_TYPE_KEYS = ("eventtype", "type")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("samples", nargs="+", metavar="SAMPLE", help="a sample's name, or a file")
    parser.add_argument("--function", metavar="NAME", help="default: the one for the event's type")
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
    if arguments.publisher:
        return _publish(chosen, arguments.publisher, arguments.key)
    accepted = [_send(sample, arguments.function, arguments.port) for sample in chosen]
    return 0 if all(accepted) else 1


def function_for(sample: Sample) -> str:
    """The function that a sample goes to, from its golden file, else from the routes.

    Raises:
        CommandError: neither names one.
    """
    golden = sample.golden
    if golden:
        return golden.function
    from shared import routes  # noqa: PLC0415 -- `--help` works before the packages are installed

    for event in sample.events():
        folded = {key.lower(): value for key, value in event.items()}
        for name in (folded.get(key) for key in _TYPE_KEYS):
            route = routes.find(name) if isinstance(name, str) else None
            if route:
                return route.function
    raise CommandError(
        f"no function is known for the events of {sample.name}; name one with --function."
    )


def _send(sample: Sample, function: str | None, port: int) -> bool:
    function = function or function_for(sample)
    started = time.perf_counter()
    answer = functions_host.deliver(port, function, sample.body)
    took = f"{(time.perf_counter() - started) * 1000:.0f} ms"
    accepted = answer.status == HTTPStatus.ACCEPTED
    shown = console.paint(str(answer), "green" if accepted else "red")
    print(f"{sample.name} -> {function}: {shown} ({took})")
    if answer.status == HTTPStatus.NOT_FOUND:
        functions = ", ".join(functions_host.functions(port)) or "none"
        print(f"  The host has these functions: {functions}")
    elif not accepted:
        print("  The output of `dev.py start` says why; Event Grid would send the event again.")
    return accepted


def _publish(chosen: list[Sample], endpoint: str, key: str) -> int:
    from local import publisher  # noqa: PLC0415 -- `--help` works before it is installed

    for sample in chosen:
        count = publisher.publish(sample, endpoint, key)
        print(f"{sample.name} -> {endpoint}: {count} published")
    return 0
