"""Piano rolls as frames: the representation of all that is either there or not.

Frames of zeros and ones are what Boulanger-Lewandowski, Bengio and Vincent 2012 (arXiv:1206.6392) learn music from,
and what came after them is compared on: one column for each key, 1 while it is held down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sequences.fitted import FittedRepresentation
from studio.sequences.roll import OCTAVE, PITCHES, Roll, at_rate, on_keys, outside_keys
from studio.sequences.sequence import FrameLayout, Frames, Sequence
from studio.settings import Count, Positive, Settings, about

LONG_SECONDS = 60.0
"""A roll that lasts longer goes on and on rather than being a piece with an end."""

_FEWEST = OCTAVE  # keys, so that every note has one


class RollSettings(Settings, frozen=True, tag_field="kind", tag="roll"):
    """How piano rolls become frames."""

    rate: Annotated[
        float, Meta(ge=0, le=200), about("tempo in frames per second; 0: as most of the piano rolls have")
    ] = 0.0
    ends: Annotated[
        Literal["auto", "yes", "no"],
        about("whether the model learns where a piano roll ends; auto: yes unless they last longer than a minute"),
    ] = "auto"


class RollConstants(Settings, frozen=True):
    """What `RollRepresentation.fit` found."""

    rate: Annotated[Positive, about("frames per second")]
    lowest: Annotated[int, Meta(ge=0, lt=PITCHES), about("MIDI number of the lowest key")]
    pitches: Annotated[int, Meta(ge=1, le=PITCHES), about("how many keys there are")]
    ends: Annotated[bool, about("whether frames have a column for the end of a piano roll")]
    typical_length: Annotated[Count, about("frames of the longest piano roll")]


class RollRepresentation(FittedRepresentation[RollSettings, RollConstants]):
    """Frames of D columns, one for each key from the lowest to the highest that is heard in the material.

    Where `ends` is true one more column is 1 on the last frame.

    ``decode(encode(m).frames)`` is m, at the common number of frames per second and on the common keys: the very same
    notes where m has that tempo and lies within those keys. A note beyond them is moved by octaves.
    """

    kinds = ("roll",)
    settings_type = RollSettings
    constants_type = RollConstants
    material = "piano rolls"

    def fit(self, materials: Iterable[Roll]) -> None:
        """Find tempo and keys, on the training part of the material only.

        Raises:
            StudioError: where there is no piano roll, or none has a note.
        """
        rates: Counter[float] = Counter()
        seconds: list[float] = []
        heard: list[int] = []
        for roll in materials:
            rates[roll.rate] += len(roll)
            seconds.append(roll.seconds)
            heard += roll.sounding or ()
        if not seconds:
            raise StudioError("There are no piano rolls to learn from: draw some notes, or import a file.")
        if not heard:
            raise StudioError("There is no note in any of the piano rolls: draw some, or import a file.")
        rate = self.settings.rate or rates.most_common(1)[0][0]
        lowest, pitches = min(heard), max(heard) - min(heard) + 1
        if pitches < _FEWEST:
            lowest, pitches = min(lowest, PITCHES - _FEWEST), _FEWEST
        auto = bool(np.median(seconds) <= LONG_SECONDS)
        self._constants = RollConstants(
            rate=rate,
            lowest=lowest,
            pitches=pitches,
            ends=auto if self.settings.ends == "auto" else self.settings.ends == "yes",
            typical_length=max(1, round(max(seconds) * rate)),
        )

    @property
    def layout(self) -> FrameLayout:
        """A column for each key, then perhaps end."""
        return FrameLayout(continuous=0, independent=self.constants.pitches, binary=int(self.ends))

    @property
    def seconds_per_frame(self) -> float:
        """How long a frame lasts."""
        return 1 / self.constants.rate

    @property
    def nats_per_frame_offset(self) -> float:
        """Nothing: zeros and ones have no units, and their log likelihood is a probability's, not a density's."""
        return 0.0

    @property
    def units(self) -> dict[str, float]:
        """What a bound per frame depends on, for display beside it."""
        constants = self.constants
        return {
            "frames per second": constants.rate,
            "lowest pitch": float(constants.lowest),
            "pitches": float(constants.pitches),
        }

    def encode(self, material: Roll) -> Sequence:
        """A piano roll as frames ``[T, D]``."""
        sequence = self.encode_beginning(material)
        if self.ends:
            sequence.frames[-1, -1] = 1
        return sequence

    def encode_beginning(self, material: Roll) -> Sequence:
        """The beginning of a piano roll as frames that another may follow upon: without an end."""
        constants = self.constants
        played = at_rate(material, constants.rate)
        outside = outside_keys(played, constants.lowest, constants.pitches)
        roll = on_keys(played, constants.lowest, constants.pitches)
        frames = np.zeros((len(roll), self.layout.width), np.float32)
        frames[:, : constants.pitches] = roll.keys
        times = np.arange(len(roll), dtype=np.float64) * self.seconds_per_frame
        return Sequence(frames, times, material.label, outside=outside if outside.any() else None)

    def decode(self, frames: Frames, label: str = "") -> Roll:
        """The piano roll that frames ``[T, D]`` describe, up to its end where it has one.

        Args:
            frames: at least one.
            label: of the roll.
        """
        stops = np.flatnonzero(self.stops(frames))
        whole = np.asarray(frames)[: stops[0] + 1 if len(stops) else None]
        return Roll(self.keys(whole), self.constants.rate, self.constants.lowest, label)

    def keys(self, frames: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """Which keys are down in frames ``[..., D]``."""
        return (np.asarray(frames)[..., : self.constants.pitches] > 0.5).astype(np.uint8)

    def stops(self, frames: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Which of the frames ``[..., D]`` are the last of a roll."""
        frames = np.asarray(frames)
        return frames[..., -1] > 0.5 if self.ends else np.zeros(frames.shape[:-1], np.bool_)

    def _check(self) -> None:
        if self.constants.lowest + self.constants.pitches > PITCHES:
            raise msgspec.ValidationError(f"its keys go beyond the pitch {PITCHES - 1}")
