"""Titles and texts about files, mail engagement, retention policies, calls and recordings.

The rest: ``wording``. They go into records, never into logs.
"""

from shared.records import wording
from shared.records.facts import Call, Fact, Message
from shared.records.parts import Engagement, Recording

_ENGAGEMENT = {"opened": "Mail opened", "clicked": "Link clicked"}
_POLICY = "policy"
"""In ``reason``: ``deletedByPolicy``."""


def message_text(fact: Fact, what: str) -> str:
    """What was written, else what kind of file came: ``Image``, ``Document: plan.pdf``."""
    message = fact.message or Message()
    if message.text or not message.attachments:
        return wording.message_text(fact, what)
    file = message.attachments[0]
    kind = (file.mime_type or "file").partition("/")[0]
    kind = "Document" if kind == "application" else kind.capitalize()
    return f"{kind}: {file.name}" if file.name else kind


def thread_ended(fact: Fact, what: str) -> str:
    """``Conversation ended``, and by what where no person did it."""
    reason = (fact.thread and fact.thread.reason) or ""
    return f"{what} by retention policy" if _POLICY in reason.lower() else what


def thread_changed(fact: Fact, what: str) -> str:
    """``Conversation changed``, or ``Retention policy changed`` where nothing else did."""
    thread = fact.thread
    if thread is None or thread.retention_policy is None or thread.topic or thread.metadata:
        return what
    days = thread.retention_policy.delete_thread_after_days
    then = f"deleted {days} days after its start" if days else "never deleted"
    return f"Retention policy changed: {then}"


def engagement(fact: Fact, _what: str) -> str:
    """``Mail opened by alice@example.org``."""
    engaged = fact.engagement or Engagement(action="unknown")
    name = wording.name_of(fact.recipients[0]) if fact.recipients else None
    action = _ENGAGEMENT.get(engaged.action, f"Mail: {engaged.action}")
    return f"{action} by {name}" if name else action


def engagement_link(fact: Fact, what: str) -> str:
    """The link that was clicked."""
    link = fact.engagement and fact.engagement.link
    return link or engagement(fact, what)


def caller(fact: Fact, what: str) -> str:
    """``Incoming call from +15555550100``; who has neither name nor number is unknown."""
    return f"{what} from {wording.name_of(fact.sender) or 'an unknown caller'}"


def call_ended(fact: Fact, what: str) -> str:
    """``Missed call from +15555550100``, ``Call ended (3 min 20 s)``."""
    call = fact.call or Call()
    if call.missed:
        return caller(fact, "Missed call")
    return what if call.duration_seconds is None else f"{what} ({_span(call.duration_seconds)})"


def recording(fact: Fact, what: str) -> str:
    """``Recording available (6 s), fetch by 2026-05-21 10:00 UTC``."""
    found = fact.recording or Recording()
    if found.duration_ms is not None:
        what += f" ({_span(found.duration_ms // 1000)})"
    if found.fetch_by:
        what += f", fetch by {found.fetch_by[:16].replace('T', ' ')} UTC"
    return what


def _span(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
