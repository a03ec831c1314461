"""Where the window's slots leave what went wrong: a sentence for the person, details for whoever mends it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec

from PySide6.QtCore import QObject, Signal

from studio.errors import StudioError

P = ParamSpec("P")


class Problems(QObject):
    """The window's banner listens to this."""

    met = Signal(str, str)  # one sentence; details, "" where there are none


@cache
def problems() -> Problems:
    """The one of the application."""
    return Problems()


def reported(slot: Callable[P, object]) -> Callable[P, None]:
    """Make a slot show the sentence of a `StudioError` instead of raising it."""

    @wraps(slot)
    def reporting(*arguments: P.args, **named: P.kwargs) -> None:
        try:
            slot(*arguments, **named)
        except StudioError as error:
            problems().met.emit(str(error), "")

    return reporting
