"""Which strings of an event are personal, by the names of its fields, and whether a text has them.

Not personal, and so allowed in logs: ids of events, messages, records and threads, event types,
times, statuses and codes. The id and the type of an event are logged as they come; nothing else of
it is.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

NAMES = {"displayname", "senderdisplayname"}
WRITTEN = {"message", "messagebody", "content", "topic", "tag", "text"}
ADDRESSES = {
    *("from", "to", "sender", "recipient", "recepient", "phonenumber", "value"),
    *("rawid", "senderid", "recipientid", "memberid", "userid", "communicationuser"),
    *("createdby", "editedby", "deletedby", "addedby", "removedby"),
}
"""Phone numbers, mail addresses, and the identifiers that stand for one person."""

OURS = {
    "connect": "the HTTP client's own 'Cannot connect to host'",
    "events": "the path of Event Grid's endpoint, and what the programs say of their work",
    "communication": "the prefix of every event type",
    "services": "'not a Communication Services event', in reasons of dead letters",
    "preview": "'before the first preview', in reasons of dead letters",
    "recording": "a family of events, in reasons of dead letters",
    "status": "a word of the host's, and an attribute in the mark-up of a recording",
    "emulator": "in the names of two samples, which the demo's table has",
    "value": "a word of our own programs, and the metadata of Microsoft's samples",
}
"""Words that people wrote in samples and that the programs say themselves; all else counts."""

_SHORTEST, _WORDY, _SURE = 4, 6, 8
"""Characters of what is looked for: of a name, of something written, and of what needs no edge."""
_WORD = re.compile(r"\w{6,}")
_MAIL = re.compile(r"(?<![:\w])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER_IN_SUBJECT = re.compile(r"(?:phone_?numbers?|sender|recipient)/(\+?\d[\d-]{3,})(?:/|$)")
_NO_NUMBER = re.compile(r"[^\d\s().+\-]")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SEPARATOR = r"[\s().\-\u2010-\u2015]"


def strings(event: Any) -> set[str]:
    """Everything personal in an event, or in several, given as JSON values."""
    found: set[str] = set()
    for name, value in _fields(event):
        if name in NAMES | ADDRESSES | {"metadata"} and len(value.strip()) >= _SHORTEST:
            found.add(value.strip())
        if name in WRITTEN | {"metadata"}:
            found |= {
                word for word in (value.strip(), *_WORD.findall(value)) if len(word) >= _WORDY
            }
        if name == "subject":
            found |= {*_MAIL.findall(value), *_NUMBER_IN_SUBJECT.findall(value)}
    return {string for string in found if string.lower() not in OURS}


def leaks(text: str, personal: Iterable[str]) -> set[str]:
    """Which of these strings a text has, in any casing, and numbers in any spelling.

    Also percent-encoded, as escapes of JSON, and inside Base64, as a queue message would be.
    """
    spelled = "\n|\n".join(_spellings(text))
    lowered, unseparated = spelled.lower(), re.sub(f"{_SEPARATOR}+", "", spelled)

    def may_have(string: str) -> bool:  # patterns are slow
        digits = _digits(string)
        return digits in unseparated if digits else string[:200].lower() in lowered

    return {
        string
        for string in set(personal)
        if may_have(string) and re.search(_pattern(string), spelled, re.IGNORECASE)
    }


def _fields(event: Any) -> Iterator[tuple[str, str]]:
    """Names, in lower case, and texts; of the envelope only what is not an id or a resource."""
    for one in event if isinstance(event, list) else [event]:
        folded = {key.lower(): value for key, value in one.items()}
        yield "subject", str(folded.get("subject") or "")
        yield from _inside(folded.get("data"), "")


def _inside(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _inside(inner, name if name == "metadata" else key.lower())
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner, name)
    elif value is not None and not isinstance(value, bool):
        yield name, str(value)


def _digits(string: str) -> str | None:
    """The digits of what looks like a phone number, or a raw id that is one."""
    number = string.removeprefix("4:")
    digits = re.sub(r"\D", "", number)
    return digits if len(digits) >= _SHORTEST and not _NO_NUMBER.search(number) else None


def _pattern(string: str) -> str:
    if digits := _digits(string):
        # Part of no longer number; a short one may also be a group of a UUID.
        edge = r"\w" if len(digits) >= _SURE else r"\w\-"
        return rf"(?<![{edge}]){f'{_SEPARATOR}*'.join(digits)}(?![{edge}])"
    if len(string) < _SURE:  # may be part of another word
        return rf"(?<!\w){re.escape(string)}(?!\w)"
    return re.escape(string[:200])


def _spellings(text: str) -> Iterator[str]:
    yield text
    yield unquote(text)
    yield _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    for run in _BASE64.findall(text):
        with_padding = run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4)
        try:
            yield base64.b64decode(with_padding).decode("utf-8", "ignore")
        except binascii.Error:
            continue


def of_text(text: str) -> set[str]:
    """What is personal in an event that is JSON."""
    return strings(json.loads(text))
