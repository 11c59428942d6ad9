"""Write or check what is generated: tables and code in the docs, schemas, subscriptions."""

import argparse

from tools import generated

HINT = "python3 dev.py docs"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    generated.declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write or check all generated pages and schemas."""
    from tools import docs  # noqa: PLC0415 - `--help` works before its packages are installed

    return generated.write(docs.documents(), check=arguments.check, hint=HINT)
