"""Mark-up to the text that a person would read.

Elements are those of HTML (html.spec.whatwg.org) and what Teams and Skype add to it: emoji as
images and quotes of a reply (learn.microsoft.com/graph/api/resources/chatmessage; Azure's
communication-ui-library), mentions (``at``, ``msft-mention``), ``ss`` for an emoticon, and
``URIObject`` for a file, a card or the recording of a call. As in browsers, a comment, style or
script that is never closed and a tag without its ``>`` hide the rest.

The standard library's ``html.parser`` does not serve: its time is quadratic in malformed input in
many releases that Azure runs (CVE-2025-6069; measured with Python 3.11.7: 13 s for 40 KB of
``<a ``). A parser from PyPI would be a dependency for one line of text. This pass looks at each
character a bounded number of times.
"""

import re
from html import unescape

from shared.records.readable import is_json, one_line

_BLOCK_NAMES = (
    "address article aside blockquote body br button caption center codeblock col dd details dialog"
    " dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html"
    " legend li main menu nav ol optgroup option p pre section summary table tbody td tfoot th"
    " thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
"""A blank stands where one of these begins and ends; all others are inline and add none."""
_RAW = ("script", "style")
"""What is inside is no mark-up: ``a<b`` opens no tag."""
_UNSEEN_NAMES = (
    "attachment audio customemoji emoji head iframe legacyquote math noscript object quote svg"
    " template title uriobject video xml"
)
_UNSEEN = frozenset(_UNSEEN_NAMES.split())
"""Nothing inside is for people, or not for those who read a line of text."""
_SPECIAL = _UNSEEN | {"blockquote", "image", "img"}
_EMOJI = ("emoji", "customemoji")
_INSTEAD = {"attachment": "Attachment", "audio": "Audio", "svg": "Image", "video": "Video"}
_OBJECTS = {
    "audio": "Audio",
    "file": "File",
    "picture": "Image",
    "swift": "Card",
    "video": "Video",
}
"""The first part of a ``URIObject``'s type, ``Picture.1``."""
_CALLS = {
    "richtext/media_callrecording": "Call recording",
    "richtext/media_calltranscript": "Call transcript",
}
"""Formats whose content is XML or JSON for programs."""
_SYSTEM = ("threadactivity/", "event/", "control/")
"""Formats that tell programs who joined or called."""

_FLAGS = re.IGNORECASE | re.ASCII
_OPENING = re.compile(r"</?[a-z]", _FLAGS)
_TAG = re.compile(r"<(/?)([a-z][^\s/>]*+)((?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+)>", _FLAGS)
"""``>`` inside a quoted value ends no tag. No character is tried twice, whatever follows."""
_ATTRIBUTE = re.compile(
    r"([^\s\"'>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++)))?+", _FLAGS
)
_HIDING = re.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+hidden", _FLAGS)
"""A style that shows nothing."""
_LONG_NUMBER = re.compile(r"&#(?:\d{8}|x[0-9a-f]{7})[0-9a-f]*+;?", _FLAGS)
"""A reference to a character that cannot be; Python refuses to read thousands of digits."""
_DATA_URI = re.compile(
    r"\bdata:[\w.+-]*+(?:/[\w.+-]++)?+(?:;[\w.+-]++=[\w.+-]++)*+;base64,[\w+/=%-]*+", _FLAGS
)
_MAX_EMOJI = 32


def is_markup(format_: str | None) -> bool:
    """Whether a message of this format is HTML or a relative of it; what is called text never is.

    Formats: learn.microsoft.com/azure/communication-services/concepts/chat/concepts, and Teams'
    ``RichText/…``, ``ThreadActivity/…`` and ``Event/…``.
    """
    if format_ is None or format_ == "text":
        return False
    name = format_.lower()
    return name == "html" or name.startswith(("richtext", *_SYSTEM))


def text_of(format_: str | None, body: str | None) -> str | None:
    """What a person would read of a message in mark-up, on one line; None where that is nothing.

    For something that is no text, such as a picture, that is a neutral word, and only where there
    are no words.
    """
    if not body or format_ is None or not is_markup(format_):
        return None
    name = format_.lower()
    if name.startswith(_SYSTEM):
        return None
    if word := _CALLS.get(name):
        return word
    reading = _Reading(body)
    reading.read()
    words = one_line(_DATA_URI.sub(" ", "".join(reading.words)))
    if is_json(words):
        return None
    return words or one_line(reading.instead) or None


class _Reading:
    """One pass through a text in mark-up."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.words: list[str] = []
        self.instead = ""
        """What to show where there are no words."""
        self._unclosed: set[str] = set()
        """Elements that are never closed."""

    def read(self) -> None:
        """Gather the words."""
        position = 0
        while (start := self.html.find("<", position)) >= 0:
            self._add(position, start)
            position = self._after(start)
        self._add(position, len(self.html))

    def _add(self, start: int, end: int) -> None:
        self.words.append(_unescaped(self.html[start:end]))

    def _after(self, start: int) -> int:
        """Take what begins with ``<``; where it ends."""
        if self.html.startswith("<!--", start):
            return self._past("-->", start + 2)
        if self.html.startswith(("<!", "<?"), start):
            return self._past(">", start)
        if not _OPENING.match(self.html, start):
            self.words.append("<")
            return start + 1
        tag = _TAG.match(self.html, start)
        return self._element(tag[2].lower(), tag) if tag else len(self.html)

    def _past(self, mark: str, start: int) -> int:
        end = self.html.find(mark, start)
        return len(self.html) if end < 0 else end + len(mark)

    def _element(self, name: str, tag: re.Match[str]) -> int:
        """Take a tag; where it ends, or where its element does if nothing in it is for people."""
        if name in _BLOCKS:
            self.words.append(" ")
        if tag[1]:
            return tag.end()
        if name in _RAW:
            end = self._end_of(name, tag.end())
            return len(self.html) if end is None else end
        if _is_hidden(tag[3]):
            return self._end_of(name, tag.end()) or tag.end()
        return self._special(name, tag) if name in _SPECIAL else tag.end()

    def _special(self, name: str, tag: re.Match[str]) -> int:
        attributes = _attributes(tag[3])
        if name in {"img", "image", *_EMOJI}:
            self._picture(name, attributes)
        elif name == "uriobject":
            self.instead = self.instead or _object(attributes.get("type", ""))
        elif name in _INSTEAD:
            self.instead = self.instead or _INSTEAD[name]
        is_quote = name == "blockquote" and _skype(attributes) == "reply"
        if not (is_quote or name in _UNSEEN) or tag[3].endswith("/"):
            return tag.end()
        return self._end_of(name, tag.end()) or tag.end()

    def _picture(self, name: str, attributes: dict[str, str]) -> None:
        """An emoji is its ``alt``; any other picture is one only where nothing else is there."""
        alt = attributes.get("alt") or attributes.get("title") or ""
        if name in _EMOJI or _skype(attributes) == "emoji" or _is_emoji(alt):
            self.words.append(alt)
        else:
            self.instead = self.instead or attributes.get("alt", "").strip() or "Image"

    def _end_of(self, name: str, start: int) -> int | None:
        """Where the element's end tag ends, others of its name inside counted; None without one."""
        if name in self._unclosed:
            return None
        depth = 1
        pattern = re.compile(rf"<(/?){name}(?=[\s/>])", _FLAGS)
        for tag in pattern.finditer(self.html, start):
            if tag[1]:
                depth -= 1
            elif name not in _RAW:
                depth += 1
            if depth == 0:
                return self._past(">", tag.end())
        self._unclosed.add(name)
        return None


def _is_hidden(written: str) -> bool:
    if not _HIDING.search(written):
        return False
    return bool(_HIDING.search(_attributes(written).get("style", "")))


def _attributes(written: str) -> dict[str, str]:
    """A tag's attributes by lower-cased name; of two with one name the first counts."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), _unescaped("".join(values)))
    return found


def _unescaped(text: str) -> str:
    return unescape(_LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text


def _skype(attributes: dict[str, str]) -> str:
    """``reply`` of ``itemtype="http://schema.skype.com/Reply"``."""
    return attributes.get("itemtype", "").lower().partition("schema.skype.com/")[2].strip(" /")


def _object(type_: str) -> str:
    """A word for a ``URIObject``, by its type such as ``Video.2/CallRecording.1``."""
    type_ = type_.lower()
    if "callrecording" in type_:
        return _CALLS["richtext/media_callrecording"]
    return _OBJECTS.get(type_.partition(".")[0], "Attachment")


def _is_emoji(alt: str) -> bool:
    has_letters = any(character.isalpha() for character in alt[:_MAX_EMOJI])
    return len(alt) <= _MAX_EMOJI and not alt.isascii() and not has_letters
