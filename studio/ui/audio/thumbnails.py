"""Recordings as small pictures in their collection."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from studio.sequences.materials import Facts
from studio.sequences.recording import Recording
from studio.ui.audio.peaks import Samples
from studio.ui.audio.shades import gain_for, wave_image
from studio.ui.theme import colour
from studio.ui.thumbnails import Look

MARGIN = 6  # pixels left and right of the waveform
MOST_SAMPLES = 2048  # looked at per column: more would not change what is seen


def thumbnail(recording: Recording, size: QSize, ratio: float = 1.0) -> QPixmap:
    """The waveform, as high as it fits, in the theme's ink on nothing."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    columns, rows = round((size.width() - 2 * MARGIN) * ratio), round((size.height() - 8) * ratio)
    low, high = _extremes(recording.samples, columns)
    image = wave_image(low, high, rows, colour("ink"), gain_for(float(max(-low.min(), high.max()))))
    image.setDevicePixelRatio(ratio)
    painter = QPainter(pixmap)
    painter.drawImage(QPointF(MARGIN, 4), image)
    painter.end()
    return pixmap


def _extremes(samples: Samples, columns: int) -> tuple[Samples, Samples]:
    """The smallest and the largest sample of each column; of very long ones only of their beginning.

    Two steps for all columns together: between any two, a thread that calculates may have its turn.
    """
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    starts = np.minimum(edges[:-1], len(samples) - 1)
    if np.diff(edges).min() > MOST_SAMPLES:
        samples = samples[starts[:, None] + np.arange(MOST_SAMPLES)].reshape(columns * MOST_SAMPLES, -1)
        starts = np.arange(columns) * MOST_SAMPLES
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return low.min(1), high.max(1)


def describe(recording: Facts) -> str:
    """How long it is, and of what."""
    channels = {1: "mono", 2: "stereo"}.get(recording.parts, f"{recording.parts} channels")
    return f"{recording.seconds:.2f} s, {recording.rate:,} samples a second, {channels}"


RECORDINGS = Look(
    noun="recording",
    cell=QSize(104, 72),
    picture=QSize(96, 44),
    paint=thumbnail,
    describe=describe,
    empty=("import", "No recordings yet", "Record above, or drop sound files here."),
    badge="play",
)
