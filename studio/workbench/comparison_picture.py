"""A comparison as a page: the table, and below it what each run generates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.files.glow import smooth
from studio.files.grid import arranged
from studio.files.sheet import Sheet, shortened, text_width
from studio.sequences.material import Drawing
from studio.sequences.materials import Material
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

if TYPE_CHECKING:
    from studio.workbench.comparison import Comparison, Row

WIDTH = 1120
MARGIN = 28
LINE = 26  # height of a row
SIZE = 13
CARD = 168  # height of a run's samples
GAP = 16
PER_ROW = 4  # cards
WAVE_COLUMNS = 400
ROLL_GAP = 8  # between two piano rolls

HEADINGS = (
    ("Run", 0.0, "left"), ("Model", 0.20, "left"), ("Size", 0.36, "left"), ("Nats per frame", 0.62, "right"),
    ("Bits", 0.72, "right"), ("Parameters", 0.82, "right"), ("Time", 0.905, "right"), ("Steps", 1.0, "right"),
)  # fmt: skip


def picture(comparison: Comparison, title: str, *, dark: bool, zoom: float | None = None) -> Sheet:
    """The page; where a note hinders a comparison, it stands below the table.

    Args:
        comparison: that has been made.
        title: above the table.
        dark: on slate instead of paper.
        zoom: seconds around the loudest place of each recording, shown once more below it (Chung et al. 2015,
            Figure 3); None: no recording is shown twice.
    """
    rows = sorted(comparison.rows.values(), key=_order)
    notes = _notes(comparison, rows)
    shown = [row for row in rows if row.samples]
    kinds = list(dict.fromkeys(row.run.recipe.material for row in shown))
    cards = [("real", comparison.real.get(kind, ())) for kind in kinds] + [
        (row.run.name, row.samples or ()) for row in shown
    ]
    zoom = zoom if any(isinstance(one, Recording) for _, samples in cards for one in samples) else None
    lines, high = -(-len(cards) // PER_ROW), CARD if zoom is None else 2 * CARD + GAP
    height = 2 * MARGIN + 40 + LINE * (len(rows) + 1) + 20 * len(notes) + 24 + lines * (high + 24 + GAP)
    sheet = Sheet(WIDTH, height, dark=dark)
    sheet.text(MARGIN, MARGIN + 8, title, size=18, bold=True)
    y = _table(sheet, rows, MARGIN + 44, comparison.best)
    for note in notes:
        sheet.text(MARGIN, y + 8, shortened(note, WIDTH - 2 * MARGIN, 11.5), size=11.5, ink=sheet.inks.muted)
        y += 20
    _cards(sheet, cards, y + 24, zoom)
    return sheet


def duration(seconds: float | None) -> str:
    """Seconds as m:ss or h:mm:ss; a dash where they are not known."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def estimate(mean: float, error: float) -> str:
    """A mean with its standard error, as precise as it is."""
    if np.isnan(error):
        return f"{mean:.3f}"
    decimals = int(np.clip(1 - np.floor(np.log10(max(error, 1e-9))), 0, 4))
    return f"{mean:.{decimals}f} ± {error:.{decimals}f}"


def _order(row: Row) -> tuple[str, bool, float]:
    return row.run.recipe.material, not row.per_frame, -(row.bound.per_frame.mean if row.bound else -np.inf)


def _notes(comparison: Comparison, rows: list[Row]) -> list[str]:
    found = [
        f"Bounds (ELBO, the larger the better) in the material's own units, on {on}." for on in comparison.on.values()
    ]
    return found + [f"{row.run.name}: {row.note}." for row in rows if row.note]


def _table(sheet: Sheet, rows: list[Row], y: float, best: int | None) -> float:
    width = WIDTH - 2 * MARGIN
    for name, share, anchor in HEADINGS:
        sheet.text(MARGIN + share * width, y, name, size=12, ink=sheet.inks.muted, anchor=anchor)  # type: ignore[arg-type]
    y += LINE / 2
    sheet.box(MARGIN, y, width, 1, sheet.inks.line)
    for row in rows:
        y += LINE
        for (_, share, anchor), cell in zip(HEADINGS, _cells(row), strict=True):
            bold = row.run.id == best
            ink = sheet.inks.text if row.per_frame else sheet.inks.muted
            room = 0.15 * width if anchor == "left" else 0.3 * width
            words = shortened(cell, room, SIZE, bold=bold)
            sheet.text(MARGIN + share * width, y - LINE / 2, words, ink=ink, anchor=anchor, bold=bold)  # type: ignore[arg-type]
        sheet.box(MARGIN, y, width, 1, sheet.inks.line)
    return y + 12


def _cells(row: Row) -> tuple[str, ...]:
    bound = "–" if row.bound is None else estimate(row.bound.per_frame.mean, row.bound.per_frame.standard_error)
    bits = "–" if row.bits is None else f"{row.bits[0]:.3f}"
    parameters = "–" if row.parameters is None else f"{row.parameters:,}"
    step = "–" if row.step is None else f"{row.step:,}"
    marked = row.run.name + (" *" if row.note else "")
    return marked, row.model, row.size, bound, bits, parameters, duration(row.seconds), step


def _cards(sheet: Sheet, cards: list[tuple[str, tuple[Material, ...]]], y: float, zoom: float | None) -> None:
    sounds = [one for _, samples in cards for one in samples if isinstance(one, Recording)]
    longest = max((one.seconds for one in sounds), default=None)
    across = (WIDTH - 2 * MARGIN + GAP) / PER_ROW - GAP
    high = CARD if zoom is None else 2 * CARD + GAP
    for number, (name, samples) in enumerate(cards):
        left = MARGIN + number % PER_ROW * (across + GAP)
        top = y + number // PER_ROW * (high + 24 + GAP)
        sheet.text(left, top + 8, shortened(name, across), ink=sheet.inks.muted if name == "real" else None)
        paint_samples(sheet, samples, left, top + 20, across, CARD, longest)
        if zoom is not None:
            stretches = tuple(loudest(one, zoom) for one in samples if isinstance(one, Recording))
            paint_samples(sheet, stretches, left, top + 20 + CARD + GAP, across, CARD, zoom)


def loudest(recording: Recording, seconds: float) -> Recording:
    """The stretch of so many seconds with the most energy; all of a recording that is no longer than that."""
    count = max(1, round(seconds * recording.rate))
    energy = np.concatenate([[0.0], np.cumsum(np.square(recording.mono, dtype=np.float64))])
    if len(energy) <= count + 1:
        return recording
    first = int(np.argmax(energy[count:] - energy[:-count]))
    return Recording(recording.samples[first : first + count], recording.rate)


def paint_samples(
    sheet: Sheet,
    samples: tuple[Material, ...],
    left: float,
    top: float,
    width: float,
    height: float,
    seconds: float | None = None,
) -> None:
    """Drawings in a grid, recordings and piano rolls one below the other, of a text its first lines.

    Args:
        seconds: that the width stands for; None: the longest of these recordings.
    """
    drawings = [sample for sample in samples if isinstance(sample, Drawing)]
    recordings = [sample for sample in samples if isinstance(sample, Recording)]
    rolls = [sample for sample in samples if isinstance(sample, Roll)]
    texts = [sample for sample in samples if isinstance(sample, Text)]
    if drawings:
        grid = arranged(drawings)
        zoom = min(width / float(grid.page[0]), height / float(grid.page[1]))
        shift = np.array([left, top]) + (np.array([width, height]) - grid.page * zoom) / 2
        for drawing, cell in zip(drawings, grid.cells, strict=True):
            for stroke in drawing.strokes:
                sheet.line(smooth(cell.place(stroke.points) * zoom + shift), width=1.2)
    elif recordings:
        high = height / len(recordings)
        whole = seconds or max(recording.seconds for recording in recordings)
        for number, recording in enumerate(recordings):
            _wave(sheet, recording, left, top + number * high, width * recording.seconds / whole, high - 4)
    elif rolls:
        _rolls(sheet, rolls, left, top, width, height)
    elif texts:
        letters = max(8, int(width / text_width("n", 11)))
        for number, line in enumerate(texts[0].characters.splitlines()[: int(height // 15)]):
            sheet.text(left, top + 8 + 15 * number, line[:letters], size=11)


def _rolls(sheet: Sheet, rolls: Sequence[Roll], left: float, top: float, width: float, height: float) -> None:
    """One below the other, on the same scales, as far as any of them reaches up and down."""
    heard = [pitch for roll in rolls for pitch in roll.sounding or ()]
    lowest, highest = (min(heard), max(heard)) if heard else (0, 0)
    across = width / max(roll.seconds for roll in rolls)
    high = height / len(rolls)
    key = (high - ROLL_GAP) / (highest - lowest + 1)
    for number, roll in enumerate(rolls):
        y, frame = top + number * high, across * roll.seconds / len(roll)
        for note in roll.notes:
            wide, thick = (note.end - note.start) * frame, 0.85 * key  # the next one begins anew
            sheet.box(left + note.start * frame, y + (highest - note.pitch) * key, max(0.6, wide - 0.5), thick)
        if number:
            sheet.box(left, y - ROLL_GAP / 2, width, 0.5, sheet.inks.line)


def _wave(sheet: Sheet, recording: Recording, left: float, top: float, width: float, height: float) -> None:
    """A line through the samples, or, where they are too many for one, the highest and lowest in each column."""
    samples = recording.mono
    gain = height / 2 / max(float(np.abs(samples).max()), 1e-6)
    middle, column = top + height / 2, width / WAVE_COLUMNS
    if len(samples) <= 2 * WAVE_COLUMNS:
        across = left + (np.arange(len(samples)) + 0.5) * width / len(samples)
        sheet.line(np.stack([across, middle - samples * gain], axis=1))
        return
    cuts = np.linspace(0, len(samples), WAVE_COLUMNS + 1).astype(int)[:-1]
    high, low = np.maximum.reduceat(samples, cuts), np.minimum.reduceat(samples, cuts)
    for number, (upper, lower) in enumerate(zip(high.tolist(), low.tolist(), strict=True)):
        sheet.box(left + number * column, middle - upper * gain, column, max(0.6, (upper - lower) * gain))
