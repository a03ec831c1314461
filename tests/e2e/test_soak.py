"""Everything at random for about two minutes: what the program holds at the end is what it held before.

The long form: ``SOAK_MINUTES=60 pytest tests/e2e/test_soak.py -s``
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from virtual_screen import VirtualScreen

SOAK = Path(__file__).parent.parent / "fuzz" / "soak.py"
ACTIONS = 400  # counted, not timed: the same ones on every computer
SEED = 2
MINUTES = os.environ.get("SOAK_MINUTES", "")
LENGTH = ("--minutes", MINUTES) if MINUTES else ("--actions", str(ACTIONS))


@pytest.mark.slow
@pytest.mark.timeout(3600 + 60 * float(MINUTES or 0))
def test_nothing_grows(screen: VirtualScreen) -> None:
    """Threads and files as before, memory within 5%; see tests/fuzz/soak.py."""
    command = [sys.executable, str(SOAK), *LENGTH, "--seed", str(SEED)]
    result = subprocess.run(command, env=screen.environment, capture_output=True, text=True, check=False)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
