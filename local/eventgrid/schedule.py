"""What the answer to a delivery means, and when Event Grid tries again.

Source: learn.microsoft.com/azure/event-grid/delivery-and-retry, its tables for destinations that
are Azure resources. Where the page names no value, the source stands beside it.
"""

from dataclasses import dataclass
from http import HTTPStatus

_SUCCESS = range(200, 205)

# `deadLetterReason` of answers that are never tried again. The first name is from a published dead
# letter (stackoverflow.com/questions/52173869); the others follow its pattern, which is a guess.
_FINAL: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "UndeliverableDueToHttpBadRequest",
    HTTPStatus.FORBIDDEN: "UndeliverableDueToHttpForbidden",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "UndeliverableDueToHttpRequestEntityTooLarge",
}

_OUTCOMES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.REQUEST_TIMEOUT: "TimedOut",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "PayloadTooLarge",
    HTTPStatus.TOO_MANY_REQUESTS: "Busy",
    HTTPStatus.SERVICE_UNAVAILABLE: "Busy",
}

_MINUTE, _HOUR = 60.0, 3600.0
_WAITS = (10, 30, _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR)
_LAST_WAIT = 12 * _HOUR
_MINIMUM_WAITS: dict[int, float] = {
    HTTPStatus.UNAUTHORIZED: 5 * _MINUTE,
    HTTPStatus.NOT_FOUND: 5 * _MINUTE,
    HTTPStatus.REQUEST_TIMEOUT: 2 * _MINUTE,
    HTTPStatus.SERVICE_UNAVAILABLE: 30.0,
}
# "A small randomization to all retry steps": the page does not give its size.
JITTER = 0.1


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended: Event Grid's name for it, and the answer's status if there was one."""

    name: str
    status: int | None = None
    of_handshake: bool = False
    """The handshake failed, so the function has not seen the events: it is always tried again."""

    @property
    def is_success(self) -> bool:
        """Whether the event is delivered: 200 to 204, and nothing else."""
        return not self.of_handshake and self.status in _SUCCESS

    @property
    def is_answer(self) -> bool:
        """Whether the function got the event and answered."""
        return not self.of_handshake and self.status is not None

    @property
    def final_reason(self) -> str | None:
        """The `deadLetterReason`, if Event Grid does not try again after this answer."""
        return None if self.of_handshake else _FINAL.get(self.status or 0)

    def __str__(self) -> str:
        """For the log: `NotFound (404)`."""
        return self.name if self.status is None else f"{self.name} ({self.status})"


TIMED_OUT = Outcome("TimedOut")
SOCKET_ERROR = Outcome("SocketError")
RESOLUTION_ERROR = Outcome("ResolutionError")


def answered(status: int) -> Outcome:
    """What an HTTP status means. `GenericError` is from MicrosoftDocs/azure-docs issue 60595."""
    if status in _SUCCESS:
        return Outcome("Delivered", status)
    return Outcome(_OUTCOMES.get(status, "GenericError"), status)


def wait(attempts: int, outcome: Outcome, jitter: float) -> float:
    """Seconds until the next attempt.

    Args:
        attempts: how many have failed, at least one.
        outcome: of the last one; some statuses have a minimum wait.
        jitter: between 0 and 1; how much of the randomization is added.
    """
    scheduled = _WAITS[attempts - 1] if attempts <= len(_WAITS) else _LAST_WAIT
    minimum = _MINIMUM_WAITS.get(outcome.status or 0, 0.0)
    return max(scheduled, minimum) * (1 + JITTER * jitter)
