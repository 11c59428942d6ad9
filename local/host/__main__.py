"""`python -m local.host`: run a function app on this machine, without Core Tools."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from local.host import app, lifetime, output, settings
from local.host.errors import HostError
from shared.redaction import hide

_REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    """Host the app until a signal; exit status 1 and one message when it cannot start."""
    lifetime.exit_on_signal()
    arguments = _arguments()
    root = arguments.root.resolve()
    try:
        local_settings = settings.read_local_settings(root)
        port = settings.local_port(local_settings) if arguments.port is None else arguments.port
        _add_runtime()
        # Not at the top: it needs what `dev.py` installs; without it _add_runtime says so.
        from local.host.serve import serve  # noqa: PLC0415 - see the line above

        _put_app_last(root)
        function_app = prepare(root, local_settings, f"localhost:{port}")
        asyncio.run(serve(function_app, port))
    except HostError as error:
        print(hide(str(error)), file=sys.stderr)
        return 1
    except SystemExit as stop:
        # Invocations are guarded; this came from a task that the app started on its own.
        print(f"The app's background task raised SystemExit({stop.code}).", file=sys.stderr)
        return 1
    return 0


def prepare(root: Path, local_settings: dict[str, Any], address: str) -> app.FunctionApp:
    """Read the app and set the process up as its worker: environment, working directory, log."""
    host_json = settings.read_host_json(root)
    settings.export(local_settings, root, address)
    output.configure_logging(settings.host_value(host_json, "logging", "logLevel", "default"))
    function_app = app.read(root, host_json)
    if function_app.functions:
        settings.require_storage()
    os.chdir(root)
    return function_app


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.host", description=__doc__)
    parser.add_argument(
        "--port",
        type=_port,
        help="default: Host.LocalHttpPort of local.settings.json, then 7071",
    )
    parser.add_argument(
        "--root", type=Path, default=_REPOSITORY, help="the function app; default: this repository"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 1 << 16:
        raise argparse.ArgumentTypeError(f"{port} is not a port (1 to 65535)")
    return port


def _add_runtime() -> None:
    """Make Microsoft's runtime importable.

    It comes with a top-level `tests`, and so is kept in a folder of its own, late on the path.
    """
    folder = Path(sys.prefix) / "functions-runtime"
    if not (folder / "azure_functions_runtime_v1").is_dir():
        raise HostError(
            f"The Python Functions runtime is not installed in {folder}: run `python3 dev.py`, "
            "which makes the environment, and start the host from there."
        )
    sys.path.append(str(folder))


def _put_app_last(root: Path) -> None:
    """Order sys.path as the worker does: packages first, the app's root last.

    Source: azure-functions-python-worker, prioritize_customer_dependencies. The folder that
    `python -m` puts first goes, so that an app under another --root does not import this
    repository's modules; nor does it get the `shared` that the host itself has imported.
    """
    unwanted = {Path.cwd(), _REPOSITORY, root}
    kept = [entry for entry in sys.path if entry and Path(entry).resolve() not in unwanted]
    sys.path[:] = [*kept, str(root)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "shared"]:
        del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main())
