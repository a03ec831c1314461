"""Whether what numba compiles can be used on this computer."""

from __future__ import annotations

import logging
import threading
from functools import cache

_log = logging.getLogger(__name__)
compiling = threading.RLock()  # whoever holds it compiles, all others wait


def works() -> bool:
    """False, after one line in the log, where numba is missing or its code computes something else than torch.

    The first call takes long where the studio has never run before, since it compiles. All others wait for it: a
    training must not change from one to the other on its way, or it could not be repeated exactly.
    """
    with compiling:
        return _works()


@cache
def _works() -> bool:
    try:
        from studio.models.scan_check import check

        check()
    except Exception as error:
        _log.warning("Training will be slower, since it cannot be compiled here: %s", error)
        return False
    return True
