"""Put the messages that a reader could not process back on their queue, once it can.

Azure Functions puts them on `<queue>-poison` as they were, so a reader finds the same ids. Copy it,
or run it: `python requeue.py work-items` says what it would do, and with --yes it does it.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.storage.queue import QueueServiceClient

_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 10, "read_timeout": 30}
"""Fail soon: whoever waits can run it again, nothing is lost by that."""


def requeue(service: QueueServiceClient, queue: str) -> int:
    """Move everything on a queue's poison queue back; how much it was.

    A message is deleted there when it is here: after a crash in between it is in both.
    """
    poison = service.get_queue_client(f"{queue}-poison")
    count = 0
    for message in poison.receive_messages(messages_per_page=32, visibility_timeout=300):
        service.get_queue_client(queue).send_message(message.content, time_to_live=-1)
        poison.delete_message(message)
        count += 1
    return count


def main(words: Sequence[str] | None = None) -> int:
    """Run it as a command; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queue", help="the queue that the messages belong to, such as work-items")
    parser.add_argument(
        "--account",
        metavar="NAME",
        help="of the storage account, as who is logged in (`az login`); else the connection string "
        "in the variable RecordStorage",
    )
    parser.add_argument("--yes", action="store_true", help="do it, not only say it")
    chosen = parser.parse_args(words)
    logging.getLogger("azure").addHandler(logging.NullHandler())
    try:
        with _service(chosen.account) as service:
            return _run(service, chosen.queue, is_dry=not chosen.yes)
    except ClientAuthenticationError:
        return _say("requeue: Azure let nobody in. Run `az login`, or check the key.", 1)
    except AzureError as error:
        why = getattr(error, "error_code", None) or type(error).__name__
        return _say(f"requeue: {getattr(why, 'value', why)}. Check the queue and the account.", 1)
    except ValueError:  # its text may quote the key
        return _say("requeue: set RecordStorage to a connection string, or give --account NAME.", 1)


def _service(account: str | None) -> QueueServiceClient:
    if account is None:
        connection_string = os.environ.get("RecordStorage", "")  # noqa: SIM112 - as the app calls it
        return QueueServiceClient.from_connection_string(connection_string, **_ONCE)
    if not account.isalnum():
        raise ValueError("no name of an account")
    from azure.identity import AzureCliCredential  # noqa: PLC0415 - not needed with a key

    address = f"https://{account}.queue.core.windows.net"
    return QueueServiceClient(address, credential=AzureCliCredential(), **_ONCE)


def _run(service: QueueServiceClient, queue: str, *, is_dry: bool) -> int:
    where = f"{queue}-poison of {service.account_name}"
    if is_dry:
        poison = service.get_queue_client(f"{queue}-poison").get_queue_properties()
        count = poison.approximate_message_count
        return _say(f"{count} messages on {where} would go back to {queue}. Do it with --yes.", 0)
    return _say(f"{requeue(service, queue)} messages of {where} are back on {queue}.", 0)


def _say(text: str, status: int) -> int:
    (sys.stderr if status else sys.stdout).write(f"{text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
