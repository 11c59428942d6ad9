"""What the delivery reports of all channels share: one vocabulary, and the digest of a report.

Fields: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,email,
advanced-messaging}-events. What statuses and codes mean: ``delivery_codes``.
"""

from typing import Any

import msgspec

from shared.reading.values import text
from shared.records.delivery_codes import FINAL, STATUSES, Outcome, SmsCode
from shared.records.facts import Attempt, Delivery


def delivery(
    provider_status: str | None,
    *,
    code: str | None = None,
    known: SmsCode | None = None,
    details: str | None = None,
    attempts: tuple[Attempt, ...] = (),
    tag: str | None = None,
) -> Delivery:
    """How far a message has come, by the provider's word and, for SMS, its code."""
    word = "".join((provider_status or "").lower().split())
    outcome = STATUSES.get(word, Outcome("unknown"))
    if known and outcome.status == "failed":
        # A code that stands for no failure leaves the outcome open: 5002, no reports.
        outcome = Outcome("failed", known.reason) if known.reason else Outcome("unknown")
    return Delivery(
        status=outcome.status,
        final=outcome.status in FINAL,
        failure_reason=outcome.reason,
        bounce="hard" if word == "bounced" else None,
        provider_status=provider_status,
        code=code,
        meaning=known.meaning if known else None,
        details=details,
        attempts=attempts,
        tag=tag,
    )


def as_it_came(status: str | None, details: Any) -> str:
    """Status and details, before anything is made of them: they are a part of the id.

    The casing and the order of keys, which differ by dialect, do not count.
    """
    return msgspec.json.encode([(status or "").lower(), _folded(details)], order="sorted").decode()


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): _folded(item) for key, item in value.items()}
    return [_folded(item) for item in value] if isinstance(value, list) else value


def explained(
    name: str, wire: str | int | dict[str, Any] | None, extra: dict[str, Any]
) -> tuple[str | None, str | None]:
    """Code and text, whether the wire has a string or an object; what else it has is extra."""
    if not isinstance(wire, dict):
        return None, text(wire)
    rest = dict(wire)
    code = _first(rest, "channelcode", "statuscode", "code")
    details = _first(rest, "channelmessage", "statusmessage", "message")
    if rest:
        extra[name] = rest
    return code, details


def _first(wire: dict[str, Any], *names: str) -> str | None:
    """Take the first of these that is a text or a number out of an object."""
    for name in names:
        for key, value in wire.items():
            if key.lower() == name and isinstance(value, (str, int)) and text(value):
                return text(wire.pop(key))
    return None
