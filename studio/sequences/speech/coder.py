"""What every way of describing a waveform frame by frame can do."""

from __future__ import annotations

from typing import Protocol

from studio.sequences.speech.framing import Floats


class Synthesis(Protocol):
    """Features in, samples out, a little later; how many come at a time makes no difference to the samples."""

    def push(self, features: Floats) -> Floats:
        """``[n, F]`` to the samples ``[m]`` that can be told by now."""
        ...

    def finish(self) -> Floats:
        """The samples left: in all, as many as frames times hop."""
        ...


class FrameCoder(Protocol):
    """A waveform as features, one row for each hop, and back.

    Attributes:
        hop: samples per frame.
        columns: F.
    """

    hop: int
    columns: int

    def analyse(self, samples: Floats) -> Floats:
        """``[N]`` to ``[T, F]``, T hops covering all samples; not a number where a column says nothing of the frame."""
        ...

    def synthesise(self, features: Floats) -> Floats:
        """``[T, F]`` to ``[T * hop]`` samples, as well as can be with all of them known."""
        ...

    def synthesis(self, seed: int = 0) -> Synthesis:
        """The same for features that are still to come.

        Args:
            seed: of whatever is random in it.
        """
        ...
