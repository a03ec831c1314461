"""Where a model is trained: which device, how many threads; and getting torch ready before the first training."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

import torch

from studio.errors import StudioError
from studio.models import threads
from studio.models.building import build_model
from studio.models.compiling import works
from studio.models.settings import VRNNSettings
from studio.sequences.sequence import FrameLayout
from studio.training.adam import Adam
from studio.training.recipe import Recipe

# Multiplications per frame of all streams in the step-by-step part, the only part that cannot run in parallel. Below
# the first two, one thread is fastest: two wait for each other, those of torch at every step, those of
# `studio.models.threads` once a window. Above the third, starting kernels on a graphics processor costs less than the
# work itself.
WORTH_SHARING = 400_000
WORTH_THREADS = 4_000_000
WORTH_GPU = 20_000_000


def choose_device(wish: str, recipe: Recipe) -> torch.device:
    """The device to train on.

    Args:
        wish: "cpu", "cuda", "mps", or "auto": a graphics processor where there is one and the model is large enough to
            gain by it; small models, which go step by step, are faster without.
        recipe: tells how large the model is.

    Raises:
        StudioError: where the wish cannot be met.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wish == "auto":
        if step_work(recipe) < WORTH_GPU:
            return torch.device("cpu")
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    if wish not in ("cpu", "cuda", "mps"):
        raise StudioError(f"There is no device {wish!r}: choose auto, cpu, cuda or mps.")
    if (wish == "cuda" and not cuda) or (wish == "mps" and not mps):
        raise StudioError(f"PyTorch finds no {wish} device on this computer: choose auto or cpu.")
    return torch.device(wish)


def precision(device: torch.device, recipe: Recipe) -> AbstractContextManager[object]:
    """The precision in which a loss is computed, as a context.

    On graphics processors that multiply in bfloat16, and for models large enough that multiplying is what takes the
    time, products over all frames are rounded to it; weights and their moments, the loop over time, likelihoods, KL
    and sums stay in float32. Everywhere else, everything is.
    """
    if device.type != "cuda" or step_work(recipe) < WORTH_GPU or torch.cuda.get_device_capability(device) < (8, 0):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def use_threads(device: torch.device, recipe: Recipe) -> int:
    """Set how many threads may work on a model: one for small models, else one per core, less those to spare.

    Where the loop over time is compiled, they are those of `studio.models.threads`, and torch is left with one: two
    kinds of threads would take the cores from one another. Elsewhere they are torch's, for the thread that calls and
    for those begun later. To be called again where `works` has changed its mind.

    Returns:
        how many.
    """
    shared = device.type == "cpu" and recipe.model.has_compiled_loop and works()
    work = step_work(recipe)
    small = work < (WORTH_SHARING if shared else WORTH_THREADS)
    count = 1 if small and device.type == "cpu" else _cores()
    if work < WORTH_THREADS:
        count = max(1, count - threads.spare)
    threads.use(count if shared else 1)
    torch.set_num_threads(1 if shared else count)
    return count


def _cores() -> int:
    """How many cores this process may use, which is fewer than there are where somebody has limited it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def step_work(recipe: Recipe) -> int:
    """Multiplications in one step of the loop over time, for all streams."""
    return recipe.model.loop_work * recipe.training.batch


def warm_up() -> None:
    """Make torch load what a first training needs: otherwise its first steps hold up the window.

    Also keeps it to one thread, which is best for everything but training large models (see `use_threads`). With an
    LSTM, since a GRU would have the loop over time compiled (see `studio.generation.prepare`).
    """
    torch.set_num_threads(1)
    model = build_model(VRNNSettings(hidden=8, recurrence="lstm"), FrameLayout(continuous=2, binary=1, step=0.2))
    x = torch.zeros(4, 2, 3)
    terms, _ = model.score(x, torch.ones(4, 2), model.initial_state(2), torch.zeros(4, 2, model.posterior_noise_width))
    torch.autograd.backward(terms.nll.mean() + terms.kl.mean())
    Adam(model.parameters(), 1e-3, (0.9, 0.999)).step()
