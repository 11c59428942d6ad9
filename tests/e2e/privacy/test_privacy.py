"""Logs, exceptions and consoles carry ids, types and outcomes, never what is personal or secret.

``dev.py peek`` and ``dev.py dead-letters show`` are not here: to show a record or an event to the
developer who asks for it is what they are for.
"""

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import ports
from local.azurite import KEY as AZURITE_KEY
from local.azurite import StoragePorts
from shared import pipeline
from shared.errors import AppError, ConfigError, DeliveryError
from shared.reading import envelope
from shared.settings import Settings
from shared.writing.storage import StorageAccount
from tests.commands import Ports, dev, eventually, stand_in, started
from tests.e2e.privacy import events
from tests.e2e.privacy.conftest import KEY, SIGNATURE, Host, account, failing_storage, hosting
from tests.e2e.privacy.events import Odd
from tests.e2e.privacy.personal import leaks, of_text
from tests.memory import MemoryStore

pytestmark = pytest.mark.e2e

SECRETS = {KEY, SIGNATURE, AZURITE_KEY}
SAS = f"SharedAccessSignature=sv=2024-01-01&sig={SIGNATURE}"
LEVELS = ("Information", "Debug")


def _deliver(host: Host, odd: list[Odd]) -> list[int]:
    """All of them, some at once; the statuses of the answers."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda each: host.app.deliver(each.text, each.function), odd))


@pytest.mark.parametrize("level", LEVELS)
def test_the_host_says_nothing_personal_of_any_event(
    level: str, storage: StoragePorts, personal: set[str], tmp_path: Path
) -> None:
    """Every sample, and people in events of every damage: malformed, mistyped, large, misled."""
    settings = {
        "AzureWebJobsStorage": storage.connection_string,
        "AzureFunctionsJobHost__logging__logLevel__default": level,
    }
    with hosting(tmp_path / "output", **settings) as host:
        statuses = _deliver(host, [*events.samples(), *events.objects()])
        refused = _deliver(host, events.broken())
        assert eventually(lambda: host.said().count("Executed ") >= len(statuses), 10)
        said = host.said()

    assert {202} == set(statuses)
    assert {500} == set(refused)
    for expected in ("outcome=delivered", "outcome=rejected", "outcome=ignored", "belongs to"):
        assert expected in said
    assert set() == leaks(said, personal | SECRETS)


@pytest.mark.parametrize(
    ("status", "secret"),
    [
        pytest.param(None, SAS, id="down"),
        pytest.param(403, f"AccountKey={KEY}", id="403 to a key"),
        pytest.param(403, SAS, id="403 to a signature"),
        pytest.param(413, f"AccountKey={KEY}", id="413"),
        pytest.param(503, f"AccountKey={KEY}", id="503"),
        pytest.param(0, SAS, id="no HTTP to a signature"),
    ],
)
def test_the_host_says_nothing_personal_when_storage_fails(
    status: int | None, secret: str, personal: set[str], tmp_path: Path
) -> None:
    """Storage that is down, refuses, or is busy: the traceback has its answer, and no more."""
    whole = [Odd(function, json.dumps(event)) for function, event in events.WHOLE]
    with _storage(status) as port:
        settings = {
            "AzureWebJobsStorage": account(port, secret),
            "AzureFunctionsJobHost__logging__logLevel__default": "Debug",
        }
        with hosting(tmp_path / "output", **settings) as host:
            assert {500} == set(_deliver(host, [*whole, Odd("sms_received", '[{"id":"1"}]')]))
            assert eventually(lambda: host.said().count("Executed ") > len(whole), 10)
            said = host.said()

    assert "DeliveryError" in said
    assert set() == leaks(said, personal | SECRETS)


@contextmanager
def _storage(status: int | None) -> Iterator[int]:
    """A service that answers so; None is a port where nobody listens."""
    if status is None:
        yield ports.free(1)[0]
    else:
        with failing_storage(status) as port:
            yield port


WRONG = {
    "a key that was cut": {"RecordStorage": account(1, f"AccountKey={KEY[:-3]}")},
    "a signature without addresses": {"RecordStorage": SAS},
    "a key without its name": {"RecordStorage": f"AccountKey={KEY}"},
    "a key in the setting for an address": {"RecordStorage__queueServiceUri": account(1)},
    "an address with a signature": {"RecordStorage__queueServiceUri": f"http://a/?{SAS}"},
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

    said = _told(caught.value)
    assert next(iter(settings)).partition("__")[0] in said
    assert set() == leaks(said, personal | SECRETS | {KEY[:-3]})


def test_the_host_does_not_say_a_secret_of_a_wrong_setting(
    personal: set[str], tmp_path: Path
) -> None:
    """The same through the host, where every event fails with the setting's name."""
    settings = {"AzureWebJobsStorage": account(1), **WRONG["a key that was cut"]}
    with hosting(tmp_path / "output", **settings) as host:
        assert {500} == set(_deliver(host, events.samples()[-1:]))
        assert eventually(lambda: "RecordStorage" in host.said(), 10)
        assert set() == leaks(host.said(), personal | SECRETS | {KEY[:-3]})


class _Everything(logging.Handler):
    """All that a handler could write of a record: message, arguments, traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said += [record.getMessage(), repr(record.args), self.format(record)]
        self.said += [str(value) for value in vars(record).values()]


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


def _told(error: BaseException) -> str:
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
            log.said.append(_told(error))
        log.said += _rejection(text)

    said = "\n".join(log.said)
    assert len(odd) < len(log.said)
    assert set() == leaks(said, personal | SECRETS)


def _rejection(text: str) -> list[str]:
    try:
        pipeline.convert(envelope.parse(text), SETTINGS)
    except AppError as error:
        return [_told(error)]
    return []


@pytest.mark.parametrize("secret", [f"AccountKey={KEY}", SAS], ids=["key", "signature"])
@pytest.mark.parametrize("status", [None, 403, 0], ids=str)
async def test_no_exception_of_storage_has_anything_personal(
    status: int | None, secret: str, personal: set[str], log: _Everything
) -> None:
    """The SDK's own loggers too, and the exceptions that ours come from."""
    with _storage(status) as port:
        settings = Settings.from_env({"RecordStorage": account(port, secret)})
        store = StorageAccount(settings)
        calls = [
            pipeline.process(json.dumps(event), function, settings, store)
            for function, event in events.WHOLE
        ]
        calls.append(pipeline.process("{", "sms_received", settings, store))
        errors = await asyncio.gather(*calls, return_exceptions=True)
        await store.close()

    assert {DeliveryError} == {type(error) for error in errors}
    told = [_told(error) for error in errors if isinstance(error, BaseException)]
    assert set() == leaks("\n".join([*log.said, *told]), personal | SECRETS)


def test_no_command_says_anything_personal(personal: set[str], tmp_path: Path) -> None:
    """`start --demo` with the host's log behind it, `send` of all samples, `dead-letters list`."""
    at, output = Ports(), tmp_path / "output"
    command = [sys.executable, "-m", "local", "start", "--demo", *at.options]
    environ = stand_in() | {"AzureFunctionsJobHost__logging__logLevel__default": "Debug"}
    files = []
    for number, each in enumerate([*events.samples(), *events.objects()]):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(f"[{each.text}]" if each.text[0] == "{" else each.text, "utf-8")
    topic = f"http://{ports.LOOPBACK}:{at.topic}/api/events"
    with started(command, output, environ):
        assert eventually(lambda: "Ctrl-C" in output.read_text("utf-8"), 60), output.read_text()
        sent = dev("send", "--function", "sms_received", "--port", str(at.host), *files)
        published = dev("send", "SMSReceived", "--publisher", topic)
        listed = dev("dead-letters", "list", "--blob-port", str(at.blob))
        said = output.read_text("utf-8")

    assert 0 == sent.returncode, sent.stdout
    assert 0 == published.returncode, published.stdout
    assert 0 == listed.returncode, listed.stdout
    assert "UnknownEventType" in listed.stdout
    assert "samples gave exactly what their golden records say" in said
    assert "outcome=rejected" in said
    everything = said + sent.stdout + published.stdout + listed.stdout
    assert set() == leaks(everything, personal | SECRETS)


PLANTED = {
    "a number": ("from 18885550177", "+18885550177"),
    "a number with its plus": ("from +18885550177.", "+18885550177"),
    "a number with separators": ("from +1 (888) 555-0177", "+18885550177"),
    "a number in a URL": ("/phonenumber/%2B18885550177/x", "+18885550177"),
    "a number in a raw id": ("4:+4915198765432", "4:+4915198765432"),
    "a national spelling": ("+49 1512 3456789", "+49 (1512) 3456-789"),
    "a short code": ("to=55501", "55501"),
    "a name": ("hello ALICE!", "Alice"),
    "a whole name": ("by Xantippe Wermelskirchen", "Xantippe Wermelskirchen"),
    "a word of a message": ("KeyError: 'zwetschgengarten'", "Zwetschgengarten"),
    "an address": ("to=xantippe.privat@zwetschge.example", "Xantippe.Privat@zwetschge.example"),
    "an address of a subject": ("noreply@contoso.example", "noreply@contoso.example"),
    "a user": ("8:acs:11111111-2222-3333-4444-555555555555_0000000a-feed-beef-cafe-000000000009",)
    * 2,
    "a topic": ("(Opening hours)", "Opening hours"),
    "metadata": ("Krankenakte-8842", "Krankenakte-8842"),
    "a tag": ("reservation-4711", "reservation-4711"),
    "JSON": ('"Rhabarberkuchen f\\u00fcr"', "Rhabarberkuchen"),
    "Base64": ("eyJuYW1lIjoiWGFudGlwcGUgV2VybWVsc2tpcmNoZW4ifQ==", "Xantippe Wermelskirchen"),
    "a key": (KEY, KEY),
}


@pytest.mark.parametrize(("line", "leak"), PLANTED.values(), ids=PLANTED)
def test_a_leak_is_found(line: str, leak: str, personal: set[str], log: _Everything) -> None:
    """The search is worth something: planted in the log, each kind of string is found."""
    logging.getLogger("acs_event_records").info("event=1 %s", line)

    assert leak in leaks("\n".join(log.said), personal | SECRETS) | (leaks(line, {leak}) & personal)


def test_ids_types_and_times_are_no_leak(personal: set[str]) -> None:
    """What logs are for."""
    said = (
        "event=Incoming_20200918002745d29ebbea-3341-4466-9690-0a03af35228e "
        "type=Microsoft.Communication.SMSReceived outcome=delivered "
        "records=work-items:00000000-4711-5000-8000-000000000000 2026-01-05T09:30:00.4255550Z"
    )

    assert set() == leaks(said, personal | SECRETS)


def test_every_kind_of_personal_string_is_collected_from_the_samples() -> None:
    """By the names of fields: a sample that is added is covered without a word here."""
    (sample,) = [each for each in events.samples() if "Is table 4 free tonight?" in each.text][:1]

    assert {"+14255550123", "+18005550100", "tonight"} <= of_text(sample.text)
    with_names = set().union(*(of_text(each.text) for each in events.samples()))
    assert {"Alice", "John Smith", "Opening hours", "Alice@fabrikam.example", "guest"} <= with_names
    assert {"noreply@contoso.example", "555-555-5555", "reservation-4711"} <= with_names
