"""Memory that stays from update to update."""

import resource
import sys

import pytest
import torch

from studio.training import memory


@pytest.mark.skipif(memory._glibc() is None, reason="only glibc can be told to keep memory")
def test_the_same_memory_is_used_again():
    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(5):
            torch.zeros(2_000_000)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    with memory.keeping_memory():
        # 5 times 2000 pages, were they new each time; now and then another part of the process asks for some.
        assert min(faults() for _ in range(10)) < 200


def test_nothing_happens_elsewhere(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.keeping_memory():
        assert sys.getsizeof(torch.zeros(3)) > 0
