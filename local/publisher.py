"""Publish events with Microsoft's client, `azure-eventgrid`."""

from typing import Any

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.eventgrid import EventGridPublisherClient

from local.errors import CommandError
from local.samples import Sample

# The client itself takes none of these: azure-eventgrid 4.22 drops them. A topic answers at once.
_OPTIONS: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 30}
_EXAMPLE = "http://127.0.0.1:7072/api/events"


def publish(sample: Sample, endpoint: str, key: str) -> int:
    """Publish the events of a sample to a topic, and return their number.

    The client takes dictionaries of either schema, and an endpoint with plain HTTP. Events in the
    Event Grid schema stay as they are; of a CloudEvent it rewrites the time.

    Raises:
        CommandError: the sample holds no events, or the topic did not take them.
    """
    events = sample.events()
    publish_events(events, endpoint, key, sample.name)
    return len(events)


def publish_events(events: list[dict[str, Any]], endpoint: str, key: str, what: str) -> None:
    """Publish events of one schema to a topic; ``what`` names them in a message.

    Raises:
        CommandError: the topic did not take them.
    """
    try:
        with EventGridPublisherClient(endpoint, AzureKeyCredential(key)) as client:
            client.send(events, **_OPTIONS)
    except ServiceRequestError as error:
        raise CommandError(
            f"no topic answers at {endpoint}. Start the local run in another terminal, "
            f"`python3 dev.py start`, or give a topic's whole address, such as {_EXAMPLE}"
        ) from error
    except (AzureError, ValueError, TypeError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise CommandError(
            f"{endpoint} did not take {what}: {why}. A topic's whole address is such as {_EXAMPLE}"
        ) from error
