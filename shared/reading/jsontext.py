"""JSON text to values, with what careless senders do to it."""

import base64
import json
import re
from typing import Any

import msgspec

from shared.errors import MalformedEvent

_BLANKS = " \t\r\n"
_STRING_OR_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{},]', re.DOTALL)
"""A string that is never closed goes to the end, so that none is read twice."""


def elements(event: str) -> list[str]:
    """The events of a batch, each as the text it came as; any other text alone.

    The brackets are counted and nothing is parsed, so no element can spoil another.
    """
    text = event.strip(_BLANKS)
    if text[:1] != "[":
        return [event]
    depth, start = 0, 1
    found: list[str] = []
    for mark in _STRING_OR_MARK.finditer(text):
        depth += (mark[0] in "[{") - (mark[0] in "]}")
        if depth == 0 or (depth == 1 and mark[0] == ","):
            found.append(text[start : mark.start()].strip(_BLANKS))
            start = mark.end()
    return found if depth == 0 and start == len(text) and len(found) > 1 else [event]


def decode(event: str) -> Any:
    """The values of a JSON text.

    Raises:
        MalformedEvent: not JSON, or nested too deeply.
    """
    event = event.removeprefix("\ufeff")
    try:
        return msgspec.json.decode(event)
    except RecursionError:
        raise MalformedEvent("the JSON is nested too deeply") from None
    except UnicodeEncodeError:
        return decode(_without_lone_surrogates(event))
    except msgspec.DecodeError as error:
        return _decode_leniently(event, str(error))


def unpacked(data: Any, encoded: Any) -> Any:
    """``data`` as an object also when it came as Base64 or as JSON inside a string."""
    try:
        if data is None and isinstance(encoded, str):
            return msgspec.json.decode(base64.b64decode(encoded, validate=True))
        if isinstance(data, str) and data.lstrip().startswith("{"):
            return msgspec.json.decode(data)
    except (ValueError, RecursionError):  # no Base64, no UTF-8, no JSON
        return data
    return data


def _decode_leniently(event: str, reason: str) -> Any:
    """Try again with an escaped lone surrogate, half an emoji cut by its sender, as U+FFFD.

    The standard library accepts such an escape, msgspec rightly does not: UTF-8 cannot hold it.
    """
    try:
        loose = json.dumps(json.loads(event), ensure_ascii=False)
        return msgspec.json.decode(_without_lone_surrogates(loose))
    except (ValueError, RecursionError):
        raise MalformedEvent(f"not JSON: {reason}") from None


def _without_lone_surrogates(event: str) -> str:
    return event.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
