"""Keys, signatures and tokens taken out of a text, before it is logged, raised or printed.

A secret is known by what stands before it (``AccountKey=``, ``?sig=``), or by its looks when that
was lost: unlike words, a Base64 text changes between upper case, lower case and digits at every
second character. Hexadecimal ids, GUIDs and names stay.
"""

import re

_INSTEAD = "***"
_NAMED = re.compile(
    r"((?:key|signature|password|secret|token|\bsig|\bcode)[\"']?\s*=\s*)[^\s;&,]+", re.IGNORECASE
)
_QUERY = re.compile(r"\?[^\s?]*=\S*")
_TOKEN = re.compile(r"eyJ[\w-]{10,}[\w.-]*")
"""A JSON Web Token."""
_RUN = re.compile(r"[A-Za-z0-9+/%]{16,}={0,2}")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LONGEST_PIECE = 4
"""Characters, on average: of Base64 about 2, of words in camel case 5 and more."""


def hide(text: str) -> str:
    """The text with ``***`` in place of everything that may be a secret."""
    text = _QUERY.sub(f"?{_INSTEAD}", text)
    text = _NAMED.sub(rf"\1{_INSTEAD}", text)
    text = _TOKEN.sub(_INSTEAD, text)
    return _RUN.sub(_hidden_run, text)


def shown(value: str) -> str:
    """The value of a setting in quotes, unless it may be a secret or a part of one."""
    is_plain = hide(value) == value and not set(value) & set("=;&%")
    return repr(value) if is_plain else "(not shown, it may be a secret)"


def one_word(value: str | None) -> str:
    """An id or type for a log or a span: of bounded length, whatever a sender put there."""
    return "".join(c if c.isalnum() or c in "-_.:/@" else "?" for c in (value or "none")[:100])


def _hidden_run(match: re.Match[str]) -> str:
    run = match[0]
    is_mixed = run.lower() != run != run.upper()
    return _INSTEAD if is_mixed and len(_PIECE.findall(run)) * _LONGEST_PIECE > len(run) else run
