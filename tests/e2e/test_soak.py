"""Everything at random for about two minutes: what the program holds at the end is what it held before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from virtual_screen import VirtualScreen

SOAK = Path(__file__).parent.parent / "fuzz" / "soak.py"
ACTIONS = 400  # counted, not timed: the same ones on every computer
SEED = 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_grows(screen: VirtualScreen) -> None:
    """Threads and files as before, memory within 10%; see tests/fuzz/soak.py."""
    command = [sys.executable, str(SOAK), "--actions", str(ACTIONS), "--seed", str(SEED)]
    result = subprocess.run(command, env=screen.environment, capture_output=True, text=True, check=False)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
