"""The settings of the app, for commands: those of the local run, or those of an app elsewhere."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import given, paths, ports
from local.azurite import StoragePorts
from local.errors import CommandError
from local.host import settings as host_settings
from local.host.errors import HostError

if TYPE_CHECKING:
    from shared.settings import Settings

_STORAGE = ("AzureWebJobsStorage", "RecordStorage")
_EXPLAINED = (
    "the app's settings, instead of the local run's: those in the environment, or a file as "
    "`az functionapp config appsettings list` prints it, or a local.settings.json; FILE has to end "
    "in .json, or to exist"
)


def queues() -> list[str]:
    """The two queues that records go to: work items, then push notifications.

    Raises:
        CommandError: a setting of the local run is wrong, as for the functions below.
    """
    read = _local_run()
    return [read.work_items_queue, read.push_notifications_queue]


def dead_letters_container() -> str:
    """The container that rejected events go to."""
    return _local_run().dead_letters_container


def payloads_container() -> str:
    """The container that holds the data of large records."""
    return _local_run().record_payloads_container


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say which app a command works for."""
    add, local = parser.add_argument, StoragePorts()
    add("--settings", nargs="?", const="", metavar="FILE", help=_EXPLAINED)
    add("--blob-port", type=ports.port, default=local.blob, help="Azurite's; %(default)s")
    add("--queue-port", type=ports.port, default=local.queue, help="Azurite's; %(default)s")


def chosen(arguments: argparse.Namespace) -> dict[str, str]:
    """The settings that the options of ``declare`` name.

    Raises:
        CommandError: the file cannot be read.
    """
    if arguments.settings is None:
        at = StoragePorts(blob=arguments.blob_port, queue=arguments.queue_port)
        return of_local_run(at)
    return of_file(Path(arguments.settings)) if arguments.settings else dict(os.environ)


def of_local_run(at: StoragePorts) -> dict[str, str]:
    """As the local run has them: the environment wins over the files of local settings.

    No storage account but Azurite, and no proxy on the way to it.

    Raises:
        CommandError: a file of local settings has the wrong shape.
    """
    kept = {
        name: value
        for name, value in (_values() | os.environ).items()
        if name.partition("__")[0] not in _STORAGE and name != "STORAGE_USE_PROXY"
    }
    return kept | {"AzureWebJobsStorage": at.connection_string}


def of_file(file: Path) -> dict[str, str]:
    """The settings in a file: an array of names and values, or a local.settings.json.

    Raises:
        CommandError: it cannot be read, or is something else.
    """
    content = given.values(given.content(file), file)
    try:
        if isinstance(content, list):
            return _texts({entry["name"]: entry["value"] for entry in content})
        if not content.get("IsEncrypted"):
            return _texts(content["Values"])
    except (LookupError, TypeError, AttributeError):
        pass
    raise CommandError(
        f"{file} holds no settings: neither what `az functionapp config appsettings list` prints "
        "nor a local.settings.json that is not encrypted"
    )


def _texts(values: dict[str, Any]) -> dict[str, str]:
    """Numbers and truth values as text, as the Functions host takes them."""
    kept = {name: value for name, value in values.items() if value is not None}
    if not all(isinstance(part, (str, int, float)) for pair in kept.items() for part in pair):
        raise TypeError("no text")
    return {str(name): str(value) for name, value in kept.items()}


def _values() -> dict[str, str]:
    try:
        found = host_settings.values(host_settings.read_local_settings(paths.ROOT))
    except HostError as error:
        raise CommandError(str(error)) from None
    return {name: value for name, value in found.items() if value is not None}


def _local_run() -> "Settings":
    from shared.errors import ConfigError  # noqa: PLC0415 - `--help` works without packages
    from shared.settings import Settings  # noqa: PLC0415 - same

    try:
        return Settings.from_env(of_local_run(StoragePorts()))
    except ConfigError as error:
        raise CommandError(f"the settings are wrong: {error}") from error
