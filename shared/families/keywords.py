"""SMS that are a command to the carrier or the service, and no question to anybody.

learn.microsoft.com/azure/communication-services/concepts/sms/sms-faq ("Opt-out handling") and the
words that carriers of the United States honour (CTIA Messaging Principles; 47 CFR 64.1200). The
service or the carrier answers and keeps the list; the message is relayed, so that the sender's
system can keep its own.
"""

import re

from shared.records.facts import Keyword, Party
from shared.records.readable import one_line

_KEYWORDS: dict[str, Keyword] = {
    "stop": "stop",
    "stopall": "stop",
    "unsubscribe": "stop",
    "cancel": "stop",
    "end": "stop",
    "quit": "stop",
    "opt out": "stop",
    "opt-out": "stop",
    "optout": "stop",
    "revoke": "stop",
    "start": "start",
    "unstop": "start",
    "help": "help",
    "info": "help",
}
_LONGEST = 40
"""Characters, the blanks around it included: what is longer is a message."""
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)\d{7}", re.ASCII)
"""To these ``YES`` means ``START``; to any other number it is an answer."""


def keyword_of(message: str | None, recipient: Party | None) -> Keyword | None:
    """The keyword that a message is, where it is one alone, in any casing and with a full stop."""
    if not message or len(message) > _LONGEST:
        return None
    word = one_line(message).rstrip(" .!?,;:").lower()
    if word == "yes" and recipient and _TOLL_FREE.fullmatch(recipient.phone_number or ""):
        return "start"
    return _KEYWORDS.get(word)
