"""Send an event the way Event Grid does: to the webhook of a function."""

import json
from http import HTTPStatus
from urllib.parse import quote

from local import loopback
from local.errors import CommandError
from local.loopback import Answer

# Event Grid waits this long for an answer.
_SECONDS = 30.0


def deliver(port: int, function: str, body: bytes) -> Answer:
    """Deliver one request body to a function, and give the host's answer.

    Raises:
        CommandError: nothing listens on the port.
    """
    answer = loopback.request(
        port,
        f"/runtime/webhooks/EventGrid?functionName={quote(function, safe='')}",
        method="POST",
        body=body,
        headers={"aeg-event-type": "Notification", "Content-Type": "application/json"},
        seconds=_SECONDS,
    )
    if answer is None:
        raise CommandError(
            f"no Functions host answers on port {port}. Start it in another terminal, "
            "`python3 dev.py start`, or name its port with --port."
        )
    return answer


def functions(port: int) -> list[str]:
    """The functions that the host knows, sorted."""
    answer = loopback.request(port, "/admin/functions")
    if answer is None or answer.status != HTTPStatus.OK:
        return []
    return sorted(str(function["name"]) for function in json.loads(answer.body))


def describe(answer: Answer) -> str:
    """An answer for people: `202 Accepted`."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    text = answer.body.decode("utf-8", "replace").strip()
    return f"{answer.status} {phrase}".strip() + (f": {text}" if text else "")
