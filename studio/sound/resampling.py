"""Another sample rate, by libsoxr: flat to 91% of half the lower rate, aliases below -120 dB, the same in pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def resampled(samples: Samples, rate: float, wanted: float) -> Samples:
    """Samples ``[N, C]`` or ``[N]`` at another rate; of the same duration, but at least one.

    Args:
        samples: float32, at least one.
        rate: samples per second that they have.
        wanted: and shall have.
    """
    if rate == wanted:
        return samples
    resampler = Resampler(rate, wanted, 1 if samples.ndim == 1 else samples.shape[1])
    result = resampler.push(samples.reshape(len(samples), -1), last=True)
    return result.reshape(-1, *samples.shape[1:])


class Resampler:
    """The same for samples that come in pieces: the pieces of the result, joined, are the result of the whole.

    Args:
        rate: samples per second of what comes in.
        wanted: of what goes out.
        channels: C.

    Attributes:
        taken: how many frames came in.
        given: how many went out.
    """

    def __init__(self, rate: float, wanted: float, channels: int) -> None:
        import soxr

        self.taken = 0
        self.given = 0
        self._rate, self._wanted = rate, wanted
        self._channels = channels
        self._stream = soxr.ResampleStream(rate, wanted, channels, dtype="float32", quality="HQ")

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """What can be told of the result after these.

        Args:
            samples: ``[n, C]``.
            last: nothing will follow; gives all that is left, so that as much time went out as came in.
        """
        self.taken += len(samples)
        result: Samples = self._stream.resample_chunk(np.ascontiguousarray(samples, np.float32), last)
        if last:
            # libsoxr leaves the very last sample to rounding, and gives nothing at all for one or two samples.
            missing = max(round(self.taken * self._wanted / self._rate), min(self.taken, 1)) - self.given
            result = result[: max(missing, 0)]
            if len(result) < missing:
                end = (result if len(result) else samples)[-1:]
                result = np.concatenate([result, np.repeat(end, missing - len(result), 0)])
        self.given += len(result)
        return result
