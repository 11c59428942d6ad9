"""What a row of the table is. The rows stand beside the normalizers of their family."""

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from shared.reading.envelope import Envelope
from shared.records.cloudevents import Action, InterruptionLevel, Priority
from shared.records.facts import Fact, RecordType

P = TypeVar("P", bound=Struct)


class Yields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records a fact becomes; by default none."""

    work: Action | None = None
    push: InterruptionLevel | None = None
    priority: Priority = "normal"


NOTHING = Yields()
OPEN = Yields(work="open")
UPDATE = Yields(work="update")
CLOSE = Yields(work="close")
SHOW = Yields(push="active")
REPLACE = Yields(push="passive")
SYNC = Yields(push="background")
OPEN_AND_SHOW = Yields(work="open", push="active")
UPDATE_AND_SYNC = Yields(work="update", push="background")
ALARM = Yields(work="open", push="active", priority="high")


class Route(Struct, Generic[P], frozen=True):
    """One row of the table: all that is done with an event type."""

    event: str
    """The event type, as Event Grid spells it."""
    function: str
    """The function whose event subscription includes the type."""
    payload: type[P]
    normalize: Callable[[P, Envelope, dict[str, Any]], Fact]
    """Makes a fact of the payload. The dict is the record's ``extra``: it holds the fields that
    the payload does not know, and takes the values that can't be read."""
    record: RecordType | None
    """The type of the records; None for an event type that is acknowledged and makes none."""
    yields: Yields
    when_failed: Yields | None = None
    """Instead of ``yields``, for a delivery that failed and that somebody can act on."""
    when_missed: Yields | None = None
    """Instead of ``yields``, for a call that nobody answered."""
    push_expires: int | None = None
    """Seconds for which a push is of use, where that is less than ``PUSH_EXPIRES``."""
    level: Literal["user", "thread"] | None = None
    """Chat events: ``user`` comes once for every user of a thread, ``thread`` comes once. Their
    ``open`` is for what a customer did; for what staff did, it becomes ``update``."""
    notify: Literal["recipient", "sender"] | None = "recipient"
    """Whose devices a push goes to; None where the event names nobody."""
    user_work: Action | None = None
    """The work item that a user-level event yields too, with ``CHAT_WORK_ITEMS=user``."""
    is_overridden: bool = False
    """Whether ``ROUTE_OVERRIDES`` replaced ``yields``."""
