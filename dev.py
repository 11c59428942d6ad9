#!/usr/bin/env python3
"""The project's one command: `python3 dev.py` lists what it can do.

It makes the environment in .venv on first use, then runs `python -m local ...` there.
Everything else is in local/, so that an old Python can read this file and say what is wrong.
"""

import signal
import sys
from pathlib import Path

# Ctrl-C while Python imports our modules ends it without a traceback; see local.signals for later.
signal.signal(signal.SIGINT, signal.SIG_DFL)

if sys.version_info < (3, 11):  # noqa: UP036 -- whoever runs dev.py by hand may have an older one
    sys.exit(
        "dev.py needs Python 3.11 or newer, and this is Python "
        + sys.version.split()[0]
        + " ("
        + sys.executable
        + ").\nInstall a newer one beside it, and name it: python3.12 dev.py start"
    )

# Left out by `python3 -P`, `python3 -I` and PYTHONSAFEPATH.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from local.setup.environment import main  # noqa: E402 -- an old Python must not read on

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
