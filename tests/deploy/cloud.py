"""The real az, made to believe that the stand-in is a cloud, and the scripts that call it."""

import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from local.paths import ROOT
from tests.deploy.stub.azure import ACS_ID, CLIENT, TENANT
from tests.deploy.stub.server import Request, Stub

NOT_ANSWERED = 501
SECONDS = 180
"""No run of the script may take longer."""

_ENDPOINTS = (
    "resourceManager",
    "management",
    "activeDirectory",
    "activeDirectoryResourceId",
    "appServiceResourceId",
    "microsoftGraphResourceId",
    "gallery",
)
_NO_LONG_SLEEP = """\
import time

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.02))
"""
"""az sleeps 60 s after publishing, and 30 s between looking at a deployment."""


def tool(name: str) -> str:
    """A program of tests/deploy/requirements.txt: named by a variable, beside az, or on the PATH.

    Raises:
        AssertionError: it is not there; these tests are never skipped.
    """
    named = os.environ.get(name.upper())
    beside = Path(os.environ.get("AZ", "")).parent / name
    found = named or (str(beside) if beside.is_file() else shutil.which(name))
    assert found, (
        f"{name} is not there: install tests/deploy/requirements.txt into an environment of its "
        f"own, and name it in the variable {name.upper()}"
    )
    return found


def inherited() -> dict[str, str]:
    """The environment of this process, but without proxies, and with bytecode kept.

    az takes three times as long to start when it has to be compiled each time.
    """
    lost = ("_proxy", "pythondontwritebytecode")
    return {key: value for key, value in os.environ.items() if not key.lower().endswith(lost)}


@dataclass(frozen=True)
class Run:
    """How a program ended, what it printed, and the requests that it sent."""

    code: int
    stdout: str
    stderr: str
    requests: list[Request] = field(repr=False)

    @property
    def writes(self) -> list[str]:
        """The requests that may change something, in order: method and the last of the path."""
        return [f"{one.method} {_short(one.path)}" for one in self.requests if one.writes]

    @property
    def steps(self) -> list[str]:
        """``writes`` without repeats, and without letting this machine in to the app."""
        allowed = "PATCH config/web"
        return [write for write, _ in itertools.groupby(w for w in self.writes if w != allowed)]

    def body_of(self, write: str) -> str:
        """The text of the one request that ``writes`` calls so."""
        (found,) = (
            r for r in self.requests if r.writes and f"{r.method} {_short(r.path)}" == write
        )
        return found.text


def _short(path: str) -> str:
    """Without what stands before the last resource type."""
    return "/".join(path.rpartition("/providers/")[2].split("/")[-2:])


@dataclass
class Cloud:
    """az with a configuration of its own, logged in to the stand-in."""

    stub: Stub
    environment: dict[str, str]

    def az(self, *arguments: str) -> Run:
        """Run az."""
        return self._run([self.environment["AZ"], *arguments], {})

    def deploy(self, *arguments: str, **environment: str) -> Run:
        """Run infra/deploy.sh."""
        return self.script(str(ROOT / "infra" / "deploy.sh"), *arguments, **environment)

    def script(self, script: str, *arguments: str, **environment: str) -> Run:
        """Run a script with bash."""
        return self._run(["bash", script, *arguments], environment)

    def _run(self, command: list[str], environment: dict[str, str]) -> Run:
        before = len(self.stub.requests)
        result = subprocess.run(
            command,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        requests = self.stub.requests[before:]
        unanswered = [str(one) for one in requests if one.status == NOT_ANSWERED]
        assert not unanswered, f"tests/deploy/stub/routes.py answers none of {unanswered}"
        return Run(result.returncode, result.stdout, result.stderr, requests)


def logged_in(stub: Stub, folder: Path) -> Cloud:
    """A fresh configuration, with the stand-in registered as a cloud.

    Without ``AZURE_CORE_INSTANCE_DISCOVERY=false`` the login asks the public authority; registered
    by ``--endpoint-resource-manager`` alone, publishing lacks ``appServiceResourceId``.
    """
    (folder / "sitecustomize.py").write_text(_NO_LONG_SLEEP, encoding="utf-8")
    here = f"https://{stub.host}"
    config = {
        "endpoints": dict.fromkeys(_ENDPOINTS, here),
        "suffixes": {"storageEndpoint": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
    }
    (folder / "cloud.json").write_text(json.dumps(config), encoding="utf-8")
    cloud = Cloud(
        stub,
        inherited()
        | {
            "AZ": tool("az"),
            "PYTHON": sys.executable,
            "PYTHONPATH": str(folder),
            "AZURE_CONFIG_DIR": str(folder / "azure"),
            "REQUESTS_CA_BUNDLE": str(stub.certificate),
            "CURL_CA_BUNDLE": str(stub.certificate),
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "RETRY_SECONDS": "0",
            "RETRIES": "5",
        },
    )
    login = f"--service-principal --username {CLIENT} --password none --tenant {TENANT}"
    for arguments in (
        f"cloud register --name stub --cloud-config @{folder / 'cloud.json'}",
        "cloud set --name stub",
        f"login {login}",
    ):
        result = cloud.az(*arguments.split())
        assert result.code == 0, result.stderr
    return cloud


def options(group: str = "records", name: str = "my-app", acs: str = ACS_ID) -> list[str]:
    """What every deployment needs."""
    names = ["--resource-group", group, "--name", name, "--location", "West Europe"]
    return [*names, "--acs-resource-id", acs]
