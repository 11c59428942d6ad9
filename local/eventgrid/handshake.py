"""Ask a webhook whether it accepts events, before the first of them.

In the Event Grid schema a validation event, whose code must come back with status 200
(learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema); in CloudEvents
an OPTIONS request (.../end-point-validation-cloud-events-schema, which follows the CloudEvents
specification for webhooks). The service does this when the subscription is made, and for Azure
functions through the control plane; the answers are the same.
"""

import json
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import aiohttp

ORIGIN = "eventgrid.azure.net"


async def shake_hands(
    session: aiohttp.ClientSession, url: str, subscription: str, *, is_cloud: bool
) -> tuple[int, bool]:
    """The status of the answer, and whether it accepts events."""
    if is_cloud:
        headers = {"WebHook-Request-Origin": ORIGIN, "aeg-subscription-name": subscription}
        async with session.options(url, headers=headers, allow_redirects=False) as response:
            allowed = response.headers.get("WebHook-Allowed-Origin", "")
            return response.status, response.status == HTTPStatus.OK and allowed in {ORIGIN, "*"}
    code = str(uuid.uuid4())
    headers = {
        "aeg-event-type": "SubscriptionValidation",
        "aeg-subscription-name": subscription,
        "aeg-delivery-count": "0",
        "aeg-data-version": "1",
        "aeg-metadata-version": "1",
    }
    validation = [_validation(code)]
    async with session.post(
        url, headers=headers, json=validation, allow_redirects=False
    ) as response:
        answer = await response.read()
        return response.status, response.status == HTTPStatus.OK and _code_in(answer) == code


def _validation(code: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "topic": "",
        "subject": "",
        "data": {"validationCode": code},
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": datetime.now(UTC).isoformat(),
        "metadataVersion": "1",
        "dataVersion": "1",
    }


def _code_in(answer: bytes) -> str | None:
    """Microsoft's samples answer `validationResponse` in either casing."""
    try:
        content = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    return {key.lower(): value for key, value in content.items()}.get("validationresponse")
