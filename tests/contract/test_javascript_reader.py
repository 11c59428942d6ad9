"""``docs/records.md``: the JavaScript SDK of CloudEvents reads every record."""

import base64
import json
import subprocess
from pathlib import Path

from local import azurite, paths

SCRIPT = Path(__file__).with_name("read_records.cjs")


def test_the_javascript_sdk_reads_every_golden_record() -> None:
    """Its validation is strict: ``source`` must be a URI reference, ``time`` an RFC 3339 time."""
    records = [
        record
        for path in sorted(paths.GOLDEN.glob("*.json"))
        for queue in ("work-items", "push-notifications")
        for record in json.loads(path.read_text(encoding="utf-8"))[queue]
    ]
    messages = [base64.b64encode(json.dumps(record).encode()) for record in records]

    read = subprocess.run(
        [azurite.node(), str(SCRIPT), str(paths.AZURITE / "package.json")],
        input=b"\n".join(messages),
        capture_output=True,
        check=True,
    )

    found = [json.loads(line) for line in read.stdout.splitlines()]
    assert [[record["id"], record["data"]] for record in records] == found
