"""A look inside as a page, as a table, and as an animation of the model learning."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.files.colour_map import colour_map, coloured
from studio.files.glow import Line, glow
from studio.files.grid import arranged
from studio.files.sheet import Ink, Sheet, shortened, text_width
from studio.files.tables import Cell, to_csv
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.workbench.look import ANIMATIONS, QUANTITIES, Look, Looking

if TYPE_CHECKING:
    from PIL import Image

WIDTH = 1200
MARGIN = 28
HEAD = 64
SCENE = 620  # height of a drawing
WAVE = 130  # height of a waveform
NOTES = 240  # height of a piano roll
NOTE = 16  # of one of its keys at most
STRIP = 84
GAP = 26
MOST_TRACES = 6
LETTER_WIDE, LETTER_HIGH, LETTER_LINES = 11, 24, 14
PALE = 140  # from this luminance on a ground wants dark letters
WAVE_COLUMNS = 1144

STEP_SECONDS = 0.45
HOLD_SECONDS = 2.0
ANIMATION_SCALE = 0.6


def written(looking: Looking, look: Look, ending: str, quantity: str, *, dark: bool, over: bool) -> bytes:
    """A look as the contents of a file.

    Args:
        looking: what it is part of; an animation shows all its looks that are ready.
        look: for the other formats.
        ending: one of `LOOK_ENDINGS`.
        quantity: what the colours show, see `QUANTITIES`.
        dark: slate instead of paper.
        over: whether to lay the reconstruction over a drawing.
    """
    if ending == ".csv":
        return table(looking, look)
    if ending in ANIMATIONS:
        looks = [looking.looks[step] for step in looking.steps if step in looking.looks]
        pages = [page(looking, one, quantity, dark=dark, over=over).image(ANIMATION_SCALE) for one in looks]
        return _animation(pages, ANIMATIONS[ending])
    sheet = page(looking, look, quantity, dark=dark, over=over)
    return sheet.to_svg() if ending == ".svg" else sheet.to_png(1.5)


def table(looking: Looking, look: Look) -> bytes:
    """A line for each frame, as CSV: where it is, what it costs, and the means and deviations of z."""
    inside = look.inside
    frames = np.arange(len(inside))
    columns: dict[str, Sequence[Cell]] = {"frame": frames.tolist()}
    if isinstance(looking.shown, Drawing):
        columns |= {"x": looking.shown.points[:, 0].tolist(), "y": looking.shown.points[:, 1].tolist()}
    if looking.seconds_per_frame is not None:
        columns["second"] = (frames * looking.seconds_per_frame).tolist()
    if isinstance(looking.material, Text):
        letters = looking.material.characters[: len(inside)]
        columns["character"] = [*letters, *[""] * (len(inside) - len(letters))]
    if isinstance(looking.shown, Roll):
        columns["notes"] = [" ".join(looking.shown.names_at(frame)) for frame in range(len(inside))]
    columns |= {name: getattr(inside, name).tolist() for name in QUANTITIES}
    for name in ("posterior_mean", "posterior_sigma", "prior_mean", "prior_sigma"):
        values = getattr(inside, name)
        columns |= {f"{name}_{number}": values[:, number - 1].tolist() for number in range(1, inside.latent + 1)}
    return to_csv(list(columns), zip(*columns.values(), strict=True))


def page(looking: Looking, look: Look, quantity: str, *, dark: bool, over: bool = False) -> Sheet:
    """The material with its decisions, and below it the numbers along its own axis."""
    heights = {Drawing: SCENE, Recording: WAVE, Text: LETTER_LINES * LETTER_HIGH, Roll: NOTES}
    scene = heights.get(type(looking.material), 0)
    strips = [name for name in QUANTITIES if name == "nll" or look.inside.latent]
    lower = len(strips) + bool(look.inside.latent)
    sheet = Sheet(WIDTH, 2 * MARGIN + HEAD + scene + lower * (STRIP + GAP), dark=dark)
    _head(sheet, looking, look, quantity)
    y = float(MARGIN + HEAD)
    if isinstance(looking.shown, Drawing):
        _scene(sheet, looking, look, quantity, y, over=over)
    elif isinstance(looking.material, Recording):
        _waveform(sheet, looking.material, y)
    elif isinstance(looking.material, Text):
        _letters(sheet, looking.material.characters, looking.shares(quantity, look), y)
    elif isinstance(looking.shown, Roll):
        _notes(sheet, looking.shown, looking.shares(quantity, look), y)
    y += scene
    for name in strips:
        _bars(sheet, looking, look, name, y + GAP)
        y += STRIP + GAP
    if look.inside.latent:
        _traces(sheet, look, looking.reach_of_z, y + GAP)
    return sheet


def _head(sheet: Sheet, looking: Looking, look: Look, quantity: str) -> None:
    title, unit = QUANTITIES[quantity]
    name = f"{looking.run.name}, step {look.step:,}"
    sheet.text(MARGIN, MARGIN + 8, name, size=20, bold=True)
    label = f" \u201c{looking.material.label}\u201d" if looking.material.label else ""
    sheet.text(MARGIN, MARGIN + 34, f"{title}, frame by frame{label}", ink=sheet.inks.muted)
    low, top = (0.0, looking.top(quantity)) if quantity != "nll" else looking.reach_of_nll
    reading = f"{top:.3g} {unit}".strip()
    right = WIDTH - MARGIN - text_width(reading)
    sheet.text(right, MARGIN + 8, reading, ink=sheet.inks.muted)
    bar = np.repeat(colour_map(dark=sheet.dark)[None], 8, 0)
    sheet.picture(right - 170, MARGIN + 3, 160, 10, bar)
    sheet.text(right - 180, MARGIN + 8, f"{low:.3g}", ink=sheet.inks.muted, anchor="right")


def _scene(sheet: Sheet, looking: Looking, look: Look, quantity: str, y: float, *, over: bool) -> None:
    assert isinstance(looking.shown, Drawing)
    width, zoom = WIDTH - 2 * MARGIN, 2
    grid = arranged([looking.shown])
    scale = min(width * zoom / float(grid.page[0]), SCENE * zoom / float(grid.page[1]))
    shift = (np.array([width, SCENE]) * zoom - grid.page * scale) / 2

    def lines(drawing: Drawing, shares: NDArray[np.float64]) -> list[Line]:
        places = grid.cells[0].place(drawing.points) * scale + shift
        cuts = np.flatnonzero(drawing.pen_up)[:-1] + 1
        parts = zip(np.split(places, cuts), np.split(shares[: len(places)], cuts), strict=True)
        return [Line(*part) for part in parts]

    made = look.reconstruction
    laid = lines(made, np.zeros(len(made))) if over and isinstance(made, Drawing) else []
    picture = glow(
        lines(looking.shown, looking.shares(quantity, look)),
        *(width * zoom, SCENE * zoom),
        dark=sheet.dark,
        line_width=3.4 * zoom,
        over=[line.points for line in laid],
    )
    sheet.picture(MARGIN, y, width, SCENE, picture)


def _waveform(sheet: Sheet, recording: Recording, y: float) -> None:
    samples = recording.mono
    cuts = np.linspace(0, len(samples), min(WAVE_COLUMNS, len(samples)) + 1).astype(int)[:-1]
    high, low = np.maximum.reduceat(samples, cuts), np.minimum.reduceat(samples, cuts)
    gain = (WAVE - 10) / 2 / max(float(np.abs(samples).max()), 1e-6)
    column, middle = (WIDTH - 2 * MARGIN) / len(cuts), y + WAVE / 2
    for number, (upper, lower) in enumerate(zip(high.tolist(), low.tolist(), strict=True)):
        sheet.box(MARGIN + number * column, middle - upper * gain, column, max(0.7, (upper - lower) * gain))


def _letters(sheet: Sheet, characters: str, shares: NDArray[np.float64], y: float) -> None:
    """The first lines of a text, each character on a ground of its colour."""
    columns = int((WIDTH - 2 * MARGIN) // LETTER_WIDE)
    inks = coloured(shares, dark=sheet.dark).tolist()
    line = place = 0
    for letter, ink in zip(characters, inks, strict=False):
        if place >= columns:
            line, place = line + 1, 0
        if line >= LETTER_LINES:
            return
        left, top = MARGIN + place * LETTER_WIDE, y + line * LETTER_HIGH
        sheet.box(left, top + 2, LETTER_WIDE, LETTER_HIGH - 4, tuple(ink))
        if not letter.isspace():
            pale = float(np.dot(ink, (0.299, 0.587, 0.114))) > PALE
            face = (22, 25, 30) if pale else (244, 241, 234)
            sheet.text(left + LETTER_WIDE / 2, top + LETTER_HIGH / 2, letter, ink=face, anchor="middle")
        place += 1
        if letter == "\n":
            line, place = line + 1, 0


def _notes(sheet: Sheet, roll: Roll, shares: NDArray[np.float64], y: float) -> None:
    """A piano roll, each frame of it in its colour, above the strips that go on below it."""
    low, high = roll.sounding or (roll.lowest, roll.lowest)
    keys, inks = _columns(roll.keys), coloured(_columns(shares), dark=sheet.dark).tolist()
    wide, tall = (WIDTH - 2 * MARGIN) / len(keys), (NOTES - 2) / (high - low + 1)
    for frame, key in zip(*(found.tolist() for found in np.nonzero(keys)), strict=True):
        top = y + 1 + (high - roll.lowest - key) * tall
        sheet.box(MARGIN + frame * wide, top, wide, max(0.7, min(NOTE, tall - 1)), tuple(inks[frame]))
    for edge in (y, y + NOTES):
        sheet.box(MARGIN, edge, WIDTH - 2 * MARGIN, 1, sheet.inks.line)


def _bars(sheet: Sheet, looking: Looking, look: Look, name: str, y: float) -> None:
    title, unit = QUANTITIES[name]
    low, top = (0.0, looking.top(name)) if name != "nll" else looking.reach_of_nll
    _strip_title(sheet, title, f"up to {top:.3g} {unit}".strip(), y)
    values, shares = _columns(getattr(look.inside, name)), _columns(looking.shares(name, look))
    inks = coloured(shares, dark=sheet.dark).tolist()
    wide, field = (WIDTH - 2 * MARGIN) / len(values), STRIP - 20
    for number, (value, ink) in enumerate(zip(values.tolist(), inks, strict=True)):
        high = max(0.7, field * min(1.0, max(0.0, (value - low) / (top - low))))
        gap = 1.0 if wide > 5 else 0.0
        sheet.box(MARGIN + number * wide, y + STRIP - high, wide - gap, high, tuple(ink))
    sheet.box(MARGIN, y + STRIP, WIDTH - 2 * MARGIN, 1, sheet.inks.line)


def _traces(sheet: Sheet, look: Look, reach: float, y: float) -> None:
    inside = look.inside
    order = np.argsort(-inside.posterior_mean.var(0), kind="stable")[:MOST_TRACES]
    _strip_title(sheet, "Means of z: posterior, and faintly the prior", f"\u00b1{reach:.3g}", y)
    middle, field = y + 20 + (STRIP - 20) / 2, (STRIP - 20) / 2
    x = MARGIN + (np.arange(len(inside)) + 0.5) / len(inside) * (WIDTH - 2 * MARGIN)
    for number, dimension in reversed(list(enumerate(order.tolist()))):
        ink = sheet.inks.plots[number % len(sheet.inks.plots)]
        for values, shade in ((inside.prior_mean, _mixed(ink, sheet.inks.paper)), (inside.posterior_mean, ink)):
            height = middle - np.clip(values[:, dimension] / reach, -1, 1) * field
            sheet.line(np.column_stack([x, height]), shade, 1.2)


def _strip_title(sheet: Sheet, title: str, reading: str, y: float) -> None:
    room = WIDTH - 2 * MARGIN - text_width(reading, 12) - 12
    sheet.text(MARGIN, y + 6, shortened(title, room, 12), size=12)
    sheet.text(WIDTH - MARGIN, y + 6, reading, size=12, ink=sheet.inks.muted, anchor="right")


def _columns(values: NDArray[Any]) -> NDArray[Any]:
    """Of ``[T, ...]`` as many as there are pixels at most: of those that share one the highest."""
    if len(values) <= WAVE_COLUMNS:
        return values
    cuts = np.linspace(0, len(values), WAVE_COLUMNS + 1).astype(int)[:-1]
    found: NDArray[Any] = np.maximum.reduceat(values, cuts)
    return found


def _mixed(ink: Ink, paper: Ink) -> Ink:
    red, green, blue = ((2 * one + 3 * other) // 5 for one, other in zip(ink, paper, strict=True))
    return red, green, blue


def _animation(pages: list[Image.Image], form: str) -> bytes:
    durations = [round(1000 * STEP_SECONDS)] * (len(pages) - 1) + [round(1000 * HOLD_SECONDS)]
    file = io.BytesIO()
    pages[0].save(file, form, save_all=True, append_images=pages[1:], duration=durations, loop=0)
    return file.getvalue()
