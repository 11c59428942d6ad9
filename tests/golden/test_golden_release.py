"""What the pages say about versions and the service's end, and where their links lead."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT
from shared import __version__
from shared.records.cloudevents import PUSH_NOTIFICATION_SCHEMA, WORK_ITEM_SCHEMA

PAGES = sorted(
    page
    for root in ("", "docs/", "docs/decisions/", "examples/*/")
    for page in ROOT.glob(f"{root}*.md")
)
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)


def text(name: str) -> str:
    """A page, its lines joined where they are broken."""
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(
        r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file, and to a heading in it."""
    links = re.findall(
        r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)",
        FENCED.sub("", page.read_text(encoding="utf-8")),
    )
    wrong = []
    for file, anchor in links:
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(f"{file}#{anchor}")

    assert wrong == []


def test_the_newest_version_is_that_of_the_app() -> None:
    versions = re.findall(
        r"^## ([\d.]+) - \d{4}-\d\d-\d\d$",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    assert versions[0] == __version__


def closed(schema: Any) -> Iterator[str]:
    """The properties whose words a schema lists."""
    if isinstance(schema, dict):
        for name, rules in schema.get("properties", {}).items():
            if "enum" in json.dumps(rules):
                yield name
        for part in schema.values():
            yield from closed(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from closed(part)


def test_the_changelog_and_the_contract_agree_on_version_1() -> None:
    """The same closed words, and each of them closed in the schemas too."""
    changes, contract = text("CHANGELOG.md"), text("docs/records.md")
    (words,) = re.findall(r"a new word for ([^;]+);", changes)
    (promised,) = re.findall(r"The words of ([^.]+(?:\.status`[^.]+)?) are closed\.", contract)
    names = {name.rpartition(".")[2] for name in re.findall(r"`([\w.]+)`", words)}
    schemas = [
        json.loads(file.read_text(encoding="utf-8")) for file in ROOT.glob("schemas/*.v1.json")
    ]

    assert WORK_ITEM_SCHEMA in changes
    assert PUSH_NOTIFICATION_SCHEMA in changes
    assert set(re.findall(r"`([\w.]+)`", words)) == set(re.findall(r"`([\w.]+)`", promised))
    assert names <= {name for schema in schemas for name in closed(schema)}


def test_the_first_screen_of_the_readme() -> None:
    """What it is, for whom and until when, and what one command gives, before anything else."""
    screen = " ".join(
        (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0].split()
    )

    for words in (
        "Azure Communication Services",
        "no new customers since 2026-10-23",
        "Its SMS, Email, Chat and WhatsApp [end on **2028-09-30**](https://learn.microsoft.com/",
        "Calling does not",
        "python3 dev.py start --demo",
        "](docs/desk.png)",
    ):
        assert words in screen
    assert len(screen.split()) < 250


def test_a_vulnerability_is_reported_in_private() -> None:
    """By GitHub, not to an address that nobody reads."""
    page = text("SECURITY.md")

    assert "Report a vulnerability" in page
    assert "python3 dev.py --version" in page
    assert not re.search(r"[\w.]+@[\w.]+\.\w+", page)
