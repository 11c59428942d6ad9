"""`python -m local.eventgrid`: an Event Grid topic on this machine, delivering to functions."""

import argparse
import asyncio
import logging
import os
import sys

from local import ports
from local.errors import CommandError
from local.eventgrid import options
from local.host import lifetime


def main() -> int:
    """Serve until a signal; exit status 1 and one message when it cannot start."""
    lifetime.exit_on_signal()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="[%(asctime)s] %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)
    arguments = _arguments()
    from local.eventgrid.serve import serve  # noqa: PLC0415 - slow, and a signal may come now

    try:
        asyncio.run(
            serve(
                options.chosen(arguments),
                arguments.host_url,
                arguments.port,
                _connection_string(arguments.connection_string_env),
            )
        )
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.eventgrid", description=__doc__)
    parser.add_argument(
        "--port", type=ports.port, default=options.DEFAULT_PORT, help="default: %(default)s"
    )
    parser.add_argument(
        "--host-url",
        default="http://127.0.0.1:7071",
        metavar="URL",
        help="the Functions host; default: %(default)s",
    )
    parser.add_argument(
        "--connection-string-env",
        metavar="NAME",
        help="the environment variable with the storage account for dead letters; without it, "
        "what cannot be delivered is dropped",
    )
    options.configure(parser)
    return parser.parse_args()


def _connection_string(name: str | None) -> str | None:
    if name is None:
        return None
    if not os.environ.get(name):
        raise CommandError(f"the environment variable {name} is not set")
    return os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
