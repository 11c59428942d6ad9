"""The functions of the template language that our templates call."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.deploy.arm_expressions import Call, Evaluate, Node, TemplateError

PUBLIC_CLOUD = {
    "name": "AzureCloud",
    "suffixes": {"storage": "core.windows.net"},
    "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
}


class Place(NamedTuple):
    """Where a template is deployed to."""

    subscription: str
    resource_group: str
    location: str = "westeurope"
    tenant: str = "22222222-2222-4222-8222-222222222222"
    environment: dict[str, Any] = PUBLIC_CLOUD

    @property
    def group_id(self) -> str:
        """The resource group's resource id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"


def functions(place: Place) -> dict[str, Callable[..., Any]]:
    """Those that need nothing but their arguments and the place."""
    eager: dict[str, Callable[..., Any]] = {
        "and": lambda *conditions: all(conditions),
        "concat": _concat,
        "contains": lambda of, item: item in of,
        "createarray": lambda *items: list(items),
        "createobject": _create_object,
        "environment": lambda: place.environment,
        "empty": lambda of: not of,
        "equals": lambda a, b: a == b,
        "extensionresourceid": lambda on, *rest: on + _provider_path(*rest),
        "false": lambda: False,
        "greater": lambda a, b: a > b,
        "guid": lambda *parts: str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts))),
        "last": lambda of: of[-1],
        "length": len,
        "not": lambda condition: not condition,
        "null": lambda: None,
        "replace": lambda text, old, new: text.replace(old, new),
        "resourcegroup": lambda: {
            "id": place.group_id,
            "name": place.resource_group,
            "location": place.location,
        },
        "resourceid": lambda *parts: _resource_id(place, *parts),
        "split": lambda text, at: text.split(at),
        "subscription": lambda: {
            "subscriptionId": place.subscription,
            "tenantId": place.tenant,
        },
        "subscriptionresourceid": lambda *parts: (
            f"/subscriptions/{place.subscription}{_provider_path(*parts)}"
        ),
        "take": lambda of, count: of[:count],
        "tolower": str.lower,
        "true": lambda: True,
        "union": _union,
        "uniquestring": _unique_string,
    }
    return {name: _eagerly(function) for name, function in eager.items()} | {"if": _if} | _lambdas()


def _lambdas() -> dict[str, Callable[..., Any]]:
    """``map(items, lambda('name', …))``, in whose body ``lambdaVariables('name')`` is the item."""
    bound: dict[str, Any] = {}

    def of_each(evaluate: Evaluate, items: Node, function: Node) -> list[Any]:
        if not isinstance(function, Call) or function.name.lower() != "lambda":
            raise TemplateError("map needs a lambda")
        name, body = function.arguments
        found = []
        for item in evaluate(items):
            bound[evaluate(name)] = item
            found.append(evaluate(body))
        return found

    def variable(evaluate: Evaluate, name: Node) -> Any:
        if (key := evaluate(name)) not in bound:
            raise TemplateError(f"unknown lambda variable {key}")
        return bound[key]

    return {"map": of_each, "lambdavariables": variable}


def _eagerly(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(evaluate: Evaluate, *arguments: Node) -> Any:
        try:
            return function(*map(evaluate, arguments))
        except (TypeError, AttributeError, IndexError) as error:
            raise TemplateError(f"wrong arguments: {error}") from error

    return call


def _if(evaluate: Evaluate, condition: Node, then: Node, otherwise: Node) -> Any:
    """Only the branch that holds is evaluated: the other may refer to what is not there."""
    return evaluate(then if evaluate(condition) else otherwise)


def _concat(*parts: Any) -> Any:
    if all(isinstance(part, list) for part in parts):
        return [item for part in parts for item in part]
    return "".join(str(part) for part in parts)


def _create_object(*items: Any) -> dict[str, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


def _union(*objects: Any) -> Any:
    """Later ones win; objects inside are merged as well."""
    merged: dict[str, Any] = {}
    for one in objects:
        for key, value in one.items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = _union(merged[key], value) if both else value
    return merged


def _provider_path(kind: str, *names: str) -> str:
    provider, *types = kind.split("/")
    if len(types) != len(names):
        raise TemplateError(f"{kind} needs {len(types)} names, not {names}")
    pairs = (f"/{part}/{name}" for part, name in zip(types, names, strict=True))
    return f"/providers/{provider}{''.join(pairs)}"


def _resource_id(place: Place, *parts: str) -> str:
    """``resourceId([subscription], [group], type, names...)``."""
    at = next(index for index, part in enumerate(parts) if "/" in part)
    group = parts[at - 1] if at else place.resource_group
    subscription = parts[0] if at == len(("subscription", "group")) else place.subscription
    path = _provider_path(*parts[at:])
    return f"/subscriptions/{subscription}/resourceGroups/{group}{path}"


def _unique_string(*parts: str) -> str:
    """Thirteen letters and digits that depend on the arguments only; Azure's own hash is secret."""
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]
