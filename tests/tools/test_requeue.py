"""``examples/requeue.py``: what it would do, what it does, and errors of one line."""

from collections.abc import Callable, Iterator

import pytest
from azure.storage.queue import QueueServiceClient

from examples import requeue
from local.azurite import StoragePorts

pytestmark = pytest.mark.e2e

Requeue = Callable[..., tuple[int, str, str]]


@pytest.fixture
def service(azurite: StoragePorts, monkeypatch: pytest.MonkeyPatch) -> Iterator[QueueServiceClient]:
    """Two messages are parked."""
    monkeypatch.setenv("RecordStorage", azurite.connection_string)
    with QueueServiceClient.from_connection_string(azurite.connection_string) as found:
        for name in ("again", "again-poison"):
            found.create_queue(name)
        for text in ("first", "second"):
            found.get_queue_client("again-poison").send_message(text)
        yield found
        for name in ("again", "again-poison"):
            found.delete_queue(name)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Requeue:
    """The exit status, and what it printed to each stream."""

    def run(*words: str) -> tuple[int, str, str]:
        status = requeue.main(words)
        return status, *capsys.readouterr()

    return run


def _texts(service: QueueServiceClient, name: str) -> list[str]:
    return sorted(message.content for message in service.get_queue_client(name).peek_messages(32))


def test_without_yes_it_only_says_what_it_would_do(
    service: QueueServiceClient, run: Requeue
) -> None:
    status, output, error = run("again")

    assert (0, "") == (status, error)
    assert output == (
        "2 messages on again-poison of devstoreaccount1 would go back to again. Do it with --yes.\n"
    )
    assert ["first", "second"] == _texts(service, "again-poison")
    assert [] == _texts(service, "again")


def test_with_yes_the_messages_are_back_as_they_were(
    service: QueueServiceClient, run: Requeue
) -> None:
    assert (0, "2 messages of again-poison of devstoreaccount1 are back on again.\n", "") == run(
        "--yes", "again"
    )

    assert [] == _texts(service, "again-poison")
    assert ["first", "second"] == _texts(service, "again")


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("words", "connection_string", "text"),
    [
        ("nope", None, "QueueNotFound"),
        ("Bad_Name --yes", None, "InvalidResourceName"),
        ("again", "", "set RecordStorage"),
        ("again", "AccountName=a;AccountKeyc2VjcmV0LXNlY3JldA==", "set RecordStorage"),
        ("again", "AccountName=a;AccountKey=c2VjcmV0LXNlY3JldA", "Azure let nobody in"),
        ("again", "AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/", "Request"),
        ("again", "AccountName=a;AccountKey=YQ==;QueueEndpoint=http://a:c2VjcmV0/", "Error"),
        ("again --account=contoso/a?b", None, "give --account NAME"),
    ],
)
def test_an_error_is_one_line_without_the_key(
    words: str,
    connection_string: str | None,
    text: str,
    run: Requeue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection_string is not None:
        monkeypatch.setenv("RecordStorage", connection_string)

    status, output, error = run(*words.split())

    assert (1, "") == (status, output)
    (line,) = error.splitlines()
    assert text in line
    assert "c2VjcmV0" not in line


def test_an_account_by_name_needs_a_login(monkeypatch: pytest.MonkeyPatch, run: Requeue) -> None:
    monkeypatch.setenv("PATH", "")

    status, _, error = run("again", "--account", "contoso")

    assert (1, 1) == (status, len(error.splitlines()))
    assert "Run `az login`" in error


def test_the_queue_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        requeue.main([])

    assert "required: queue" in capsys.readouterr().err
