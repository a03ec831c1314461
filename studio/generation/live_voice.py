"""A voice that speaks while somebody listens: samples are made as the loudspeaker asks for them."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.generation.live import Loaded
from studio.generation.variance import Variance
from studio.sequences.recording import Recording

if TYPE_CHECKING:
    from studio.generation.sampler import Sampler
    from studio.sequences.speech.representation import SpeechRepresentation
    from studio.sequences.speech.stream import SpeechDecoder

_log = logging.getLogger(__name__)

# Frames made at a time. Samples that wait for the loudspeaker still have the old variance, and the device and the
# player hold 0.19 s of them already.
_CHUNK = 1
PAUSE = 0.3
"""Seconds of silence between two pieces that have an end, such as words."""

Samples = NDArray[np.float32]


class LiveVoice:
    """One voice without end, or a clip of given length. `read` is what ``Player.stream`` asks for samples.

    What has an end, such as a word, is followed by a pause and another one; under another label, where none or only a
    part of one was asked for.

    Args:
        load: gives the model with its newest weights; called in the background, at the beginning and at each restart.
        seconds: how long at most; None: without end.
        seed: not negative; the same seed, weights and variance give the same samples.
        variance: how much chance, to begin with.
        begin: what the voice begins with; then it goes on.
        label: what it shall say, where the model is told of labels.

    Attributes:
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
    """

    def __init__(
        self,
        load: Callable[[], Loaded],
        *,
        seconds: float | None = None,
        seed: int = 0,
        variance: Variance | None = None,
        begin: Recording | None = None,
        label: str = "",
    ) -> None:
        self.error = self.details = ""
        self._load = load
        self._seconds = seconds
        self._variance = variance or Variance()
        self._begin = begin
        self._label = label
        self._loaded: Loaded | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._begin_anew(seed)
        self._start_loading()

    def _begin_anew(self, seed: int) -> None:
        self._seed = seed
        self._piece = 0  # pieces with an end that have been said
        self._said: list[Samples] = []
        self._made = 0
        self._speaker: _Speaker | None = None
        self._labels: list[tuple[int, str]] = []

    def _start_loading(self) -> None:
        self._loading = threading.Thread(target=self._run, name="voice", daemon=True)
        self._loading.start()

    def _run(self) -> None:
        with self._guarded():
            loaded = self._load()
            loaded.speech  # noqa: B018, it says what is wrong where this is no voice
            self._loaded = loaded

    # ------------------------------------------------------------ what can be seen of it

    @property
    def ready(self) -> bool:
        """Whether the model is loaded, so that `rate` is known."""
        return self._loaded is not None

    @property
    def rate(self) -> int:
        """Samples per second; 0 while that is not known."""
        return self._loaded.speech.rate if self._loaded else 0

    @property
    def seed(self) -> int:
        """Of what is being said."""
        return self._seed

    @property
    def made(self) -> int:
        """How many samples have been made."""
        return self._made

    @property
    def finished(self) -> bool:
        """Whether nothing will follow."""
        return self._closed or bool(self.error) or self._left() == 0

    @property
    def variance(self) -> tuple[float, float]:
        """(latent, output); to be assigned while it speaks."""
        return self._variance.latent, self._variance.output

    @variance.setter
    def variance(self, values: tuple[float, float]) -> None:
        self._variance = Variance(*values)

    @property
    def label(self) -> str:
        """Under which what was made last is said, "" for none."""
        return self._labels[-1][1] if self._labels else ""

    def samples(self, start: int = 0) -> Samples:
        """What has been made so far, ``[m]``, from sample ``start`` on."""
        with self._lock:
            chunks, made = list(self._said), self._made
        wanted: list[Samples] = []
        for chunk in reversed(chunks):
            if made <= start:
                break
            made -= len(chunk)
            wanted.append(chunk)
        joined = np.concatenate(wanted[::-1]) if wanted else np.zeros(0, np.float32)
        return joined[max(0, start - made) :]

    def recording(self) -> Recording | None:
        """What has been made so far, None where that is nothing."""
        samples = self.samples()
        return Recording(samples, self.rate, self.label) if len(samples) else None

    # ------------------------------------------------------------ speaking

    def read(self, count: int) -> Samples | None:
        """The next samples ``[m]``, about ``count`` of them, none while the model is still loading; None at the end.

        To be called from one thread, the player's, which waits for them: they take less time to make than to hear.
        """
        if self.finished:
            return None
        if self._loaded is None:
            return np.zeros(0, np.float32)
        with self._lock, self._guarded():
            made: list[Samples] = []
            while sum(map(len, made)) < count:
                made.append(self._next(self._loaded))
            samples = np.concatenate(made)[: self._left()]
            self._said.append(samples)
            self._made += len(samples)
            return samples
        return None

    def restart(self, seed: int | None = None, label: str | None = None) -> None:
        """Begin anew with the newest weights, and with another seed or label if they are given."""
        with self._lock:
            self._label = self._label if label is None else label
            self.error = self.details = ""
            self._begin_anew(self._seed if seed is None else seed)
            self._loaded = None
        self._start_loading()

    def refresh(self) -> None:
        """Take the newest weights without a break: what is said next comes from them, what is being said ends first."""
        self._start_loading()

    def close(self) -> None:
        """Say nothing more."""
        self._closed = True

    def _left(self) -> int | None:
        """How many samples may follow; None: without end."""
        if self._seconds is None or self._loaded is None:
            return None
        return max(0, round(self._seconds * self.rate) - self._made)

    def _next(self, loaded: Loaded) -> Samples:
        if self._speaker is None:
            self._speaker = self._next_speaker(loaded)
        samples = self._speaker.samples(self._variance)
        if self._speaker.ended:
            self._speaker = None
            samples = np.concatenate([samples, np.zeros(round(PAUSE * self.rate), np.float32)])
        return samples

    def _next_speaker(self, loaded: Loaded) -> _Speaker:
        from studio.generation.sampler import Sampler

        speech = loaded.speech
        first = self._piece == 0
        frames = speech.encode_beginning(self._begin).frames if first and self._begin is not None else None
        seed = self._seed + self._piece
        self._piece += 1
        sampler = Sampler(loaded.model, 1, seed, frames, self._label)
        self._labels.append((self._made, sampler.labels[0]))
        return _Speaker(sampler, speech, speech.decoder(1, seed))

    def _guarded(self) -> _Guard:
        return _Guard(self)


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


class _Guard:
    """Whatever goes wrong becomes the voice's sentence."""

    def __init__(self, voice: LiveVoice) -> None:
        self._voice = voice

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, StudioError):
            self._voice.error = str(error)
        elif isinstance(error, Exception):
            _log.error("live voice failed", exc_info=error)
            self._voice.details = "".join(traceback.format_exception(error))
            self._voice.error = f"The voice stopped because of a mistake in the studio ({error}): see its log."
        return isinstance(error, Exception)
