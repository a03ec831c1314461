"""How loud something sounds: ITU-R BS.1770-4, so that a copy can be compared with its original at the same loudness."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_BLOCK_SECONDS = 0.4
_STEP_SECONDS = 0.1
_ABSOLUTE_GATE = -70.0  # LUFS
_RELATIVE_GATE = -10.0  # below the loudness of what passes the first
_OFFSET = -0.691

# The two filters of the standard as resonances, from which their coefficients follow at any rate: frequency in Hz,
# quality, gain in dB of the high shelf (the head) and frequency, quality of the high pass (what the ear leaves out).
_SHELF = (1681.974450955533, 0.7071752369554196, 3.999843853973347)
_HIGH_PASS = (38.13547087602444, 0.5003270373238773)


def loudness(samples: ArrayLike, rate: float) -> float:
    """In LUFS; minus infinity for silence.

    Args:
        samples: ``[N, C]`` or ``[N]``, 1 being full scale.
        rate: samples per second.
    """
    array = np.asarray(samples, np.float64)
    weighted = _weighted(array.reshape(len(array), -1), rate)
    size, step = (max(1, round(seconds * rate)) for seconds in (_BLOCK_SECONDS, _STEP_SECONDS))
    total = np.concatenate([[0.0], np.cumsum((weighted**2).sum(1))])
    starts = np.arange(0, max(1, len(array) - size + 1), step)
    ends = np.minimum(starts + size, len(array))
    power = (total[ends] - total[starts]) / (ends - starts)
    power = power[power > _power(_ABSOLUTE_GATE)]
    if len(power) == 0:
        return -math.inf
    power = power[power > power.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return float(_OFFSET + 10 * np.log10(power.mean()))


def gain_to_match(samples: ArrayLike, reference: ArrayLike, rate: float, reference_rate: float | None = None) -> float:
    """The factor that makes samples sound as loud as a reference; 1 where one of them is silent.

    Args:
        samples: ``[N, C]`` or ``[N]``.
        reference: likewise.
        rate: samples per second of the samples.
        reference_rate: of the reference, None: the same.
    """
    difference = loudness(reference, reference_rate or rate) - loudness(samples, rate)
    return 10 ** (difference / 20) if math.isfinite(difference) else 1.0


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))


def _weighted(samples: Floats, rate: float) -> Floats:
    """Through both filters, by way of their frequency response: nothing here is heard, so phases do not matter."""
    size = 1 << (len(samples) + round(0.1 * rate)).bit_length()
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(turn), complex)
    for numerator, denominator in (_shelf(rate), _high_pass(rate)):
        response *= np.polyval(numerator[::-1], turn) / np.polyval(denominator[::-1], turn)
    filtered: Floats = np.fft.irfft(np.fft.rfft(samples, size, axis=0) * response[:, None], size, axis=0)
    return filtered[: len(samples)]


def _shelf(rate: float) -> tuple[Floats, Floats]:
    frequency, quality, gain = _SHELF
    tangent = math.tan(math.pi * min(frequency, 0.49 * rate) / rate)
    high = 10 ** (gain / 20)
    middle = high**0.4996667741545416
    scale = 1 + tangent / quality + tangent**2
    numerator = [
        high + middle * tangent / quality + tangent**2,
        2 * (tangent**2 - high),
        high - middle * tangent / quality + tangent**2,
    ]
    denominator = [scale, 2 * (tangent**2 - 1), 1 - tangent / quality + tangent**2]
    return np.array(numerator) / scale, np.array(denominator) / scale


def _high_pass(rate: float) -> tuple[Floats, Floats]:
    frequency, quality = _HIGH_PASS
    tangent = math.tan(math.pi * frequency / rate)
    scale = 1 + tangent / quality + tangent**2
    denominator = np.array([scale, 2 * (tangent**2 - 1), 1 - tangent / quality + tangent**2]) / scale
    return np.array([1.0, -2.0, 1.0]), denominator
