"""The fresh interpreter: ``fresh.py import MODULE...``, ``who MODULE...`` or ``first FILE MODULE``.

It is run as a file, not as a module of ``bench``, and imports nothing before the clock runs but
what the interpreter has anyway. One line of JSON comes out.
"""

import sys
import time


def main(what: str, arguments: list[str]) -> None:
    """Do one of three things in this process, once."""
    result = {"import": imported, "who": askers, "first": first_and_later}[what](arguments)

    import json  # noqa: PLC0415 - it is among what is measured

    print(json.dumps(result))  # noqa: T201 - to the process that started this one


def imported(modules: list[str]) -> dict[str, object]:
    """What importing these took, and what is there afterwards."""
    cpu, wall = time.process_time(), time.perf_counter()
    for module in modules:
        __import__(module)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": cpu, "wall": wall, "modules": sorted(sys.modules), "memory": _megabytes()}


def askers(modules: list[str]) -> dict[str, str]:
    """For every module that comes along, the module whose code asked for it first."""
    asked: dict[str, str] = {}

    class Finder:
        @staticmethod
        def find_spec(name: str, _path: object = None, _target: object = None) -> None:
            frame = sys._getframe(1)  # noqa: SLF001 - the documented way to a caller
            while frame.f_back and "importlib" in frame.f_globals["__name__"]:
                frame = frame.f_back
            asked.setdefault(name, frame.f_globals["__name__"])

    sys.meta_path.insert(0, Finder)
    for module in modules:
        __import__(module)
    return {name: by for name, by in asked.items() if name in sys.modules}


def first_and_later(arguments: list[str]) -> dict[str, float]:
    """CPU time of the first event after the import, and of a hundred later ones, each."""
    from pathlib import Path  # noqa: PLC0415 - the import below brings it in any case

    file, function = arguments
    text = Path(file).read_text(encoding="utf-8")
    __import__(function)
    from shared import pipeline  # noqa: PLC0415 - only now, as the worker does
    from shared.reading import envelope  # noqa: PLC0415
    from shared.settings import Settings  # noqa: PLC0415

    begin = time.process_time()
    settings = Settings.from_env({"RecordStorage": "UseDevelopmentStorage=true"})
    pipeline.convert(envelope.parse(text), settings)
    first = time.process_time() - begin
    later = []
    for _ in range(100):
        begin = time.process_time()
        pipeline.convert(envelope.parse(text), settings)
        later.append(time.process_time() - begin)
    return {"first": first, "later": sorted(later)[len(later) // 2]}


def _megabytes() -> float | None:
    """Resident memory; None where the system has no ``/proc``."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - see the top
            lines = [line.split() for line in status]
    except OSError:
        return None
    return next(int(line[1]) / 1024 for line in lines if line[0] == "VmRSS:")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
