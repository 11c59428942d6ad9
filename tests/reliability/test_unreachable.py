"""Storage that cannot be asked: an identity whose token ended, a name without a host."""

import json
import time
from collections.abc import AsyncIterator

import pytest

from local.azurite import KEY
from shared import pipeline
from shared.errors import DeliveryError
from shared.settings import Settings
from shared.writing import storage
from shared.writing.storage import StorageAccount
from tests.credential import Credential
from tests.reliability import events
from tests.reliability.figures import Figures

pytestmark = pytest.mark.reliability

NOWHERE = "nonexistent.invalid"
"""No name server knows it (RFC 6761)."""
BOUND = 19.0
"""Seconds: `pipeline.DEADLINE` and one more; written out, so that raising it fails here."""
ENDS = "delivered once it is mended; after 24 h in Event Grid's dead letters"


@pytest.fixture
async def by_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[StorageAccount, Credential]]:
    """An account reached by an identity, not a key."""
    credential = Credential(None)
    monkeypatch.setattr(storage, "_credential", lambda _account: credential)
    account = StorageAccount(
        _settings(
            RecordStorage__queueServiceUri=f"https://{NOWHERE}",
            RecordStorage__blobServiceUri=f"https://{NOWHERE}",
        )
    )
    yield account, credential
    await account.close()


@pytest.mark.parametrize("is_poison", [False, True], ids=["a record", "a dead letter"])
async def test_an_expired_token(
    is_poison: bool,  # noqa: FBT001 -- a column of the table
    by_identity: tuple[StorageAccount, Credential],
    figures: Figures,
) -> None:
    """An identity without a token fails the function within its 18 s ({case})."""
    account, credential = by_identity
    seconds = await _fails(account, is_poison=is_poison)

    assert credential.scopes
    figures.add(tokens_asked_for=len(credential.scopes), seconds_to_fail=seconds)
    if not is_poison:
        figures.failure = _row("an expired identity token", f"1 try, {seconds:.1f} s")


@pytest.mark.parametrize("is_poison", [False, True], ids=["a record", "a dead letter"])
async def test_a_name_without_a_host(is_poison: bool, figures: Figures) -> None:  # noqa: FBT001 -- same
    """A name that DNS does not know fails the function within its 18 s ({case})."""
    endpoints = "".join(f"{kind}Endpoint=http://{NOWHERE}/a;" for kind in ("Queue", "Blob"))
    account = StorageAccount(_settings(RecordStorage=f"AccountName=a;AccountKey={KEY};{endpoints}"))
    try:
        seconds = await _fails(account, is_poison=is_poison)
    finally:
        await account.close()

    figures.add(seconds_to_fail=seconds)
    if not is_poison:
        figures.failure = _row("a name that DNS does not know", f"4 tries, {seconds:.1f} s")


async def _fails(account: StorageAccount, *, is_poison: bool) -> float:
    """Process one event; how long it takes to fail."""
    (event,) = events.poison() if is_poison else events.sms(1)
    settings = _settings(RecordStorage="UseDevelopmentStorage=true")
    started = time.monotonic()
    with pytest.raises(DeliveryError):
        await pipeline.process(json.dumps(event.body), "sms_received", settings, account)
    seconds = time.monotonic() - started
    assert seconds < BOUND
    return round(seconds, 1)


def _settings(**environ: str) -> Settings:
    return Settings.from_env(environ)


def _row(what: str, before: str) -> dict[str, str]:
    return {
        "what": what,
        "class": "transient: `DeliveryError`",
        "before us": before,
        "answer": "500: send it again",
        "ends": ENDS,
    }
