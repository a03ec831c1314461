"""Memory that stays from update to update."""

import subprocess
import sys

import pytest
import torch

from studio.training import memory

COUNT_FAULTS = """
import resource
import torch
from studio.training.memory import keeping_memory

def update() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [torch.zeros(250_000) for _ in range(50)]  # 12,000 pages together
    del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with keeping_memory():
    print(*(update() for _ in range(4)))
"""


@pytest.mark.skipif(memory._glibc() is None, reason="only glibc can be told to keep memory")
def test_the_same_memory_is_used_again():
    result = subprocess.run([sys.executable, "-c", COUNT_FAULTS], capture_output=True, text=True, check=True)
    first, *_, last = (int(faults) for faults in result.stdout.split())
    assert first > 5000
    assert last < 500


def test_nothing_happens_elsewhere(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.keeping_memory():
        assert torch.zeros(3).sum() == 0
