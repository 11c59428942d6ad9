"""The local stand-in for Event Grid: a topic, its event subscriptions, delivery, dead letters.

The real `azure-eventgrid` client publishes to it. It delivers by the file of event subscriptions
that deployment reads, tries again as Event Grid does, and can be asked to misbehave within what
Event Grid promises: at least once, in no order.

Reading order: `options`, `clock`, `subscriptions` (which events go where), `events`, `schedule`
(what an answer means, when to try again), `delivery` (the requests to a webhook), `dead_letters`,
`dispatch` (the queue of one subscription), `topic` (all of them), `serve` (the endpoint that
clients publish to), `thread` (all of it beside a synchronous program).

Facts are from learn.microsoft.com/azure/event-grid, page `delivery-and-retry` where no other is
named. Events are held in memory: unlike the service, a restart loses them.
"""

from local import ports

DEFAULT_PORT = 7072
"""Beside the Functions host's 7071."""


def endpoint(port: int) -> str:
    """The address of the topic on a port, for EventGridPublisherClient; any key will do."""
    return f"http://{ports.LOOPBACK}:{port}/api/events"
