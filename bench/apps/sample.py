"""Two messages as samples send them: a client for each, made when the event comes."""

import json
import os

import azure.functions as func
from azure.storage.queue import QueueClient, TextBase64EncodePolicy


def main(event: func.EventGridEvent) -> None:
    """Send a work item and a push notification."""
    data = event.get_json()
    common = {"id": event.id, "from": data["from"], "to": data["to"], "text": data["message"]}
    for queue, action in (("work-items", "open"), ("push-notifications", "show")):
        client = QueueClient.from_connection_string(
            os.environ["AzureWebJobsStorage"],  # noqa: SIM112 - the setting's name
            queue,
            message_encode_policy=TextBase64EncodePolicy(),
        )
        client.send_message(json.dumps({**common, "action": action}))
