"""Who may import what, and what the deployed folder holds. Read from the source, nothing is run."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.eventgrid import SystemEventNames

import shared
from shared.reading.unrouted import OTHER_FAMILIES
from shared.routes import FUNCTIONS, ROUTES
from tests.unit.events import PREFIX

ROOT = Path(__file__).parents[2]
SHARED = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path
    for path in sorted((ROOT / "shared").rglob("*.py"))
}
DEPLOYED = {**SHARED, **{name: ROOT / name / "__init__.py" for name in FUNCTIONS}}
LAYERS = (
    "shared.errors",
    "shared.redaction",
    "shared.records.parts",
    "shared.records.facts",
    "shared.reading",
    "shared.records",
    "shared.families",
    "shared.routes",
    "shared.connection",
    "shared.settings",
    "shared.tracing",
    "shared.writing",
    "shared.pipeline",
)
"""From the bottom to the top; a module imports nothing from above it."""
EDGES = ("shared.settings", "shared.tracing", "shared.writing", "shared.pipeline")
"""The only places with I/O, a clock or an environment."""
PURE = [name for name in SHARED if not name.startswith(EDGES)]
ELSEWHERE = sorted(
    path for folder in ("local", "tools", "bench") for path in (ROOT / folder).rglob("*.py")
)
IMPURE_IMPORTS = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "sys",
    "time",
    "urllib.request",
}
IMPURE_CALLS = {
    "open",
    "print",
    "input",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "uuid1",
    "uuid4",
    "uuid.uuid1",
    "uuid.uuid4",
}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> Iterator[str]:
    """Every imported name with its module, wherever the import stands: ``azure.eventgrid.X``."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _of(package: str, names: Iterator[str]) -> set[str]:
    return {name for name in names if name == package or name.startswith(f"{package}.")}


def _test_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_imports_only_its_types_and_the_pipeline(name: str) -> None:
    assert set(_imports(DEPLOYED[name])) == {"azure.functions", "shared.pipeline.handle"}


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("package", ["azure.storage", "azure.identity", "azure.core"])
def test_only_storage_and_its_queues_import_the_storage_sdks(name: str, package: str) -> None:
    is_allowed = name in {"shared.writing.storage", "shared.writing.queues"}

    assert is_allowed or _of(package, _imports(SHARED[name])) == set()


@pytest.mark.parametrize("name", SHARED)
def test_nobody_imports_the_event_grid_sdk(name: str) -> None:
    """Importing it is a twentieth of a cold start, and only the names of event types are needed."""
    assert _of("azure.eventgrid", _imports(SHARED[name])) == set()


def test_event_types_are_spelled_as_the_sdk_spells_them() -> None:
    assert {route.event for route in ROUTES} - {name.value for name in SystemEventNames} == set()


@pytest.mark.parametrize("name", SHARED)
def test_only_tracing_imports_open_telemetry(name: str) -> None:
    """And inside a function: an app without spans does not have it."""
    found = _of("opentelemetry", _imports(SHARED[name]))
    at_the_top = {ast.unparse(node) for node in _tree(SHARED[name]).body}

    assert bool(found) is (name == "shared.tracing")
    assert not any("opentelemetry" in line for line in at_the_top if line.startswith(("imp", "fr")))


@pytest.mark.parametrize("name", SHARED)
def test_nobody_imports_the_functions_library(name: str) -> None:
    assert _of("azure.functions", _imports(SHARED[name])) == set()


@pytest.mark.parametrize("name", SHARED)
def test_only_settings_reads_the_environment(name: str) -> None:
    assert (name == "shared.settings") or _of("os", _imports(SHARED[name])) == set()


@pytest.mark.parametrize("name", PURE)
def test_the_middle_imports_nothing_impure(name: str) -> None:
    found = set(_imports(SHARED[name]))

    assert {
        each for each in found if any(_of(impure, iter([each])) for impure in IMPURE_IMPORTS)
    } == set()


@pytest.mark.parametrize("name", [name for name in SHARED if not name.endswith("__init__")])
def test_imports_run_downwards(name: str) -> None:
    """From the pipeline to the vocabulary; a module of one layer may import another of it."""
    own = _layer(name)

    assert [found for found in _imports(SHARED[name]) if _layer(found) > own] == []


def _layer(name: str) -> int:
    """The place of a module's layer; the longest name that fits decides."""
    fits = [layer for layer in LAYERS if name == layer or name.startswith(f"{layer}.")]
    return LAYERS.index(max(fits, key=len)) if fits else -1


@pytest.mark.parametrize("name", PURE)
def test_the_middle_has_no_clock_no_chance_and_no_files(name: str) -> None:
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(_tree(SHARED[name]))
        if isinstance(node, ast.Call)
    }

    assert calls & IMPURE_CALLS == set()


@pytest.mark.parametrize("name", DEPLOYED)
def test_imports_are_absolute(name: str) -> None:
    """``from ..shared`` makes a second copy of every class in the Functions worker."""
    relative = [
        node.lineno
        for node in ast.walk(_tree(DEPLOYED[name]))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert relative == []


@pytest.mark.parametrize("name", DEPLOYED)
@pytest.mark.parametrize("package", ["local", "tools", "bench", "samples", "tests", "dev"])
def test_nothing_deployed_imports_what_is_not(name: str, package: str) -> None:
    assert _of(package, _imports(DEPLOYED[name])) == set()


@pytest.mark.parametrize("path", ELSEWHERE, ids=_test_id)
def test_what_a_user_runs_needs_no_chores_and_no_bench(path: Path) -> None:
    """``local`` imports neither; ``tools`` may use ``local``, ``bench`` too."""
    folder = path.relative_to(ROOT).parts[0]
    forbidden = {"local": ("tools", "bench"), "tools": ("bench",), "bench": ()}[folder]

    assert set().union(*(_of(each, _imports(path)) for each in forbidden)) == set()


@pytest.mark.parametrize("name", DEPLOYED)
def test_nobody_catches_everything(name: str) -> None:
    """A bug must raise: then Event Grid sends the event again, and people hear of it."""
    caught = {
        ast.unparse(node.type) if node.type else "everything"
        for node in ast.walk(_tree(DEPLOYED[name]))
        if isinstance(node, ast.ExceptHandler)
    }

    assert caught & {"everything", "Exception", "BaseException"} == set()


@pytest.mark.parametrize("name", SHARED)
def test_only_the_pipeline_catches_a_rejected_event(name: str) -> None:
    caught = {
        ast.unparse(node.type)
        for node in ast.walk(_tree(SHARED[name]))
        if isinstance(node, ast.ExceptHandler) and node.type
    }

    assert (name == "shared.pipeline") is ("RejectedEvent" in caught)


@pytest.mark.parametrize("path", [*DEPLOYED.values(), *ELSEWHERE], ids=_test_id)
def test_modules_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("path", DEPLOYED.values(), ids=_test_id)
def test_functions_stay_short(path: Path) -> None:
    """About 25 lines of code; the docstring is not counted."""
    long = {
        node.name: lines
        for node in ast.walk(_tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (lines := (node.end_lineno or 0) - _first_line(node) + 1) > 30
    }

    assert long == {}


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    return statements[0].lineno if statements else function.end_lineno or 0


def test_shared_is_this_repositorys() -> None:
    """The worker appends the app's folder to the path: an installed ``shared`` would win."""
    assert Path(str(shared.__file__)).resolve() == SHARED["shared.__init__"].resolve()


def test_every_event_type_that_the_sdk_knows_is_routed_or_listed() -> None:
    """When this fails after an update, Communication Services has a new event type: decide."""
    known = {
        name.value.lower()
        for name in SystemEventNames
        if name.value.lower().startswith(PREFIX.lower())
    }
    decided = [PREFIX + name for name in OTHER_FAMILIES] + [route.event for route in ROUTES]

    undecided = known - {name.lower() for name in decided}
    assert undecided == set(), (
        f"{', '.join(sorted(undecided))}: add a row beside its family (step 3 of 'Adding an event "
        "type', CONTRIBUTING.md), or a line to OTHER_FAMILIES in shared/reading/unrouted.py"
    )
    twice = {name for name in decided if decided.count(name) > 1}
    assert twice == set(), f"{', '.join(twice)}: has a row, so take it out of OTHER_FAMILIES"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_one_event_grid_trigger(name: str) -> None:
    config = json.loads((ROOT / name / "function.json").read_text(encoding="utf-8"))
    (binding,) = config["bindings"]
    (main,) = [
        node
        for node in _tree(DEPLOYED[name]).body
        if isinstance(node, ast.AsyncFunctionDef) and node.name == config["entryPoint"]
    ]
    event, context = main.args.args

    assert (config["scriptFile"], main.name) == ("__init__.py", "main")
    assert (binding["type"], binding["direction"]) == ("eventGridTrigger", "in")
    assert (binding["name"], ast.unparse(event.annotation or event)) == (event.arg, "str")
    assert (context.arg, ast.unparse(context.annotation or context)) == ("context", "func.Context")


def test_every_route_names_a_function_and_every_function_has_a_route() -> None:
    assert {route.function for route in ROUTES} == set(FUNCTIONS)
    assert {path.parent.name for path in ROOT.glob("*/function.json")} == set(FUNCTIONS)


def test_the_host_takes_the_current_extension_bundle() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["version"] == "2.0"
    assert host["extensionBundle"] == {
        "id": "Microsoft.Azure.Functions.ExtensionBundle",
        "version": "[4.*, 5.0.0)",
    }


def test_local_settings_hold_no_secret() -> None:
    local = json.loads((ROOT / "local.settings.json").read_text(encoding="utf-8"))
    values = local["Values"]

    assert values["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
    assert values["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert local["IsEncrypted"] is False
    assert not re.search(r"AccountKey|SharedAccess|sig=|password|secret", str(local), re.IGNORECASE)


def test_only_what_runs_is_deployed() -> None:
    """An allowlist: a new folder is left out until somebody lets it in."""
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").split()
    allowed = {line.removeprefix("!/") for line in lines if line.startswith("!")}

    assert lines[0] == "/*"
    assert allowed == {"host.json", "requirements.txt", "shared", ".python_packages", *FUNCTIONS}
    assert [line for line in lines[1:] if not line.startswith("!")] == ["**/__pycache__"]
