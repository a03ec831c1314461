"""Columns that tell in words when the pen is down: began, moved, ended; mousedown, mousemove, mouseup."""

from __future__ import annotations

import re
from collections.abc import Sequence

SOURCES = re.compile(r"^(?:uitouchphase|action|pointer|mouse|touches|touch|stylus|pen|tip|button|left|lbutton)(?=.)")
"""What may stand before the word."""

DOWN = frozenset(
    {"began", "begin", "begins", "start", "started", "starts", "down", "press", "pressed", "contact", "on"}
)
BEGUN = frozenset({"began", "begin", "begins", "start", "started", "starts"})
UP = frozenset({"end", "ended", "ends", "up", "release", "released", "cancel", "cancelled", "canceled", "lift", "off"})
MOVE = frozenset({"move", "moved", "moves", "moving", "continue", "continued", "stationary", "update", "updated"})
DRAG = frozenset({"drag", "dragged", "dragging", "draw", "drawing"})
HOVER = frozenset({"hover", "hovered", "hovering", "enter", "leave", "out", "over"})

MOST_IN_AIR = 0.5
"""Of the rows: with more, a mouse was recorded that also clicks, and its way is what counts."""


def pen_of_words(cells: Sequence[str]) -> list[float] | None:
    """1 while the pen is down, 0 at the last point of each stroke and in the air; None where words do not say it.

    Moves go on with what was before them, but beside drags they are in the air. Where there are moves, a stroke that
    begins while another goes on ends that one; where there are none, the words are states of the pen, not events.

    Args:
        cells: one for each row, in their order.
    """
    words = [_plain(cell) for cell in cells]
    kinds = set(words)
    if not kinds <= DOWN | UP | MOVE | DRAG | HOVER or not kinds & (DOWN | DRAG) or len(kinds) < 2:
        return None
    if not kinds & (UP | HOVER | DRAG | BEGUN):  # clicks of a mouse
        return None
    pen: list[float] = []
    down, events = False, bool(kinds & MOVE)
    for word in words:
        if events and word in DOWN and down:
            pen[-1] = 0.0
        down = word in DOWN or word in DRAG or (down and word in MOVE and not kinds & DRAG)
        pen.append(float(down))
    in_air = sum(not now and not before for now, before in zip(pen, [0.0, *pen], strict=False))
    return None if in_air > MOST_IN_AIR * len(pen) else pen


def _plain(cell: str) -> str:
    """A word in small letters, without what it speaks of: MotionEvent.ACTION_DOWN and pointerdown are down."""
    return SOURCES.sub("", re.sub(r"[^a-z]", "", re.split(r"[.:]", cell.lower())[-1]))
