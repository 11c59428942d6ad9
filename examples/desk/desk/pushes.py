"""What a push notification changes: it is kept, with a row in the outbox for each device."""

from collections.abc import Sequence

from desk.database import Connection
from desk.fields import Record, key, name, part, sequence_of, text

LOG = "log"
"""The device of a recipient who has none: the push is only logged."""
HUB = "hub:"
"""Before the platform: Notification Hubs finds the devices of a tag."""

NEWEST = """
    (SELECT newer.id FROM pushes newer WHERE newer.recipient = pushes.recipient
        AND newer.collapse_key = pushes.collapse_key ORDER BY newer.sequence DESC LIMIT 1)
"""
"""SQL: the id of the newest push for the recipient and collapse key of a row of ``pushes``."""


def keep(connection: Connection, record: Record, hub_platforms: Sequence[str]) -> None:
    """Keep a push that was never kept before.

    Args:
        connection: in a transaction.
        record: the push notification.
        hub_platforms: of Notification Hubs, where that is used.
    """
    data = record["data"]
    recipient = part(data, "recipient")
    who = key(text(recipient, "key") or "")
    connection.run(
        """
        INSERT INTO pushes (id, subject, channel, recipient, recipient_name, collapse_key, level,
            title, body, sequence, time, expires)
        VALUES (:id, :subject, :channel, :recipient, :recipient_name, :collapse_key, :level,
            :title, :body, :sequence, :time, :expires)
        """,
        id=record["id"],
        subject=record["subject"],
        channel=text(data, "channel") or "",
        recipient=who,
        recipient_name=name(recipient),
        collapse_key=data["collapseKey"],
        level=data["interruptionLevel"],
        title=text(data, "title"),
        body=text(data, "body"),
        sequence=sequence_of(record),
        time=record.get("time", ""),
        expires=text(record, "expirytime") or "",
    )
    for device in _devices(connection, who, data["interruptionLevel"], hub_platforms):
        connection.run(
            "INSERT INTO outbox (push, device) VALUES (:push, :device)",
            push=record["id"],
            device=device,
        )


def _devices(
    connection: Connection, recipient: str, level: str, hub_platforms: Sequence[str]
) -> list[str]:
    """Browsers must show every push, so they get none of the background."""
    found = [HUB + platform for platform in hub_platforms]
    if level == "background":
        return found
    rows = connection.rows("SELECT id FROM devices WHERE recipient = :who", who=recipient)
    return [*found, *(str(row["id"]) for row in rows)] or [LOG]
