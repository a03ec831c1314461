"""Drawings as frames (dx, dy, pen): the representation of everything a pen draws."""

from __future__ import annotations

from typing import Annotated, Literal

from studio.settings import Positive, Settings, about


class PenSettings(Settings):
    """How drawings become frames (dx, dy, pen)."""

    resample: Annotated[
        Literal["auto", "arc", "time", "none"],
        about(
            "points evenly spaced along the line (arc), evenly in time (time), as they came (none), or auto: "
            "as they came if they are already even, else along the line"
        ),
    ] = "auto"
    spacing: Annotated[Positive, about("distance between resampled points, in typical drawing sizes")] = 0.06
    anchor: Annotated[
        Literal["page", "drawing"],
        about("what positions are measured from: the middle of all drawings (page) or of each (drawing)"),
    ] = "drawing"
    ends: Annotated[
        Literal["auto", "yes", "no"],
        about("whether the model learns where a drawing ends; auto: yes unless drawings are long traces"),
    ] = "auto"
