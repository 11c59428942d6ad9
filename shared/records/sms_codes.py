"""The code in the details of an SMS report: ``4010 - …``, ``[4010]``, or the wording alone.

Wordings: learn.microsoft.com/azure/communication-services/resources/troubleshooting/
voice-video-calling/troubleshooting-codes (SMS) and the pages before it; the SMS FAQ for opt-outs.
No source settles the format of ``deliveryStatusDetails``; the emulator writes ``2000: text``.
"""

import re

from shared.records.delivery_codes import SMS_CODES

_LOOKED_AT = 1000
"""Characters; the documented wordings have about 100."""
_CODE = re.compile(
    r"(?:^[^\w+]*|code\W*|[\[(#]|^\W*(?:error|status)\W*)(\d{4})(?![\w]|[-.:/]\d)(\s+\w)?",
    re.ASCII | re.IGNORECASE,
)
_NO_CODE = frozenset({"no error.", "no error"})
"""The wording of most reports from the time before codes."""
_WORDINGS = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        (r"opted[ -]?out|sender blocked for given recipient", "4007"),
        (r"toll[- ]?free.*(?:not (?:being )?verified|unverified)", "4010"),
        (r"fraud detection", "4000"),
        (r"invalid (?:source|from|sender)", "4001"),
        (r"invalid (?:destination|to\b|recipient)", "4002"),
        (r"unsupported destination|destination.*not supported", "4003"),
        (r"(?:number|destination).*(?:doesn.t|does not) exist", "4004"),
        (r"volumetric", "4020"),
        (r"blocked by (?:the )?(?:destination )?carrier", "4005"),
        (r"(?:isn.t|is not|not) reachable|unreachable", "4006"),
        (r"exceeded the maximum number of messages", "4008"),
        (r"entitlement", "4009"),
        (r"temporary unavailability", "5001"),
        (r"not support delivery report|doesn.t support delivery|delivery timeout", "5002"),
        (r"unknown error", "9999"),
        (r"message failed to deliver\W+(?:please )?(?:reach|contact)", "5000"),
    )
)


def in_words(details: str) -> str | None:
    """The code of a text, with any separator after it, or found by its documented wording.

    A number before a word, as in ``2026 messages``, is a code only if it is a documented one.
    """
    if details[4:5] in {"", ":"} and details[:4].isdecimal() and details[:4].isascii():
        return details[:4]  # as most are written
    details = details[:_LOOKED_AT]
    for match in _CODE.finditer(details):
        if match.group(2) is None or match.group(1) in SMS_CODES:
            return match.group(1)
    wording = " ".join(details.lower().split())
    if wording in _NO_CODE:
        return None
    return next((code for pattern, code in _WORDINGS if pattern.search(wording)), None)
