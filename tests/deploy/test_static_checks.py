"""Checkov and shellcheck, and what can be checked in the files for azd without azd."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.deploy.cloud import inherited, tool
from tests.deploy.our_templates import INFRA, all_templates, everything, template

pytestmark = pytest.mark.deploy

SECONDS = 120


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a checker in a folder."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=inherited(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All resources in one template, where checkov need not guess at expressions.

    Without settings and sign-in: checkov takes them for another part of the site's configuration.
    Log settings are numbered: it knows resources by type and name.
    """
    resources = [one.body for one in all_templates() if one.type != "Microsoft.Web/sites/config"]
    for index, body in enumerate(resources):
        if body["type"] == "Microsoft.Insights/diagnosticSettings":
            resources[index] = body | {"name": f"{body['name']}-{index}"}
    document = template("main.json") | {"parameters": {}, "variables": {}, "outputs": {}}
    file: Path = tmp_path_factory.mktemp("checkov") / "expanded.json"
    file.write_text(json.dumps(document | {"resources": resources}), encoding="utf-8")
    return file


def test_checkov_finds_what_is_waived_and_nothing_else(expanded: Path) -> None:
    """Away from .checkov.yaml, so that a waiver that is no longer needed is found as well."""
    arguments = ("--framework", "arm", "--skip-download", "--quiet", "--output", "json")

    result = run(expanded.parent, tool("checkov"), *arguments, "--file", expanded)

    report = json.loads(result.stdout)
    failed = {check["check_id"] for check in report["results"]["failed_checks"]}
    resources = json.loads(expanded.read_text(encoding="utf-8"))["resources"]
    assert 0 == report["summary"]["parsing_errors"]
    assert len(resources) == report["summary"]["resource_count"]
    assert set(waivers()) == failed


def test_checkov_is_content_with_the_waivers(expanded: Path) -> None:
    """As anybody runs it here: it reads .checkov.yaml by itself."""
    result = run(ROOT, tool("checkov"), "--file", expanded)

    assert 0 == result.returncode, result.stdout + result.stderr


def waivers() -> dict[str, str]:
    """What .checkov.yaml skips, and why."""
    text = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^  - (CKV_\w+) +# (.+)$", text, re.MULTILINE))


def test_every_waiver_says_why() -> None:
    """In a sentence behind it."""
    text = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")

    assert text.count("- CKV_") == len(waivers())
    assert all(len(reason) > len("see the documentation") for reason in waivers().values())


@pytest.mark.parametrize("script", sorted(INFRA.glob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_is_content(script: Path) -> None:
    """Without any waiver; and the scripts can be called as they are."""
    result = run(ROOT, tool("shellcheck"), "--external-sources", script)

    assert "" == result.stdout + result.stderr
    assert "shellcheck disable" not in script.read_text(encoding="utf-8")
    assert script.stat().st_mode & 0o111


def test_scripts_run_on_an_old_bash() -> None:
    """Version 3.2, which macOS has, knows no ${x,,}, no associative arrays and no mapfile."""
    for script in INFRA.glob("*.sh"):
        text = script.read_text(encoding="utf-8")

        assert not re.search(r"\$\{\w+(,,|\^\^)|declare -A|mapfile|readarray|\|&|&>>", text)


def test_names_are_read_from_the_generated_file() -> None:
    """The scripts find them with sed, as bash reads no JSON: one name a line."""
    text = (INFRA / "event-subscriptions.json").read_text(encoding="utf-8")
    subscriptions = json.loads(text)
    for key in ("name", "function"):
        found = re.findall(rf'^ *"{key}": "([^"]*)",*$', text, re.MULTILINE)

        assert [one[key] for one in subscriptions] == found


def test_the_bicep_wrapper_fits_the_template() -> None:
    """No Bicep compiler is to be had: at least it can give every parameter of the template."""
    text = (INFRA / "azd" / "main.bicep").read_text(encoding="utf-8")
    main = template("main.json")
    (given,) = re.findall(
        r"module app '\.\./main\.json' = \{.*?params: \{\n(.*?)\n  \}", text, re.DOTALL
    )
    declared = set(re.findall(r"^param (\w+)", text, re.MULTILINE))
    parameters = json.loads((INFRA / "azd" / "main.parameters.json").read_text(encoding="utf-8"))

    assert set(re.findall(r"^ *(\w+):", given, re.MULTILINE)) == main["parameters"].keys()
    assert all(name == of for name, of in re.findall(r"(\w+): appParameters\.\?(\w+)\n", given))
    assert set(re.findall(r"app\.outputs\.(\w+)", text)) <= main["outputs"].keys()
    assert declared == parameters["parameters"].keys()


def test_azd_finds_the_app() -> None:
    """By the tag of its service; and its hook calls the script with options that it has."""
    text = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    script = (INFRA / "deploy.sh").read_text(encoding="utf-8")
    (site,) = [one for one in everything() if one.type == "Microsoft.Web/sites"]
    outputs = (INFRA / "azd" / "main.bicep").read_text(encoding="utf-8")

    assert f"\n  {site.body['tags']['azd-service-name']}:\n    project: ." in text
    assert all(f"{option} " in script for option in re.findall(r"--[a-z-]+", text))
    assert set(re.findall(r"\$(\w+)", text)) == set(
        re.findall(r"^output (\w+)", outputs, re.MULTILINE)
    )


def test_azd_can_give_every_option() -> None:
    """By a variable of its environment, or in the way that docs/deploy.md names."""
    script = (INFRA / "deploy.sh").read_text(encoding="utf-8")
    usage = {*re.findall(r"^  --([a-z-]+)", script, re.MULTILINE)}
    lists = re.findall(r"^(?:values|flags)='(.*?)'$", script, re.MULTILINE | re.DOTALL)
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| option of `deploy\.sh` \|.*?\n\n", page, re.MULTILINE | re.DOTALL)
    variables = {f"DEPLOY_{option.upper().replace('-', '_')}" for option in usage}
    provisioned = (INFRA / "azd" / "main.parameters.json").read_text(encoding="utf-8")

    assert usage == {*" ".join(lists).split()}
    assert usage == {*re.findall(r"`--([a-z-]+)`", table)}
    assert {*re.findall(r"DEPLOY_\w+", table + provisioned)} <= variables
