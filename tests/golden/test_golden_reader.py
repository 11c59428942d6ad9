"""The reader of ``docs/records.md`` reads every golden record, and is on its own."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples import read_records as reader
from local import paths
from local.paths import ROOT

FILE = ROOT / "examples" / "read_records.py"
RECORDS = [
    record
    for path in sorted(paths.GOLDEN.glob("*.json"))
    for queue in ("work-items", "push-notifications")
    for record in json.loads(path.read_text(encoding="utf-8"))[queue]
]


def test_it_needs_the_standard_library_only(tmp_path: Path) -> None:
    """Copied elsewhere, in an interpreter without any package, it imports."""
    copy = tmp_path / "read_records.py"
    copy.write_bytes(FILE.read_bytes())

    subprocess.run([sys.executable, "-I", "-S", str(copy)], cwd=tmp_path, check=True)


def test_it_reads_base64_and_json() -> None:
    for record in RECORDS:
        text = json.dumps(record)

        assert record == reader.read(text)
        assert record == reader.read(base64.b64encode(text.encode()).decode())
        assert record == reader.read(text.encode())


ALLOWED = ("https://account.example/record-payloads/",)
PAYLOAD = f"{ALLOWED[0]}0123/1.json"


def _claim_check(**attributes: str) -> dict[str, Any]:
    return {key: value for key, value in RECORDS[0].items() if key != "data"} | attributes


def test_it_follows_dataref_to_an_allowed_address() -> None:
    blobs = {PAYLOAD: json.dumps(RECORDS[0]["data"]).encode()}
    record = reader.read(json.dumps(_claim_check(dataref=PAYLOAD)))

    assert reader.with_data(record, blobs.__getitem__, ALLOWED)["data"] == RECORDS[0]["data"]
    record["data"] = None
    assert reader.with_data(record, blobs.__getitem__, ALLOWED)["data"] == RECORDS[0]["data"]
    assert reader.with_data(RECORDS[0], blobs.__getitem__) == RECORDS[0]


@pytest.mark.parametrize(
    "address",
    [
        "https://account.example.evil.example/record-payloads/1.json",
        "https://evil.example/https://account.example/record-payloads/1.json",
        f"{ALLOWED[0]}../secrets/1.json",
        f"{ALLOWED[0]}%2E%2e/secrets/1.json",
        "file:///etc/passwd",
    ],
)
def test_it_follows_dataref_nowhere_else(address: str) -> None:
    fetched: list[str] = []

    with pytest.raises(ValueError, match="may read"):
        reader.with_data(_claim_check(dataref=address), fetched.append, ALLOWED)  # type: ignore[arg-type] # never called
    with pytest.raises(ValueError, match="may read"):
        reader.with_data(_claim_check(dataref=PAYLOAD), fetched.append, [ALLOWED[0][:-1]])  # type: ignore[arg-type] # no slash
    with pytest.raises(ValueError, match="without dataref"):
        reader.with_data(_claim_check(), fetched.append, ALLOWED)  # type: ignore[arg-type] # never called
    assert fetched == []


@pytest.mark.parametrize(
    "message",
    [
        "not base64!",
        "é",
        "{",
        b"\xff",
        "[" * 100_000,
        "e30=",
        "WzFd",
        json.dumps(RECORDS[0] | {"dataschema": "urn:communication-records:work-item:v2"}),
        json.dumps(RECORDS[0] | {"specversion": "0.3"}),
        json.dumps(RECORDS[0] | {"subject": None}),
    ],
    ids=[
        "no Base64",
        "no ASCII",
        "half an object",
        "no text",
        "too deep",
        "an empty object",
        "an array",
        "a later version",
        "another specversion",
        "no conversation",
    ],
)
def test_it_refuses_what_it_does_not_know(message: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"record|JSON"):
        reader.read(message)


def test_it_bears_a_type_that_it_does_not_know() -> None:
    record = reader.read(json.dumps(RECORDS[0] | {"type": "communication.fax.received"}))

    assert reader.thing(record) == (record["subject"], record["id"])


@pytest.mark.parametrize("kind", ["message", "delivery", "participant", "thread"])
@pytest.mark.parametrize("data", [{"message": None, "participant": None}, {}, None])
def test_null_is_absent(kind: str, data: dict[str, None] | None) -> None:
    """Where nothing says which message or participant it is, the record is about itself."""
    name = f"communication.{kind}.changed"
    record = RECORDS[0] | {"type": name, "data": data, "sequence": None}

    assert reader.thing(record)[0] == record["subject"]
    assert kind == "thread" or record["id"] in reader.thing(record)
    assert f" {record['id']}" == reader.sequence_of(record)


def test_it_drops_what_it_has_seen() -> None:
    seen: set[str] = set()

    assert [reader.first(RECORDS[0], seen) for _ in range(3)] == [True, False, False]


def test_it_restores_the_order_of_changes() -> None:
    """By ``sequence``, whatever order they arrived in."""
    given = [
        json.loads((paths.GOLDEN / f"ChatMessage{verb}.current.json").read_text(encoding="utf-8"))
        for verb in ("Received", "Edited", "Deleted")
    ]
    changes = [each["push-notifications"][0] for each in given]

    assert len({reader.thing(change) for change in changes}) == 1
    changes.reverse()
    assert changes[::-1] == sorted(changes, key=reader.sequence_of)


def test_the_snippets_of_the_page_are_the_code_that_runs() -> None:
    page = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    snippet = re.search(r"```js\n(.*?)```", page, re.DOTALL)
    typed = re.search(r"<!-- typed -->\n```python\n(.*?)```", page, re.DOTALL)
    script = (ROOT / "tests" / "contract" / "read_records.cjs").read_text(encoding="utf-8")

    assert snippet is not None
    assert typed is not None
    for line in snippet[1].splitlines()[1:]:
        assert line.strip() in script
    exec(typed[1], {"text": json.dumps(RECORDS[0])})  # noqa: S102 - the page's own
