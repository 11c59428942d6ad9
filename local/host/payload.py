"""Split what Event Grid posted into the JSON texts that the functions receive.

The real host reads the body with Newtonsoft and hands each event on as `ToString(Formatting.None)`
(azure-functions-host GrpcMessageConversionExtensions.ToRpc): compact, key order kept, non-ASCII
written as it is. Here events stay text, so that numbers keep their digits and no depth of nesting
is too much. Unlike Newtonsoft, a repeated key is kept.
"""

import contextlib
import json
import re
from dataclasses import dataclass

from local.host.errors import MalformedPayloadError

# Newtonsoft accepts raw control characters in strings. Python refuses to read very long numbers.
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
# A string that is never closed goes to the end, so that none is read twice.
_STRING = r'"(?:[^"\\]++|\\.)*+"?+'
_STRING_OR_SPACE = re.compile(rf"{_STRING}|[ \t\r\n]+", re.DOTALL)
_STRING_OR_MARK = re.compile(rf"{_STRING}|[\[\]{{}},]", re.DOTALL)
_NOT_CANONICAL = re.compile("[\\\\\x00-\x1f\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Payload:
    """The top-level values of one body: an array's elements, or the one object sent alone."""

    is_array: bool
    items: list[str]


def decode(body: bytes) -> str:
    """Read the body as .NET's ReadAsStringAsync does: a BOM is dropped, broken UTF-8 replaced."""
    return body.decode("utf-8-sig", errors="replace")


def parse(text: str) -> Payload:
    """Give the compact JSON text of every event.

    Raises:
        MalformedPayloadError: the text is neither a JSON array nor an object.
    """
    try:
        with contextlib.suppress(RecursionError):  # the app decides, if every bracket is closed
            _DECODER.decode(text)
        compact = _STRING_OR_SPACE.sub(_compact, text)
    except json.JSONDecodeError as error:
        # `from None`: the original quotes the whole event.
        raise MalformedPayloadError(f"not JSON: {error.msg}") from None
    if compact[0] == "[":
        return Payload(is_array=True, items=_elements(compact))
    if compact[0] == "{":
        _elements(compact)
        return Payload(is_array=False, items=[compact])
    raise MalformedPayloadError("a JSON scalar is no event")


def _elements(text: str) -> list[str]:
    """Split at the commas of the outermost bracket, which must close at the end of the text."""
    depth, start = 0, 1
    found: list[str] = []
    for match in _STRING_OR_MARK.finditer(text):
        mark = match[0]
        depth += (mark in "[{") - (mark in "]}")
        if depth == 0 or (depth == 1 and mark == ","):
            found.append(text[start : match.start()])
            start = match.end()
    if depth or start != len(text):
        raise MalformedPayloadError("a bracket is not closed")
    return [] if found == [""] else found


def _compact(match: re.Match[str]) -> str:
    """Drop spaces; rewrite a string that has escapes. Lone surrogates have no other form."""
    text = match[0]
    if text[0] != '"':
        return ""
    if not _NOT_CANONICAL.search(text):
        return text
    written = json.dumps(_DECODER.decode(text), ensure_ascii=False)
    return _SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", written)
