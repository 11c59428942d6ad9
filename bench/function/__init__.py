"""The whole function: an HTTP request of Event Grid's in, two messages on queues, the answer out.

The local Functions host (a stand-in for the .NET half, Microsoft's own Python runtime) runs three
apps, each beside an Azurite of its own over HTTP:

- *empty*: a function that does nothing, which is what host and runtime cost;
- *sample*: a function that makes two dictionaries of the event and a queue client for each, when
  the event comes, as samples do;
- *ours*: this app.

A client posts one event a request and waits for the answer. Hosts have one core; Azurite and the
client share another. All hosts take their turn in each round, in random order; ratios are taken
within the round. Afterwards the messages are counted: none may be missing.

Memory is that of the host's process and all its children. Beside that, the pipeline alone is
watched over many more events, delivering to a server that does nothing.
"""

from bench.parts import Scale
from bench.results import Outcome


def measure(scale: Scale) -> Outcome:
    """Measure it all."""
    # A client program imports this package too: see bench.delivering.
    from bench.function import measurement  # noqa: PLC0415 -- see the line above

    return measurement.measure(scale)
