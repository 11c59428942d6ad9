"""SMS that are a command to the carrier or the service: nobody has to answer them.

learn.microsoft.com/azure/communication-services/concepts/sms/sms-faq ("Opt-out handling") and the
words that carriers of the United States honour (CTIA Messaging Principles; 47 CFR 64.1200). The
service or the carrier answers and keeps the list; the message is relayed, so that the sender's
system can keep its own.
"""

import re

from shared.records.facts import Keyword, Party

_ALONE = re.compile(
    r"[\s\u200b\ufeff]*(?:"
    r"(?P<stop>stop|stopall|unsubscribe|cancel|end|quit|opt[\s-]*out|revoke)"
    r"|(?P<start>start|unstop)|(?P<help>help|info)|(?P<yes>yes)"
    r")[\s\u200b\ufeff.!?,;:]*",
    re.IGNORECASE,
)
_LONGEST = 40
"""Characters, the blanks around it included: what is longer is a message."""
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)\d{7}", re.ASCII)
"""To these ``YES`` means ``START``; to any other number it is an answer."""


def keyword_of(message: str | None, recipient: Party | None) -> Keyword | None:
    """The keyword that a message is, where it is one alone, in any casing and with a full stop."""
    if not message or len(message) > _LONGEST:
        return None
    match = _ALONE.fullmatch(message)
    if match is None:
        return None
    if match["yes"]:
        is_toll_free = recipient and _TOLL_FREE.fullmatch(recipient.phone_number or "")
        return "start" if is_toll_free else None
    return "stop" if match["stop"] else "start" if match["start"] else "help"
