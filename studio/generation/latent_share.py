"""How much of what varies the latent variables decide, in what a model generates.

    share = spread(latent variance 1, output variance 0) / spread(latent variance 1, output variance 1)

where the spread of some pieces is their mean distance from one another. It asks for nothing but these two variances, so
it counts whatever the latent variance scales: z of each frame, one of a whole piece, or both. A share near 1 says that
the output's own noise is mere detail; one near 0, that the latent variance moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.generation.sampler import chosen_labels, generate_any
from studio.generation.variance import Variance
from studio.models.sequence_model import SequenceModel
from studio.models.vrnn import has_whole
from studio.sequences.characters import CharacterRepresentation
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.materials import Material
from studio.sequences.recording import Recording
from studio.sequences.representations import AnyRepresentation
from studio.sequences.roll import Roll
from studio.sequences.roll_frames import RollRepresentation
from studio.sequences.text import Text

COUNT = 12  # pieces: 66 pairs tell the spread within a few per cent
COUNT_OF_SYMBOLS = 144  # of texts and rolls: many are wholly alike, and others have nothing in common
MOST_PAIRS = 1000  # that are compared, drawn at random where there are more
LONGEST = 300  # frames of a piece: more of one that goes on and on tell nothing else
PLACES = 32  # along a line
WINDOW_SECONDS = 0.02  # of a spectrum
QUIETEST = -80.0  # decibels below the loudest of all: what is quieter is silence


@dataclass(frozen=True)
class LatentShare:
    """Mean distances between pieces; their unit is that of the kind of material.

    Attributes:
        latent: where only the latent noise varies, output variance 0.
        both: where the output varies, too, as trained.
        whole: where only g varies, the latent variable of the whole piece; None where there is none.
        step: where only z of each frame varies, of pieces of one g; None where there is no g.
    """

    latent: float
    both: float
    whole: float | None = None
    step: float | None = None

    @property
    def share(self) -> float:
        """What the latent variables decide of what varies; 0 where nothing does."""
        return self._of(self.latent)

    @property
    def parts(self) -> dict[str, float]:
        """What g and z decide each, by "whole" and "step"; nothing where there is no g."""
        found = {"whole": self.whole, "step": self.step}
        return {name: self._of(value) for name, value in found.items() if value is not None}

    def _of(self, value: float) -> float:
        return value / self.both if self.both > 0 else 0.0


def latent_share(
    model: SequenceModel,
    representation: AnyRepresentation,
    *,
    count: int | None = None,
    length: int | None = None,
    seed: int = 0,
    between: Callable[[], object] = lambda: None,
) -> LatentShare:
    """Measure it: about a second of work for the recipes that ship with the studio.

    Args:
        model: with a latent variable.
        representation: of the model.
        count: how many pieces are generated twice, all under the same label; None: as many as tell the spread.
        length: frames of each at most; None: as long as the longest of the material, at most `LONGEST`.
        seed: of the pieces.
        between: called between two pieces of work; what it raises ends them.
    """
    if not (model.latent or model.whole):
        return LatentShare(0.0, 0.0)
    label = chosen_labels(model, "", 1, seed)[0]
    length = min(representation.typical_length, LONGEST) if length is None else length
    if count is None:
        symbols = isinstance(representation, CharacterRepresentation | RollRepresentation)
        count = COUNT_OF_SYMBOLS if symbols else COUNT
    wanted: dict[str, Any] = {"count": count, "length": length, "seed": seed, "label": label}

    def spread_at(latent: float, output: float, whole: float, g: FloatArray | None = None) -> float:
        between()
        variance = Variance(latent, output, whole)
        return spread(generate_any(model, representation, variance=variance, whole=g, **wanted))

    latent, both = spread_at(1, 0, 1), spread_at(1, 1, 1)
    if not has_whole(model):
        return LatentShare(latent, both)
    prior = model.whole_prior
    commonest = prior.means[prior.shares.argmax()].cpu().double().numpy()
    return LatentShare(latent, both, spread_at(0, 0, 1), spread_at(1, 0, 0, commonest))


def spread(pieces: Sequence[Material]) -> float:
    """The mean distance of pieces of one kind from one another; 0 where there are less than two."""
    if len(pieces) < 2:
        return 0.0
    measured = _comparable(pieces)
    pairs = list(combinations(range(len(measured)), 2))
    if len(pairs) > MOST_PAIRS:
        pairs = [pairs[i] for i in np.random.default_rng(0).choice(len(pairs), MOST_PAIRS, replace=False)]
    return float(np.mean([_distance(measured[i], measured[j]) for i, j in pairs]))


def _comparable(pieces: Sequence[Material]) -> list[Any]:
    """What distances are taken between."""
    if isinstance(pieces[0], Recording):
        return _spectra([piece for piece in pieces if isinstance(piece, Recording)])
    return [
        _along(piece) if isinstance(piece, Drawing) else piece.characters if isinstance(piece, Text) else piece
        for piece in pieces
    ]


def _distance(one: Any, other: Any) -> float:
    """Of lines: root mean square between places; of spectra: of decibels; of texts and rolls: what differs."""
    if isinstance(one, str):
        return 1 - SequenceMatcher(None, one, other, autojunk=False).ratio()
    if isinstance(one, Roll):
        return _difference_of_keys(one, other)
    if len(one) != len(other):  # recordings: the shorter is silent at its end
        longest = max(len(one), len(other))
        one, other = (
            np.pad(spectra, ((0, longest - len(spectra)), (0, 0)), constant_values=QUIETEST) for spectra in (one, other)
        )
    return float(np.sqrt(np.mean((one - other) ** 2)))


def _along(drawing: Drawing) -> NDArray[np.float64]:
    """Places of a line, evenly spread over its points, from the first of them, ``[PLACES, 2]``."""
    points = np.asarray(drawing.points, np.float64)
    places = np.linspace(0, len(points) - 1, PLACES).round().astype(int)
    found: NDArray[np.float64] = points[places] - points[0]
    return found


def _spectra(recordings: Sequence[Recording]) -> list[NDArray[np.float64]]:
    """Power spectra in decibels below the loudest of all, ``[windows, frequencies]``."""
    powers = []
    for recording in recordings:
        width = max(2, round(WINDOW_SECONDS * recording.rate))
        samples = np.pad(np.asarray(recording.samples, np.float64), (0, -len(recording.samples) % width))
        powers.append(np.abs(np.fft.rfft(samples.reshape(-1, width) * np.hanning(width))) ** 2)
    loudest = max((float(power.max()) for power in powers if power.size), default=0.0) or 1.0
    return [np.maximum(10 * np.log10(np.maximum(power / loudest, 1e-12)), QUIETEST) for power in powers]


def _difference_of_keys(one: Roll, other: Roll) -> float:
    """Keys that are down in but one of two rolls, as a share of those that are down in any."""
    length = max(len(one.keys), len(other.keys))
    low = min(one.lowest, other.lowest)
    high = max(roll.lowest + roll.keys.shape[1] for roll in (one, other))
    down = np.zeros((2, length, high - low), bool)
    for place, roll in enumerate((one, other)):
        first = roll.lowest - low
        down[place, : len(roll.keys), first : first + roll.keys.shape[1]] = roll.keys
    either = (down[0] | down[1]).sum()
    return float((down[0] ^ down[1]).sum() / either) if either else 0.0
