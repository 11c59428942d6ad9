"""Every sample gives what its golden file says, and every record is what its schema says."""

import json
from pathlib import Path

import pytest

from local import paths
from local.paths import ROOT
from tests.contract_of_records import held
from tools import docs, golden

SAMPLES = golden.samples()


def _id(sample: Path) -> str:
    return str(sample.relative_to(paths.SAMPLES).with_suffix(""))


@pytest.mark.parametrize("sample", SAMPLES, ids=_id)
def test_sample_gives_its_golden_records(sample: Path) -> None:
    path = golden.golden_path(sample)

    assert path.exists(), "a new sample: run `python3 dev.py golden`"
    assert path.read_text(encoding="utf-8") == golden.golden_text(sample), (
        "if the change is wanted: run `python3 dev.py golden` and review the diff"
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=_id)
def test_records_are_valid(sample: Path) -> None:
    given = json.loads(golden.golden_path(sample).read_text(encoding="utf-8"))

    for queue in (golden.DEFAULTS.work_items_queue, golden.DEFAULTS.push_notifications_queue):
        for record in given[queue]:
            held(record)


def test_no_golden_file_is_left_without_its_sample() -> None:
    expected = {golden.golden_path(sample) for sample in SAMPLES}

    assert expected == set(paths.GOLDEN.rglob("*.json"))


@pytest.mark.parametrize("path", docs.documents(), ids=lambda path: path.name)
def test_generated_file_is_fresh(path: Path) -> None:
    assert docs.documents()[path] == (ROOT / path).read_text(encoding="utf-8"), (
        "run `python3 dev.py docs` and review the diff"
    )
