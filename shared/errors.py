"""What can go wrong, by how Event Grid must be answered.

::

    AppError
    ├── ConfigError            a setting is missing or wrong: raise, name every one of them
    ├── RejectedEvent          no retry can help: dead letter, then acknowledge
    │   ├── MalformedEvent     not JSON, not an event, or an event without a type
    │   ├── UnknownEventType   an event that no route takes
    │   ├── UnreadablePayload  a known type whose data does not fit it
    │   └── OversizedRecord    a record that fits no queue message, even without its data
    ├── TooManyEvents          as many as may be are in flight: raise, before anything is done
    └── DeliveryError          storage did not take it: raise, Event Grid sends the event again

The message of a ``RejectedEvent`` is stored with the dead letter and logged. It names fields, types
and what to do, and never quotes what people wrote, their names, addresses or numbers.
"""


class AppError(Exception):
    """Everything that this app raises on purpose."""


class ConfigError(AppError):
    """Settings that are missing or wrong: an argument for each, a sentence that names it."""

    def __str__(self) -> str:
        return "; ".join(map(str, self.args))


class RejectedEvent(AppError):
    """This event can never become a record; its subclass is the ``deadLetterReason``."""


class MalformedEvent(RejectedEvent, ValueError):
    """The text is not JSON, not one event, or an event without a type."""


class UnknownEventType(RejectedEvent, LookupError):
    """No route takes events of this type."""


class UnreadablePayload(RejectedEvent, ValueError):
    """The type is known, and ``data`` is missing or does not fit it."""


class OversizedRecord(RejectedEvent, ValueError):
    """Even without its data the record exceeds what a queue message holds."""


class TooManyEvents(AppError):
    """As many events as may be are in flight; nothing was written, the event must come again."""


class DeliveryError(AppError):
    """Storage did not take a record or a dead letter in time; the event must come again."""
