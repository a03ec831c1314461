"""A text that is written while somebody reads: a thread that keeps a few characters ahead of whoever shows them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from studio.generation.alive import Alive
from studio.generation.loaded import Loaded
from studio.generation.variance import Variance
from studio.sequences.materials import Material
from studio.sequences.text import Text

if TYPE_CHECKING:
    from studio.generation.sampler import Sampler
    from studio.models.sequence_model import SequenceModel
    from studio.sequences.characters import TextDecoder
    from studio.sequences.sequence import Frames

_log = logging.getLogger(__name__)

# Characters written before they are asked for still have the old temperature: see `studio.generation.live`.
_READS_AHEAD = 2
_FIRST_AHEAD = 16
_CHUNK = 16  # characters written between two looks at what else is wanted
_CHUNK_GIVEN = 4096  # of a beginning, which is not drawn but followed


class LiveText(Alive):
    """One text. No method ever waits for the model; all may be called from any thread.

    Args:
        load: gives the model with its newest weights; called in the background, at the beginning and at each restart.
        length: characters at most, the beginning included; None: until it ends, or without end where texts have none.
        seed: not negative; the same seed, weights and variance write the same text.
        variance: how much chance, to begin with; ``output`` is the temperature.
        begin: what the text begins with; then it goes on.
        label: what it shall be, where the model is told of labels.

    Attributes:
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
    """

    _what = "text"

    def __init__(
        self,
        load: Callable[[], Loaded],
        *,
        length: int | None = None,
        seed: int = 0,
        variance: Variance | None = None,
        begin: Text | None = None,
        label: str = "",
    ) -> None:
        super().__init__(load, seed, variance, label)
        self._length = length
        self._begin = begin
        self._stale = False  # there are newer weights
        self._wake = threading.Condition()
        self._begin_anew(seed)
        self._thread = threading.Thread(target=self._run, name="text", daemon=True)
        self._thread.start()

    def _begin_anew(self, seed: int) -> None:
        self._seed = seed
        self._round = object()  # another one where it has begun anew
        self._read: list[str] = []
        self._waiting = ""  # written, and not read yet
        self._shown = 0
        self._complete = False
        self._ahead = _FIRST_AHEAD
        self._label_written = ""
        self._unknown: tuple[str, ...] = ()

    # ------------------------------------------------------------ what can be seen of it

    @property
    def finished(self) -> bool:
        """Whether it has come to its end, and everything has been read."""
        with self._wake:
            return self._complete and not self._waiting

    @property
    def given(self) -> int:
        """How many characters at the beginning were given."""
        return 0 if self._begin is None else len(self._begin)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Characters of the beginning that the model does not know: it takes each for the same unknown one."""
        return self._unknown

    @property
    def length(self) -> int | None:
        """Characters at most; None: nobody knows, or it goes on and on."""
        return self._length

    @property
    def shown(self) -> int:
        """How many characters have been read."""
        return self._shown

    def text(self) -> Text | None:
        """What has been read so far, None where that is nothing."""
        with self._wake:
            characters = "".join(self._read)
        return Text(characters, self._label_written) if characters else None

    def materials(self) -> list[Material]:
        text = self.text()
        return [] if text is None else [text]

    # ------------------------------------------------------------ writing

    def read(self, count: int) -> str:
        """The next characters, as many as there are by now but at most ``count``."""
        with self._wake:
            new, self._waiting = self._waiting[:count], self._waiting[count:]
            if new:
                self._read.append(new)
                self._shown += len(new)
            self._ahead = max(_FIRST_AHEAD, _READS_AHEAD * count)
            self._wake.notify()
        return new

    def restart(self, seed: int | None = None) -> None:
        """Begin anew with the newest weights, and with another seed if one is given."""
        with self._wake:
            self._begin_anew(self._seed if seed is None else seed)
            self._wake.notify()

    def refresh(self) -> None:
        """Take the newest weights from the next character on; what is on the sheet stays, and it goes on from there."""
        self._stale = True

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _run(self) -> None:
        with self._guarded():
            writing: _Writing | None = None
            while self._wait():
                with self._wake:
                    present, seed = self._round, self._seed
                if writing is None or writing.round is not present:
                    writing = self._start(present, seed)
                elif self._stale:
                    self._stale = False
                    self._loaded = self._load()
                    writing.go_on_with(self._loaded.model)
                self._write(writing)

    def _wait(self) -> bool:
        """Until there is something to write; False where there never will be."""
        with self._wake:
            self._wake.wait_for(lambda: self._closed or (not self._complete and len(self._waiting) < self._ahead))
            return not self._closed

    def _start(self, present: object, seed: int) -> _Writing:
        from studio.generation.sampler import Sampler

        self._stale = False
        loaded = self._load()
        representation = loaded.characters
        frames: Frames | None = None
        if self._begin is not None:
            frames = representation.encode_beginning(self._begin).frames
            self._unknown = tuple(representation.unknown_in(self._begin.characters))
        sampler = Sampler(loaded.model, 1, seed, frames, self._label)
        self._loaded = loaded
        return _Writing(present, sampler, representation.decoder(1))

    def _write(self, writing: _Writing) -> None:
        follows = self.given - writing.made
        count = min(_CHUNK if follows <= 0 else _CHUNK_GIVEN, follows if follows > 0 else _CHUNK)
        if self._length is not None:
            count = min(count, self._length - writing.made)
        new = writing.next(count, self._variance) if count > 0 else ""
        if follows > 0 and self._begin is not None:  # also what the model does not know is shown as it was given
            new = self._begin.characters[writing.made - count : writing.made]
        with self._wake:
            if self._round is not writing.round:
                return  # restarted meanwhile
            self._waiting += new
            self._label_written = writing.label
            self._complete = writing.ended or writing.made == self._length


class _Writing:
    """One text being written, and as of which `LiveText.restart`."""

    def __init__(self, present: object, sampler: Sampler, decoder: TextDecoder) -> None:
        self.round = present
        self.made = 0
        self._sampler, self._decoder = sampler, decoder

    @property
    def ended(self) -> bool:
        return bool(self._decoder.ended[0])

    @property
    def label(self) -> str:
        return self._sampler.labels[0]

    def go_on_with(self, model: SequenceModel) -> None:
        self._sampler.use(model)

    def next(self, count: int, variance: Variance) -> str:
        self.made += count
        return self._decoder.characters(self._sampler.frames(count, variance))[0]
