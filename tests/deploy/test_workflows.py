"""The workflows in .github: zizmor, a checker, and their own commands, run here."""

import json
import re
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from shared import __version__
from tests.commands import run
from tests.deploy.cloud import Cloud, inherited, tool
from tests.deploy.stub.azure import ACS_ID, Azure
from tests.deploy.test_smoke_script import SHIM
from tools.package import package_files, write_zip

pytestmark = pytest.mark.deploy

FOLDER = ROOT / ".github"


def commands(workflow: str, job: str) -> dict[str, str]:
    """The commands of a job's steps, by the steps' names."""
    text = (FOLDER / "workflows" / workflow).read_text(encoding="utf-8")
    _, _, body = text.partition(f"\n  {job}:\n")
    body = re.split(r"\n  \w", body)[0]
    found = re.findall(
        r"- name: (.+)\n(?: {8}env:\n(?: {10}.+\n)+)? {8}run: (?:\|\n((?: {10}.+(?:\n|$))+)|(.+))",
        body,
    )
    return {
        name: re.sub(r"^ {10}", "", block or line, flags=re.MULTILINE)
        for name, block, line in found
    }


def findings(folder: Path) -> set[str]:
    """What zizmor finds at its strictest, which is also that a file is no workflow at all."""
    audit = (tool("zizmor"), "--offline", "--persona", "auditor", "--strict-collection")
    result = run([*audit, "--quiet", "--format", "json", folder], environ=inherited())
    try:
        return {str(one["ident"]) for one in json.loads(result.stdout)}
    except ValueError:
        return {result.stdout}


def test_zizmor_is_content() -> None:
    assert findings(FOLDER) == set()


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (r"@[0-9a-f]{40} # v7\.0\.1", "@v7", "unpinned-uses"),
        ("  contents: read", "  contents: write", "excessive-permissions"),
        ("permissions:\n  contents: read\n", "", "excessive-permissions"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("run: .*", "run: ${{ github.event.pull_request.title }}", "template-injection"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ("(?s)concurrency:.*true\n", "", "concurrency-limits"),
        ("runs-on", "run-on", "failed to load"),
    ],
)
def test_a_planted_mistake_is_found(old: str, new: str, finding: str, tmp_path: Path) -> None:
    text = (FOLDER / "workflows" / "ci.yml").read_text(encoding="utf-8")
    planted = tmp_path / ".github" / "workflows" / "ci.yml"
    planted.parent.mkdir(parents=True)
    planted.write_text(re.sub(old, new, text, count=1), encoding="utf-8")

    assert planted.read_text(encoding="utf-8") != text
    assert finding in "".join(findings(tmp_path))


def test_a_release_is_the_package_and_its_sbom(tmp_path: Path) -> None:
    """The commands of release.yml: the very bytes of `dev.py package`, and what it installs."""
    environ = inherited() | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_WORKSPACE": str(ROOT),
        "GITHUB_REF_NAME": f"v{__version__}",
    }
    steps = commands("release.yml", "build")
    for text in steps.values():
        result = run(["bash", "-e", "-c", text], environ=environ, seconds=300)
        assert result.returncode == 0, result.stdout
    other_tag = environ | {"GITHUB_REF_NAME": "v0.0.0"}
    sbom = json.loads((tmp_path / "dist" / "sbom.cdx.json").read_text(encoding="utf-8"))
    listed = {f"{one['name'].lower()}=={one['version']}" for one in sbom["components"]}
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    write_zip(tmp_path / "app.zip", package_files(ROOT))

    assert list(steps) == ["The tag is the version", "Package", "List of packages (SBOM)"]
    assert run(["bash", "-e", "-c", steps["The tag is the version"]], environ=other_tag).returncode
    assert {"app.zip", "sbom.cdx.json"} == {file.name for file in (tmp_path / "dist").iterdir()}
    assert (tmp_path / "app.zip").read_bytes() == (tmp_path / "dist" / "app.zip").read_bytes()
    assert __version__ == sbom["metadata"]["component"]["version"]
    assert {"msgspec", "msal"} < {one.partition("==")[0] for one in listed}
    assert not any(one.startswith(("pip==", "cyclonedx")) for one in listed)
    assert {one for one in listed if one.startswith(("msgspec", "aiohttp"))} <= set(wanted.split())


def test_a_deployment(cloud: Cloud, azure: Azure, tmp_path: Path) -> None:
    """The commands of deploy.yml: what would change, then the deployment and a look at it."""
    shim, peeks, script = tmp_path / "az", tmp_path / "peeks", tmp_path / "step"
    shim.write_text(SHIM, encoding="utf-8")
    shim.chmod(0o755)
    peeks.write_text("first\n", encoding="utf-8")
    real = {"REAL_AZ": cloud.environment["AZ"], "PEEKS": str(peeks)}
    variables = {
        "RESOURCE_GROUP": "records",
        "APP_NAME": "my-app",
        "LOCATION": "westeurope",
        "ACS_RESOURCE_ID": ACS_ID,
    }
    steps = commands("deploy.yml", "what-if") | commands("deploy.yml", "deploy")
    runs = {}
    for name, text in steps.items():
        script.write_text(f"set -e\n{text}", encoding="utf-8")
        az = {"AZ": str(shim)} if "smoke.sh" in text else {}
        runs[name] = cloud.script(str(script), **variables, **real, **az)
        assert runs[name].code == 0, runs[name].stderr

    assert list(runs) == ["az deployment group what-if", "Deploy", "Look whether it works"]
    assert [] == runs["az deployment group what-if"].writes == runs["Look whether it works"].writes
    assert azure.packages
