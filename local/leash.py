"""Run a program that must not outlive its starter: `python leash.py COMMAND...`.

The starter keeps the other end of standard input open. When that ends, however the starter ended
(kill -9 included), the program and everything it started is killed. For programs that know nothing
of this: pip, npm, Core Tools.
"""

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run the command, and exit as it did."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=_kill_at_end_of_input, args=[process], daemon=True).start()
    try:
        return process.wait()
    except KeyboardInterrupt:  # the program was interrupted as well, and may clean up
        return process.wait()


def _kill_at_end_of_input(process: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    if sys.platform == "win32":
        process.kill()
    else:
        # The starter made this a session of its own: the group is this program and its offspring.
        os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
