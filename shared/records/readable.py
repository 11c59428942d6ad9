"""Text on one line that cannot deceive its reader, cut where a reader would cut it.

Invisible characters let a stranger turn a title around or write a name that looks like another
one (Unicode Technical Report 36, section 2.10, and Unicode Standard Annex 9). A user-perceived
character, or grapheme cluster, is that of Unicode Standard Annex 29, from what ``unicodedata``
knows; in doubt two characters are taken for one, so a cut is never too late.
"""

import re
import unicodedata

import msgspec

_UNSEEN = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U00013430-\U00013438\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ANY_UNSEEN = re.compile(f"[{_UNSEEN}]")
_HIDDEN = re.compile(
    r"("
    # between two emoji, and in scripts that join letters by it (Persian, Sinhala, Malayalam)
    r"(?<=[\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff])\u200d"
    r"(?=[\u203c-\u3299\U0001f000-\U0001faff])"
    r"|(?<=[\u0600-\u1cff])[\u200c\u200d]"
    # one variation selector after an emoji, an ideograph or the base of a keycap
    r"|(?<=[#*0-9\u00a9\u00ae\u203c-\uabff\uf900-\ufaff\U0001f000-\U0003ffff])"
    r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    # the flag of a part of a country
    r"|(?<=\U0001f3f4)[\U000e0030-\U000e007a]{1,8}\U000e007f"
    r")"
    rf"|[{_UNSEEN}]+"
)
"""What is not seen. The group is what stays: without it emoji and some scripts fall apart."""
_JOINED = frozenset("\u0e33\u0eb3\uff9e\uff9f\u200c\u200d")
"""Continue a cluster, though their category does not say so."""
_PREFIXES = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Stand before what they belong to, such as the Arabic number sign."""
_EXTENDING = frozenset({"Mn", "Me", "Mc"})
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of these are a flag."""
_VIRAMA = 9
"""The combining class of a sign that joins two consonants."""


def one_line(text: str) -> str:
    """The text with one blank for every stretch of white space, and nothing unseen in it."""
    is_plain = text.isascii() and text.isprintable()
    if not is_plain and _ANY_UNSEEN.search(text):
        text = _HIDDEN.sub(r"\1", text)
    return " ".join(text.split())


def shortened(text: str, length: int) -> str:
    """One line of at most ``length`` characters, an ellipsis for what is left out."""
    line = one_line(text)
    return line if len(line) <= length else f"{line[: _cut(line, length - 1)].rstrip()}…"


def is_json(text: str) -> bool:
    """Whether this is an object, or a list of such: written by a program for a program."""
    inside = text.strip()
    if inside[:1] + inside[-1:] not in {"{}", "[]"}:
        return False
    try:
        value = msgspec.json.decode(inside)
    except RecursionError:
        return True  # how deep is too deep depends on Python's version; no person wrote this
    except (msgspec.DecodeError, UnicodeError):
        return False
    return isinstance(value, dict) or any(isinstance(item, dict | list) for item in value)


def _cut(line: str, length: int) -> int:
    """The last place up to ``length`` that is not inside a grapheme cluster."""
    while length and _is_inside(line, length):
        length -= 1
    return length


def _is_inside(line: str, place: int) -> bool:
    """Whether the characters before and after a place belong together."""
    before, after = line[place - 1], line[place]
    if unicodedata.category(after) in _EXTENDING or after in _JOINED or _is_modifier(after):
        return True
    if before == "\u200d" or unicodedata.combining(before) == _VIRAMA:
        return True
    if before in _FLAG_LETTERS and after in _FLAG_LETTERS:
        return (place - len(line[:place].rstrip(_FLAG_LETTERS))) % 2 == 1
    return before in _PREFIXES or _is_in_syllable(before, after)


def _is_modifier(character: str) -> bool:
    """A skin tone, or a tag in the flag of a part of a country."""
    return "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f"


def _is_in_syllable(before: str, after: str) -> bool:
    """Parts of a Hangul syllable: a vowel or final letter, or anything Hangul after an initial."""
    if "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb":
        return True
    is_initial = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    return is_initial and ("\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ud7a3")
