"""What the error codes of WhatsApp mean; Communication Services passes them on as ``channelCode``.

Codes: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. 131047 is ``expired``:
the 24 hours in which a business may answer freely are over, and only a template is allowed.
"""

import re

from shared.records.delivery_codes import Code
from shared.records.parts import FailureReason

_TEMPLATE = Code("The template is missing, paused or filled in wrongly.", "misconfigured")
_CODES: dict[str, tuple[str, FailureReason]] = {
    "0": ("The business's access token is not valid.", "misconfigured"),
    "3": ("The business lacks a permission.", "misconfigured"),
    "4": ("Too many calls.", "throttled"),
    "10": ("The business lacks a permission.", "misconfigured"),
    "33": ("The business's number was deleted.", "misconfigured"),
    "100": ("The request has a wrong parameter.", "misconfigured"),
    "190": ("The business's access token has expired.", "misconfigured"),
    "368": ("The business is blocked for violating policies.", "blocked"),
    "470": ("More than 24 hours have passed since the customer last wrote.", "expired"),
    "1013": ("The recipient does not use WhatsApp.", "invalidRecipient"),
    "80007": ("Too many calls.", "throttled"),
    "130429": ("Too many messages in a short time.", "throttled"),
    "130472": ("Not sent: the recipient is part of an experiment of the provider.", "blocked"),
    "130497": ("The business may not write to this country.", "blocked"),
    "131000": ("Unknown error of the provider.", "unknown"),
    "131005": ("The business lacks a permission.", "misconfigured"),
    "131008": ("The request lacks a parameter.", "misconfigured"),
    "131009": ("The request has a wrong parameter.", "misconfigured"),
    "131016": ("The provider was unavailable for a moment.", "unknown"),
    "131021": ("Sender and recipient are the same number.", "invalidRecipient"),
    "131026": ("The recipient cannot be reached on WhatsApp.", "unreachable"),
    "131030": ("The recipient is not on the list of allowed test numbers.", "misconfigured"),
    "131031": ("The business's account is locked.", "blocked"),
    "131037": ("The business's display name is not approved.", "misconfigured"),
    "131042": ("The business's payment method has a problem.", "misconfigured"),
    "131045": ("The business's number is not registered.", "misconfigured"),
    "131047": ("More than 24 hours have passed since the customer last wrote.", "expired"),
    "131048": ("Held back: too many of the business's messages were marked as spam.", "spam"),
    "131049": ("Not sent: the provider limits marketing messages to this person.", "blocked"),
    "131050": ("The recipient has opted out of marketing messages.", "optedOut"),
    "131051": ("This type of message is not supported.", "misconfigured"),
    "131052": ("The media could not be downloaded.", "misconfigured"),
    "131053": ("The media could not be uploaded.", "misconfigured"),
    "131056": ("Too many messages to this recipient in a short time.", "throttled"),
    "131057": ("The business's account is under maintenance.", "unknown"),
    "133016": ("Too many registrations of the business's number.", "throttled"),
}
CODES = {code: Code(meaning, reason) for code, (meaning, reason) in _CODES.items()}
_REGISTRATION = Code("The business's number is not registered.", "misconfigured")
_LOOKED_AT = 40
"""Characters, before and with the code."""
_IN_WORDS = re.compile(
    r"(?:error|code|\W)*?(\d{5,6})(?!\d)|\s*(\d{1,6})\s*", re.ASCII | re.IGNORECASE
)
"""WhatsApp's own API writes ``(#130429) Rate limit hit``."""


def in_words(details: str) -> str | None:
    """The code that a text begins with, or is; only one that means something."""
    match = _IN_WORDS.match(details[:_LOOKED_AT])
    if match is None:
        return None
    code = match[1] or (match[2] if match.end() == len(details) else None)
    return code if find(code) else None


def find(code: str | None) -> Code | None:
    """What a code means; all of 132… are about templates, of 133… about registration."""
    if code is None:
        return None
    of_group = {"132": _TEMPLATE, "133": _REGISTRATION}.get(code[:3]) if len(code) == 6 else None  # noqa: PLR2004 - digits
    return CODES.get(code) or of_group
