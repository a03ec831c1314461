"""A ring of samples between one writer and one reader, neither of whom ever waits for the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class RingBuffer:
    """What one thread writes and another reads, without a lock: an audio callback must not wait for one.

    Two counters say how many frames were ever written and ever read. Each has a single owner, and Python's interpreter
    makes an assignment visible whole or not at all. The last ``history`` frames that were read are kept, so that a
    reader who is told that they never reached anybody's ear can go back.

    Args:
        capacity: frames that can wait to be read.
        channels: C.
        history: frames kept after they were read.

    Attributes:
        written: frames ever written.
        read: frames ever read, or skipped.
        ended: set by the writer once nothing will follow.
    """

    def __init__(self, capacity: int, channels: int, history: int = 0) -> None:
        self.capacity = capacity
        self.written = 0
        self.read = 0
        self.ended = False
        self._history = history
        self._skip_to = 0
        self._frames = np.zeros((capacity + history, channels), np.float32)

    @property
    def waiting(self) -> int:
        """Frames that can be read."""
        return self.written - max(self.read, self._skip_to)

    @property
    def free(self) -> int:
        """Frames that can be written."""
        return max(0, self.capacity - (self.written - self.read))

    @property
    def exhausted(self) -> bool:
        """Whether all has been read, and nothing will follow."""
        return self.ended and self.waiting <= 0

    def write(self, frames: NDArray[np.float32]) -> None:
        """Add frames ``[n, C]``, n at most `free`; for the writer.

        Raises:
            ValueError: there is no room for so many.
        """
        if len(frames) > self.free:
            raise ValueError(f"{len(frames)} frames do not fit where {self.free} are free")
        start = self.written % len(self._frames)
        first = min(len(frames), len(self._frames) - start)
        self._frames[start : start + first] = frames[:first]
        self._frames[: len(frames) - first] = frames[first:]
        self.written += len(frames)

    def skip_waiting(self) -> None:
        """Let the reader go on with what is written from now on; for the writer."""
        self._skip_to = self.written

    def read_into(self, out: NDArray[np.float32]) -> int:
        """Copy the next frames to ``out`` [n, C]; for the reader.

        Returns:
            how many there were, at most n; the rest of ``out`` is left as it was.
        """
        begin = max(self.read, self._skip_to)
        count = min(len(out), self.written - begin)
        start = begin % len(self._frames)
        first = min(count, len(self._frames) - start)
        out[:first] = self._frames[start : start + first]
        out[first:count] = self._frames[: count - first]
        self.read = begin + count
        return count

    def drop_skipped(self) -> None:
        """Make room at once for what follows a skip; only while nobody reads."""
        self.read = max(self.read, self._skip_to)

    def go_back(self, frames: int) -> int:
        """Read the last frames once more; only while nobody reads.

        Returns:
            how many of them there were: less where they have been overwritten, or skipped.
        """
        begin = max(self.read, self._skip_to)
        oldest = max(self.written - len(self._frames), self._skip_to, 0)
        count = max(0, min(frames, self._history, begin - oldest))
        self.read = begin - count
        return count
