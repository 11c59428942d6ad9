"""What the README says in numbers and names is so."""

import re

from local import paths
from local.__main__ import COMMANDS
from shared.routes import ROUTES
from shared.settings import Settings
from tools import bench, golden

README = (paths.ROOT / "README.md").read_text(encoding="utf-8")
STEP = "step 7 of 'Adding an event type' (CONTRIBUTING.md)"


def test_the_number_of_event_types() -> None:
    expected = f"{len(ROUTES)} event types"

    assert expected in README, f"{STEP}: write '{expected}'"


def test_the_number_of_samples() -> None:
    expected = f"All {len(golden.samples())} samples gave exactly"

    assert expected in README, f"{STEP}: write '{expected}'"


def test_every_setting_that_is_read_is_explained() -> None:
    source = (paths.ROOT / "shared" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"([A-Z][A-Z_]{6,})"', source))

    assert read
    assert {name for name in read if f"`{name}`" not in README} == set()


def test_the_defaults_of_the_settings() -> None:
    defaults = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})

    for value in (
        defaults.work_items_queue,
        defaults.push_notifications_queue,
        defaults.dead_letters_container,
        defaults.record_payloads_container,
    ):
        assert f"`{value}`" in README


def test_the_figures_of_the_soak_are_those_of_its_last_run() -> None:
    report = (paths.ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    (soak,) = [line for line in report.splitlines() if line.startswith("| Soak")]
    cells = soak.split("|")[3].strip().split(", ")
    figures = {name: value for name, _, value in (cell.rpartition(" ") for cell in cells)}

    for name, words in {
        "events": "Of {} events",
        "on queues": "{} were on their queues",
        "dead letters": "and {}, which no retry",
        "extra messages": "{} extra messages",
        "MB after 500": "went from {}",
        "MB at the end": "to {} MB",
    }.items():
        assert words.format(figures[name]) in README


def test_the_figures_of_speed_are_those_of_the_page() -> None:
    """`python3 dev.py bench --write` writes both."""
    page = bench.PAGE.read_text(encoding="utf-8")

    assert README == bench.quoting(README, page)
    for name in bench.PARTS:
        row = {"desk": "SQLite", "overload": "200 ms, 400 events/s"}.get(name, "**the app**")
        assert f"| {row} |" in bench.block(page, f"bench:{name}")


def test_the_commands_that_it_names_exist() -> None:
    named = set(re.findall(r"python3 dev\.py ([a-z-]+)", README))

    assert named <= {command.name for command in COMMANDS}


def test_the_files_that_it_links_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)

    assert [link for link in links if not (paths.ROOT / link).exists()] == []
