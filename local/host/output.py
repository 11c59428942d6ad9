"""What the host prints: as `func start` does, functions on stdout and the log on stderr."""

import logging
import sys
import time

from local.host.app import FunctionApp
from local.host.errors import HostError
from shared.redaction import hide

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


class _Redacted(logging.Formatter):
    """Lines without what may be a secret, tracebacks included, whoever logs them."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return hide(super().format(record))


def configure_logging(level: object) -> None:
    """Send every log of host and app to stderr, from host.json's default level upwards."""
    name = str(level or "Information").lower()
    if name not in _LEVELS:
        raise HostError(f"logging.logLevel.default in host.json is no log level: {level!r}")
    formatter = _Redacted("[%(asctime)s] %(message)s")
    formatter.converter = time.gmtime
    formatter.default_time_format = "%Y-%m-%dT%H:%M:%S"
    formatter.default_msec_format = "%s.%03dZ"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=_LEVELS[name], handlers=[handler])


def show_functions(app: FunctionApp) -> None:
    """List the functions (Core Tools, DisplayFunctionsInfoUtilities)."""
    enabled = [function for function in app.functions.values() if not function.disabled]
    lines = ["", "Functions:", ""] if enabled else []
    for function in enabled:
        lines += [f"\t{function.name}: {function.trigger.type}", ""]
    lines += [
        f"Function {function.name} is disabled."
        for function in app.functions.values()
        if function.disabled
    ]
    lines += [f"The '{name}' function is in error: {error}" for name, error in app.errors.items()]
    if not app.functions:
        lines += [f"No job functions found in {app.root}."]
    print("\n".join(lines), flush=True)
