"""Sound that is made while somebody listens: samples come as the loudspeaker asks for them."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.generation.alive import Alive
from studio.generation.loaded import Loaded
from studio.generation.variance import Variance

if TYPE_CHECKING:
    from studio.sequences.materials import Material

_log = logging.getLogger(__name__)

Samples = NDArray[np.float32]


class LiveSound(Alive):
    """Sound without end, or of given length. `read` is what ``Player.stream`` asks for samples.

    Args:
        load: gives the model with its newest weights; called in the background, at the beginning and at each restart.
        seconds: how long at most; None: without end.
        seed: not negative; the same seed, weights and variance give the same samples.
        variance: how much chance, to begin with.
        begin: what it begins with; then it goes on.
        label: what it shall be, where the model is told of labels.

    Attributes:
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
    """

    _what = "sound"  # in a sentence
    _keeps_samples = True  # for `samples`

    def __init__(
        self,
        load: Callable[[], Loaded],
        *,
        seconds: float | None = None,
        seed: int = 0,
        variance: Variance | None = None,
        begin: Material | None = None,
        label: str = "",
    ) -> None:
        super().__init__(load, seed, variance, label)
        self._seconds = seconds
        self._begin = begin
        self._lock = threading.Lock()
        self._begin_anew(seed)
        self._start_loading()

    def _begin_anew(self, seed: int) -> None:
        self._seed = seed
        self._piece = 0  # pieces with an end that have been begun
        self._said: list[Samples] = []
        self._made = 0
        self._labels: list[tuple[int, str]] = []

    def _start_loading(self) -> None:
        self._loading = threading.Thread(target=self._run, name=self._what, daemon=True)
        self._loading.start()

    def _run(self) -> None:
        with self._guarded():
            loaded = self._load()
            self._rate_of(loaded)  # it says what is wrong where this makes no such sound
            self._loaded = loaded

    @abstractmethod
    def _rate_of(self, loaded: Loaded) -> int:
        """Samples per second.

        Raises:
            StudioError: the model makes something else.
        """

    @abstractmethod
    def _next(self, loaded: Loaded) -> Samples:
        """A few more samples, at least one."""

    # ------------------------------------------------------------ what can be seen of it

    @property
    def rate(self) -> int:
        """Samples per second; 0 while that is not known."""
        return self._rate_of(self._loaded) if self._loaded else 0

    @property
    def made(self) -> int:
        """How many samples have been made."""
        return self._made

    @property
    def finished(self) -> bool:
        """Whether nothing will follow."""
        return self._closed or bool(self.error) or self._left() == 0

    @property
    def label(self) -> str:
        """Under which what was made last was made, "" for none."""
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

    # ------------------------------------------------------------ making it

    def read(self, count: int) -> Samples | None:
        """The next samples ``[m]``, about ``count`` of them, none while the model is still loading; None at the end.

        To be called from one thread, the player's, which waits for them: they take less time to make than to hear.
        """
        if self.finished:
            return None
        if self._loaded is None:
            return np.zeros(0, np.float32)
        samples: Samples | None = None
        with self._lock, self._guarded():
            made: list[Samples] = []
            while sum(map(len, made)) < count:
                made.append(self._next(self._loaded))
            samples = np.concatenate(made)[: self._left()]
            if self._keeps_samples:
                self._said.append(samples)
            self._made += len(samples)
        return samples

    def restart(self, seed: int | None = None, label: str | None = None) -> None:
        """Begin anew with the newest weights, and with another seed or label if they are given."""
        with self._lock:
            self._label = self._label if label is None else label
            self.error = self.details = ""
            self._begin_anew(self._seed if seed is None else seed)
            self._loaded = None
        self._start_loading()

    def refresh(self) -> None:
        """Take the newest weights without a break: the next piece comes from them, the present one ends first."""
        self._start_loading()

    def close(self) -> None:
        """Make nothing more."""
        self._closed = True

    def _left(self) -> int | None:
        """How many samples may follow; None: without end."""
        if self._seconds is None or self._loaded is None:
            return None
        return max(0, round(self._seconds * self.rate) - self._made)
