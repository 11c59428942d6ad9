"""What importing gives, as it is told."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

import bench.cold_start as part
from bench.cold_start import fresh, imports, made_of
from bench.cold_start.imports import Imported
from bench.measuring import Spread
from shared.routes import FUNCTIONS

_ONE = Spread(1.0, 1.0, 1.0)
_REPORT = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |     json
import time:       250 |        350 |   azure.core.rest
import time:        50 |        400 | azure.storage.queue._client
"""


def _imported(*modules: str) -> dict[str, Imported]:
    one = Imported(cpu=_ONE, wall=_ONE, ratio=_ONE, memory=60.0, modules=list(modules))
    return dict.fromkeys(FUNCTIONS, one)


def test_forbidden_modules_are_found_and_only_those() -> None:
    """``azure.storage.blobs`` would be another package."""
    found = part.forbidden(_imported("azure.storage.blobs", "azure.storage.blob.aio", "pydantic"))

    assert {"azure.storage.blob.aio", "pydantic"} == found


def test_time_is_shared_out_by_package(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"json": "x", "azure.core.rest": "azure.storage.queue._client"}
    monkeypatch.setattr(made_of, "fresh", lambda *_, **__: (asked, _REPORT))
    table = made_of.table(3)

    assert [
        ["azure.core", "62.5 %", 1, "azure.storage.queue._client"],
        ["standard library", "25 %", 1, ""],
        ["azure.storage.queue", "12.5 %", 0, ""],
    ] == table.rows


def test_ratios_are_to_the_reference_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([1.0, 1.5, 3.0])

    def run(*_: str) -> tuple[dict[str, object], str]:
        cpu = next(took)
        return {"cpu": cpu, "wall": cpu, "memory": None, "modules": ["sys"]}, ""

    monkeypatch.setattr(imports, "fresh", run)
    found = imports.measured(["sms_received"])

    assert Spread(0.75, 0.75, 0.75) == found["sms_received"].ratio
    assert Spread(1500.0, 1500.0, 1500.0) == found["sms_received"].cpu
    assert found["sms_received"].memory is None


def test_what_asked_for_a_module_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """``colorsys`` of the standard library, which nobody imports otherwise."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    assert {"colorsys": "bench.cold_start.fresh"} == fresh.askers(["colorsys"])


def test_an_interpreter_that_fails_fails_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: Sequence[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, list(command))

    monkeypatch.setattr(subprocess, "run", refuse)

    with pytest.raises(subprocess.CalledProcessError):
        imports.fresh("import", "azure.functions")
