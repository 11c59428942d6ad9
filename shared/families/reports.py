"""What the delivery reports of all channels share: one vocabulary, and the digest of a report.

Fields: learn.microsoft.com/azure/event-grid/communication-services-{telephony-sms,email,
advanced-messaging}-events. What statuses and codes mean: ``delivery_codes`` and the modules of
each channel's codes.
"""

from typing import Any

import msgspec

from shared.reading.values import text
from shared.records.delivery_codes import FINAL, STATUSES, Code, Outcome
from shared.records.parts import Attempt, Delivery

_CODE_NAMES = ("channelcode", "statuscode", "errorcode", "code")
_TEXT_NAMES = ("channelmessage", "statusmessage", "errormessage", "message", "details", "title")
_NESTED = ("error", "errors", "details", "error_data", "errordata", "innererror")
"""Keys that hold an error inside an error, in the forms of Communication Services and WhatsApp."""

_JSON = frozenset({"{", "["})


def delivery(
    provider_status: str | None,
    *,
    code: str | None = None,
    known: Code | None = None,
    details: str | None = None,
    attempts: tuple[Attempt, ...] = (),
    tag: str | None = None,
) -> Delivery:
    """How far a message has come, by the provider's word and its code, where that is known."""
    word = (provider_status or "").lower()
    if not word.isalpha():
        word = "".join(filter(str.isalpha, word))
    outcome = STATUSES.get(word, Outcome("unknown"))
    if word == "warning" and code:
        outcome = STATUSES["failed"]
    is_failure = word in {"failed", "warning"} and outcome.status == "failed"
    is_undocumented = word not in STATUSES and word != "unknown"
    if known and (is_failure or is_undocumented):
        # A code that stands for no failure leaves the outcome open: 5002, no reports.
        outcome = Outcome("failed", known.reason) if known.reason else Outcome("unknown")
    return Delivery(
        status=outcome.status,
        final=outcome.status in FINAL,
        failure_reason=outcome.reason,
        bounce="hard" if word == "bounced" else None,
        provider_status=provider_status,
        code=code,
        meaning=known.meaning if known else outcome.meaning,
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


def explained(name: str, wire: Any, extra: dict[str, Any]) -> tuple[str | None, str | None]:
    """Code and text for people of a text, an object or a list; what else it has is extra.

    A text that is JSON is read as such: nobody wants to see braces. Several texts are joined; then
    all of it is in extra too.
    """
    is_structured = isinstance(wire, (dict, list))
    if not is_structured and not (isinstance(wire, str) and wire.lstrip()[:1] in _JSON):
        return None, text(wire)
    codes: list[str] = []
    texts: list[str] = []
    rest = _gather(wire, codes, texts)
    codes, texts = list(dict.fromkeys(codes)), list(dict.fromkeys(texts))
    if rest or len(codes) > 1 or len(texts) > 1:
        extra[name] = wire if len(codes) > 1 or len(texts) > 1 else rest
    return (codes[0] if codes else None), (": ".join(texts) or None)


def _unpacked(wire: str) -> Any:
    try:
        value = msgspec.json.decode(wire)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return wire
    items = value if isinstance(value, list) else [value]
    return value if any(isinstance(item, dict) for item in items) else wire


def _gather(wire: Any, codes: list[str], texts: list[str]) -> Any:
    """Collect codes and texts, outer ones first; return what is left."""
    if isinstance(wire, str) and wire.lstrip()[:1] in _JSON:
        wire = _unpacked(wire)
    if isinstance(wire, str):
        if own := text(wire):
            texts.append(own)
        return None
    if isinstance(wire, list):
        return [rest for item in wire if (rest := _gather(item, codes, texts))]
    if not isinstance(wire, dict):
        return wire
    rest = {key: value for key, value in wire.items() if value not in (None, "")}
    for names, found in ((_CODE_NAMES, codes), (_TEXT_NAMES, texts)):
        if value := _first(rest, *names):
            found.append(value)
    for key in [key for key in rest if key.lower() in _NESTED]:
        if left := _gather(rest.pop(key), codes, texts):
            rest[key] = left
    return rest


def _first(wire: dict[str, Any], *names: str) -> str | None:
    """Take the first of these that is a text or a number out of an object."""
    for name in names:
        for key, value in wire.items():
            if key.lower() == name and isinstance(value, (str, int)) and text(value):
                return text(wire.pop(key))
    return None
