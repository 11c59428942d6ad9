"""What the bench asks of a client program, and what that answers: JSON, one line each."""

from msgspec import Struct


class Begin(Struct, tag=True, frozen=True):
    """Make the client for a storage account; an earlier one is closed."""

    connection_string: str
    messages: tuple[str, str]


class Burst(Struct, tag=True, frozen=True, kw_only=True):
    """Deliver events for a while."""

    queues: tuple[str, str]
    in_flight: int
    seconds: float
    most: int
    """Events; no burst is longer, however quick the machine."""
    warm_up: float = 0.0
    """Seconds before, of a client that keeps connections."""
    keep: bool = True
    """The latencies; they take memory, which may be what is watched."""


class Fail(Struct, tag=True, frozen=True):
    """Deliver one event to storage that refuses it."""

    queues: tuple[str, str]


class Count(Struct, tag=True, frozen=True):
    """Make the client anew and deliver so many events, counting what is made for them."""

    begin: Begin
    queues: tuple[str, str]
    events: int


class Delivered(Struct, frozen=True):
    """What a burst took."""

    events: int
    seconds: float
    cpu: float
    """Seconds of this process."""
    latencies: list[float]
    """Milliseconds, one an event."""
    megabytes: float | None
    """Resident at the end, where that can be said."""


class Failed(Struct, frozen=True):
    """How long it took to give up."""

    seconds: float


class Counted(Struct, frozen=True):
    """What was made during so many events."""

    events: int
    our_logs: int
    other_logs: int
    clients: int
    tls_contexts: int


Order = Begin | Burst | Fail | Count


class Done(Struct, frozen=True):
    """Nothing to tell."""
