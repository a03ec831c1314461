"""The bound on raw waveforms with and without a latent variable: the table in docs/speech.md.

    python tests/benchmarks/raw_frames.py [--seconds 300] [--weights 1500000] [--only digits]

As Chung et al. 2015 (arXiv:1506.02216), Table 1, compare RNN-Gauss, RNN-GMM, VRNN-Gauss and VRNN-GMM on raw audio, at
one size (as many weights, by the width of the state) and one training time (seconds of one processor core). The RNN is
the VRNN without z: x_t depends on h_{t-1} alone. Frames are 12.5 ms of waveform with one mean and standard deviation
for all samples, dequantised. The bound is the ELBO, for the RNNs the likelihood itself, in nats per frame of samples
whose full scale is 1; it is that of the weights that were best on a development part, on a test part apart from both.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from spoken_digits import ROOT, spoken_digits

from studio.evaluation.bounds import Bound, elbo
from studio.files.audio import read_recording
from studio.models.building import build_model
from studio.models.settings import BlockSettings, LikelihoodSettings, VRNNSettings
from studio.models.vrnn import VRNN
from studio.sequences.batches import WindowStream
from studio.sequences.recording import Recording
from studio.sequences.sequence import FrameLayout
from studio.sequences.sequence import Sequence as FrameSequence
from studio.sequences.speech.representation import SpeechRepresentation
from studio.sequences.speech.settings import RawFrameSettings

PAGE = ROOT / "docs" / "speech.md"
BEGIN, END = "<!-- raw frames: begin -->", "<!-- raw frames: end -->"
LIBRISPEECH = ROOT.parent / "shared" / "data" / "librispeech_16k"

SEED = 1
BATCH, WINDOW = 16, 64
RATE = 1e-3
CLIP = 1.0  # largest norm of the gradient for each sample in a frame, since a frame's nats grow with its samples
COMPONENTS = 20
CHECKS = 8  # how often the development part is looked at


@dataclass(frozen=True)
class Material:
    """Recordings in three parts.

    Attributes:
        name: in the table.
        train: to learn from.
        develop: to choose the best weights by.
        test: to report.
    """

    name: str
    train: list[Recording]
    develop: list[Recording]
    test: list[Recording]


def digits() -> Material:
    """FSDD; every tenth of the training clips is for development."""
    train = [Recording(samples, rate) for samples, rate in spoken_digits(test=False).clips]
    test = [Recording(samples, rate) for samples, rate in spoken_digits(test=True).clips]
    kept = [recording for i, recording in enumerate(train) if i % 10]
    return Material("FSDD", kept, train[::10], test)


def librispeech() -> Material:
    """One reader of LibriSpeech; of his recordings one is for development, two are for testing."""
    recordings = [read_recording(path, mono=True) for path in sorted(LIBRISPEECH.glob("*.flac"))]
    return Material("LibriSpeech", recordings[3:], recordings[:1], recordings[1:3])


MATERIALS: dict[str, Callable[[], Material]] = {"digits": digits, "librispeech": librispeech}
MODELS = ("RNN-Gauss", "RNN-GMM", "VRNN-Gauss", "VRNN-GMM")


def settings(name: str, hidden: int) -> VRNNSettings:
    """The model of that name with H units."""
    gmm = name.endswith("GMM")
    likelihood = LikelihoodSettings(
        kind="mixture" if gmm else "gaussian", components=COMPONENTS, sigma_floor=1e-3, sigma_start=0.5
    )
    wide = BlockSettings(widths=(256,))
    common = {"recurrence": "gru", "hidden": hidden, "memory": 0.0, "phi_x": wide, "likelihood": likelihood}
    decoder = BlockSettings(widths=(96,))
    if name.startswith("RNN"):
        return VRNNSettings(**common, latent=0, decoder=decoder)
    return VRNNSettings(
        **common, latent=64, phi_z=BlockSettings(widths=(128,)), prior=wide, encoder=wide, decoder=decoder
    )


def model_of_size(name: str, layout: FrameLayout, weights: int) -> VRNN:
    """The model whose number of weights comes nearest, by the width of its state."""
    low, high = 8, 4096
    while low + 8 < high:
        middle = (low + high) // 16 * 8
        if size(built(name, layout, middle)) <= weights:
            low = middle
        else:
            high = middle
    return built(name, layout, low)


def built(name: str, layout: FrameLayout, hidden: int) -> VRNN:
    """With fresh weights."""
    return build_model(settings(name, hidden), layout, SEED)


def size(model: VRNN) -> int:
    """How many weights it has."""
    return sum(parameter.numel() for parameter in model.parameters())


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    material: str
    model: str
    hidden: int
    weights: int
    updates: int
    seconds: float
    bound: Bound
    bits: float

    def __str__(self) -> str:
        estimate = self.bound.per_frame
        return (
            f"| {self.material} | {self.model} | {self.hidden} | {self.weights:,} | {self.updates:,} "
            f"| {self.seconds:.0f} s | {estimate.mean:.1f} ± {estimate.standard_error:.1f} | {self.bound.kl:.1f} "
            f"| {self.bits:.2f} |"
        )


def measured(material: Material, weights: int, seconds: float) -> list[Row]:
    """Train and test all four on one material."""
    representation = SpeechRepresentation(RawFrameSettings(ends="no"))
    representation.fit(material.train)
    train, develop, test = (
        [representation.encode(recording) for recording in part]
        for part in (material.train, material.develop, material.test)
    )
    rows = []
    for name in MODELS:
        model = model_of_size(name, representation.layout, weights)
        updates, spent = trained(model, train, develop, seconds)
        bound = elbo(model, test, seed=SEED, nats_per_frame_offset=representation.nats_per_frame_offset)
        bits = representation.bits_per_sample(-bound.per_frame.mean)
        assert bits is not None
        rows.append(Row(material.name, name, model.settings.hidden, size(model), updates, spent, bound, bits))
        print(rows[-1], flush=True)
    return rows


def trained(
    model: VRNN, train: Sequence[FrameSequence], develop: Sequence[FrameSequence], seconds: float
) -> tuple[int, float]:
    """Train for so much processor time, and leave the model with the weights that were best on the development part.

    Returns:
        how many updates were made, and the time they took.
    """
    stream = WindowStream(train, BATCH, WINDOW, SEED)
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    generator = torch.Generator().manual_seed(SEED)
    state = initial = model.initial_state(BATCH)
    best, kept = -math.inf, {name: value.clone() for name, value in model.state_dict().items()}
    updates, spent = 0, 0.0
    for check in range(1, CHECKS + 1):
        began = time.process_time()
        while spent + time.process_time() - began < check * seconds / CHECKS:
            batch = stream.next()
            x, mask, fresh = (torch.from_numpy(value) for value in (batch.frames, batch.mask, batch.fresh))
            noise = torch.randn(*mask.shape, model.settings.latent, generator=generator)
            terms, state = model.score(x, mask, state.each(torch.Tensor.detach).begun_anew(fresh, initial), noise)
            loss = (terms.nll + terms.kl).sum() / mask.sum()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP * x.shape[-1])
            optimiser.step()
            updates += 1
        spent += time.process_time() - began
        value = elbo(model, develop, seed=SEED).per_frame.mean
        if value > best:
            best, kept = value, {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(kept)
    return updates, spent


HEADING = """\
| material | model | units of h | weights | updates | time | bound in nats per frame | KL | bits per sample |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def written(rows: Sequence[str], page: Path = PAGE) -> None:
    """Put rows between the two marks on the page, in the place of those of the same material and model."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    old, after = rest.split(END)
    table = {_what(row): row for row in [*old.strip().split("\n")[2:], *rows]}
    text = "\n".join([HEADING, *table.values()])
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _what(row: str) -> tuple[str, str]:
    """The material and the model that a row tells of."""
    _, material, model, *_ = (cell.strip() for cell in row.split("|"))
    return material, model


def main() -> int:
    """Measure, print, and write the page, material by material."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, metavar="S", help="of training each (default: 300)")
    parser.add_argument("--weights", type=int, default=1_500_000, metavar="N", help="of each model (default: 1500000)")
    parser.add_argument("--only", choices=MATERIALS, help="one material")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, gather in MATERIALS.items():
        if options.only in (None, name):
            written([str(row) for row in measured(gather(), options.weights, options.seconds)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
