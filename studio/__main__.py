"""``python -m studio``."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the working folder, where a stranger's json.py may lie; nothing has been imported from it yet

from studio.start import run

run()
