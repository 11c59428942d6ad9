"""Logs and exceptions carry ids, types and outcomes, never what is personal or secret.

What commands print is held to the same by `tests/tools/test_privacy_of_commands.py`.
"""

import asyncio
import json
import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from azure.core.pipeline.transport import AsyncHttpTransport

from local import ports
from local.azurite import KEY as AZURITE_KEY
from shared import pipeline
from shared.errors import AppError, ConfigError, DeliveryError
from shared.reading import envelope
from shared.settings import Settings
from shared.writing.storage import StorageAccount
from tests.app import App, running
from tests.e2e.privacy import events
from tests.e2e.privacy.events import Odd
from tests.e2e.privacy.personal import leaks
from tests.e2e.privacy.storage import KEY, SIGNATURE, account, failing_storage
from tests.memory import MemoryStore

pytestmark = pytest.mark.e2e

SECRETS = {KEY, SIGNATURE, AZURITE_KEY}
BY_KEY = f"AccountKey={KEY}"
BY_SIGNATURE = f"SharedAccessSignature=sv=2024-01-01&sig={SIGNATURE}"


def _deliver(app: App, odd: list[Odd]) -> list[int]:
    """All of them, some at once; the statuses of the answers."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda each: app.deliver(each.text, each.function), odd))


def test_the_host_says_nothing_personal_of_any_event(app: App, personal: set[str]) -> None:
    """Every sample, and people in events of every damage: malformed, mistyped, large, misled.

    At the level Debug; any other has fewer lines.
    """
    statuses = _deliver(app, [*events.samples(), *events.objects()])
    refused = _deliver(app, events.broken())
    log = app.wait_for_log(lambda log: log.count("Executed ") >= len(statuses))

    assert {202} == set(statuses)
    assert {500} == set(refused)
    for expected in ("outcome=delivered", "outcome=rejected", "outcome=ignored", "belongs to"):
        assert expected in log
    assert set() == leaks(log, personal | SECRETS)


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, tuple[App, int]]]:
    """By the secret of its account: the app, and the port where nothing of that account is yet."""
    with ExitStack() as stack:
        found = {}
        for secret in (BY_KEY, BY_SIGNATURE):
            (port,) = ports.free(1)
            settings = {
                "AzureWebJobsStorage": account(port, secret),
                "AzureFunctionsJobHost__logging__logLevel__default": "Debug",
            }
            found[secret] = stack.enter_context(running(**settings)), port
        yield found


@pytest.mark.parametrize(
    ("status", "secret"),
    [
        pytest.param(None, BY_SIGNATURE, id="down"),
        pytest.param(403, BY_KEY, id="403 to a key"),
        pytest.param(403, BY_SIGNATURE, id="403 to a signature"),
        pytest.param(413, BY_KEY, id="413"),
        pytest.param(503, BY_KEY, id="503"),
        pytest.param(0, BY_SIGNATURE, id="no HTTP to a signature"),
    ],
)
def test_the_host_says_nothing_personal_when_storage_fails(
    status: int | None, secret: str, hosts: dict[str, tuple[App, int]], personal: set[str]
) -> None:
    """Storage that is down, refuses, or is busy: the traceback has its answer, and no more."""
    whole = [Odd(function, json.dumps(event)) for function, event in events.WHOLE]
    app, port = hosts[secret]
    app.clear_log()
    with failing_storage(port, status):
        assert {500} == set(_deliver(app, [*whole, Odd("sms_received", '[{"id":"1"}]')]))
    log = app.wait_for_log(lambda log: log.count("Executed ") > len(whole))

    assert "DeliveryError" in log
    assert set() == leaks(log, personal | SECRETS)


WRONG = {
    "a key that was cut": {"RecordStorage": account(1, f"AccountKey={KEY[:-3]}")},
    "a signature without addresses": {"RecordStorage": BY_SIGNATURE},
    "a key without its name": {"RecordStorage": f"AccountKey={KEY}"},
    "a key in the setting for an address": {"RecordStorage__queueServiceUri": account(1)},
    "an address with a signature": {"RecordStorage__queueServiceUri": f"http://a/?{BY_SIGNATURE}"},
    "a key as the credential": {"RecordStorage__credential": KEY},
    "a connection string as the name of a queue": {"WORK_ITEMS_QUEUE": account(1)},
    "a connection string as a choice": {"STORAGE_USE_PROXY": account(1)},
    "a connection string as overrides": {"ROUTE_OVERRIDES": account(1)},
    "a connection string as an event type": {"ROUTE_OVERRIDES": json.dumps({account(1): {}})},
    "a connection string as an action": {
        "ROUTE_OVERRIDES": json.dumps({"Microsoft.Communication.SMSReceived": {"work": account(1)}})
    },
}


@pytest.mark.parametrize("settings", WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_named_and_a_secret_in_it_is_not(
    settings: dict[str, str], personal: set[str]
) -> None:
    """Whoever pastes a connection string into the wrong line must not find it in the log."""
    environ = {"AzureWebJobsStorage": account(1)} | settings
    with pytest.raises(ConfigError) as caught:
        StorageAccount(Settings.from_env(environ))

    text = _text(caught.value)
    assert next(iter(settings)).partition("__")[0] in text
    assert set() == leaks(text, personal | SECRETS | {KEY[:-3]})


class _Everything(logging.Handler):
    """All that a handler could write of a record: message, arguments, traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.texts += [record.getMessage(), repr(record.args), self.format(record)]
        self.texts += [str(value) for value in vars(record).values()]


@pytest.fixture
def log() -> Iterator[_Everything]:
    """What every logger of the process says, at DEBUG."""
    handler, root = _Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


def _text(error: BaseException) -> str:
    """What an exception says: itself, its arguments, and its traceback with what it came from."""
    return "\n".join([str(error), repr(error), *traceback.format_exception(error)])


class _Down(MemoryStore):
    async def send(self, queue: str, message: bytes) -> None:
        """Fail."""
        raise DeliveryError(f"queue {queue!r}: HTTP 503 ({len(message)} bytes)")


SETTINGS = Settings.from_env({"RecordStorage": account(1), "CHAT_WORK_ITEMS": "user"})


@pytest.mark.parametrize("store", [MemoryStore, _Down])
async def test_no_record_of_the_log_and_no_exception_has_anything_personal(
    store: type[MemoryStore], personal: set[str], log: _Everything
) -> None:
    """In-process, where arguments and tracebacks can be looked at before they are formatted."""
    odd = [*events.samples(), *events.objects(), *events.broken()]
    for function, text in odd:
        try:
            await pipeline.process(text, function, SETTINGS, store())
        except AppError as error:
            log.texts.append(_text(error))
        log.texts += _rejection(text)

    text = "\n".join(log.texts)
    assert len(odd) < len(log.texts)
    assert set() == leaks(text, personal | SECRETS)


def _rejection(text: str) -> list[str]:
    try:
        pipeline.convert(envelope.parse(text), SETTINGS)
    except AppError as error:
        return [_text(error)]
    return []


@pytest.mark.parametrize("secret", [BY_KEY, BY_SIGNATURE], ids=["key", "signature"])
@pytest.mark.parametrize("status", [None, 403, 0], ids=str)
async def test_no_exception_of_storage_has_anything_personal(
    status: int | None,
    secret: str,
    personal: set[str],
    log: _Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The SDK's own loggers too, and the exceptions that ours come from."""
    monkeypatch.setattr(AsyncHttpTransport, "sleep", _no_wait)
    (port,) = ports.free(1)
    settings = Settings.from_env({"RecordStorage": account(port, secret)})
    store = StorageAccount(settings)
    with failing_storage(port, status):
        calls = [
            pipeline.process(json.dumps(event), function, settings, store)
            for function, event in events.WHOLE
        ]
        calls.append(pipeline.process("{", "sms_received", settings, store))
        errors = await asyncio.gather(*calls, return_exceptions=True)
        await store.close()

    assert {DeliveryError} == {type(error) for error in errors}
    texts = [_text(error) for error in errors if isinstance(error, BaseException)]
    assert set() == leaks("\n".join([*log.texts, *texts]), personal | SECRETS)


async def _no_wait(_transport: object, _seconds: float) -> None:
    """In place of the wait between two tries."""
