"""An inbound SMS becomes two records; here they are put on two queues, by five kinds of client.

- *A client per event*: what samples show. `QueueClient.from_connection_string` for each queue when
  the event comes, `send_message`, threads for several events at once.
- *SDK, blocking, kept* and *SDK, asynchronous, kept*: the same clients with their defaults, made
  once; the asynchronous one sends both messages at the same time.
- *Ours*: `shared.writing.storage`, called as the pipeline calls it.
- *aiohttp by hand*: two requests with signatures made by hand and nothing else, the floor.

They deliver to Azurite over HTTPS, as in production, and over HTTP, as on most developers'
machines; to a server that answers at once and does nothing, which shows the client's own limit;
and to the same answering after 10 ms, about what a storage account takes.

Each kind is a process of its own on one core, the server has another. In each round every kind
delivers to every server for a second or so, in random order, to an Azurite just started and warmed
up; ratios are taken within the round. The root logger is at INFO with one handler that formats
every record, as in the Functions worker. Over HTTPS all trust a bundle as large as the one that
requests brings. Latency is one event's, of all rounds together: where few events are delivered in
a second, p99 is hardly more than the slowest.
"""

from bench.parts import Scale
from bench.results import Outcome


def measure(scale: Scale) -> Outcome:
    """Measure it all."""
    # Client programs import this package too; `shared` would change what the SDK logs in them.
    from bench.delivering import measurement  # noqa: PLC0415 -- see the line above

    return measurement.measure(scale)
