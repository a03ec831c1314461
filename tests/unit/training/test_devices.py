"""Which device, how many threads."""

import pytest
import torch

from studio.errors import StudioError
from studio.training.devices import choose_device, step_work, use_threads, warm_up
from studio.training.recipe import Recipe

SMALL = Recipe(name="small", title="Small")
LARGE = SMALL.changed({"hidden": 1024, "batch": 64})


def available(monkeypatch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


def test_auto_takes_a_graphics_processor_only_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    available(monkeypatch, cuda=True)
    assert choose_device("auto", SMALL).type == "cpu"
    assert choose_device("auto", LARGE).type == "cuda"
    available(monkeypatch, mps=True)
    assert choose_device("auto", LARGE).type == "mps"
    available(monkeypatch)
    assert choose_device("auto", LARGE).type == "cpu"


@pytest.mark.parametrize("wish", ["cuda", "mps", "abacus"])
def test_wishes_that_cannot_be_met(monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    available(monkeypatch)
    with pytest.raises(StudioError, match=wish):
        choose_device(wish, SMALL)
    assert choose_device("cpu", LARGE).type == "cpu"


def test_step_work_counts_the_loop() -> None:
    # encoder and gates from h, encoder's head, phi_z, gates from phi_z: all for 16 streams
    expected = 96 * (48 + 288) + 48 * 4 + 2 * 24 + 24 * 288
    assert step_work(SMALL) == 16 * expected


def test_one_thread_for_small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1}, raising=False)
    assert use_threads(torch.device("cpu"), SMALL) == torch.get_num_threads() == 1
    assert use_threads(torch.device("cpu"), LARGE) == torch.get_num_threads() == 2


def test_warm_up_leaves_chance_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    warm_up()
    assert torch.equal(torch.rand(3), expected)
