"""Which device, how many threads."""

import subprocess
import sys

import pytest
import torch

from studio.errors import StudioError
from studio.models import threads
from studio.training import devices
from studio.training.devices import choose_device, precision, step_work, use_threads, warm_up
from studio.training.recipe import Recipe

SMALL = Recipe(name="small", title="Small")
TINY = SMALL.changed({"hidden": 32})
MEDIUM = SMALL.changed({"batch": 32})
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


@pytest.mark.parametrize(
    ("device", "recipe", "capability", "rounds"),
    [
        ("cuda", LARGE, (8, 0), True),
        ("cuda", LARGE, (9, 0), True),
        ("cuda", LARGE, (7, 5), False),  # would multiply in bfloat16 by detours
        ("cuda", SMALL, (9, 0), False),
        ("cpu", LARGE, (9, 0), False),
        ("mps", LARGE, (9, 0), False),
    ],
)
def test_bfloat16_only_where_it_pays(
    monkeypatch: pytest.MonkeyPatch, device: str, recipe: Recipe, capability: tuple[int, int], rounds: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    asked = []
    monkeypatch.setattr(torch, "autocast", lambda *given: asked.append(given))
    precision(torch.device(device), recipe)
    assert asked == ([("cuda", torch.bfloat16)] if rounds else [])


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


@pytest.mark.parametrize("compiled", [True, False])
def test_one_kind_of_threads_and_only_for_large_models(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.setattr(devices, "works", lambda: compiled)
    try:
        for recipe, count in ((TINY, 1), (LARGE, 2), (LARGE.changed({"recurrence": "lstm"}), 2)):
            ours = compiled and recipe.model.recurrence == "gru"
            assert use_threads(torch.device("cpu"), recipe) == count
            assert threads.used() == (count if ours else 1)
            assert torch.get_num_threads() == (1 if ours else count)
    finally:
        threads.use(1)


@pytest.mark.parametrize(
    ("recipe", "cores", "count"), [(TINY, 2, 1), (MEDIUM, 2, 1), (MEDIUM, 4, 3), (LARGE, 2, 2), (MEDIUM, 1, 1)]
)
def test_a_core_is_left_to_the_window_where_training_hardly_gains_by_it(
    monkeypatch: pytest.MonkeyPatch, recipe: Recipe, cores: int, count: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.setattr(devices, "works", lambda: True)
    monkeypatch.setattr(threads, "spare", 1)
    try:
        assert use_threads(torch.device("cpu"), recipe) == count
    finally:
        threads.use(1)


def test_warm_up_compiles_nothing() -> None:
    text = (
        "import sys; from studio.training.devices import warm_up; warm_up(); "
        "assert 'torch' in sys.modules and 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", text], check=True)


def test_warm_up_leaves_chance_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    warm_up()
    assert torch.equal(torch.rand(3), expected)
