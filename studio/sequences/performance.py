"""What a piano roll sounds like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.sequences.recording import Recording
from studio.sequences.roll import Roll, frequency
from studio.sound.tones import RATE, played


def hertz_of(lowest: int, pitches: int) -> NDArray[np.float64]:
    """The frequency of each key, ``[D]``."""
    return frequency(np.arange(lowest, lowest + pitches))


def performed(roll: Roll) -> Recording:
    """The roll as sound, with its label; it ends when the last tone has."""
    samples = np.concatenate(list(played(roll.keys, hertz_of(roll.lowest, roll.pitches), roll.beginnings)))
    return Recording(samples, RATE, roll.label)
