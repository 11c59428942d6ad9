"""Changes that a text may suffer on its way: of its bytes, its characters and its JSON values."""

import contextlib
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from local import samples

Change = Callable[[str, Random], str]

_TOO_LARGE = 300_000  # characters; doubling must not end in gigabytes

# What a broken sender, a proxy or an editor may put anywhere.
_NOISE = (
    *("\x00", "\x0b", "\x1b[31m", "\ufeff", "\u2028", "\ud83d", "\udc00", "\U0001f600", "\u0130"),
    *(
        "\\ud83d",
        "\\u0000",
        "\\",
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\t",
        "\r\n",
        "//",
        "/**/",
    ),
    *("NaN", "-Infinity", "1e999", "-0", "0" * 20, "9" * 30, "null", "true", "\u0661", "%2", "%00"),
)
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        10**18,
        10**30,
        0.5,
        float("nan"),
        float("-inf"),
        1e300,
        "",
        " ",
        "\x00",
        "\ud83d",
        "0001-01-01",
    ),
    *(
        "12345",
        "+1 (425) 555-0123",
        "4:+14255550123",
        "8:acs:x",
        "Text",
        "Failed",
        "9999-12-31T23:59:59Z",
    ),
    *([], {}, [None], [[]], [{}], {"": ""}, {"rawId": 5}, {"kind": []}, {"id": {"id": None}}),
)


def seeds() -> list[str]:
    """Every sample, as it lies there and as a function gets it: the event without its array."""
    texts = [sample.body.decode() for sample in samples.every()]
    return texts + [json.dumps(event) for each in samples.every() for event in each.events()]


def mutate(text: str, chance: Random) -> str:
    """A few changes, one upon the other."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        text = chance.choice(MUTATIONS)(text, chance)[:_TOO_LARGE]
    return text


def without_one(text: str) -> Iterator[str]:
    """The text without each of its JSON values in turn, the outermost first."""
    with contextlib.suppress(ValueError, RecursionError):
        for index in range(len(_places(json.loads(text)))):
            wire = json.loads(text)
            holder, key = _places(wire)[index]
            del holder[key]
            yield json.dumps(wire)


def _span(text: str, chance: Random) -> tuple[int, int]:
    start = chance.randint(0, len(text))
    return start, min(len(text), start + chance.choice((1, 1, 2, 8, 40, 200)))


def _delete(text: str, chance: Random) -> str:
    start, end = _span(text, chance)
    return text[:start] + text[end:]


def _double(text: str, chance: Random) -> str:
    start, end = _span(text, chance)
    return text[:end] + text[start:end] * chance.choice((1, 1, 3)) + text[end:]


def _swap(text: str, chance: Random) -> str:
    (a, b), (c, d) = sorted((_span(text, chance), _span(text, chance)))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[max(b, d) :]


def _truncate(text: str, chance: Random) -> str:
    return text[: chance.randint(0, len(text))]


def _noise(text: str, chance: Random) -> str:
    place = chance.choice((0, len(text), chance.randint(0, len(text))))
    return text[:place] + chance.choice(_NOISE) * chance.choice((1, 1, 2)) + text[place:]


def _bytes(text: str, chance: Random) -> str:
    """Bytes of the text lost, or all of it in another encoding than is said."""
    as_bytes = text.encode("utf-8", "replace")
    if not chance.randrange(8):
        return text.encode("utf-16-le", "surrogatepass").decode("latin-1")
    return _delete(as_bytes.decode("latin-1"), chance).encode("latin-1").decode("utf-8", "replace")


def _nest(text: str, chance: Random) -> str:
    """A value in so many arrays or objects, or brackets that nobody closes."""
    depth = chance.choice((1, 5, 200, 990, 1_100, 5_000))
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}"), ("[", ""), ('{"data":', "}")))
    place = chance.choice([i for i, c in enumerate(text) if c == ":"] or [0]) + 1
    return text[:place] + opening * depth + "1" + closing * depth + "," + text[place:]


def _recase(text: str, chance: Random) -> str:
    def edit(holder: Any, key: Any) -> None:
        casing = chance.choice((str.lower, str.upper, str.title, str.swapcase))
        if isinstance(key, str):
            again = holder[key] if chance.randrange(3) else holder.pop(key)
            holder[casing(key)] = again

    return _edited(text, chance, edit)


def _retype(text: str, chance: Random) -> str:
    def edit(holder: Any, key: Any) -> None:
        old = holder[key]
        new = [*_VALUES, [old], {"value": old}, json.dumps(old), str(old)]
        holder[key] = chance.choice(new)

    return _edited(text, chance, edit)


def inflate(text: str, chance: Random) -> str:
    """A text too long for a queue message, and at times too long for any of its parts."""

    def edit(holder: Any, key: Any) -> None:
        holder[key] = chance.choice(("x", "é", '"', "\x00", "😀")) * chance.choice(
            (900, 20_000, 60_000)
        )

    return _edited(text, chance, edit)


def _mix(text: str, chance: Random) -> str:
    """A value of the event under the name of another one."""

    def edit(holder: Any, key: Any) -> None:
        other, name = chance.choice(_places(holder))
        holder[key] = json.loads(json.dumps(other[name]))

    return _edited(text, chance, edit)


def _edited(text: str, chance: Random, edit: Callable[[Any, Any], None]) -> str:
    """The text with one place of its JSON changed; what is no JSON (any more) stays."""
    try:
        wire = json.loads(text)
        found = _places(wire)
        if found:
            edit(*chance.choice(found))
        return json.dumps(wire, ensure_ascii=not chance.randrange(2))
    except (ValueError, RecursionError):
        return text


def _places(wire: Any) -> list[tuple[Any, Any]]:
    """Every value, as the array or object that holds it and its place there."""
    if not isinstance(wire, dict | list):
        return []
    own: list[Any] = list(wire) if isinstance(wire, dict) else list(range(len(wire)))
    inner = [place for key in own for place in _places(wire[key])]
    return [(wire, key) for key in own] + inner


_TEXTS: tuple[Change, ...] = (_delete, _double, _swap, _truncate, _noise, _bytes, _nest)
VALUED: tuple[Change, ...] = (_recase, _retype, _mix)
MUTATIONS: tuple[Change, ...] = (*_TEXTS, *VALUED * 3, inflate)
"""Changes of values go deepest, so they come more often."""
