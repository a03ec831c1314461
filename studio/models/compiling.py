"""What numba compiles: whether it can be used on this computer, and who waits until it is compiled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.02

lock = threading.RLock()  # whoever holds it compiles
_under_way = threading.Event()
_given_up = threading.Event()  # the user would not wait, and this process is about to end

# Whether a training waits until everything is compiled. On the command line it does, so that a seed repeats exactly;
# in the window, where somebody watches, it begins with torch and goes on with what is compiled. Set by who starts it.
patient = True


class Compiled:
    """Something compiled, which is used only where it computes the same as torch.

    Args:
        check: compiles it, or finds what an earlier process has left; raises what speaks against it.
        otherwise: what becomes of it without, to begin a line in the log with.
    """

    def __init__(self, check: Callable[[], None], otherwise: str) -> None:
        self._check = check
        self._otherwise = otherwise
        self._answer: bool | None = None

    def works(self) -> bool:
        """Whether to use it: False where numba is missing, or the check fails.

        The first call compiles, and all others wait for it. Nobody waits where `patient` is False and compiling takes
        long (see `under_way`): the answer is then False until it is done. It is also False once the user has
        interrupted that: what is still to be saved must not begin it again.
        """
        while self._answer is None:
            if _given_up.is_set() or (not patient and _under_way.is_set()):
                return False
            if lock.acquire(timeout=_LOOK_SECONDS):
                try:
                    if not _given_up.is_set():
                        return self.settled()
                finally:
                    lock.release()
        return self._answer

    def settled(self) -> bool:
        """The answer for good, however long it takes."""
        with lock:
            if self._answer is None:
                self._answer = self._found()
            return self._answer

    def forget(self) -> None:
        """Check anew at the next call."""
        self._answer = None

    def _found(self) -> bool:
        try:
            self._check()
        except Exception as error:
            _log.warning("%s, since it cannot be compiled here: %s", self._otherwise, error)
            return False
        return True


@contextmanager
def taking_long() -> Iterator[None]:
    """Compile for the first time on this computer, which takes half a minute."""
    with lock:
        _under_way.set()
        try:
            yield
        except KeyboardInterrupt:
            _given_up.set()
            raise
        finally:
            _under_way.clear()


def under_way() -> bool:
    """Whether that goes on now."""
    return _under_way.is_set()


def _check_loop() -> None:
    from studio.models.scan_check import check

    check()


loop = Compiled(_check_loop, "Training will be slower")


def works() -> bool:
    """Whether to train with what is compiled; it may become true while a training runs, see `patient`."""
    return loop.works()
