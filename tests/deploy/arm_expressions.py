"""The template language of Azure Resource Manager, as much of it as our templates use.

learn.microsoft.com/azure/azure-resource-manager/templates/template-functions. Strict where Azure
is: an unknown function, parameter, variable or property is an error.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Evaluate = Callable[["Node"], Any]


class TemplateError(Exception):
    """Azure would refuse the template or its parameters."""


class Literal(NamedTuple):
    """A string or a number."""

    value: str | int


class Call(NamedTuple):
    """A function and its arguments; they are evaluated by the function, as ``if`` needs."""

    name: str
    arguments: list["Node"]


class Member(NamedTuple):
    """``of.key`` or ``of[key]``."""

    of: "Node"
    key: "Node"


Node = Literal | Call | Member

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>\w+)|(?P<sign>.))")


def is_expression(text: str) -> bool:
    """``[...]`` is evaluated; ``[[`` stands for a literal bracket."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def parse(text: str) -> Node:
    """The tree of an expression, brackets included."""
    return _Parser(text).whole()


def evaluate(node: Node, functions: dict[str, Callable[..., Any]]) -> Any:
    """Its value; the functions get nodes and a way to evaluate them."""
    match node:
        case Literal(value):
            return value
        case Call(name, arguments):
            if name.lower() not in functions:
                raise TemplateError(f"unknown function {name}")
            return functions[name.lower()](lambda n: evaluate(n, functions), *arguments)
        case Member(of, key):
            return member(evaluate(of, functions), evaluate(key, functions))


def member(value: Any, key: Any) -> Any:
    """A property of an object (in any casing) or an element of an array."""
    if isinstance(value, dict):
        for name, found in value.items():
            if name.lower() == str(key).lower():
                return found
        raise TemplateError(f"no property {key!r}; there are {sorted(value)}")
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    raise TemplateError(f"no element {key!r} in {value!r}")


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [m for m in _TOKEN.finditer(text[1:-1]) if m.group().strip()]
        self.position = 0

    def whole(self) -> Node:
        node = self.node()
        if self.position != len(self.tokens):
            raise TemplateError(f"cannot read {self.text}")
        return node

    def node(self) -> Node:
        node = self.primary()
        while (sign := self.peek()) in {".", "["}:
            self.take(sign)
            if sign == ".":
                node = Member(node, Literal(self.next().group("name") or ""))
            else:
                node = Member(node, self.node())
                self.take("]")
        return node

    def primary(self) -> Node:
        token = self.next()
        if token.group("text") is not None:
            return Literal(token.group("text")[1:-1].replace("''", "'"))
        if token.group("number") is not None:
            return Literal(int(token.group("number")))
        if token.group("name") is None:
            raise TemplateError(f"cannot read {self.text}")
        self.take("(")
        arguments: list[Node] = []
        while self.peek() != ")":
            if arguments:
                self.take(",")
            arguments.append(self.node())
        self.take(")")
        return Call(token.group("name"), arguments)

    def peek(self) -> str:
        return self.tokens[self.position].group().strip() if self.has_more() else ""

    def has_more(self) -> bool:
        return self.position < len(self.tokens)

    def next(self) -> re.Match[str]:
        if not self.has_more():
            raise TemplateError(f"cannot read {self.text}")
        self.position += 1
        return self.tokens[self.position - 1]

    def take(self, sign: str) -> None:
        if self.next().group().strip() != sign:
            raise TemplateError(f"cannot read {self.text}")
