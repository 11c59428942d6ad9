"""The workflows in .github agree with the rest; tests/deploy/test_workflows.py runs them."""

import json
import re
from pathlib import Path

import pytest

from local.paths import NPM, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(workflow: Path) -> None:
    """With the version beside it, for people and for Dependabot. Our own are of the same commit."""
    used = re.findall(r"uses: (.+)", workflow.read_text(encoding="utf-8"))

    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/workflows/.+")
    assert used
    assert [one for one in used if not pinned.fullmatch(one)] == []


def jobs(workflow: Path) -> list[str]:
    """The jobs of a workflow."""
    _, _, body = workflow.read_text(encoding="utf-8").partition("\njobs:")
    return re.split(r"\n  (?=[\w-]+:\n)", body)[1:]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_only_a_job_that_logs_in_or_signs_may_do_more_than_read(workflow: Path) -> None:
    before = workflow.read_text(encoding="utf-8").partition("\njobs:")[0]
    more = [job for job in jobs(workflow) if ": write" in job]

    assert "\npermissions:\n  contents: read\n" in before
    assert ": write" not in before
    assert all("uses: azure/login@" in job or "uses: actions/attest@" in job for job in more)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_ends_in_time(workflow: Path) -> None:
    """GitHub's own limit is six hours."""
    own = [job for job in jobs(workflow) if "runs-on: " in job]

    assert own
    assert [job for job in own if "timeout-minutes: " not in job] == []


def test_the_pythons_are_those_that_a_deployment_takes() -> None:
    (listed,) = re.findall(
        r"python-version: \|\n((?: +3\.\d+\n)+)", text(".github/workflows/ci.yml")
    )
    run = text(".ci/run")
    (first,) = re.findall(r"first=\$\(find_python (3\.\d+)\)", run)
    (others,) = re.findall(r"for version in ([\d. ]+); do", run)
    deployed = json.loads(text("infra/main.json"))["parameters"]["pythonVersion"]["allowedValues"]

    assert sorted(listed.split()) == sorted([first, *others.split()]) == sorted(deployed)
    assert listed.split()[-1] == first, "setup-python makes the last one `python3`"


def test_node_is_the_oldest_that_azurite_runs_on() -> None:
    lock = json.loads((NPM / "package-lock.json").read_text(encoding="utf-8"))
    needed = lock["packages"]["node_modules/azurite"]["engines"]["node"]
    (oldest,) = re.findall(r"_OLDEST_NODE = (\d+)", text("local/setup/environment.py"))

    assert needed == f">={oldest}.0.0"
    assert f"node-version: {oldest} #" in text(".github/workflows/ci.yml")


def test_updates_reach_every_list_of_packages() -> None:
    updated = text(".github/dependabot.yml")
    (python,) = re.findall(r"package-ecosystem: pip\n +directories: \[(.+)\]", updated)
    roots = ("", ".github/", "examples/*/", "infra/", "local/", "tests/*/", "tools/")
    files = [file for root in roots for file in ROOT.glob(f"{root}requirements*.txt")]
    folders = {f"/{file.parent.relative_to(ROOT).as_posix()}" for file in files}

    assert "package-ecosystem: github-actions\n    directory: /\n" in updated
    assert f"package-ecosystem: npm\n    directory: /{NPM.relative_to(ROOT)}\n" in updated
    assert {folder.removesuffix(".") if folder == "/." else folder for folder in folders} == set(
        python.split(", ")
    )


def test_the_variables_of_the_deployment_are_explained() -> None:
    named = set(re.findall(r"vars\.(\w+)", text(".github/workflows/deploy.yml")))
    section = text("docs/deploy.md").partition("\n## From GitHub\n")[2].partition("\n## ")[0]

    assert named
    assert {name for name in named if f"`{name}`" not in section} == set()
    for environment_name in re.findall(r"environment: (.+)", text(".github/workflows/deploy.yml")):
        assert f"`{environment_name}`" in section
