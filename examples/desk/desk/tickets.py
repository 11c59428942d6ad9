"""What a work item changes: the ticket of its conversation, a message, participants.

Of records about the same thing the greatest sequence holds, so any order of arrival gives the same
tables. The ticket's row is written first: whoever changes a conversation holds it until the commit.
"""

from desk.database import Connection
from desk.fields import Record, key, name, order, part, parts, sequence_of, text, thing

_ANY_TIME = "0001-01-01T00:00:00.0000000Z"
"""For an ``open`` without time: later than no time at all."""

STATE = (
    "CASE WHEN ended = 1 THEN 'ended' WHEN opened_at > resolved_at THEN 'open' ELSE 'resolved' END"
)
"""SQL: the state of a ticket by the table of docs/records.md."""


def apply(connection: Connection, record: Record) -> None:
    """Bring the tables up to date with one record that was never applied before."""
    _ticket(connection, record)
    what = record["type"].removeprefix("communication.")
    if what.startswith("message."):
        _ensure_message(connection, record)
        _message(connection, record, is_deleted=what == "message.deleted")
    elif what.startswith("delivery."):
        _ensure_message(connection, record)
        _delivery(connection, record)
    elif what in ("participant.added", "participant.removed"):
        who = thing(record)[-1]
        _participant(connection, record, who, is_present=what == "participant.added")
    for party in sorted(parts(part(record["data"], "thread"), "participants"), key=str):
        if invited := text(party, "key"):
            _participant(connection, record, invited, is_present=True, party=party)


def resolve(connection: Connection, subject: str, seen_at: str) -> None:
    """Somebody is done with it.

    Args:
        connection: in a transaction.
        subject: of the ticket.
        seen_at: ``opened_at`` as that person saw it. It is the time of the resolution: a message
            that is later, though nobody has seen it yet, opens the ticket again.
    """
    connection.run(
        "UPDATE tickets SET resolved_at = :at WHERE subject = :subject AND resolved_at < :at",
        at=seen_at,
        subject=subject,
    )


def reopen(connection: Connection, subject: str, now: str) -> None:
    """Somebody takes it up again."""
    connection.run(
        """
        UPDATE tickets SET resolved_at = '',
            opened_at = CASE WHEN opened_at = '' THEN :now ELSE opened_at END
        WHERE subject = :subject
        """,
        now=now,
        subject=subject,
    )


def message_id(record: Record) -> str | None:
    """The message that the record is about, if it is about one."""
    if not record["type"].startswith(("communication.message.", "communication.delivery.")):
        return None
    return key(thing(record)[1])


def _ticket(connection: Connection, record: Record) -> None:
    data = record["data"]
    time = record.get("time", "")
    opened_at = (time or _ANY_TIME) if data["action"] == "open" else ""
    topic = text(part(data, "thread"), "topic")
    customer = _customer(record)
    connection.run(
        """
        INSERT INTO tickets (subject, conversation, channel, opened_at, urgent_at, ended, active_at,
            title, title_order, customer, customer_order, topic, topic_sequence)
        VALUES (:subject, :conversation, :channel, :opened_at, :urgent_at, :ended, :active_at,
            :title, :title_order, :customer, :customer_order, :topic, :topic_sequence)
        ON CONFLICT (subject) DO UPDATE SET
            opened_at = CASE WHEN excluded.opened_at > tickets.opened_at
                THEN excluded.opened_at ELSE tickets.opened_at END,
            urgent_at = CASE WHEN excluded.urgent_at > tickets.urgent_at
                THEN excluded.urgent_at ELSE tickets.urgent_at END,
            ended = CASE WHEN excluded.ended > tickets.ended
                THEN excluded.ended ELSE tickets.ended END,
            active_at = CASE WHEN excluded.active_at > tickets.active_at
                THEN excluded.active_at ELSE tickets.active_at END,
            title = CASE WHEN excluded.title_order > tickets.title_order
                THEN excluded.title ELSE tickets.title END,
            title_order = CASE WHEN excluded.title_order > tickets.title_order
                THEN excluded.title_order ELSE tickets.title_order END,
            customer = CASE WHEN excluded.customer_order > tickets.customer_order
                THEN excluded.customer ELSE tickets.customer END,
            customer_order = CASE WHEN excluded.customer_order > tickets.customer_order
                THEN excluded.customer_order ELSE tickets.customer_order END,
            topic = CASE WHEN excluded.topic_sequence > tickets.topic_sequence
                THEN excluded.topic ELSE tickets.topic END,
            topic_sequence = CASE WHEN excluded.topic_sequence > tickets.topic_sequence
                THEN excluded.topic_sequence ELSE tickets.topic_sequence END
        """,
        subject=record["subject"],
        conversation=data["conversation"],
        channel=text(data, "channel") or "",
        opened_at=opened_at,
        urgent_at=opened_at if data.get("priority") == "high" else "",
        ended=int(data["action"] == "close"),
        active_at=time,
        title=text(data, "title"),
        title_order=order(record),
        customer=customer,
        customer_order=order(record) if customer else "",
        topic=topic,
        topic_sequence=sequence_of(record) if topic else "",
    )


def _customer(record: Record) -> str | None:
    """Who is on the other side, where the record is one that says so."""
    data = record["data"]
    if data.get("direction") == "inbound":
        return name(part(data, "sender"))
    if data.get("direction") == "outbound" and record["type"].startswith("communication.delivery."):
        return next((name(party) for party in parts(data, "recipients")), None)
    return None


def _ensure_message(connection: Connection, record: Record) -> None:
    """The row of a message, with what every record about it says alike."""
    data = record["data"]
    connection.run(
        """
        INSERT INTO messages (subject, id, direction, author, sent_at)
        VALUES (:subject, :id, :direction, :author, :sent_at)
        ON CONFLICT (subject, id) DO UPDATE SET
            direction = COALESCE(messages.direction, excluded.direction),
            author = COALESCE(messages.author, excluded.author),
            sent_at = CASE WHEN messages.sent_at = '' OR
                (excluded.sent_at <> '' AND excluded.sent_at < messages.sent_at)
                THEN excluded.sent_at ELSE messages.sent_at END
        """,
        subject=record["subject"],
        id=message_id(record),
        direction=text(data, "direction"),
        author=name(part(data, "sender")),
        sent_at=text(part(data, "message"), "sentAt") or record.get("time", ""),
    )


def _message(connection: Connection, record: Record, *, is_deleted: bool) -> None:
    message, time = part(record["data"], "message"), record.get("time")
    connection.run(
        """
        UPDATE messages SET text = :text, edited_at = :edited_at, deleted_at = :deleted_at,
            sequence = :sequence
        WHERE subject = :subject AND id = :id AND sequence < :sequence
        """,
        subject=record["subject"],
        id=message_id(record),
        text=None if is_deleted else text(message, "plainText") or text(message, "text"),
        edited_at=text(message, "editedAt"),
        deleted_at=(text(message, "deletedAt") or time or "") if is_deleted else None,
        sequence=sequence_of(record),
    )


def _delivery(connection: Connection, record: Record) -> None:
    delivery = part(record["data"], "delivery")
    connection.run(
        """
        UPDATE messages SET delivery = :status, delivery_at = :at, failure_reason = :reason,
            explanation = :explanation, code = :code, tag = :tag, delivery_sequence = :sequence
        WHERE subject = :subject AND id = :id AND delivery_sequence < :sequence
        """,
        subject=record["subject"],
        id=message_id(record),
        status=text(delivery, "status"),
        at=record.get("time"),
        reason=text(delivery, "failureReason"),
        explanation=text(delivery, "meaning") or text(delivery, "details"),
        code=text(delivery, "code"),
        tag=text(delivery, "tag"),
        sequence=sequence_of(record),
    )


def _participant(
    connection: Connection,
    record: Record,
    who: str,
    *,
    is_present: bool,
    party: dict[str, object] | None = None,
) -> None:
    connection.run(
        """
        INSERT INTO participants (subject, who, name, present, sequence)
        VALUES (:subject, :who, :name, :present, :sequence)
        ON CONFLICT (subject, who) DO UPDATE SET
            name = COALESCE(excluded.name, participants.name),
            present = excluded.present, sequence = excluded.sequence
        WHERE participants.sequence < excluded.sequence
        """,
        subject=record["subject"],
        who=key(who),
        name=name(part(record["data"], "participant") if party is None else party),
        present=int(is_present),
        sequence=sequence_of(record),
    )
