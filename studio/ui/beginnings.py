"""The parts of drawings, recordings, texts and piano rolls that a model is given to go on from."""

from __future__ import annotations

from studio.sequences.material import Drawing
from studio.sequences.materials import Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

PROMPT = 200  # characters that are taken of a selected text to begin with


def first_part(material: Material, share: float) -> Material:
    """The first points of a drawing, that share of them, at least two; or of anything else."""
    if isinstance(material, Text):
        return material.parted(1 - share)[0]
    if isinstance(material, Recording | Roll):
        return material.cut(0, round(share * len(material)))
    return _first_points(material, share)


def first_sentence(text: Text) -> str:
    """The beginning of a text that a model may go on with: some words, none of them cut."""
    begin = text.characters[:PROMPT]
    return begin if len(text) <= PROMPT else begin[: begin.rfind(" ") if " " in begin else PROMPT]


def _first_points(drawing: Drawing, share: float) -> Drawing:
    count = max(2, round(share * len(drawing)))
    points, pen_up = drawing.points[:count], drawing.pen_up[:count].copy()
    if share < 1:
        pen_up[-1] = False
    times = None if drawing.times is None else drawing.times[:count]
    return Drawing.from_points(points, pen_up, times=times, label=drawing.label, y_up=drawing.y_up)
