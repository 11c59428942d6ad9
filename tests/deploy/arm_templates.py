"""Templates expanded to the resources that a deployment would write, in its order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.deploy.arm_expressions import TemplateError, evaluate, is_expression, member, parse
from tests.deploy.arm_functions import Place, functions

Json = dict[str, Any]
Reference = Callable[[str], Json]
"""A resource id to the whole resource as Azure would return it."""


@dataclass
class Resource:
    """One resource of a deployment, all its expressions evaluated."""

    id: str
    type: str
    place: Place
    body: Json
    """As it is sent: without what only steers the deployment."""


def expand(
    template: Json, parameters: Json, place: Place, reference: Reference
) -> Iterator[Resource]:
    """The resources, each evaluated when those it depends on have been taken from here.

    Raises:
        TemplateError: Azure would refuse it.
    """
    yield from _Deployment(template, parameters, place, reference).resources()


def outputs(template: Json, parameters: Json, place: Place, reference: Reference) -> Json:
    """The outputs of a finished deployment."""
    deployment = _Deployment(template, parameters, place, reference)
    return {
        name: {"type": output["type"], "value": deployment.output(output)}
        for name, output in template.get("outputs", {}).items()
    }


@dataclass
class _Item:
    """An element of ``resources``, once for each turn of its copy loop."""

    definition: Json
    index: int
    name: str = ""
    id: str = ""
    waits_for: set[str] = field(default_factory=set)


class _Deployment:
    def __init__(
        self, template: Json, parameters: Json, place: Place, reference: Reference
    ) -> None:
        self.template = template
        self.place = place
        self.reference = reference
        self.index = 0
        self.functions = functions(place) | {
            "parameters": lambda evaluate, name: self._parameter(evaluate(name)),
            "variables": lambda evaluate, name: self._variable(evaluate(name)),
            "copyindex": lambda _evaluate: self.index,
            "reference": self._reference,
        }
        self.parameters = self._checked(parameters)

    def resources(self) -> Iterator[Resource]:
        pending = list(self._items())
        names = {item.id.lower() for item in pending}
        names |= {_copy_name(item) for item in pending}
        done: set[str] = set()
        while pending:
            ready = [item for item in pending if not self._blockers(item, pending) & names - done]
            if not ready:
                raise TemplateError(f"circular dependsOn: {[item.id for item in pending]}")
            item = ready[0]
            pending.remove(item)
            yield from self._write(item)
            done.add(item.id.lower())
            if not any(_copy_name(other) == _copy_name(item) for other in pending):
                done.add(_copy_name(item))

    def output(self, definition: Json) -> Any:
        """Its value, or the list that its copy loop makes."""
        if "copy" not in definition:
            return self.value(definition["value"])
        found = []
        for index in range(self.value(definition["copy"]["count"])):
            self.index = index
            found.append(self.value(definition["copy"]["input"]))
        return found

    def value(self, raw: Any) -> Any:
        """A value of the template with its expressions evaluated; nulls in objects are left out."""
        if isinstance(raw, str) and is_expression(raw):
            return self.value_of_null(evaluate(parse(raw), self.functions))
        if isinstance(raw, list):
            return [self.value(item) for item in raw]
        if isinstance(raw, dict):
            pairs = ((self.value(key), self.value(value)) for key, value in raw.items())
            return {key: value for key, value in pairs if value is not None}
        return raw

    @staticmethod
    def value_of_null(value: Any) -> Any:
        """Objects from parameters may hold nulls, too."""
        if isinstance(value, dict):
            return {k: _Deployment.value_of_null(v) for k, v in value.items() if v is not None}
        return value

    def _items(self) -> Iterator[_Item]:
        for definition in self.template["resources"]:
            count = self.value(definition.get("copy", {}).get("count", 1))
            for self.index in range(count):
                if self.value(definition.get("condition", True)):
                    item = _Item(definition, self.index, self.value(definition["name"]))
                    item.id = self._id(definition, item.name)
                    depends = self.value(definition.get("dependsOn", []))
                    item.waits_for = {name.lower() for name in depends}
                    yield item
        self.index = 0

    def _blockers(self, item: _Item, pending: list[_Item]) -> set[str]:
        """What it waits for; in a serial loop also the turn before."""
        blockers = set(item.waits_for)
        if item.definition.get("copy", {}).get("mode") == "serial":
            same = [other for other in pending if other.definition is item.definition]
            blockers |= {other.id.lower() for other in same if other.index < item.index}
        return blockers

    def _write(self, item: _Item) -> Iterator[Resource]:
        self.index = item.index
        steering = {"copy", "condition", "dependsOn", "scope", "resourceGroup", "comments"}
        raw = {key: value for key, value in item.definition.items() if key not in steering}
        place = self.place
        if "resourceGroup" in item.definition:
            group = self.value(item.definition["resourceGroup"])
            place = place._replace(resource_group=group)
        if raw["type"] != "Microsoft.Resources/deployments":
            yield Resource(item.id, raw["type"], place, self.value(raw))
            return
        inner = raw["properties"]
        values = {name: entry["value"] for name, entry in self.value(inner["parameters"]).items()}
        yield from expand(inner["template"], values, place, self.reference)

    def _id(self, definition: Json, name: str) -> str:
        place = self.place
        if "resourceGroup" in definition:
            place = place._replace(resource_group=self.value(definition["resourceGroup"]))
        base = place.group_id
        if "scope" in definition:
            base += f"/providers/{self.value(definition['scope'])}"
        provider, *types = definition["type"].split("/")
        names = name.split("/")
        if len(types) != len(names):
            raise TemplateError(f"{definition['type']} cannot be called {name}")
        pairs = (f"/{kind}/{part}" for kind, part in zip(types, names, strict=True))
        return f"{base}/providers/{provider}{''.join(pairs)}"

    def _reference(self, evaluate: Any, resource: Any, *rest: Any) -> Any:
        found = self.reference(evaluate(resource))
        full = [evaluate(argument) for argument in rest][1:] == ["full"]
        return found if full else found["properties"]

    def _parameter(self, name: str) -> Any:
        if name not in self.parameters:
            raise TemplateError(f"unknown parameter {name}")
        return self.parameters[name]

    def _variable(self, name: str) -> Any:
        if name not in self.template.get("variables", {}):
            raise TemplateError(f"unknown variable {name}")
        return self.value(self.template["variables"][name])

    def _checked(self, given: Json) -> Json:
        declared = self.template.get("parameters", {})
        if unknown := given.keys() - declared.keys():
            raise TemplateError(f"the template has no parameters {sorted(unknown)}")
        self.parameters = dict(given)
        for name, rules in declared.items():
            if name not in given:
                if "defaultValue" not in rules:
                    raise TemplateError(f"parameter {name} is missing")
                self.parameters[name] = self.value(rules["defaultValue"])
            _check(name, self.parameters[name], rules)
        return self.parameters


def _copy_name(item: _Item) -> str:
    name: str = item.definition.get("copy", {}).get("name", item.id)
    return name.lower()


_TYPES: dict[str, type[Any]] = {
    "string": str,
    "int": int,
    "bool": bool,
    "object": dict,
    "array": list,
    "securestring": str,
    "secureobject": dict,
}
"""By the lower-cased name."""


def _check(name: str, value: Any, rules: Json) -> None:
    """learn.microsoft.com/azure/azure-resource-manager/templates/parameters."""
    if type(value) is not _TYPES[rules["type"].lower()]:
        raise TemplateError(f"parameter {name} must be {rules['type']}, not {value!r}")
    size = value if isinstance(value, int) else len(value)
    low: Any = rules.get("minValue", rules.get("minLength", size))
    high: Any = rules.get("maxValue", rules.get("maxLength", size))
    if not low <= size <= high or value not in rules.get("allowedValues", [value]):
        raise TemplateError(f"parameter {name}: {value!r} is not allowed")


def property_of(resource: Resource, path: str) -> Any:
    """``properties.siteConfig.minTlsVersion`` of a resource."""
    value: Any = resource.body
    for key in path.split("."):
        value = member(value, key)
    return value
