"""How fast training and generation are, in ratios: against a plain loop, large products alone, and torch.nn.GRU.

Contestants take turns, ratios are medians over rounds, of processor time on one core and of wall time on two. What is
timed of training is the loss and all gradients; the optimiser, the same for all, is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import torch
from contest import Contest
from plain import PlainVRNN
from torch import Tensor

from studio.generation.stepper import Stepper
from studio.models import threads
from studio.models.building import build_model
from studio.models.settings import BlockSettings, LikelihoodSettings, VRNNSettings
from studio.sequences.sequence import FrameLayout
from studio.training.memory import keeping_memory


def settings(hidden: int, latent: int, likelihood: LikelihoodSettings, **widths: tuple[int, ...]) -> VRNNSettings:
    blocks = {name: BlockSettings(widths=each, activation="relu") for name, each in widths.items()}
    return VRNNSettings(hidden=hidden, latent=latent, memory=0, likelihood=likelihood, **blocks)


GAUSSIAN = LikelihoodSettings(kind="gaussian")
MIXTURE = LikelihoodSettings(kind="pen-mixture", components=20, correlated=True)
MODELS = {
    "S": (
        settings(60, 10, GAUSSIAN, phi_x=(10,), phi_z=(16,), prior=(30,), encoder=(30,), decoder=(40,)),
        FrameLayout(continuous=2),
    ),
    "M": (
        settings(512, 64, MIXTURE, phi_x=(256,), phi_z=(256,), prior=(256,), encoder=(256,), decoder=(256,)),
        FrameLayout(continuous=2, binary=1),
    ),
    "L": (
        settings(
            1024,
            200,
            GAUSSIAN,
            **dict.fromkeys(("phi_x", "phi_z", "prior", "encoder", "decoder"), (600, 600)),
        ),
        FrameLayout(continuous=200),
    ),
}


class Training:
    """The contestants of a training step, on the same frames and noise."""

    def __init__(self, name: str, steps: int, batch: int) -> None:
        chosen, layout = MODELS[name]
        generator = torch.Generator().manual_seed(0)
        self.model = build_model(chosen, layout)
        self.plain = PlainVRNN(self.model)
        self.x = torch.randn(steps, batch, layout.width, generator=generator)
        self.x[..., layout.continuous :] = (self.x[..., layout.continuous :] > 0).float()
        self.noise = torch.randn(steps, batch, chosen.latent, generator=generator)
        self.mask = torch.ones(steps, batch)
        self.products = [self._product(*pair) for pair in self.model.named_parameters() if pair[1].dim() == 2]
        width = self.model.phi_x.width + self.model.phi_z.width
        self.gru = torch.nn.GRU(width, chosen.hidden)
        self.gru_inputs = torch.randn(steps, batch, width, generator=generator).requires_grad_()

    def _product(self, name: str, weight: Tensor) -> tuple[Tensor, Tensor, Tensor, bool]:
        rows = self.mask.numel()
        values, deltas = torch.ones(rows, weight.shape[1]), torch.ones(rows, weight.shape[0])
        return values, deltas, weight.detach(), name != "phi_x.layers.0.weight"

    def loss(self) -> Tensor:
        terms, _ = self.model.score(self.x, self.mask, self.model.initial_state(self.x.shape[1]), self.noise)
        return (terms.nll + terms.kl).mean()

    def studio(self) -> None:
        self.model.zero_grad()
        self.loss().backward()

    def plain_loop(self) -> None:
        self.plain.zero_grad()
        self.plain(self.x, self.noise).backward()

    def large_products(self) -> None:
        """All multiplications of a step, as if nothing had to wait for the step before: the bound of a library."""
        for values, deltas, weight, goes_on in self.products:
            values @ weight.t()
            deltas.t() @ values
            if goes_on:
                deltas @ weight

    def torch_gru(self) -> None:
        self.gru.zero_grad()
        self.gru(self.gru_inputs)[0].sum().backward()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with keeping_memory():
        yield
    torch.set_num_threads(before)
    threads.use(1)


def held(benchmark, rounds: int, **contestants: Callable[[], object]) -> Contest:
    contest = Contest(contestants)
    contest.play_round()
    contest.forget()
    benchmark.pedantic(contest.play_round, rounds=rounds)
    return contest


@pytest.mark.parametrize(
    ("name", "steps", "batch", "rounds", "least", "most"),
    [
        ("S", 300, 8, 15, 12, 2.4),
        ("S", 300, 32, 9, 4.2, 1.8),
        ("S", 1000, 8, 5, 12, 2.4),
        ("S", 1000, 32, 3, 4.2, 1.8),
        ("M", 300, 32, 3, 1.35, 1.10),
        ("L", 80, 32, 3, 1.35, 1.15),
    ],
)
def test_training(benchmark, book, name, steps, batch, rounds, least, most):
    training = Training(name, steps, batch)
    torch.testing.assert_close(training.loss(), training.plain(training.x, training.noise), rtol=1e-4, atol=1e-4)
    contest = held(
        benchmark,
        rounds,
        studio=training.studio,
        plain=training.plain_loop,
        products=training.large_products,
        gru=training.torch_gru,
    )
    faster, share = contest.ratio("plain", "studio"), contest.ratio("studio", "products")
    book.note(
        "Training, one core",
        model=f"{name} T{steps} B{batch}",
        **{
            "plain loop / studio": f"{faster:.1f}",
            "by the wall clock": f"{contest.ratio('plain', 'studio', 'wall'):.1f}",
            "studio / large products": f"{share:.2f}",
            "studio / torch.nn.GRU": f"{contest.ratio('studio', 'gru'):.2f}",
            "studio, ms": f"{1000 * contest.seconds('studio'):.1f}",
            "plain loop, ms": f"{1000 * contest.seconds('plain'):.1f}",
        },
    )
    benchmark.extra_info.update(faster=faster, share=share)
    assert faster >= least
    assert share <= most


@pytest.mark.parametrize(
    ("name", "frames", "plain_frames", "rounds", "least"),
    [("S", 4000, 400, 9, 30), ("M", 400, 100, 5, 2.3), ("L", 100, 40, 5, 1.8)],
)
def test_generation(benchmark, book, name, frames, plain_frames, rounds, least):
    model = build_model(*MODELS[name])
    plain, stepper = PlainVRNN(model), Stepper(model)
    noise = torch.randn(frames, 1, model.noise_width, generator=torch.Generator().manual_seed(0))
    draw = partial(stepper.generate, model.initial_state(1), noise)
    torch.testing.assert_close(draw()[0][:20], plain.generate(noise[:20]), rtol=1e-3, atol=1e-3)
    contest = held(benchmark, rounds, studio=draw, plain=lambda: plain.generate(noise[:plain_frames]))
    per_frame = frames / plain_frames
    faster = contest.ratio("plain", "studio") * per_frame
    book.note(
        "Generation, one pen, one core",
        model=name,
        **{
            "plain loop / studio": f"{faster:.1f}",
            "by the wall clock": f"{contest.ratio('plain', 'studio', 'wall') * per_frame:.1f}",
            "studio, frames/s": f"{frames / contest.seconds('studio'):,.0f}",
            "plain loop, frames/s": f"{plain_frames / contest.seconds('plain'):,.0f}",
        },
    )
    benchmark.extra_info.update(faster=faster)
    assert faster >= least


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
@pytest.mark.parametrize(
    ("name", "steps", "batch", "rounds", "least"), [("M", 300, 32, 5, 1.45), ("S", 300, 32, 15, 1.3)]
)
def test_two_cores(benchmark, book, name, steps, batch, rounds, least):
    training = Training(name, steps, batch)

    def with_threads(count: int) -> None:
        threads.use(count)
        training.studio()

    contest = held(benchmark, rounds, one=lambda: with_threads(1), two=lambda: with_threads(2))
    faster = contest.ratio("one", "two", "wall")
    book.note(
        "Training, two cores",
        model=f"{name} T{steps} B{batch}",
        **{
            "one / two, by the wall clock": f"{faster:.2f}",
            "processor time, two / one": f"{contest.ratio('two', 'one'):.2f}",
            "two cores, ms": f"{1000 * contest.seconds('two'):.1f}",
        },
    )
    benchmark.extra_info.update(faster=faster)
    assert faster >= least
