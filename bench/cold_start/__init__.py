"""What a function's module imports when the worker loads it, and what is left for later.

Every figure is of a fresh interpreter (`bench/cold_start/fresh.py`), started with byte code in
place. Each set of modules is imported between two imports of the reference, in random order:
`azure.functions`, `azure.storage.queue.aio` and `msgspec` together, since a function that writes to
queues by the SDK cannot do with less. *CPU* and *wall* are those of the imports alone, without the
interpreter's own start; *modules* and *MB* are those of the process afterwards.

What is not needed for an ordinary record is not imported at load: the blob client comes with the
first dead letter or claim check, `azure.identity` when storage is reached by identity. Both are
imported inside functions of `shared/writing/storage.py`.
`pydantic` is used nowhere: `msgspec` does its
work. `azure.eventgrid` only holds a test to the names of event types. `requests` comes with
`azure.storage.queue`, although the asyncio client never calls it.
"""

from statistics import median

from bench.cold_start import imports, made_of
from bench.parts import Scale
from bench.results import Goal, Outcome
from shared.routes import FUNCTIONS

AT_LOAD = 1.1
FORBIDDEN = ("azure.identity", "azure.storage.blob", "azure.eventgrid", "pydantic")


def measure(scale: Scale) -> Outcome:
    """Import everything, time it, and look who brought what."""
    quick = scale is Scale.QUICK
    imported = imports.measured(FUNCTIONS) if quick else imports.measured(rounds=7)
    ratio = median(imported[function].ratio.median for function in FUNCTIONS)
    return Outcome(
        goals=[
            Goal(
                what="importing a function's module (the middle one of three), times "
                "azure.functions, azure.storage.queue.aio and msgspec",
                bound=AT_LOAD,
                measured=ratio,
            ),
            Goal(
                what=f"modules of {', '.join(FORBIDDEN)} after importing a function",
                bound=0.0,
                measured=float(len(forbidden(imported))),
                steady=True,
            ),
        ],
        tables=[
            imports.table(imported),
            made_of.table(1 if quick else 5),
            imports.first_events(FUNCTIONS[:1]) if quick else imports.first_events(rounds=5),
        ],
    )


def forbidden(imported: dict[str, imports.Imported]) -> set[str]:
    """What a function's module imported and should not have."""
    modules = (name for function in FUNCTIONS for name in imported[function].modules)
    return {
        name
        for name in modules
        if any(f"{name}.".startswith(f"{package}.") for package in FORBIDDEN)
    }
