"""The local stand-in for Event Grid: `python -m local.eventgrid`, or `eventgrid.running(...)`.

A topic that the real `azure-eventgrid` client publishes to, event subscriptions from the file that
deployment reads, delivery to the webhook of a Functions host, retries, dead letters; and knobs that
make it misbehave within what Event Grid promises: at least once, in no order.

Reading order: `options` (what can be asked for), `subscriptions` (who gets what), `events` (what
was published), `schedule` (what an answer means, when to try again), `handshake` and `delivery`
(one HTTP request), `deadletters` and `letterbox` (what was given up), `dispatch` (the queue of one
subscription), `topic` (all of them), `server` and `serve` (the endpoints, from start to stop),
`client` (for those who start it).

Facts are from learn.microsoft.com/azure/event-grid, `delivery-and-retry` where nothing else is
said. What is held is held in memory: unlike the service, a restart forgets it.
"""

from local.eventgrid.client import LocalTopic, endpoint, running, start, wait_until_ready
from local.eventgrid.options import DEFAULT_PORT, Knobs, Options

__all__ = [
    "DEFAULT_PORT",
    "Knobs",
    "LocalTopic",
    "Options",
    "endpoint",
    "running",
    "start",
    "wait_until_ready",
]
