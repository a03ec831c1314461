"""Frames of several voices to samples, chunk after chunk, as a loudspeaker wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sequences.speech.coder import Synthesis
from studio.sequences.speech.framing import Floats


class SpeechDecoder:
    """Turns frames into samples as they come; samples come a little later than their frames.

    Args:
        count: B, how many voices.
        features: from frames ``[n, D]`` to what a synthesis takes.
        synthesis: begins the synthesis of a voice.
        samples_per_frame: how many samples a frame stands for.
        ends: whether the last column of a frame says that it is the last.

    Attributes:
        ended: ``[B]`` whether each voice has finished what it says.
    """

    def __init__(
        self,
        count: int,
        features: Callable[[NDArray[np.floating[Any]]], Floats],
        synthesis: Callable[[int], Synthesis],
        samples_per_frame: int,
        ends: bool,
    ) -> None:
        self.ended: NDArray[np.bool_] = np.zeros(count, bool)
        self._features = features
        self._begin = synthesis
        self._samples_per_frame = samples_per_frame
        self._ends = ends
        self._voices = [synthesis(voice) for voice in range(count)]
        self._waiting: list[Floats] = [np.zeros(0)] * count  # made but not yet given, for others have less

    @property
    def done(self) -> bool:
        """Whether all voices have finished."""
        return bool(self.ended.all())

    def start(self, voices: ArrayLike | None = None) -> None:
        """Let voices begin anew, after what they have said.

        Args:
            voices: the indices of those to start; None: all.
        """
        for voice in range(len(self.ended)) if voices is None else np.atleast_1d(voices).tolist():
            if not self.ended[voice]:
                self._keep(voice, self._voices[voice].finish())
            self._voices[voice] = self._begin(voice)
            self.ended[voice] = False

    def samples(self, frames: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """The next samples of every voice, ``[m, B]``; those after the end of one are silent.

        Args:
            frames: ``[n, B, D]``, in continuation of those before; what comes after an end is ignored.
        """
        for voice in range(len(self.ended)):
            if not self.ended[voice]:
                self._speak(voice, np.asarray(frames)[:, voice])
        return self._given()

    def finish(self) -> NDArray[np.float32]:
        """All that is left, ``[m, B]``; the voices have ended then."""
        for voice in np.flatnonzero(~self.ended).tolist():
            self._keep(voice, self._voices[voice].finish())
        self.ended[:] = True
        return self._given()

    def _speak(self, voice: int, frames: NDArray[np.floating[Any]]) -> None:
        stops = np.flatnonzero(frames[:, -1] > 0.5) if self._ends else np.zeros(0, np.intp)
        if len(stops):
            frames = frames[: stops[0] + 1]
        self._keep(voice, self._voices[voice].push(self._features(frames)))
        if len(stops):
            self._keep(voice, self._voices[voice].finish())
            self.ended[voice] = True

    def _keep(self, voice: int, samples: Floats) -> None:
        self._waiting[voice] = np.concatenate([self._waiting[voice], samples])

    def _given(self) -> NDArray[np.float32]:
        """As many samples as every voice that still speaks has, or the longest of those that have all ended."""
        lengths = np.array([len(samples) for samples in self._waiting])
        count = lengths.max() if self.ended.all() else lengths[~self.ended].min()
        result = np.zeros((count, len(lengths)), np.float32)
        for voice, samples in enumerate(self._waiting):
            result[: len(samples), voice] = np.clip(samples[:count], -1, 1)
            self._waiting[voice] = samples[count:]
        return result
