"""A voice that speaks while somebody listens: samples are made as the loudspeaker asks for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from studio.generation.live_sound import LiveSound, Samples
from studio.generation.loaded import Loaded
from studio.generation.variance import Variance
from studio.sequences.materials import Material
from studio.sequences.recording import Recording

if TYPE_CHECKING:
    from studio.generation.sampler import Sampler
    from studio.sequences.speech.representation import SpeechRepresentation
    from studio.sequences.speech.stream import SpeechDecoder

# Frames made at a time. Samples that wait for the loudspeaker still have the old variance, and the device and the
# player hold 0.19 s of them already.
_CHUNK = 1
_PIECE_SECONDS = 0.02  # of a pause
PAUSE = 0.3
"""Seconds of silence between two pieces that have an end, such as words."""


class LiveVoice(LiveSound):
    """One voice.

    What has an end, such as a word, is followed by a pause and another one; under another label, where none or only a
    part of one was asked for.
    """

    _what = "voice"

    def _begin_anew(self, seed: int) -> None:
        super()._begin_anew(seed)
        self._speaker: _Speaker | None = None
        self._silence = 0  # samples of a pause that are left

    def _rate_of(self, loaded: Loaded) -> int:
        return loaded.speech.rate

    def recording(self) -> Recording | None:
        """What has been made so far, None where that is nothing."""
        samples = self.samples()
        return Recording(samples, self.rate, self.label) if len(samples) else None

    def materials(self) -> list[Material]:
        recording = self.recording()
        return [] if recording is None else [recording]

    def _next(self, loaded: Loaded) -> Samples:
        if self._silence:  # in pieces, for what is made far ahead heeds no slider
            silence = np.zeros(min(self._silence, math.ceil(_PIECE_SECONDS * self.rate)), np.float32)
            self._silence -= len(silence)
            return silence
        if self._speaker is None:
            self._speaker = self._next_speaker(loaded)
        samples = self._speaker.samples(self._variance)
        if self._speaker.ended:
            self._speaker = None
            self._silence = round(PAUSE * self.rate)
        return samples

    def _next_speaker(self, loaded: Loaded) -> _Speaker:
        from studio.generation.sampler import Sampler

        speech = loaded.speech
        first = self._piece == 0
        frames = speech.encode_beginning(self._begin).frames if first and isinstance(self._begin, Recording) else None
        seed = self._seed + self._piece
        self._piece += 1
        sampler = Sampler(loaded.model, 1, seed, frames, self._label)
        self._labels.append((self._made, sampler.labels[0]))
        return _Speaker(sampler, speech, speech.decoder(1, seed))


class _Speaker:
    """One piece: a word, or speech without end."""

    def __init__(self, sampler: Sampler, speech: SpeechRepresentation, decoder: SpeechDecoder) -> None:
        self._sampler, self._decoder = sampler, decoder
        # A model that has hardly learned may never say that something ends.
        self._left = 2 * speech.typical_length if speech.ends else None

    @property
    def ended(self) -> bool:
        return self._decoder.done

    def samples(self, variance: Variance) -> Samples:
        found = self._decoder.samples(self._sampler.frames(_CHUNK, variance))[:, 0]
        if self._left is not None:
            self._left -= _CHUNK
            if self._left <= 0 and not self._decoder.done:
                found = np.concatenate([found, self._decoder.finish()[:, 0]])
        return found
