"""A workbench with a project, and one with something to train on."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import circle

from studio.workbench import Workbench


@pytest.fixture(autouse=True)
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    bench = Workbench(tmp_path / "home")
    bench.new(tmp_path / "p.vrnn")
    bench.poll()
    yield bench
    bench.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name == "training"]


@pytest.fixture
def full(bench: Workbench) -> Workbench:
    bench.add_drawings([circle(seed) for seed in range(6)])
    bench.poll()
    return bench
