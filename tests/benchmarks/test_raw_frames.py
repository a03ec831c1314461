"""Raw waveforms: is the VRNN ahead of the RNN of the same size after the same time? And is the comparison fair?

pytest -s tests/benchmarks/test_raw_frames.py
"""

from __future__ import annotations

from pathlib import Path

import pytest
import raw_frames
import torch
from raw_frames import BEGIN, END, MATERIALS, MODELS, built, model_of_size, size
from spoken_digits import FOLDER

from studio.evaluation.bounds import elbo
from studio.sequences.sequence import FrameLayout, Sequence

WEIGHTS = 1_500_000
SECONDS = 120


@pytest.mark.parametrize("samples", [100, 200])
def test_all_models_are_of_one_size(samples: int) -> None:
    for name in MODELS:
        assert size(model_of_size(name, FrameLayout(samples), WEIGHTS)) == pytest.approx(WEIGHTS, rel=0.03)


@pytest.mark.parametrize("name", ["RNN-Gauss", "RNN-GMM"])
def test_the_rnn_has_no_latent_variable_and_an_exact_likelihood(name: str) -> None:
    model = built(name, FrameLayout(6), 16)
    sequences = [Sequence(torch.randn(20, 6, generator=torch.Generator().manual_seed(i)).numpy()) for i in range(3)]
    one, other = elbo(model, sequences, seed=1), elbo(model, sequences, seed=2)
    assert one.kl == 0
    assert one.per_frame == other.per_frame


def test_training_stops_on_time_and_improves() -> None:
    generator = torch.Generator().manual_seed(0)
    walk = torch.randn(3, 300, 6, generator=generator).cumsum(1) / 10
    train = [Sequence(part.numpy()) for part in walk]
    model = built("VRNN-Gauss", FrameLayout(6), 16)
    before = elbo(model, train).per_frame.mean
    updates, spent = raw_frames.trained(model, train, train, 2.0)
    assert updates >= 1
    assert spent >= 2.0
    assert elbo(model, train).per_frame.mean > before


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n{END}\nafter\n", encoding="utf-8")
    raw_frames.written(["| A | RNN | 1 |", "| A | VRNN | 2 |"], page)
    raw_frames.written(["| B | RNN | 3 |", "| A | VRNN | 4 |"], page)
    rows = "| A | RNN | 1 |\n| A | VRNN | 4 |\n| B | RNN | 3 |"
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\n{raw_frames.HEADING}\n{rows}\n{END}\nafter\n"
    assert BEGIN in raw_frames.PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("material", MATERIALS)
def test_the_vrnns_are_ahead(material: str) -> None:
    if not FOLDER.is_dir() or not raw_frames.LIBRISPEECH.is_dir():
        pytest.skip("real speech is not beside the checkout")
    torch.set_num_threads(1)
    print()
    rows = raw_frames.measured(MATERIALS[material](), WEIGHTS, SECONDS)
    bound = {row.model: row.bound.per_frame.mean for row in rows}
    assert bound["VRNN-Gauss"] > bound["RNN-Gauss"]
    assert bound["VRNN-GMM"] > bound["RNN-GMM"]
