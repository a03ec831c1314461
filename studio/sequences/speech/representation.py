"""Recordings as frames: the representation of everything a microphone hears."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence as Many
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.sequences.fitted import FittedRepresentation
from studio.sequences.recording import Recording
from studio.sequences.sequence import FrameLayout, Frames, Sequence
from studio.sequences.speech.coder import FrameCoder, Synthesis
from studio.sequences.speech.framing import Floats
from studio.sequences.speech.log_mel import LogMel
from studio.sequences.speech.raw_frames import RawFrames
from studio.sequences.speech.settings import (
    AnySpeechSettings,
    LogMelSettings,
    RawFrameSettings,
    SourceFilterSettings,
)
from studio.sequences.speech.source_filter import SourceFilter
from studio.sequences.speech.stream import SpeechDecoder
from studio.settings import Count, Positive, Settings, about
from studio.sound.resampling import resampled

HIGHEST_RATE = 16_000
"""Samples per second beyond which nothing is learned of speech, unless the settings ask for it."""

LONG_SECONDS = 10.0
"""A recording that lasts longer goes on and on rather than being a word or a phrase with an end."""

_SMALLEST_SCALE = 1e-4  # of a column that hardly changes


CODERS = {
    "source-filter": SourceFilterSettings,
    "log-mel": LogMelSettings,
    "raw": RawFrameSettings,
}
"""The settings of each kind of representation, the default first."""


class SpeechConstants(Settings, frozen=True):
    """What `SpeechRepresentation.fit` found."""

    rate: Annotated[Count, about("samples per second that recordings are resampled to")]
    mean: Annotated[tuple[float, ...], about("of each feature; one for all of them in the raw representation")]
    scale: Annotated[tuple[Positive, ...], about("standard deviation likewise")]
    ends: Annotated[bool, about("whether frames have a column for the end of a recording")]
    typical_length: Annotated[Count, about("frames of the longest recording")]
    typical_level: Annotated[float, Meta(ge=0), about("root mean square of the recordings, 1 being full scale")]


class SpeechRepresentation(FittedRepresentation[AnySpeechSettings, SpeechConstants]):
    """Frames of a recording, as one of three coders describes it, each column of about mean 0 and deviation 1.

    The recording is mixed to mono, resampled, padded with silence to whole frames, and described hop by hop (see
    `SourceFilter`, `LogMel`, `RawFrames`). Every column is normalised by its own mean and standard deviation; samples
    of the raw representation by one mean and deviation for all, as in Chung et al. 2015, section 4. A frame is
    ``stack`` such descriptions side by side. Where `ends` is true one more column is 1 on the last frame.

    ``decode(encode(m).frames)`` is m, mono, resampled and padded. Raw frames give it back within half a step of the
    ``bits`` that the settings name; the others keep what the ear hears of it but not its samples.

    Args:
        settings: which coder, and its sizes.
    """

    kinds = tuple(CODERS)
    settings_type = AnySpeechSettings
    constants_type = SpeechConstants
    material = "recordings"

    def __init__(self, settings: AnySpeechSettings | None = None) -> None:
        super().__init__(SourceFilterSettings() if settings is None else settings)
        self._features: WeakKeyDictionary[Recording, Floats] = WeakKeyDictionary()  # what fitting found, for encoding
        self._coder: FrameCoder | None = None

    # ------------------------------------------------------------ fitting

    def fit(self, materials: Many[Recording]) -> None:
        """Find the constants of the normalisation, on the training part of the material only.

        Args:
            materials: are gone through twice, and not held: there may be hours of them.

        Raises:
            StudioError: where there is no recording.
        """
        if not materials:
            raise StudioError("There are no recordings to learn from: record some, or import a file.")
        self._constants, self._coder = None, None
        self._features.clear()
        lengths = [(recording.rate, recording.seconds) for recording in materials]
        rate = self.settings.rate or _common_rate(lengths)
        coder = _coder(self.settings, rate)
        moments = _Moments(1 if isinstance(coder, RawFrames) else coder.columns)
        longest, energy = 0, 0.0
        for recording in materials:
            features = coder.analyse(_samples(recording, rate, self.settings.stack * coder.hop))
            moments.add(features.reshape(-1, moments.columns))
            longest = max(longest, len(features) // self.settings.stack)
            if not isinstance(coder, RawFrames):  # these are quickly made again, and as large as the recordings
                self._features[recording] = features
            energy += float(np.square(recording.mono, dtype=np.float64).mean())
        mean, scale = moments.result()
        self._constants = SpeechConstants(
            rate=rate,
            mean=tuple(mean.tolist()),
            scale=tuple(scale.tolist()),
            ends=_have_ends(lengths) if self.settings.ends == "auto" else self.settings.ends == "yes",
            typical_length=longest,
            typical_level=math.sqrt(energy / len(materials)),
        )

    @property
    def coder(self) -> FrameCoder:
        """What describes the waveform."""
        if self._coder is None:
            self._coder = _coder(self.settings, self.constants.rate)
        return self._coder

    # ------------------------------------------------------------ what others need to know

    @property
    def layout(self) -> FrameLayout:
        """The features of ``stack`` hops, then perhaps end."""
        return FrameLayout(continuous=self.settings.stack * self.coder.columns, binary=int(self.ends))

    @property
    def rate(self) -> int:
        """Samples per second of what `decode` gives."""
        return self.constants.rate

    @property
    def samples_per_frame(self) -> int:
        """How many samples a frame of the model stands for."""
        return self.settings.stack * self.coder.hop

    @property
    def seconds_per_frame(self) -> float:
        """How long a frame lasts."""
        return self.samples_per_frame / self.rate

    @property
    def nats_per_frame_offset(self) -> float:
        """What to add to a negative log likelihood per frame to get that of the features in their own units.

        For raw frames those are samples of full scale 1: a density, of which 2^(bits - 1) steps make one unit.
        """
        scale = np.broadcast_to(np.log(self.constants.scale), self.coder.columns)
        return float(self.settings.stack * scale.sum())

    @property
    def units(self) -> dict[str, float]:
        """The constants that a bound depends on, for display beside it."""
        found = {"samples per second": float(self.rate), "samples per frame": float(self.samples_per_frame)}
        if isinstance(self.settings, RawFrameSettings):
            found |= {
                "sample mean": self.constants.mean[0],
                "sample scale": self.constants.scale[0],
                "quantisation step": 2.0 ** (1 - self.settings.bits),
            }
        return found | {"nats per frame added": self.nats_per_frame_offset}

    def bits_per_sample(self, nats_per_frame: float) -> float | None:
        """A bound on the code length of a sample of so many bits, from one in the material's own units.

        Args:
            nats_per_frame: negative log likelihood per frame with `nats_per_frame_offset` added.

        Returns:
            bits, or None where frames are not samples.
        """
        if not isinstance(self.settings, RawFrameSettings):
            return None
        return nats_per_frame / self.samples_per_frame / math.log(2) + self.settings.bits - 1

    # ------------------------------------------------------------ there

    def encode(self, material: Recording) -> Sequence:
        """A recording as frames ``[T, D]``."""
        frames, label = self._frames(material), material.label
        if self.ends:
            frames[-1, -1] = 1
        return Sequence(frames, self._times(len(frames)), label)

    def encode_beginning(self, material: Recording) -> Sequence:
        """The beginning of a recording as frames that another may follow upon: without an end, in whole frames."""
        frames = self._frames(material)
        whole = max(1, round(material.seconds * self.rate) // self.samples_per_frame)
        return Sequence(frames[:whole], self._times(whole), material.label)

    def _frames(self, recording: Recording) -> Frames:
        features = self._features.pop(recording, None)  # hours of them are not held for a second time
        if features is None:
            features = self.coder.analyse(_samples(recording, self.rate, self.samples_per_frame))
        normal = np.nan_to_num((features - self.constants.mean) / self.constants.scale)
        frames = np.zeros((len(normal) // self.settings.stack, self.layout.width), np.float32)
        frames[:, : self.layout.continuous] = normal.reshape(len(frames), -1)
        return frames

    def _times(self, count: int) -> Floats:
        return np.arange(count, dtype=np.float64) * self.seconds_per_frame

    # ------------------------------------------------------------ and back

    def features(self, frames: NDArray[np.floating[Any]]) -> Floats:
        """What frames ``[n, D]`` say of each hop, in the coder's units: ``[n * stack, F]``, nothing of it absurd."""
        normal = np.asarray(frames, np.float64)[:, : self.layout.continuous].reshape(-1, self.coder.columns)
        normal = np.nan_to_num(normal)
        if not isinstance(self.coder, RawFrames):
            normal = np.clip(normal, -_BOUND, _BOUND)
        result: Floats = normal * self.constants.scale + self.constants.mean
        return result

    def decode(self, frames: Frames, label: str = "") -> Recording:
        """The recording that frames ``[T, D]`` describe, up to its end where it has one.

        Args:
            frames: at least one.
            label: of the recording.
        """
        frames = np.asarray(frames)
        if self.ends:
            stops = np.flatnonzero(self.stops(frames))
            frames = frames[: stops[0] + 1] if len(stops) else frames
        samples = self.coder.synthesise(self.features(frames))
        return Recording(np.clip(samples, -1, 1).astype(np.float32), self.rate, label)

    def stops(self, frames: Frames) -> NDArray[np.bool_]:
        """Which of the frames ``[..., D]`` are the last of a recording."""
        return frames[..., -1] > 0.5 if self.ends else np.zeros(frames.shape[:-1], np.bool_)

    def decoder(self, count: int, seed: int = 0) -> SpeechDecoder:
        """Turns frames of several voices into samples as they come.

        Args:
            count: how many voices.
            seed: of the breath of each.
        """

        def synthesis(voice: int) -> Synthesis:
            return self.coder.synthesis(seed + voice)

        return SpeechDecoder(count, self.features, synthesis, self.samples_per_frame, self.ends)

    def _check(self) -> None:
        wanted = 1 if isinstance(self.coder, RawFrames) else self.coder.columns
        if not len(self.constants.mean) == len(self.constants.scale) == wanted:
            raise msgspec.ValidationError(f"it has {len(self.constants.mean)} means for {wanted} features")


_BOUND = 8.0  # standard deviations from the mean: what a model dreams beyond would only hurt ears


def _coder(settings: AnySpeechSettings, rate: int) -> FrameCoder:
    match settings:
        case SourceFilterSettings():
            return SourceFilter(settings, rate)
        case LogMelSettings():
            return LogMel(settings, rate)
        case RawFrameSettings():
            return RawFrames(settings, rate)


class _Moments:
    """Mean and standard deviation of columns that come piece by piece; what is not a number does not count."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self._count = np.zeros(columns)
        self._sum = np.zeros(columns)
        self._squares = np.zeros(columns)
        self._origin: Floats | None = None  # near the mean, so that squares stay small

    def add(self, values: Floats) -> None:
        known = ~np.isnan(values)
        if self._origin is None:
            self._origin = np.nan_to_num(values[0])
        moved = np.where(known, values - self._origin, 0.0)
        self._count += known.sum(0)
        self._sum += moved.sum(0)
        self._squares += (moved**2).sum(0)

    def result(self) -> tuple[Floats, Floats]:
        count = np.maximum(self._count, 1)
        mean = self._sum / count
        deviation = np.sqrt(np.maximum(self._squares / count - mean**2, 0.0))
        scale = np.where(deviation > _SMALLEST_SCALE, deviation, 1.0)
        return mean + (0.0 if self._origin is None else self._origin), scale


def _samples(recording: Recording, rate: int, whole: int) -> Floats:
    """Mono, resampled, with silence up to a multiple of so many samples."""
    samples = resampled(recording.mono, recording.rate, rate).astype(np.float64)
    return np.pad(samples, (0, -len(samples) % whole))


def _common_rate(lengths: list[tuple[int, float]]) -> int:
    """The rate that most of the sound has, or the highest that is of use."""
    total: Counter[int] = Counter()
    for rate, seconds in lengths:
        total[rate] += round(1000 * seconds) + 1
    return min(total.most_common(1)[0][0], HIGHEST_RATE)


def _have_ends(lengths: list[tuple[int, float]]) -> bool:
    return bool(np.median([seconds for _, seconds in lengths]) <= LONG_SECONDS)
