"""The stretch of time that is seen: one for the waveform, the spectrogram and the ruler below them."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHORTEST = 0.002  # seconds: a few dozen samples fill the view


@dataclass(frozen=True)
class Span:
    """From `start` to `end` of something that lasts `total` seconds.

    Attributes:
        start, end, total: seconds; 0 <= start < end <= total.
    """

    start: float
    end: float
    total: float

    @classmethod
    def whole(cls, total: float) -> Span:
        """All of it."""
        return cls(0.0, total, total)

    @property
    def seconds(self) -> float:
        """How much is seen."""
        return self.end - self.start

    @property
    def is_whole(self) -> bool:
        """Whether all is seen."""
        return self.seconds >= self.total * (1 - 1e-9)

    def zoomed(self, factor: float, about: float, least: float = SHORTEST) -> Span:
        """Less of it where the factor is above 1, though not below `least`, with the second `about` in its place."""
        seconds = min(max(self.seconds / factor, min(least, self.total)), self.total)
        share = (about - self.start) / self.seconds
        return Span(self.start, self.start + seconds, self.total)._moved_to(about - share * seconds)

    def panned(self, seconds: float) -> Span:
        """As much of it, so much later."""
        return self._moved_to(self.start + seconds)

    def dragged(self, pixels: float, width: float) -> Span:
        """As much of it, pulled so many pixels to the right on a view that is that wide."""
        return self.panned(-pixels / max(width, 1.0) * self.seconds)

    def showing(self, second: float) -> Span:
        """The same where that second is seen already, else the page that begins with it."""
        if self.start <= second <= self.end:
            return self
        return self._moved_to(second)

    def _moved_to(self, start: float) -> Span:
        start = min(max(start, 0.0), self.total - self.seconds)
        return Span(start, start + self.seconds, self.total)

    def x_of(self, second: float, width: float) -> float:
        """Where a second lies on a view of that many pixels."""
        return (second - self.start) / self.seconds * width

    def second_at(self, x: float, width: float) -> float:
        """The second under a pixel, within what there is."""
        return min(max(self.start + x / max(width, 1.0) * self.seconds, 0.0), self.total)


def ticks(span: Span, width: float, apart: float = 64.0) -> tuple[float, list[float]]:
    """Round seconds to be marked on a ruler, at least so many pixels apart: their step, and where they are."""
    least = span.seconds * apart / max(width, 1.0)
    power = 10.0 ** math.floor(math.log10(least))
    steps = [power, 2 * power, 5 * power, 10 * power]
    if least > 1:  # minutes are no tens
        steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 10 * power]
    step = next(step for step in steps if step >= least * (1 - 1e-9))
    first = math.ceil(span.start / step - 1e-9)
    last = math.floor(span.end / step + 1e-9)
    return step, [number * step for number in range(first, last + 1)]


def reading(second: float, step: float) -> str:
    """A second as a ruler says it, with as many decimals as tell it from its neighbours."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    minutes = int(second // 60) if second >= 60 or step >= 60 else 0
    rest = second - 60 * minutes
    if minutes or step >= 60:
        return f"{minutes}:{rest:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{rest:.{decimals}f} s"


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths, always as wide."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
