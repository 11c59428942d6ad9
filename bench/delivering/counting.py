"""Counts what delivering makes that it could do without: log records, clients, TLS contexts."""

import logging
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import aiohttp
import requests
from azure.storage.queue import QueueClient, QueueServiceClient, aio

OURS, OTHERS, CLIENTS, TLS = "our logs", "other logs", "clients", "tls"
_CLIENTS = (
    QueueClient,
    QueueServiceClient,
    aio.QueueClient,
    aio.QueueServiceClient,
    aiohttp.ClientSession,
    requests.Session,
)


class Handler(logging.Handler):
    """Formats and counts, as the worker's handler on the root logger formats and sends."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        self.format(record)
        self.counts[OURS if record.name.startswith("acs_event_records") else OTHERS] += 1


def log_as_the_worker_does() -> Handler:
    """The root logger at INFO, with one handler; it costs every client what it says."""
    handler = Handler()
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return handler


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count clients, the HTTP sessions below them and TLS contexts made in a `with` block."""
    counts: Counter[str] = Counter()
    with ExitStack() as patches:
        for client in _CLIENTS:
            made = _counting(client.__init__, counts, CLIENTS)
            patches.enter_context(patch.object(client, "__init__", made))
        made = _counting(ssl.SSLContext.__new__, counts, TLS)
        patches.enter_context(patch.object(ssl.SSLContext, "__new__", made))
        yield counts


def _counting(call: Callable[..., Any], counts: Counter[str], name: str) -> Callable[..., Any]:
    def counting(*args: Any, **named: Any) -> Any:
        counts[name] += 1
        return call(*args, **named)

    return counting
