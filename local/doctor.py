"""Find out why nothing arrives.

Without a subscription, the local run is examined: its programs, functions, queues and dead letters.
With SUBSCRIPTION, a file with what `az eventgrid system-topic event-subscription show` prints (or
several in a list), or a resource id that `az resource show` is asked for, it prints which samples
that subscription would deliver, why not the others, and what to change.
"""

import argparse
import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import console, eventgrid, functions_host, loopback, ports, settings
from local.azurite import StoragePorts
from local.errors import CommandError
from local.stack import HOST_PORT

if TYPE_CHECKING:
    from local.diagnosis import Finding

_API_VERSION = "2025-02-15"
_COLOURS = {"error": "red", "warning": "yellow"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("subscription", nargs="?", metavar="SUBSCRIPTION", help="a file or an id")
    for option, default in (("--port", HOST_PORT), ("--topic-port", eventgrid.DEFAULT_PORT)):
        parser.add_argument(option, type=ports.port, default=default, help="local; %(default)s")
    settings.declare(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 when something keeps events from becoming records."""
    if arguments.subscription is None:
        return _examine_local_run(arguments)
    found = [_examine(wire, arguments) for wire in _read(arguments.subscription)]
    return max(found, default=1)


def _read(subscription: str) -> list[dict[str, Any]]:
    if subscription.startswith("/subscriptions/"):
        text = _ask_azure(subscription)
    else:
        try:
            text = Path(subscription).read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"cannot read {subscription}: {error.strerror}") from error
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{subscription} is no JSON: {error}") from error
    several = found if isinstance(found, list) else [found]
    if not several or not all(isinstance(each, dict) for each in several):
        raise CommandError(f"{subscription} holds no event subscription")
    return several


def _ask_azure(resource_id: str) -> str:
    az = shutil.which("az")
    if az is None:
        raise CommandError("the Azure CLI (az) is not on the PATH; give a file instead")
    command = [az, "resource", "show", "--ids", resource_id, "--api-version", _API_VERSION]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise CommandError(f"az: {asked.stderr.strip() or 'no answer'}")
    return asked.stdout


def _examine(wire: dict[str, Any], arguments: argparse.Namespace) -> int:
    from local import diagnosis, samples  # noqa: PLC0415 - `--help` works without packages

    subscription = diagnosis.read(wire)
    found = [*diagnosis.findings(subscription), *_of_settings(arguments, subscription.takes_chat)]
    print(console.paint(f"{subscription.name} -> {subscription.function or 'nowhere'}", "bold"))
    for finding in found:
        print(f"  {console.paint(finding.level, _COLOURS[finding.level])}: {finding.what}")
        print(f"    {finding.advice}")
    texts = {
        sample.name: sample.body.decode()
        for sample in samples.every()
        if not sample.name.startswith("rejected/")
    }
    delivered = diagnosis.delivery_of(subscription, texts)
    _show_samples(delivered)
    nothing_comes = bool(delivered) and all(delivered.values())
    return 1 if nothing_comes or any(finding.level == "error" for finding in found) else 0


def _show_samples(delivered: dict[str, str | None]) -> None:
    """How many of the function's samples would come, and why not the others."""
    if not delivered:
        print("  no sample belongs to this function")
        return
    refused = {name: why for name, why in delivered.items() if why}
    print(f"  delivers {len(delivered) - len(refused)} of {len(delivered)} samples")
    for why, count in Counter(refused.values()).most_common():
        names = ", ".join(sorted(name for name, reason in refused.items() if reason == why))
        print(f"    {count} not, {why}: {names}")


def _examine_local_run(arguments: argparse.Namespace) -> int:
    from local import diagnosis  # noqa: PLC0415 - `--help` works without packages

    problems = [*_host_problems(arguments.port), *_program_problems(arguments)]
    for finding in diagnosis.of_settings(settings.chosen(arguments)):
        if finding.level == "error":
            problems.append(f"{finding.what}: {finding.advice}")
        else:
            print(f"{console.paint('warning', 'yellow')}: {finding.what}: {finding.advice}")
    for problem in problems:
        print(f"{console.paint('error', 'red')}: {problem}")
    if not problems:
        _show_storage(arguments)
        print("The local run is up. Try: python3 dev.py send SMSReceived.current")
    return 1 if problems else 0


def _of_settings(arguments: argparse.Namespace, takes_chat: bool) -> "list[Finding]":  # noqa: FBT001 - of the subscription
    """What is wrong with the app's settings; errors only where they are those of that app."""
    from local import diagnosis  # noqa: PLC0415 - `--help` works without packages

    found = diagnosis.of_settings(settings.chosen(arguments))
    return [
        finding
        for finding in found
        if (takes_chat if finding == diagnosis.NO_STAFF else arguments.settings is not None)
    ]


def _host_problems(port: int) -> list[str]:
    if not functions_host.is_running(port):
        return [f"no Functions host runs on port {port}: python3 dev.py start"]
    from shared.routes import FUNCTIONS  # noqa: PLC0415 - `--help` works without packages

    loaded = functions_host.functions(port)
    missing = sorted(set(FUNCTIONS) - set(loaded))
    problems = [f"the host does not know {name}: is its function.json whole?" for name in missing]
    for name in loaded:
        answer = loopback.request(port, f"/admin/functions/{name}/status")
        errors = json.loads(answer.body).get("errors") if answer and answer.body else None
        problems += [f"{name} did not load: {error}" for error in errors or ()]
    return problems


def _program_problems(arguments: argparse.Namespace) -> list[str]:
    programs = {
        f"no Event Grid topic listens on port {arguments.topic_port}": arguments.topic_port,
        f"no blob service listens on port {arguments.blob_port}": arguments.blob_port,
        f"no queue service listens on port {arguments.queue_port}": arguments.queue_port,
    }
    return [
        f"{what}: python3 dev.py start" for what, port in programs.items() if ports.is_free(port)
    ]


def _show_storage(arguments: argparse.Namespace) -> None:
    from local.account import opened  # noqa: PLC0415 - `--help` works without packages
    from local.dead_letters.container import Container  # noqa: PLC0415 - see above
    from local.queues import Account  # noqa: PLC0415 - see above

    at = StoragePorts(blob=arguments.blob_port, queue=arguments.queue_port)
    with Account(at.connection_string) as account:
        for queue in settings.queues():
            print(f"{queue}: {account.peek(queue)[1]} messages")
    with opened(settings.of_local_run(at), is_local=True) as local_run:
        name = local_run.settings.dead_letters_container
        container = Container(local_run.container(name))
        letters = [each for blob in container.waiting() for each in container.read(blob)]
    for reason, count in Counter(each.reason for each in letters).most_common():
        print(f"{name}: {count} {console.harmless(reason)}")
        print(f"  python3 dev.py dead-letters list --reason {console.harmless(reason)}")
