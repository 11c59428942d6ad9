"""The samples cover the table, and other people's readers read what they give."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from local import paths
from local.errors import CommandError
from shared import pipeline, routes
from shared.families.route import Route
from shared.reading import envelope
from shared.reading.unrouted import OTHER_FAMILIES
from shared.routes import ROUTES
from tools import docs, golden

REJECTED = [sample for sample in golden.samples() if sample.parent != paths.SAMPLES]
ACCEPTED = [sample for sample in golden.samples() if sample.parent == paths.SAMPLES]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.event.rpartition(".")[2])
def test_every_route_has_a_sample(route: Route[Any]) -> None:
    """Adding a row without a sample fails here."""
    name = route.event.rpartition(".")[2]

    assert (paths.SAMPLES / f"{name}.json").exists(), (
        f"step 1 of 'Adding an event type' (CONTRIBUTING.md): {name} needs samples/{name}.json"
    )


@pytest.mark.parametrize("sample", ACCEPTED, ids=lambda sample: sample.stem)
def test_sample_is_named_by_type_and_dialect(sample: Path) -> None:
    name, _, dialect = sample.stem.partition(".")

    assert routes.find(f"Microsoft.Communication.{name}") is not None
    assert dialect in docs.DIALECTS, f"give {dialect} a meaning in DIALECTS of tools/docs.py"


@pytest.mark.parametrize("sample", REJECTED, ids=lambda sample: sample.stem)
def test_a_sample_to_be_rejected_is(sample: Path) -> None:
    """One that a new route takes belongs a folder higher."""
    given = json.loads(golden.golden_path(sample).read_text(encoding="utf-8"))

    assert given["rejected"]


def test_no_type_is_both_routed_and_foreign() -> None:
    both = {route.event.rpartition(".")[2] for route in ROUTES} & set(OTHER_FAMILIES)

    assert both == set(), (
        "step 4 of 'Adding an event type' (CONTRIBUTING.md): a type with a row is not in "
        "OTHER_FAMILIES of shared/reading/unrouted.py"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [("SMSRecieved.json", "is named after no event type"), ("SMSReceived.foo.json", "DIALECTS")],
)
def test_a_sample_that_no_page_can_show_is_named(
    name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golden, "samples", lambda: [paths.SAMPLES / name])

    with pytest.raises(CommandError, match=f"samples/{name}.*{message}"):
        docs.events_page()


def test_a_sample_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "SMSReceived.json"
    file.write_bytes(b"\xff")

    with pytest.raises(CommandError, match=r"SMSReceived\.json is not UTF-8 text"):
        golden.golden_text(file)


def test_every_dialect_has_a_sample() -> None:
    assert set(docs.DIALECTS) == {docs.dialect(sample) for sample in ACCEPTED}


@pytest.mark.parametrize("sample", ACCEPTED, ids=lambda sample: sample.stem)
def test_the_cloudevents_sdk_reads_the_records(sample: Path) -> None:
    """A record is a CloudEvents 1.0 event; the Python SDK refuses what is not."""
    given = json.loads(golden.golden_path(sample).read_text(encoding="utf-8"))

    for record in (*given["work-items"], *given["push-notifications"]):
        event = JSONFormat().read(CloudEvent, json.dumps(record))
        assert record["id"] == event.get_id()
        assert record.get("partitionkey") == event.get_extension("partitionkey")
        assert record["data"] == event.get_data()


USER_AND_THREAD_LEVEL = {
    "ChatMessageReceived.current": "ChatMessageReceivedInThread",
    "ChatMessageEdited.dual": "ChatMessageEditedInThread.cloudevents",
    "ChatMessageDeleted.current": "ChatMessageDeletedInThread",
    "ChatThreadCreatedWithUser.dual": "ChatThreadCreated.cloudevents",
    "ChatThreadPropertiesUpdatedPerUser.current": "ChatThreadPropertiesUpdated",
    "ChatThreadWithUserDeleted.dual": "ChatThreadDeleted.cloudevents",
    "ChatParticipantAddedToThreadWithUser": "ChatThreadParticipantAdded",
    "ChatParticipantRemovedFromThreadWithUser": "ChatThreadParticipantRemoved.cloudevents",
}


@pytest.mark.parametrize(("user", "thread"), USER_AND_THREAD_LEVEL.items())
def test_user_level_and_thread_level_events_are_one_fact(user: str, thread: str) -> None:
    """With ``CHAT_WORK_ITEMS=user`` both yield the work item, with one id."""
    assert _work_item_id(user) == _work_item_id(thread)


def _work_item_id(sample: str) -> str:
    text = (paths.SAMPLES / f"{sample}.json").read_text(encoding="utf-8")
    settings = msgspec.structs.replace(golden.DEFAULTS, user_work_items=True)
    sends = pipeline.convert(envelope.parse(text), settings)
    (work_item,) = [send for send in sends if send.queue == settings.work_items_queue]
    return work_item.record.envelope.id
