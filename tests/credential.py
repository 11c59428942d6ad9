"""A credential for tests, in place of an identity's."""

from collections.abc import Callable
from typing import Any, Self

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError


class Credential:
    """Gives the token made for a scope, or is refused."""

    def __init__(self, token: Callable[[str], str] | None) -> None:
        self._token = token
        self.scopes: list[str] = []
        """Every one that a token was asked for."""

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token that does not end in a test's time; only one scope is ever asked for."""
        (scope,) = scopes
        self.scopes.append(scope)
        if self._token is None:
            raise ClientAuthenticationError("AADSTS700082: the token has expired")
        return AccessToken(self._token(scope), 2**40)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""
