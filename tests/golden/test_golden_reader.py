"""The reader of ``docs/records.md`` reads every golden record, and is on its own."""

import base64
import json
import subprocess
import sys
from pathlib import Path

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


def test_it_follows_dataref() -> None:
    record = RECORDS[0]
    stub = {key: value for key, value in record.items() if key != "data"}
    stub["dataref"] = "https://account.example/record-payloads/1.json"
    blobs = {stub["dataref"]: json.dumps(record["data"]).encode()}

    assert record["data"] == reader.read(json.dumps(stub), blobs.__getitem__)["data"]
    with pytest.raises(ValueError, match="dataref"):
        reader.read(json.dumps(stub))


@pytest.mark.parametrize(
    "message",
    [
        "not base64!",
        "e30=",
        "WzFd",
        json.dumps(RECORDS[0] | {"dataschema": "urn:communication-records:work-item:v2"}),
        json.dumps(RECORDS[0] | {"specversion": "0.3"}),
    ],
    ids=["no Base64", "an empty object", "an array", "a later version", "another specversion"],
)
def test_it_refuses_what_it_does_not_know(message: str) -> None:
    with pytest.raises(ValueError, match=r"record|JSON"):
        reader.read(message)


def test_it_drops_what_it_has_seen() -> None:
    seen: set[str] = set()

    assert RECORDS[:1] == list(reader.once([RECORDS[0], RECORDS[0]], seen))
    assert [] == list(reader.once(RECORDS[:1], seen))


def test_it_restores_the_order_of_changes() -> None:
    """From the records alone, whatever order they arrived in."""
    golden = [
        json.loads((paths.GOLDEN / f"ChatMessage{verb}.current.json").read_text(encoding="utf-8"))
        for verb in ("Received", "Edited", "Deleted")
    ]
    changes = [given["push-notifications"][0] for given in golden]

    assert changes == reader.in_order(changes[::-1])
