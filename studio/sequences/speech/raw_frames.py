"""The waveform itself, a few milliseconds in each frame: Chung et al. 2015 (arXiv:1506.02216), section 4."""

from __future__ import annotations

import zlib

import numpy as np

from studio.sequences.speech.framing import Floats, frame_count
from studio.sequences.speech.settings import RawFrameSettings


class RawFrames:
    """Frames of ``hop`` samples; what was added to them to undo their rounding stays below half a step.

    Args:
        settings: length of a frame, and bits of a sample.
        rate: samples per second.
    """

    def __init__(self, settings: RawFrameSettings, rate: int) -> None:
        self.hop = max(1, round(settings.hop * rate / 1000))
        self.columns = self.hop
        self.step = 2.0 ** (1 - settings.bits)

    def analyse(self, samples: Floats) -> Floats:
        """``[N]`` to ``[T, hop]``, dequantised: with uniform noise of one step, the same for the same samples."""
        noise = np.random.default_rng(zlib.crc32(samples.tobytes()))
        frames = np.zeros(frame_count(len(samples), self.hop) * self.hop)
        frames[: len(samples)] = samples
        frames += self.step * (noise.random(len(frames)) - 0.5)
        return frames.reshape(-1, self.hop)

    def synthesise(self, features: Floats) -> Floats:
        """``[T, hop]`` to ``[T * hop]``."""
        return features.reshape(-1)

    def synthesis(self, seed: int = 0) -> RawFrames:
        """Nothing has to be remembered from frame to frame."""
        return self

    def push(self, features: Floats) -> Floats:
        """``[n, hop]`` to ``[n * hop]``."""
        return self.synthesise(features)

    def finish(self) -> Floats:
        """Nothing is left over."""
        return np.zeros(0)
