"""Who is staff, by the settings, and which way a message went."""

from typing import Any, TypeVar

from msgspec import Struct, structs

from shared.records.facts import Direction, Fact, Party

_ANONYMOUS = "8:teamsvisitor:"
"""A guest in a Teams meeting without an account, of the same kind as somebody in Teams."""
PartyOrNone = TypeVar("PartyOrNone", Party, Party | None)


class Staff(Struct, frozen=True):
    """Who is staff, by the settings."""

    kinds: frozenset[str]
    """``STAFF_KINDS``, kinds of parties."""
    keys: frozenset[str] = frozenset()
    """``STAFF_IDS``, as keys of parties."""


def with_roles(fact: Fact, staff: Staff) -> Fact:
    """The fact with ``role`` for each of its parties and the ``direction`` of a chat message."""
    sender, participant = _with_role(fact.sender, staff), _with_role(fact.participant, staff)
    recipients, thread = _with_role_each(fact.recipients, staff), fact.thread
    changed: dict[str, Any] = {}
    if fact.direction is None:
        changed["direction"] = _direction(fact, sender)
    if sender is not fact.sender:
        changed["sender"] = sender
    if recipients is not fact.recipients:
        changed["recipients"] = recipients
    if participant is not fact.participant:
        changed["participant"] = participant
    if thread and (everybody := _with_role_each(thread.participants, staff)) is not (
        thread.participants
    ):
        changed["thread"] = structs.replace(thread, participants=everybody)
    return structs.replace(fact, **changed) if changed else fact


def _direction(fact: Fact, sender: Party | None) -> Direction | None:
    """Of a chat message or a call, whose events do not give it: outbound from staff."""
    if (fact.message is None and fact.call is None) or sender is None or not sender.key:
        return None
    return "outbound" if sender.role else "inbound"


def _is_staff(party: Party, staff: Staff) -> bool:
    if party.key in staff.keys:
        return True
    return party.kind in staff.kinds and not party.key.startswith(_ANONYMOUS)


def _with_role_each(parties: tuple[Party, ...], staff: Staff) -> tuple[Party, ...]:
    """The very same tuple where nobody is staff."""
    if not any(_is_staff(party, staff) for party in parties):
        return parties
    return tuple(_with_role(party, staff) for party in parties)


def _with_role(party: PartyOrNone, staff: Staff) -> PartyOrNone:
    if party is None or not _is_staff(party, staff):
        return party
    return structs.replace(party, role="staff")
