"""Split what Event Grid posted into the JSON texts that the functions receive.

The real host reads the body with Newtonsoft and hands each event on as `ToString(Formatting.None)`
(azure-functions-host GrpcMessageConversionExtensions.ToRpc): compact, key order kept, non-ASCII
written as it is. Here the text is scanned token by token instead of being loaded into Python
objects, so that numbers keep their digits and no depth of nesting ends in a RecursionError. Unlike
Newtonsoft, a repeated key is not collapsed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from local.host.errors import MalformedPayloadError

# Raw control characters inside a string are accepted, as Newtonsoft's JsonTextReader does.
_STRINGS = json.JSONDecoder(strict=False)

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<mark>[\[\]{},:])
      | (?P<string>"[^"\\\x00-\x1f\ud800-\udfff]*")
      | (?P<quote>")
      | (?P<scalar>true|false|null|NaN|-?Infinity
          |-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_SURROGATE = re.compile("[\ud800-\udfff]")

# What may follow: state -> kind of token -> next state.
_VALUE = {"string": "after", "scalar": "after", "{": "first key", "[": "first item"}
_GRAMMAR = {
    "value": _VALUE,
    "first item": _VALUE | {"]": "after"},
    "first key": {"string": "colon", "}": "after"},
    "key": {"string": "colon"},
    "colon": {":": "value"},
    "after": {",": "next", "]": "after", "}": "after"},
    "done": {},
}
_OPENS = {"]": "[", "}": "{"}


@dataclass(frozen=True)
class Payload:
    """The top-level values of one body: an array's elements, or the one object sent alone."""

    is_array: bool
    items: list[str]


def decode(body: bytes) -> str:
    """Read the body as .NET's ReadAsStringAsync does: a BOM is dropped, broken UTF-8 replaced."""
    return body.decode("utf-8-sig", errors="replace")


def parse(text: str) -> Payload:
    """Give the compact JSON text of every event; the body must be an array or an object."""
    tokens: list[str] = []
    commas: list[int] = []
    opened: list[str] = []
    state = "value"
    for kind, token in _tokens(text):
        state = _advance(state, kind, opened)
        if kind == "," and len(opened) == 1:
            commas.append(len(tokens))
        tokens.append(token)
    if state != "done":
        raise MalformedPayloadError("the JSON ends too early")
    if tokens[0] == "{":
        return Payload(is_array=False, items=["".join(tokens)])
    if tokens[0] != "[":
        raise MalformedPayloadError("a JSON scalar is no event")
    bounds = [0, *commas, len(tokens) - 1]
    items = ["".join(tokens[start + 1 : end]) for start, end in pairwise(bounds)]
    return Payload(is_array=True, items=[item for item in items if item])


def _advance(state: str, kind: str, opened: list[str]) -> str:
    """One step of the JSON grammar; `opened` holds the brackets that are open."""
    following = _GRAMMAR[state].get(kind)
    if following is None:
        raise MalformedPayloadError("not JSON")
    if kind in {"[", "{"}:
        opened.append(kind)
    elif kind in _OPENS and opened.pop() != _OPENS[kind]:
        raise MalformedPayloadError("a bracket closes another kind of bracket")
    if following == "next":
        return "key" if opened[-1] == "{" else "value"
    return "done" if following == "after" and not opened else following


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, canonical text) of each token."""
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise MalformedPayloadError("not JSON")
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "mark":
            yield match[kind], match[kind]
        elif kind == "quote":
            token, position = _escaped_string(text, position - 1)
            yield "string", token
        elif kind == "end":
            return
        else:
            yield kind, match[kind]


def _escaped_string(text: str, start: int) -> tuple[str, int]:
    """Rewrite a string that has escapes; a lone surrogate stays one, as UTF-8 cannot carry it."""
    try:
        value, end = _STRINGS.raw_decode(text, start)
    except json.JSONDecodeError as error:
        # `from None`: the original quotes the whole event.
        raise MalformedPayloadError(f"not JSON: {error.msg}") from None
    written = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", written), end
