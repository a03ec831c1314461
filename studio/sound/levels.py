"""How loud something is: what a level meter shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SILENCE = -96.0
"""Decibels at which a meter ends: the step of 16-bit samples."""

_HEARD = 5e-4  # of full scale, -66 dB: what is never louder is a microphone that is muted

_FALL = 20.0  # dB per second, so that the eye can follow (IEC 60268-10, type II: 8.6; digital meters: 20)
_HOLD_SECONDS = 1.5
_FULL_SCALE = 0.999  # what the loudest 16-bit samples come to is 32767 / 32768


def is_silent(samples: NDArray[np.float32]) -> bool:
    """Whether nothing is to be heard in a recording ``[n]``."""
    return len(samples) == 0 or float(np.abs(samples).max()) < _HEARD


@dataclass(frozen=True)
class Levels:
    """What the meter shows; decibels relative to full scale, never below `SILENCE`.

    Attributes:
        level: the peak of the last moment, falling slowly.
        peak: the highest level of the last second and a half, then falling likewise.
        clipped: whether a sample reached full scale since the light was last put out.
    """

    level: float = SILENCE
    peak: float = SILENCE
    clipped: bool = False


class LevelMeter:
    """Follows samples that come block after block; its clock is the samples' own.

    Args:
        rate: samples per second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._level = self._peak = SILENCE
        self._held = 0.0  # seconds since the peak
        self._clipped = False

    @property
    def levels(self) -> Levels:
        return Levels(self._level, self._peak, self._clipped)

    def update(self, samples: NDArray[np.float32]) -> Levels:
        """Take in the next block ``[n, C]``: the loudest channel counts."""
        if samples.size:
            highest = float(np.abs(samples).max())
            level = decibels(highest)
            seconds = len(samples) / self._rate
            self._level = max(level, self._level - _FALL * seconds)
            falling = min(seconds, max(0.0, self._held + seconds - _HOLD_SECONDS))
            self._held += seconds
            self._peak -= _FALL * falling
            if self._level >= self._peak:
                self._peak, self._held = self._level, 0.0
            self._clipped |= highest >= _FULL_SCALE
        return self.levels

    def put_out_light(self) -> None:
        """Forget that a sample reached full scale."""
        self._clipped = False


def decibels(amplitude: float) -> float:
    """An amplitude, 1 being full scale, in decibels, at least `SILENCE`; also for what is no number."""
    return max(SILENCE, 20 * math.log10(amplitude)) if amplitude > 0 and math.isfinite(amplitude) else SILENCE
