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


COUNT_ARENAS = """
import ctypes
import re
import sys
import threading
from pathlib import Path
import numpy as np
from studio.training.memory import share_arenas

def take() -> None:
    everybody.wait()
    held.append(np.ones(5000))
    everybody.wait()

def arenas(path: Path) -> int:
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    library.fclose.argtypes = [ctypes.c_void_p]
    library.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
    file = library.fopen(str(path).encode(), b"w")
    library.malloc_info(0, file)
    library.fclose(file)
    return len(re.findall("<heap nr", path.read_text()))

if sys.argv[2] == "shared":
    share_arenas()
everybody, held = threading.Barrier(6), []
threads = [threading.Thread(target=take) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(arenas(Path(sys.argv[1])))
"""


@pytest.mark.skipif(memory._glibc() is None, reason="only glibc has arenas")
@pytest.mark.parametrize(("how", "as_expected"), [("shared", lambda count: count <= 2), ("", lambda count: count > 2)])
def test_threads_share_few_arenas(tmp_path, how, as_expected):
    program = [sys.executable, "-c", COUNT_ARENAS, str(tmp_path / "arenas.xml"), how]
    assert as_expected(int(subprocess.run(program, capture_output=True, text=True, check=True).stdout))


def test_nothing_happens_elsewhere(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    memory.share_arenas()
    with memory.keeping_memory():
        assert torch.zeros(3).sum() == 0
