"""What the answer to a delivery means, and when Event Grid tries again.

Source: learn.microsoft.com/azure/event-grid/delivery-and-retry, its tables for destinations that
are Azure resources. Where the page names no value, the source stands beside it.
"""

from dataclasses import dataclass
from http import HTTPStatus

ANSWER_SECONDS = 30.0

_SUCCESS = range(200, 205)

# The first is from a dead letter somebody showed (stackoverflow.com/questions/52173869); the others
# are named after its pattern, which is an inference.
_NEVER_AGAIN: dict[int, str] = {
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
_LEAST_WAITS: dict[int, float] = {
    HTTPStatus.UNAUTHORIZED: 5 * _MINUTE,
    HTTPStatus.NOT_FOUND: 5 * _MINUTE,
    HTTPStatus.REQUEST_TIMEOUT: 2 * _MINUTE,
    HTTPStatus.SERVICE_UNAVAILABLE: 30.0,
}
# "A small randomization to all retry steps"; how small is not said.
JITTER = 0.1


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended: in the service's words, and the answer's status if there was one."""

    name: str
    status: int | None = None
    is_final: bool = True
    """Whether the event itself was answered. A failed handshake is no word about events."""

    @property
    def is_success(self) -> bool:
        """Whether the event is delivered: 200 to 204, and nothing else."""
        return self.is_final and self.status in _SUCCESS

    @property
    def is_answer(self) -> bool:
        """Whether the function was reached, and answered."""
        return self.is_final and self.status is not None

    def describe(self) -> str:
        """For the log: `NotFound (404)`."""
        return self.name if self.status is None else f"{self.name} ({self.status})"

    @property
    def never_again(self) -> str | None:
        """The `deadLetterReason` of an answer that no retry can change."""
        return _NEVER_AGAIN.get(self.status or 0) if self.is_final else None


TIMED_OUT = Outcome("TimedOut")
SOCKET_ERROR = Outcome("SocketError")
RESOLUTION_ERROR = Outcome("ResolutionError")


def answered(status: int) -> Outcome:
    """What an HTTP status means. `GenericError` is from MicrosoftDocs/azure-docs issue 60595."""
    if status in _SUCCESS:
        return Outcome("Delivered", status)
    return Outcome(_OUTCOMES.get(status, "GenericError"), status)


def wait(attempts: int, outcome: Outcome, chance: float) -> float:
    """Seconds until the next attempt, when so many have failed.

    Args:
        attempts: at least one.
        outcome: of the last one; some codes have a longest shortest wait.
        chance: between 0 and 1; how much of the jitter is added.
    """
    scheduled = _WAITS[attempts - 1] if attempts <= len(_WAITS) else _LAST_WAIT
    least = _LEAST_WAITS.get(outcome.status or 0, 0.0)
    return max(scheduled, least) * (1 + JITTER * chance)
