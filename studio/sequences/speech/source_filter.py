"""A voice as what it does: the envelope of its spectrum, its pitch, and how much of it is voice rather than breath."""

from __future__ import annotations

import numpy as np

from studio.sequences.speech.envelope import log_envelope
from studio.sequences.speech.framing import Floats
from studio.sequences.speech.pitch import filled, track_pitch
from studio.sequences.speech.settings import SourceFilterSettings
from studio.sequences.speech.vocoder import Vocoder, VoiceFrames, mel_cepstrum

_PITCH_WITHOUT_VOICE = 120.0  # Hz: windows of 25 ms for what has no period


class SourceFilter:
    """Columns: cepstral coefficients of the envelope, log of the pitch in Hz, voicing strength.

    The pitch goes on between voiced stretches, evenly in its logarithm, so that a model need not learn to jump; in a
    recording without any voice it is not a number. The strength is 0 where there is no voice.

    Args:
        settings: sizes and the range of pitch.
        rate: samples per second.
    """

    def __init__(self, settings: SourceFilterSettings, rate: int) -> None:
        self.hop = max(1, round(settings.hop * rate / 1000))
        self.columns = settings.coefficients + 2
        self._settings = settings
        self._rate = rate

    def analyse(self, samples: Floats) -> Floats:
        """``[N]`` to ``[T, coefficients + 2]``."""
        lowest, highest = self._range
        pitch = track_pitch(samples, self._rate, self.hop, lowest, highest)
        around = np.where(pitch.frequency > 0, pitch.frequency, _PITCH_WITHOUT_VOICE)
        envelope = log_envelope(samples, self._rate, self.hop, around)
        cepstrum = mel_cepstrum(envelope, self._rate, self._settings.coefficients)
        return np.column_stack([cepstrum, np.log(filled(pitch, np.nan)), pitch.strength])

    @property
    def _range(self) -> tuple[float, float]:
        lowest, highest = sorted((self._settings.lowest_pitch, self._settings.highest_pitch))
        return lowest, max(highest, 1.5 * lowest)

    def synthesise(self, features: Floats) -> Floats:
        """``[T, coefficients + 2]`` to ``[T * hop]``."""
        synthesis = self.synthesis()
        return np.concatenate([synthesis.push(features), synthesis.finish()])

    def synthesis(self, seed: int = 0) -> SourceFilterSynthesis:
        """The same for features that are still to come; half a frame late."""
        return SourceFilterSynthesis(Vocoder(self._rate, self.hop, self._settings.coefficients, seed), self._range)


class SourceFilterSynthesis:
    """A vocoder that takes features, also such as no voice would have.

    Args:
        vocoder: makes the samples.
        pitches: lowest and highest in Hz.
    """

    def __init__(self, vocoder: Vocoder, pitches: tuple[float, float]) -> None:
        self._vocoder = vocoder
        self._range = np.log(pitches)

    def push(self, features: Floats) -> Floats:
        """``[n, F]`` to the samples up to the centre of the last frame."""
        pitch = np.exp(np.clip(features[:, -2], *self._range))
        return self._vocoder.push(VoiceFrames(features[:, :-2], pitch, np.clip(features[:, -1], 0, 1)))

    def finish(self) -> Floats:
        """The samples after it."""
        return self._vocoder.finish()
