"""Secrets never reach a message, whatever was done to the setting that holds them."""

import base64
import json
import random
import traceback
from typing import Any, Self
from urllib.parse import quote

import pytest
from azure.core.exceptions import ServiceRequestError
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from local import __main__ as commands
from local import account
from local.errors import CommandError
from shared.errors import ConfigError, DeliveryError
from shared.redaction import hide, shown
from shared.settings import Settings
from shared.writing import storage
from shared.writing.storage import StorageAccount

SEPARATORS = ";=&?/:.,%\n "
SETTINGS = (
    "RecordStorage",
    "AzureWebJobsStorage",
    "RecordStorage__queueServiceUri",
    "RecordStorage__blobServiceUri",
    "RecordStorage__accountName",
    "RecordStorage__credential",
    "WORK_ITEMS_QUEUE",
    "DEAD_LETTERS_CONTAINER",
    "CHAT_WORK_ITEMS",
    "STORAGE_USE_PROXY",
    "STORAGE_CONNECTIONS",
    "EVENTS_IN_FLIGHT",
    "TRACE_RECORDS",
    "STAFF_KINDS",
    "PUSH_EXPIRES",
    "ROUTE_OVERRIDES",
)
OVERRIDES = (
    "{}",
    '{{"{}": {{}}}}',
    '{{"Microsoft.Communication.SMSReceived": {{"{}": "open"}}}}',
    '{{"Microsoft.Communication.SMSReceived": {{"work": "{}"}}}}',
)
KEPT = [
    "/subscriptions/3f2b8c1d-0000-4e5f-8a9b-0123456789ab/resourceGroups/contoso",
    "Microsoft.Communication/communicationServices/contosoRecords01",
    "sms_received/2026-11-25/3c2171d87b548d31b3ab2734c98be8fb.json",
    "cannot read /tmp/pytest-of-user/pytest-12/test_a_file0/e.json: No such file or directory",
    "no event type 'Microsoft.Communication.ChatParticipantRemovedFromThreadWithUser'",
    "queue 'work-items': HTTP 503 ServerBusy",
    "RecordStorage__queueServiceUri must be an https:// address, with no query",
    "start it with `python3 dev.py start --queue-port 10001`",
]


class Secret:
    """What a setting may hold, and the part of it that nobody may see."""

    def __init__(self, seed: int, form: str) -> None:
        chance = random.Random(seed)  # noqa: S311 -- a key that can be made again
        key = base64.b64encode(chance.randbytes(64)).decode()
        signature = quote(base64.b64encode(chance.randbytes(32)).decode(), safe="")
        sas = f"sv=2024-11-04&ss=bq&srt=sco&se=2026-12-01T00:00:00Z&sp=rwac&sig={signature}"
        hosts = [f"https://contoso.{kind}.core.windows.net" for kind in ("queue", "blob")]
        forms = {
            "key": f"DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey={key};"
            "EndpointSuffix=core.windows.net",
            "key and addresses": f"AccountName=contoso;AccountKey={key};"
            f"QueueEndpoint={hosts[0]}/;BlobEndpoint={hosts[1]}/",
            "signature": f"QueueEndpoint={hosts[0]};BlobEndpoint={hosts[1]};"
            f"SharedAccessSignature={sas}",
            "signature first": f"SharedAccessSignature={sas};QueueEndpoint={hosts[0]};"
            f"BlobEndpoint={hosts[1]}",
            "address": f"{hosts[0]}/?{sas}",
            "bare key": key,
            "bare signature": sas,
        }
        self.text = forms[form]
        self.hidden = signature if "sig" in form or form == "address" else key

    def leaks_into(self, text: str) -> set[str]:
        """Runs of eight of its characters that are in the text."""
        runs = (self.hidden[at : at + 8] for at in range(len(self.hidden) - 7))
        return {run for run in runs if run in text}


FORMS = (
    "key",
    "key and addresses",
    "signature",
    "signature first",
    "address",
    "bare key",
    "bare signature",
)


@st.composite
def malformed(draw: DrawFn) -> tuple[Secret, str]:
    """A secret, and the setting with separators dropped, doubled or replaced; or as it was."""
    secret = Secret(draw(st.integers(0, 1 << 32)), draw(st.sampled_from(FORMS)))
    before, key, after = secret.text.partition(secret.hidden)
    changed = []
    for part in (before, after):
        text = list(part)
        places = [at for at, character in enumerate(text) if character in SEPARATORS]
        for at in draw(st.lists(st.sampled_from(places), max_size=3)) if places else ():
            text[at] = draw(st.sampled_from(["", text[at] * 2, *SEPARATORS]))
        changed.append("".join(text))
    end = draw(st.sampled_from([len(key), len(key) - 1, len(key) - 2, 40]))
    return secret, changed[0] + key[:end] + changed[1]


@given(malformed(), st.sampled_from(["{}", "cannot read '{}'", "a{}", "in {}, at line 1", "({})"]))
def test_a_text_loses_the_secrets_in_it(made: tuple[Secret, str], around: str) -> None:
    secret, text = made

    assert secret.leaks_into(hide(around.format(text))) == set()
    assert secret.leaks_into(shown(text)) == set()


@given(malformed(), st.sampled_from(SETTINGS), st.sampled_from(OVERRIDES))
def test_no_setting_quotes_a_secret(made: tuple[Secret, str], setting: str, overrides: str) -> None:
    """Neither in the error about it, nor in what is raised once it is used."""
    secret, text = made
    if setting == "ROUTE_OVERRIDES":
        text = overrides.format(json.dumps(text)[1:-1])
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", setting: text}
    message = ""
    try:
        Settings.from_env(environ)
    except ConfigError as error:
        message = "".join(traceback.format_exception(error))

    assert secret.leaks_into(message) == set()


class _Unreachable:
    """Connections that fail as aiohttp's do: their errors name whole addresses and hosts."""

    def __init__(self, **_: Any) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def open(self) -> None:
        """Nothing to open."""

    async def sleep(self, _seconds: float) -> None:
        """No test waits."""

    async def send(self, request: Any, **_: Any) -> None:
        """Fail."""
        raise ServiceRequestError(f"cannot connect to {request.url}, {request.headers}")


@given(malformed(), st.booleans())
@example((Secret(1, "key"), Secret(1, "key").text), False)  # noqa: FBT003 -- whether it is a blob
@example((Secret(1, "signature"), Secret(1, "signature").text), True)  # noqa: FBT003 -- same
async def test_no_failure_of_storage_quotes_a_secret(
    made: tuple[Secret, str],
    is_blob: bool,  # noqa: FBT001 -- drawn
) -> None:
    secret, text = made
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "AioHttpTransport", _Unreachable)
        patch.setattr(storage, "_session", lambda _: None)
        with pytest.raises((ConfigError, DeliveryError)) as raised:
            await _write(text, is_blob=is_blob)

    assert secret.leaks_into("".join(traceback.format_exception(raised.value))) == set()


async def _write(connection_string: str, *, is_blob: bool) -> None:
    store = StorageAccount(Settings.from_env({"RecordStorage": connection_string}))
    await (store.save("c", "n", b"[]") if is_blob else store.send("q", b"{}"))


@given(malformed())
def test_no_command_prints_a_secret(made: tuple[Secret, str]) -> None:
    secret, text = made
    environ = {"WORK_ITEMS_QUEUE": text, "RecordStorage": f";{text}"}
    with pytest.raises(CommandError) as raised:
        account.opened(environ, is_local=False).__enter__()

    assert secret.leaks_into(str(raised.value)) == set()


def test_what_a_command_says_on_its_way_out_is_redacted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = Secret(1, "address")

    def fail(_: object) -> int:
        raise CommandError(f"cannot read {secret.text}: no such file")

    monkeypatch.setattr("local.peek.run", fail)
    assert commands.main(["peek"]) == 1

    error = capsys.readouterr().err
    assert (
        error
        == "dev.py peek: cannot read https://contoso.queue.core.windows.net/?*** no such file\n"
    )
    assert secret.leaks_into(error) == set()


@pytest.mark.parametrize("text", KEPT)
def test_ids_paths_and_names_stay(text: str) -> None:
    assert hide(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AccountKey=short;AccountName=a", "AccountKey=***;AccountName=a"),
        ("SharedAccessKey = 'short'", "SharedAccessKey = ***"),
        ("https://a/?sv=1&sig=x at line 1", "https://a/?*** at line 1"),
        ("Bearer eyJhbGciOiJub25lIn0.eyJhIjoxfQ.sig-1_2", "Bearer ***"),
        ("POST /api?code=abc", "POST /api?***"),
        ("what? why = because", "what? why = because"),
    ],
)
def test_what_stands_behind_a_name_of_a_secret_is_hidden(text: str, expected: str) -> None:
    assert hide(text) == expected
