"""What ``az login`` asks."""

import base64
import json
from typing import Any

from tests.deploy.arm_templates import Json
from tests.deploy.stub.azure import CLIENT, SUBSCRIPTION, TENANT, Azure


def metadata(azure: Azure, _question: Any) -> Json:
    """The endpoints of this cloud, as one object (API version 2022-09-01)."""
    here = f"https://{azure.host}"
    return {
        "name": "stub",
        "resourceManager": here,
        "authentication": {"loginEndpoint": here, "audiences": [here], "tenant": "common"},
        "suffixes": {"storage": "core.windows.net"},
    }


def openid(azure: Azure, _question: Any) -> Json:
    """Where tokens are to be had."""
    here = f"https://{azure.host}/{TENANT}"
    return {
        "issuer": f"{here}/v2.0",
        "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
        "token_endpoint": f"{here}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
    }


def token(_azure: Azure, _question: Any) -> Json:
    """A token that is good for nothing."""
    claims = {"tid": TENANT, "oid": CLIENT, "appid": CLIENT}
    parts: tuple[Json, ...] = ({"alg": "none", "typ": "JWT"}, claims, {})
    text = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts)
    return {"token_type": "Bearer", "expires_in": 86399, "access_token": text}


def subscriptions(_azure: Azure, _question: Any) -> Json:
    """The one subscription."""
    one = {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "displayName": "stub",
        "state": "Enabled",
        "tenantId": TENANT,
    }
    return {"value": [one]}


def tenants(_azure: Azure, _question: Any) -> Json:
    """The one tenant."""
    return {"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT}]}
