"""Finding the phases that a spectrogram lost.

With all of it known: the fast Griffin-Lim algorithm (Perraudin, Balazs and Søndergaard 2013). While it is still coming:
real-time iterative spectrogram inversion with look-ahead (Zhu, Beauregard and Wyse 2007).
"""

from __future__ import annotations

import numpy as np

from studio.sequences.speech.framing import Floats, windows
from studio.sequences.speech.vocoder import Complex

_MOMENTUM = 0.99
_ITERATIONS = 40
_LOOK_AHEAD = 3  # frames
_ITERATIONS_PER_FRAME = 12  # each frame goes through four rounds of them


class ShortTimeTransform:
    """The short-time Fourier transform with a Hann window, and the waveform that fits one best.

    Args:
        size: of a window, in samples.
        hop: from window to window; at most half of ``size``.
    """

    def __init__(self, size: int, hop: int) -> None:
        self.size, self.hop = size, hop
        self.window = np.hanning(size + 1)[:-1]

    def forward(self, samples: Floats) -> Complex:
        """``[N]`` to ``[T, size // 2 + 1]``."""
        return np.fft.rfft(windows(samples, self.hop, self.size) * self.window)

    def inverse(self, spectra: Complex) -> Floats:
        """``[T, size // 2 + 1]`` to the ``[T * hop]`` samples whose transform is nearest (Griffin and Lim 1984)."""
        frames = np.fft.irfft(spectra, self.size) * self.window
        before = self.size // 2 - self.hop // 2
        length = len(spectra) * self.hop
        weight = np.tile(self.window**2, (len(spectra), 1))
        total, norm = (_overlap_added(parts, self.hop)[before : before + length] for parts in (frames, weight))
        return total / np.maximum(norm, 1e-3)


def _overlap_added(frames: Floats, hop: int) -> Floats:
    """``[T, size]`` to ``[T * hop + size]``, each frame a hop after the one before."""
    count, size = frames.shape
    blocks = -(-size // hop)
    padded = np.zeros((count, blocks * hop))
    padded[:, :size] = frames
    result = np.zeros((count + blocks + 1, hop))
    for block in range(blocks):
        result[block : block + count] += padded[:, block * hop : (block + 1) * hop]
    return result.reshape(-1)[: count * hop + size]


def invert(amplitude: Floats, transform: ShortTimeTransform, iterations: int = _ITERATIONS) -> Floats:
    """The waveform ``[T * hop]`` whose short-time transform has about this amplitude ``[T, size // 2 + 1]``."""
    chance = np.random.default_rng(0)
    last = amplitude * np.exp(2j * np.pi * chance.random(amplitude.shape))
    estimate = last
    for _ in range(iterations):
        consistent = transform.forward(transform.inverse(estimate))
        fitting = amplitude * _direction(consistent)
        estimate = fitting + _MOMENTUM * (fitting - last)
        last = fitting
    return transform.inverse(last)


def _direction(values: Complex) -> Complex:
    return values / np.maximum(np.abs(values), 1e-12)


class StreamedInversion:
    """The same for amplitudes that come frame by frame; late by three frames and half a window.

    The newest frames are open: their phases change until three more have come. What was decided before only adds its
    share to the waveform that they have to fit.

    Args:
        transform: the short-time transform.
        seed: of the phases that a voice begins with.
    """

    def __init__(self, transform: ShortTimeTransform, seed: int = 0) -> None:
        self._transform = transform
        self._chance = np.random.default_rng(seed)
        size, hop = transform.size, transform.hop
        self._reach = size + _LOOK_AHEAD * hop  # samples under the open frames
        self._decided = np.zeros(self._reach)  # what decided frames add there, from the first open frame's start on
        # The weight of the windows under every sample, the frames before the first counted as if there were any.
        steady = _overlap_added(np.tile(transform.window**2, (3 * (size // hop + 1), 1)), hop)
        start = (size // hop + 1) * hop
        self._norm = np.maximum(np.resize(steady[start : start + hop], self._reach), 1e-3)
        self._open = np.zeros((0, size // 2 + 1), complex)  # spectra, phases still changing
        self._amplitude = np.zeros((0, size // 2 + 1))
        self._skipped = size // 2 - hop // 2  # samples that lie before the first frame's hop
        self._pushed = self._given = 0

    def push(self, amplitude: Floats) -> Floats:
        """``[n, size // 2 + 1]`` to the samples decided by now."""
        self._pushed += len(amplitude)
        parts = [self._take(row) for row in amplitude]
        return self._counted(np.concatenate(parts) if parts else np.zeros(0))

    def finish(self) -> Floats:
        """The samples left."""
        parts = []
        while len(self._open):
            parts.append(self._decide())
        parts.append(self._decided / self._norm)
        samples = self._counted(np.concatenate(parts))
        return np.pad(samples, (0, self._pushed * self._transform.hop - self._given))

    def _counted(self, samples: Floats) -> Floats:
        """Without the samples before the first frame's hop, and those after the last one's."""
        skipped = min(self._skipped, len(samples))
        self._skipped -= skipped
        samples = samples[skipped:][: self._pushed * self._transform.hop - self._given]
        self._given += len(samples)
        return samples

    def _take(self, amplitude: Floats) -> Floats:
        """One more frame; decides another once enough are open."""
        start = len(self._open) * self._transform.hop
        waveform = self._waveform()[start : start + self._transform.size]
        guess = np.fft.rfft(waveform * self._transform.window)
        if not np.abs(guess).max() > 1e-9:
            guess = np.exp(2j * np.pi * self._chance.random(len(guess)))
        self._open = np.concatenate([self._open, (amplitude * _direction(guess))[None]])
        self._amplitude = np.concatenate([self._amplitude, amplitude[None]])
        for _ in range(_ITERATIONS_PER_FRAME):
            self._improve()
        return self._decide() if len(self._open) > _LOOK_AHEAD else np.zeros(0)

    def _waveform(self) -> Floats:
        total = self._decided.copy()
        if len(self._open):
            frames = np.fft.irfft(self._open, self._transform.size) * self._transform.window
            added = _overlap_added(frames, self._transform.hop)[: self._reach]
            total[: len(added)] += added
        return total / self._norm

    def _improve(self) -> None:
        size, hop = self._transform.size, self._transform.hop
        frames = np.lib.stride_tricks.sliding_window_view(self._waveform(), size)[::hop][: len(self._open)]
        self._open = self._amplitude * _direction(np.fft.rfft(frames * self._transform.window))

    def _decide(self) -> Floats:
        """Let go of the oldest open frame: its hop of samples."""
        size, hop = self._transform.size, self._transform.hop
        self._decided[:size] += np.fft.irfft(self._open[0], size) * self._transform.window
        samples = self._decided[:hop] / self._norm[:hop]
        self._decided = np.concatenate([self._decided[hop:], np.zeros(hop)])
        self._open, self._amplitude = self._open[1:], self._amplitude[1:]
        return samples
