"""Publish events with Microsoft's client, `azure-eventgrid`."""

from typing import Any

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from azure.eventgrid import EventGridPublisherClient

from local.errors import CommandError
from local.samples import Sample


def publish(sample: Sample, endpoint: str, key: str) -> int:
    """Publish the events of a sample to a topic, and tell how many they were.

    The client takes dictionaries of either schema, and plain HTTP when the endpoint says so. Events
    in the Event Grid schema go as they are; of a CloudEvent it prints the time anew.

    Raises:
        CommandError: the sample holds no events, or the topic did not take them.
    """
    events = sample.events()
    if not events:
        raise CommandError(f"{sample.name} holds no events that a client could publish.")
    publish_events(events, endpoint, key, sample.name)
    return len(events)


def publish_events(events: list[dict[str, Any]], endpoint: str, key: str, what: str) -> None:
    """Publish events of one schema to a topic; ``what`` names them in a message.

    Raises:
        CommandError: the topic did not take them.
    """
    credential = AzureKeyCredential(key)
    # A topic on this machine answers at once or never, and without a proxy.
    near: dict[str, Any] = {"retry_total": 0, "use_env_settings": False}
    try:
        with EventGridPublisherClient(endpoint, credential, **near) as client:
            client.send(events)
    except (AzureError, ValueError, TypeError) as error:
        raise CommandError(
            f"{endpoint} did not take {what}: {error}\n"
            "Is it the full address of a topic, such as http://127.0.0.1:7072/api/events?"
        ) from error
