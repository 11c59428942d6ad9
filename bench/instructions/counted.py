"""The process that is counted: ``python -m bench.instructions.counted '{"SMSReceived": 50}'``.

Each workload runs that often between two calls of ``getppid``, which nothing else calls: callgrind
is told to write its counts there. Everything is run a few times before, so that caches are warm.
"""

import gc
import json
import os
import sys
from types import ModuleType

_WARM_UP = 20


def main(repeats: dict[str, int]) -> None:
    """Run the workloads."""
    _leave_out_storage()
    from bench.instructions.workloads import workloads  # noqa: PLC0415 - only now without storage

    calls = {name: call for name, call in workloads().items() if name in repeats}
    for call in calls.values():
        for _ in range(_WARM_UP):
            call()
    gc.collect()
    gc.freeze()
    for name, call in calls.items():
        os.getppid()
        for _ in range(repeats[name]):
            call()
        os.getppid()


def _leave_out_storage() -> None:
    """The Storage SDK takes a minute to import under callgrind; normalizing needs none of it."""
    storage = ModuleType("shared.writing.storage")
    vars(storage).update(Store=object, account=None)
    sys.modules[storage.__name__] = storage


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
