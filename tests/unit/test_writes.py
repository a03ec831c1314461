"""Every write of a command may fail: a sentence, and nothing lost. The long form is tests/fuzz/writes.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parent.parent / "fuzz" / "writes.py"


@pytest.mark.skipif(sys.platform != "linux", reason="calls of the system are made to fail in Linux's way")
def test_failing_writes_lose_nothing(tmp_path: Path) -> None:
    names = ["new", "import", "generate", "pattern"]
    command = [sys.executable, str(CAMPAIGN), "--most", "5", *(word for name in names for word in ("--command", name))]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}, check=False
    )
    if "not run" in done.stdout:
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "writes: 40 failed, 0 went wrong" in done.stdout
