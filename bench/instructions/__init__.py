"""How much work the normalizer does for an event, from JSON text to encoded records, counted.

Each count is divided by that of a fixed computation of the same kind, in the same interpreter
(`bench/instructions/fixed.py`, never changed), and compared with the committed quotient. Growth by
more than 20 % fails the command, and CI with it.

- *instructions*, where valgrind is installed and works, else where `perf stat` counts them: those
  of the processor, C code included, and the same to 0.1 % however busy the machine is. Callgrind
  writes its counts before and after each event type, so start-up is not in them; perf runs N and
  2 N events, and start-up cancels out. `PYTHONHASHSEED` is 0. The process lacks the Storage SDK.
  The quotient was 3 % apart in two builds of Python 3.11, so one figure serves every build.
- *bytecodes*, anywhere: what the interpreter executes, by `sys.monitoring`, in 3.11 `sys.settrace`.
  Exact, and needs no tool, but blind to what C code does, so CPU time stands beside it.
- *CPU time*, anywhere: bursts between bursts of the fixed computation. The first quartile of all
  rounds counts, which other work on the machine moves least. Another build of Python moves it by
  12 %, so it is compared only with figures of the same build.

Instructions decide where they can be counted, else bytecodes and CPU time do. Wanted growth is
accepted with `python3 dev.py bench instructions --write`, under each Python whose figures are kept.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.parts import Scale
    from bench.results import Outcome


def measure(scale: "Scale") -> "Outcome":
    """Count, and compare with the committed figures."""
    # The counted process imports this package, and each module costs it time under callgrind.
    from bench.instructions import judging  # noqa: PLC0415

    return judging.measure(scale)
