"""The event subscriptions of a topic: which events go to which function, and how.

The names are ARM's (`Microsoft.EventGrid/systemTopics/eventSubscriptions`), and so are the bounds
and the defaults.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from local.errors import CommandError

Schema = Literal["EventGridSchema", "CloudEventSchemaV1_0"]
"""As ARM's `eventDeliverySchema` names them."""


class Filter(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which events a subscription takes. An unsupported filter is refused, not ignored."""

    included_event_types: list[str] | None = None
    """None or empty: all types."""
    subject_begins_with: str = ""
    subject_ends_with: str = ""
    is_subject_case_sensitive: bool = False

    def why_not(self, types: Iterable[str], subject: str) -> str | None:
        """Why an event is not delivered; None when it is.

        Args:
            types: the event's type, or both where it has the keys of both schemas. They are
                compared without regard to case.
            subject: empty when the event has none.
        """
        included = {name.lower() for name in self.included_event_types or ()}
        if included and included.isdisjoint(name.lower() for name in types):
            return "its type is not included"
        fold = str if self.is_subject_case_sensitive else str.lower
        if not fold(subject).startswith(fold(self.subject_begins_with)):
            return f"its subject does not begin with {self.subject_begins_with!r}"
        if not fold(subject).endswith(fold(self.subject_ends_with)):
            return f"its subject does not end with {self.subject_ends_with!r}"
        return None


class RetryPolicy(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """When to give up: at whichever comes first."""

    max_delivery_attempts: Annotated[int, Meta(ge=1, le=30)] = 30
    event_time_to_live_in_minutes: Annotated[int, Meta(ge=1, le=1440)] = 1440


class Subscription(Struct, frozen=True, rename="camel"):
    """One event subscription with an Azure function as its destination."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{3,64}$")]
    function: Annotated[str, Meta(min_length=1)]
    filter: Filter = field(default_factory=Filter)
    max_events_per_batch: Annotated[int, Meta(ge=1, le=5000)] = 1
    preferred_batch_size_in_kilobytes: Annotated[int, Meta(ge=1, le=1024)] = 64
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    event_delivery_schema: Schema | None = None


def read(file: Path) -> list[Subscription]:
    """Read the file of event subscriptions.

    Raises:
        CommandError: it is not there, or not what Event Grid would accept.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=list[Subscription])
    except OSError as error:
        raise CommandError(f"cannot read {file}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise CommandError(f"{file} is not a list of event subscriptions: {error}") from error
    twice = [n for n, many in Counter(one.name.lower() for one in found).items() if many > 1]
    if twice:
        raise CommandError(f"{file} names a subscription twice: {', '.join(twice)}")
    return found
