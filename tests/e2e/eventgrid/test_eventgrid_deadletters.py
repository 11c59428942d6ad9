"""Dead letters in Azurite, in the form that Event Grid gives them."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from local import azurite, eventgrid, paths
from local.azurite import StoragePorts
from local.eventgrid import LocalTopic, Options
from local.processes import Children
from shared.reading import envelope
from tests.e2e.eventgrid.conftest import (
    Subscribe,
    cloud_event,
    event,
    post,
    publish,
    subscription,
    wants,
    write_subscriptions,
)
from tests.e2e.eventgrid.recorder import Reply, Webhook, webhook

pytestmark = pytest.mark.e2e

_FAST: dict[str, Any] = {"time_scale": 0.001, "answer_seconds": 10.0}
_NAME = re.compile(
    r"my-topic/TAKES-ALL/\d{4}/[1-9]\d?/[1-9]\d?/(0|[1-9]\d?)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json"
)


@pytest.fixture(scope="module")
def storage() -> Iterator[StoragePorts]:
    """Azurite."""
    with azurite.running() as running:
        yield running


def _take(storage: StoragePorts) -> dict[str, Any]:
    """The dead letters by blob name, taken away."""
    taken = {}
    with ContainerClient.from_connection_string(
        storage.connection_string, "dead-letters", retry_total=0, use_env_settings=False
    ) as container:
        try:
            for name in list(container.list_blob_names()):
                taken[name] = json.loads(container.download_blob(name).readall())
                container.delete_blob(name)
        except ResourceNotFoundError:
            return {}
    return taken


def _given_up(
    hook: Webhook, options: Options, storage: StoragePorts, **published: Any
) -> dict[str, Any]:
    """The one dead letter that one event became, its blob's name checked."""
    with eventgrid.running(hook.url, storage.connection_string, options) as topic:
        publish(topic.port, event(**published))
        counts = topic.wait_until_idle()["subscriptions"]["takes-all"]
    assert {"deadLettered": 1, "dropped": 0, "pending": 0}.items() <= counts.items()
    ((name, content),) = _take(storage).items()
    assert _NAME.fullmatch(name), name
    (letter,) = content
    assert isinstance(letter, dict)
    return letter


_REASONS = {
    400: ("UndeliverableDueToHttpBadRequest", 1, "BadRequest"),
    403: ("UndeliverableDueToHttpForbidden", 1, "Forbidden"),
    413: ("UndeliverableDueToHttpRequestEntityTooLarge", 1, "PayloadTooLarge"),
    401: ("MaxDeliveryAttemptsExceeded", 2, "Unauthorized"),
    404: ("MaxDeliveryAttemptsExceeded", 2, "NotFound"),
    408: ("MaxDeliveryAttemptsExceeded", 2, "TimedOut"),
    429: ("MaxDeliveryAttemptsExceeded", 2, "Busy"),
    500: ("MaxDeliveryAttemptsExceeded", 2, "GenericError"),
    503: ("MaxDeliveryAttemptsExceeded", 2, "Busy"),
}


@pytest.fixture(scope="module")
def place(storage: StoragePorts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTopic]:
    """For every status a function that answers with it, whenever it is asked."""
    entries = [
        subscription(
            f"status_{code}",
            filter=wants(f"status.{code}"),
            retryPolicy={"maxDeliveryAttempts": 2},
        )
        for code in _REASONS
    ]
    file = write_subscriptions(tmp_path_factory.mktemp("statuses"), *entries)
    with (
        webhook() as hook,
        eventgrid.running(hook.url, storage.connection_string, Options(file, **_FAST)) as topic,
    ):
        for code in _REASONS:
            hook.replies[f"status_{code}"] = partial(_always, code)
        yield topic


def _always(status: int, _number: int) -> Reply:
    return Reply(status)


@pytest.mark.parametrize("status", _REASONS)
def test_reason_and_outcome(status: int, place: LocalTopic, storage: StoragePorts) -> None:
    """The event as it was, Event Grid's keys beside it, in an array of one."""
    published = event(f"status.{status}")
    publish(place.port, published)
    place.wait_until_idle()

    (((letter,),),) = [tuple(_take(storage).values())]
    assert published.items() <= letter.items()
    added = {key: letter[key] for key in letter.keys() - published.keys()}
    first, last = (
        datetime.fromisoformat(added.pop(key)) for key in ("publishTime", "lastDeliveryAttemptTime")
    )
    assert first <= last
    reason, attempts, outcome = _REASONS[status]
    assert {
        "deadLetterReason": reason,
        "deliveryAttempts": attempts,
        "lastDeliveryOutcome": outcome,
        "lastHttpStatusCode": status,
    } == added


def test_an_event_that_expired(hook: Webhook, subscribe: Subscribe, storage: StoragePorts) -> None:
    """The reason names the limit that was reached first, the outcome the last failure."""
    hook.replies["takes_all"] = lambda _: Reply(503)
    file = subscribe(subscription(retryPolicy={"eventTimeToLiveInMinutes": 1}))

    letter = _given_up(hook, Options(file, topic="my-topic", **_FAST), storage)

    assert ("TimeToLiveExceeded", "Busy") == (
        letter["deadLetterReason"],
        letter["lastDeliveryOutcome"],
    )


def test_without_an_answer_there_is_no_status(
    hook: Webhook, subscribe: Subscribe, storage: StoragePorts
) -> None:
    hook.replies["takes_all"] = lambda _: Reply(202, 1.0)
    file = subscribe(subscription(retryPolicy={"maxDeliveryAttempts": 1}))
    options = Options(file, topic="my-topic", answer_seconds=0.2)

    letter = _given_up(hook, options, storage)

    assert "TimedOut" == letter["lastDeliveryOutcome"]
    assert "lastHttpStatusCode" not in letter


def test_our_reader_knows_every_key(
    hook: Webhook, subscribe: Subscribe, storage: StoragePorts
) -> None:
    """A replayed dead letter gives the same envelope as the event did; given up again, too."""
    hook.replies["takes_all"] = lambda _: Reply(400)
    options = Options(subscribe(subscription()), topic="my-topic", **_FAST)
    published = event("Microsoft.Communication.SMSReceived")

    letter = _given_up(hook, options, storage, **published)
    again = _given_up(hook, options, storage, **letter, deadLetterError="ours")

    original, once, twice = (
        envelope.parse(json.dumps(each)) for each in (published, letter, again)
    )
    assert original == once == twice
    assert "deadLetterError" not in again
    assert letter["publishTime"] < again["publishTime"]


def test_a_cloud_event_has_lower_case_keys(
    hook: Webhook, subscribe: Subscribe, storage: StoragePorts
) -> None:
    hook.replies["takes_all"] = lambda _: Reply(400)
    file = subscribe(subscription())
    published = cloud_event()
    with eventgrid.running(hook.url, storage.connection_string, Options(file)) as topic:
        assert 200 == post(topic.port, published, "application/cloudevents+json").status
        topic.wait_until_idle()

    (((letter,),),) = [tuple(_take(storage).values())]
    assert published.items() <= letter.items()
    assert {
        "deadletterreason",
        "deliveryattempts",
        "lastdeliveryoutcome",
        "lasthttpstatuscode",
        "publishtime",
        "lastdeliveryattempttime",
    } == letter.keys() - published.keys()


def test_each_event_of_a_batch_has_a_blob_of_its_own(
    hook: Webhook, subscribe: Subscribe, storage: StoragePorts
) -> None:
    hook.replies["takes_all"] = lambda _: Reply(413)
    file = subscribe(subscription(maxEventsPerBatch=10))
    with eventgrid.running(hook.url, storage.connection_string, Options(file)) as topic:
        ids = publish(topic.port, *(event() for _ in range(10)))
        topic.wait_until_idle()

    letters = [letter for content in _take(storage).values() for letter in content]
    assert sorted(ids) == sorted(letter["id"] for letter in letters)


def test_the_text_is_kept_byte_for_byte(
    hook: Webhook, subscribe: Subscribe, storage: StoragePorts
) -> None:
    """Numbers keep their digits, and half an emoji does not keep an event from being written."""
    hook.replies["takes_all"] = lambda _: Reply(400)
    file = subscribe(subscription())
    inside = b'"id":"1","data":{"n":1.50e3,"s":"\\ud83d","u":"\xc3\xa4"}'
    with eventgrid.running(hook.url, storage.connection_string, Options(file)) as topic:
        assert 200 == post(topic.port, b"[{" + inside + b"}]").status
        assert 200 == post(topic.port, b"[{}]").status
        topic.wait_until_idle()
    with ContainerClient.from_connection_string(
        storage.connection_string, "dead-letters", use_env_settings=False
    ) as container:
        blobs = [container.download_blob(n).readall() for n in container.list_blob_names()]

    assert 2 == len(_take(storage))
    assert {b'[{"deadLetter', b"[{" + inside[:11]} == {blob[:13] for blob in blobs}
    assert any(blob.startswith(b"[{" + inside + b',"deadLetterReason"') for blob in blobs)


def test_storage_that_is_away_loses_nothing(hook: Webhook, subscribe: Subscribe) -> None:
    """They wait, and are written once Storage is back; meanwhile others are delivered."""
    hook.replies["takes_all"] = lambda number: Reply(400 if number < 5 else 202)
    file, at = subscribe(subscription()), StoragePorts.free()
    options = Options(file, in_flight=1, **_FAST)
    with Children() as children:
        with eventgrid.running(hook.url, at.connection_string, options) as topic:
            ids = publish(topic.port, *(event() for _ in range(8)))
            topic.child.wait_until(lambda: topic.counts("takes-all")["delivered"] == 3, 10)
            assert 5 == topic.state()["pending"]

            azurite.wait_until_ready(azurite.start(children, at), at)
            topic.wait_until_idle(30)
        letters = [letter for content in _take(at).values() for letter in content]

    assert sorted(ids[:5]) == sorted(letter["id"] for letter in letters)


def test_the_container_is_the_setting(
    hook: Webhook, subscribe: Subscribe, storage: StoragePorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`DEAD_LETTERS_CONTAINER`, the one that the app writes to."""
    monkeypatch.setenv("DEAD_LETTERS_CONTAINER", "elsewhere")
    hook.replies["takes_all"] = lambda _: Reply(400)
    file = subscribe(subscription())
    with eventgrid.running(hook.url, storage.connection_string, Options(file)) as topic:
        publish(topic.port, event())
        topic.wait_until_idle()
    with ContainerClient.from_connection_string(
        storage.connection_string, "elsewhere", use_env_settings=False
    ) as container:
        names = list(container.list_blob_names())
        container.delete_container()

    assert ["local-topic/TAKES-ALL"] == [name.rsplit("/", 5)[0] for name in names]


def test_the_file_of_the_deployment_can_be_read(hook: Webhook) -> None:
    """The default: the file in the repository, with a subscription for each function."""
    with eventgrid.running(hook.url) as topic:
        names = topic.state()["subscriptions"].keys()

    entries = json.loads((paths.ROOT / "infra" / "event-subscriptions.json").read_bytes())
    assert {entry["name"] for entry in entries} == set(names)
