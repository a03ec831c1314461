"""Where the program begins: next to nothing is loaded here, so that Ctrl-C is heard from the first moment on."""

import sys
from typing import NoReturn

INTERRUPTED = 130


def run() -> NoReturn:
    """The studio as a process of its own, to the very end."""
    try:
        from studio.app import run as run_studio

        run_studio()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
