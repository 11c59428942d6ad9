"""What a measurement becomes: the page, its pictures, and what the terminal shows."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import measuring, page, picture, results
from bench.parts import PARTS
from bench.results import Goal, Outcome, Picture, Run, Table
from local import __main__ as commands
from tools import bench as command
from tools import generated

GOAL = Goal(what="an SMS, times its floor", bound=1.5, measured=7.25)
OUTCOME = Outcome(
    goals=[GOAL, Goal(what="clients made", bound=3, measured=3, steady=True)],
    tables=[Table(title="Types", columns=["type", "µs"], rows=[["SMS", 12.345], ["chat", 1234]])],
    pictures=[
        Picture(
            name="latency", title="Over <HTTPS>", percentiles=[50, 99], series={"a": [1.5, 250]}
        )
    ],
)
RUN = Run(date="2026-11-22", seconds=12.3, machine={"cores": "2"}, outcome=OUTCOME)
RUNS = {"normalizing": RUN}


@pytest.mark.parametrize(
    ("measured", "at", "held"),
    [(1.5, "most", True), (1.51, "most", False), (1.5, "least", True), (1.49, "least", False)],
)
def test_a_goal_holds_up_to_its_bound(measured: float, at: str, held: bool) -> None:  # noqa: FBT001 - a case of the table
    goal = Goal(what="x", bound=1.5, measured=measured, at="most" if at == "most" else "least")

    assert goal.held is held


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (0.00001234, "1.23e-05"),
        (1.5, "1.5"),
        (2.0, "2"),
        (4.567, "4.57"),
        (78.94, "78.9"),
        (99.99, "100"),
        (1234.5, "1,230"),
    ],
)
def test_figures_have_three_digits_that_count(value: float, shown: str) -> None:
    assert shown == measuring.digits(value)


def test_the_page_shows_goals_tables_and_pictures() -> None:
    files = page.documents(RUNS)
    text = files[page.PAGE]

    assert "| an SMS, times its floor | at most 1.5 | 7.25 | **missed** |" in text
    assert "| clients made | at most 3 | 3 | held, counted |" in text
    assert "| SMS | 12.3 |\n| chat | 1,234 |" in text
    assert "![Over <HTTPS>](latency.svg)" in text
    assert "measured on 2026-11-22 in 12 s" in text
    assert set(files) == {results.FIGURES, page.PAGE, page.PAGE.parent / "latency.svg"}


def test_a_picture_is_well_formed_and_labelled() -> None:
    drawn = ET.fromstring(picture.svg(OUTCOME.pictures[0]))  # noqa: S314 - our own text
    words = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]

    assert {"Over <HTTPS>", "p50", "p99", "a"} <= set(words)


def test_figures_are_read_back_as_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "FIGURES", tmp_path / "figures.json")
    assert results.load() == {}

    results.FIGURES.write_text(results.encoded(RUNS), encoding="utf-8")

    assert results.load() == RUNS


def test_without_figures_there_is_no_page() -> None:
    assert page.documents({}) == {}


def test_every_part_has_its_figures_in_the_repository() -> None:
    """And the page that they give is the one that is there (``dev.py docs`` writes it)."""
    runs = results.load()

    assert [part.name for part in PARTS] == list(runs)
    assert generated.write(page.documents(runs), check=True, hint="python3 dev.py docs") == 0


def test_compare_gives_the_ratio_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock of the test's own."""
    now = 0.0
    monkeypatch.setattr("time.process_time", lambda: now)

    def takes(seconds: float) -> None:
        nonlocal now
        now += seconds

    variants = {"more": lambda: takes(0.004), "same": lambda: takes(0.001)}
    found = measuring.compare(lambda: takes(0.001), variants, rounds=3)

    assert found["more"].ratio.median == pytest.approx(4)
    assert found["more"].microseconds.median == pytest.approx(4000)
    assert found["same"].ratio.median == pytest.approx(1)


@pytest.mark.parametrize(
    ("measured", "steady", "status"), [(2, True, 1), (2, False, 0), (1, True, 0)]
)
def test_only_a_count_or_a_size_that_misses_fails(
    measured: float,
    steady: bool,  # noqa: FBT001 - a case of the table
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    goal = Goal(what="x", bound=1, measured=measured, steady=steady)
    monkeypatch.setattr(
        command,
        "_measure",
        lambda *_: Run(date="d", seconds=1, machine={}, outcome=Outcome(goals=[goal])),
    )

    assert commands.main(["bench", "normalizing"]) == status
    assert ("1 of 1" if measured == 1 else "0 of 1") in capsys.readouterr().out
