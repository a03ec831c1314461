"""How fast a training goes, and what is due: told by the time that was worked."""

from __future__ import annotations

from collections import deque


class Pace:
    """Keeps the time that was worked: pauses and whatever the listener does with events do not count."""

    def __init__(self) -> None:
        self._total = 0.0
        self._last: dict[str, float] = {}
        self._recent: deque[tuple[float, int]] = deque(maxlen=50)  # seconds worked by then, frames

    def worked(self, seconds: float, frames: int = 0) -> None:
        """So many seconds were worked; for an update, on so many frames."""
        self._total += seconds
        if frames:
            self._recent.append((self._total, frames))

    @property
    def total(self) -> float:
        """All seconds that were worked."""
        return self._total

    @property
    def frames_per_second(self) -> float:
        """Lately; 0 before anything is known."""
        if len(self._recent) < 2:
            return 0.0
        return sum(frames for _, frames in list(self._recent)[1:]) / self._recent_seconds

    def left(self, steps: int) -> float | None:
        """Seconds that so many steps will take; None before anything is known."""
        if len(self._recent) < 2:
            return None
        return steps * self._recent_seconds / (len(self._recent) - 1)

    def due(self, what: str, seconds: float) -> bool:
        """Whether that much work has been done since this was last due."""
        if self._total - self._last.get(what, 0.0) < seconds:
            return False
        self.reset(what)
        return True

    def reset(self, what: str) -> None:
        """It has been done just now."""
        self._last[what] = self._total

    @property
    def _recent_seconds(self) -> float:
        return max(self._recent[-1][0] - self._recent[0][0], 1e-9)  # some clocks tick slowly
