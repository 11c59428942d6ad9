"""Put the messages that a reader could not process back on their queue, once it can.

Azure Functions puts them on `<queue>-poison` as they were, so a reader finds the same ids. Copy it,
or run it: `python requeue.py work-items`, with the account's connection string in RecordStorage.
"""

import os
import sys

from azure.storage.queue import QueueServiceClient


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


if __name__ == "__main__":
    connection = os.environ.get("RecordStorage", "")  # noqa: SIM112 - as the app calls it
    with QueueServiceClient.from_connection_string(connection) as account:
        sys.stdout.write(f"{requeue(account, sys.argv[1])} messages are back on {sys.argv[1]}.\n")
