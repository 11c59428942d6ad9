"""Find out why nothing arrives.

Without a subscription, the local run is examined: its programs, functions, queues and dead letters.
With SUBSCRIPTION, a file with what `az eventgrid system-topic event-subscription show` prints (or
several in a list), or a resource id that `az resource show` is asked for, it prints which samples
that subscription would deliver, why not the others, and what to change. The settings are those of
this terminal and of local.settings.json: `dev.py start` in another terminal may have others.

With --json it is one object: `findings` (`level`, `what`, `advice`), `queues` (messages) and
`deadLetters` (by reason), or `subscriptions` with `name`, `function`, `findings`, `delivered` and
`refused` (samples).
"""

import argparse
import json
import shlex
import shutil
import subprocess
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import console, eventgrid, functions_host, given, loopback, ports, settings
from local.azurite import StoragePorts
from local.errors import CommandError
from local.stack import HOST_PORT

if TYPE_CHECKING:
    from local.diagnosis import Finding, Subscription

_AZ_SECONDS = 60
_API_VERSION = "2025-02-15"
_COLOURS = {"error": "red", "warning": "yellow"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("subscription", nargs="?", metavar="SUBSCRIPTION", help="a file or an id")
    for option, default in (("--port", HOST_PORT), ("--topic-port", eventgrid.DEFAULT_PORT)):
        parser.add_argument(option, type=ports.port, default=default, help="local; %(default)s")
    parser.add_argument("--json", action="store_true", help="for scripts, see above")
    settings.declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 when something keeps events from becoming records."""
    if arguments.subscription is None:
        return _examine_local_run(arguments)
    from local import diagnosis  # noqa: PLC0415 - `--help` works without packages

    read = [diagnosis.read(wire) for wire in _read(arguments.subscription)]
    examined = [_Examined(subscription, arguments) for subscription in read]
    if arguments.json:
        documents = [each.document() for each in examined]
        print(json.dumps({"subscriptions": documents}, indent=2))
    else:
        for each in examined:
            each.show()
    return max(each.status for each in examined)


def _read(subscription: str) -> list[dict[str, Any]]:
    is_id = subscription.startswith("/subscriptions/")
    text = _ask_azure(subscription) if is_id else given.content(Path(subscription))
    found = given.values(text, subscription)
    several = found if isinstance(found, list) else [found]
    if not several or not all(isinstance(each, dict) for each in several):
        raise CommandError(f"{subscription} holds no event subscription")
    return several


def _ask_azure(resource_id: str) -> bytes:
    az = shutil.which("az")
    if az is None:
        raise CommandError("the Azure CLI (az) is not on the PATH; give a file instead")
    command = [az, "resource", "show", "--ids", resource_id, "--api-version", _API_VERSION]
    try:
        asked = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_AZ_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"az did not answer within {_AZ_SECONDS} s; try again") from error
    if asked.returncode:
        said = asked.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CommandError(f"az: {said[0] if said else 'no answer'}")
    return asked.stdout


class _Examined:
    """A subscription, and what was found out about it."""

    def __init__(self, subscription: "Subscription", arguments: argparse.Namespace) -> None:
        from local import diagnosis, samples  # noqa: PLC0415 - `--help` works without packages

        self.subscription = subscription
        self.findings = [
            *diagnosis.findings(subscription),
            *_of_settings(arguments, subscription.takes_chat),
        ]
        texts = {
            sample.name: sample.body.decode()
            for sample in samples.every()
            if not sample.name.startswith("rejected/")
        }
        self.delivery = diagnosis.delivery_of(subscription, texts)

    @property
    def refused(self) -> dict[str, str]:
        """The samples of its function that would not come, and why."""
        return {name: why for name, why in self.delivery.items() if why}

    @property
    def status(self) -> int:
        """1 when events are kept away."""
        nothing_comes = bool(self.delivery) and all(self.delivery.values())
        return int(nothing_comes or any(each.level == "error" for each in self.findings))

    def document(self) -> dict[str, Any]:
        """What ``show`` prints, for a script."""
        return {
            "name": self.subscription.name,
            "function": self.subscription.function,
            "findings": [asdict(finding) for finding in self.findings],
            "delivered": [name for name, why in self.delivery.items() if not why],
            "refused": self.refused,
        }

    def show(self) -> None:
        """Print what is wrong, how many of the samples would come, and why not the others."""
        title = f"{self.subscription.name} -> {self.subscription.function or 'nowhere'}"
        print(console.paint(console.harmless(title), "bold"))
        for finding in self.findings:
            level = console.paint(finding.level, _COLOURS[finding.level])
            print(f"  {level}: {console.harmless(finding.what)}")
            print(f"    {console.harmless(finding.advice)}")
        if not self.delivery:
            return
        print(
            f"  delivers {len(self.delivery) - len(self.refused)} of {len(self.delivery)} samples"
        )
        for why, count in Counter(self.refused.values()).most_common():
            names = ", ".join(sorted(name for name, each in self.refused.items() if each == why))
            print(f"    {count} not, {console.harmless(why)}: {names}")


def _of_settings(arguments: argparse.Namespace, takes_chat: bool) -> "list[Finding]":  # noqa: FBT001 - of the subscription
    """What is wrong with the app's settings; errors only where they are those of that app."""
    from local import diagnosis  # noqa: PLC0415 - `--help` works without packages

    found = diagnosis.of_settings(settings.chosen(arguments))
    return [
        finding
        for finding in found
        if (takes_chat if finding == diagnosis.NO_STAFF else arguments.settings is not None)
    ]


def _examine_local_run(arguments: argparse.Namespace) -> int:
    from local import diagnosis  # noqa: PLC0415 - `--help` works without packages

    found = [*_host_problems(arguments.port), *_program_problems(arguments)]
    found += diagnosis.of_settings(settings.chosen(arguments))
    is_up = all(finding.level != "error" for finding in found)
    queues, letters = _storage(arguments) if is_up else ({}, {})
    if arguments.json:
        findings = [asdict(finding) for finding in found]
        document = {"findings": findings, "queues": queues, "deadLetters": letters}
        print(json.dumps(document, indent=2))
        return 0 if is_up else 1
    for finding in found:
        level = console.paint(finding.level, _COLOURS[finding.level])
        print(f"{level}: {console.harmless(f'{finding.what}: {finding.advice}', 1000)}")
    for queue, count in queues.items():
        print(f"{queue}: {count} messages")
    for reason, count in letters.items():
        print(f"dead letters: {count} {console.harmless(reason)}")
        print(
            f"  python3 dev.py dead-letters list --reason {shlex.quote(console.harmless(reason))}"
        )
    if is_up:
        print("The local run is up. Try: python3 dev.py send SMSReceived.current")
    return 0 if is_up else 1


def _host_problems(port: int) -> "list[Finding]":
    from local.diagnosis import Finding  # noqa: PLC0415 - `--help` works without packages
    from shared.routes import FUNCTIONS  # noqa: PLC0415 - same

    if not functions_host.is_running(port):
        return [Finding("error", f"no Functions host runs on port {port}", "python3 dev.py start")]
    loaded = functions_host.functions(port)
    problems = [
        Finding("error", f"the host does not know {name}", "is its function.json whole?")
        for name in sorted(set(FUNCTIONS) - set(loaded))
    ]
    for name in loaded:
        answer = loopback.request(port, f"/admin/functions/{name}/status")
        errors = json.loads(answer.body).get("errors") if answer and answer.body else None
        problems += [Finding("error", f"{name} did not load", str(each)) for each in errors or ()]
    return problems


def _program_problems(arguments: argparse.Namespace) -> "list[Finding]":
    from local.diagnosis import Finding  # noqa: PLC0415 - `--help` works without packages

    programs = {
        f"no Event Grid topic listens on port {arguments.topic_port}": arguments.topic_port,
        f"no blob service listens on port {arguments.blob_port}": arguments.blob_port,
        f"no queue service listens on port {arguments.queue_port}": arguments.queue_port,
    }
    return [
        Finding("error", what, "python3 dev.py start")
        for what, port in programs.items()
        if ports.is_free(port)
    ]


def _storage(arguments: argparse.Namespace) -> tuple[dict[str, int], dict[str, int]]:
    """Messages by queue, and dead letters by reason."""
    from local.account import opened  # noqa: PLC0415 - `--help` works without packages
    from local.dead_letters.container import Container  # noqa: PLC0415 - see above
    from local.queues import Account  # noqa: PLC0415 - see above

    at = StoragePorts(blob=arguments.blob_port, queue=arguments.queue_port)
    with Account(at.connection_string) as account:
        queues = {queue: account.peek(queue)[1] for queue in settings.queues()}
    with opened(settings.of_local_run(at), is_local=True) as local_run:
        container = Container(local_run.container(local_run.settings.dead_letters_container))
        letters = [each for blob in container.waiting() for each in container.read(blob)]
    return queues, dict(Counter(each.reason for each in letters).most_common())
