"""How fast the way to the gradient is on a graphics processor: recorded as a whole, with the loop over time recorded
alone, and kernel by kernel. Skips where there is none.

Contestants take turns, ratios are medians over rounds, by the wall clock. What is timed is all of an update but the
optimiser: batch and noise to the device, losses, gradient, its norm, and the losses back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import numpy as np
import pytest
import torch
from contest import Contest
from test_speed import MODELS

from studio.models import scan_cuda
from studio.models.building import build_model
from studio.sequences.batches import Batch, empty_batch
from studio.training.objective import Objective
from studio.training.recipe import ObjectiveSettings
from studio.training.step_graph import REPEATS, Record, StepGraph

SETTINGS = ObjectiveSettings(look_ahead=0.0, latent_look_ahead=0.0, input_noise=0.0)
CLIP = 1.0


class Updates:
    """Updates of a model of a certain size, without the optimiser, on the same batch."""

    def __init__(self, name: str, steps: int, batch: int, device: str) -> None:
        chosen, layout = MODELS[name]
        self.model = build_model(chosen, layout).to(device)
        self.objective = Objective(self.model, SETTINGS, distort=False).to(device)
        self.carried = self.objective.begin(self.model, batch, device)
        self.batch = self._batch(steps, batch, layout.width, layout.continuous)
        self.generator = torch.Generator().manual_seed(0)

    def _batch(self, steps: int, count: int, width: int, continuous: int) -> Batch:
        batch = empty_batch(steps, count, self.objective.ahead, width)
        batch.frames[:] = np.random.default_rng(0).standard_normal(batch.frames.shape)
        batch.frames[..., continuous:] = batch.frames[..., continuous:] > 0
        batch.mask[:] = 1
        return batch

    def by(
        self,
        record: Record | None,
        precise: Callable[[], AbstractContextManager[object]],
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> Callable[[], list[float]]:
        """One update, by such a graph; `around` is entered for it."""
        graph = StepGraph(self.model, self.objective, precise, record)

        def update() -> list[float]:
            with around():
                window = self.objective.draw(self.model, self.batch, SETTINGS, 1.0, 0.0, self.generator)
                found = graph.run(window, self.carried, SETTINGS, CLIP)
                return [found.losses.loss.item(), found.norm.item()]

        return update


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics processor")
@pytest.mark.parametrize("rounding", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("name", "steps", "batch"), [("S", 300, 8), ("S", 300, 32), ("M", 300, 32), ("L", 80, 32), ("L", 80, 256)]
)
def test_updates(benchmark, book, name, steps, batch, rounding):
    updates = Updates(name, steps, batch, "cuda")
    precise = partial(torch.autocast, "cuda", torch.bfloat16, enabled=rounding)
    contest = Contest(
        {
            "whole": updates.by(scan_cuda.captured, precise),
            "loop": updates.by(None, precise),
            "plain": updates.by(None, precise, scan_cuda.part_of_more),
        }
    )
    for _ in range(REPEATS + 2):  # until everything is recorded
        contest.play_round()
    contest.forget()
    benchmark.pedantic(contest.play_round, rounds=15)
    ratios = {other: contest.ratio(other, "whole", "wall") for other in ("loop", "plain")}
    book.note(
        f"Training, {torch.cuda.get_device_name()}",
        model=f"{name} T{steps} B{batch}",
        multiplies="bfloat16" if rounding else "float32",
        **{
            "kernel by kernel / recorded": f"{ratios['plain']:.1f}",
            "loop recorded alone / recorded": f"{ratios['loop']:.2f}",
            "recorded, ms": f"{1000 * contest.seconds('whole'):.2f}",
            "frames per second": f"{steps * batch / contest.seconds('whole'):.0f}",
        },
    )
    assert ratios["plain"] > ratios["loop"] > 1
