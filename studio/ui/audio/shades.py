"""Waveforms and spectrograms as pictures in the colours of the theme."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from studio.sequences.recording import Recording
from studio.ui.audio.peaks import Peaks, Samples
from studio.ui.audio.span import Span
from studio.ui.audio.spectrum import Bytes
from studio.ui.theme import Colours, colour, number_font, theme

THINNEST = 1.0  # pixels of a silent waveform
MOST_GAIN = 12.0  # quiet recordings are shown larger, but their noise shall not look like speech
FILLED = 0.92  # of the height, by the loudest sample
LINE_BELOW = 2.0  # samples per pixel under which single samples are joined by a line


@lru_cache(maxsize=4)
def _spectrum_colours(colours: Colours) -> list[int]:
    """From the paper, where nothing sounds, by way of the accent to the ink: darker or lighter all the way."""
    stops = [(0.0, colours.paper), (0.22, colours.paper), (0.7, colours.accent), (1.0, colours.ink)]
    places = [place for place, _ in stops]
    shades = [QColor(name) for _, name in stops]
    shares = np.linspace(0, 1, 256)
    mixed = [
        np.interp(shares, places, [getattr(shade, channel)() for shade in shades])
        for channel in ("red", "green", "blue")
    ]
    return [QColor(round(red), round(green), round(blue)).rgb() for red, green, blue in zip(*mixed, strict=True)]


def spectrum_image(shades: Bytes) -> QImage:
    """A spectrogram ``[F, n]`` in the present theme."""
    height, width = shades.shape
    image = QImage(np.ascontiguousarray(shades).data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(_spectrum_colours(theme().colours))
    return image.convertToFormat(QImage.Format.Format_RGB32)  # which copies


def wave_image(low: Samples, high: Samples, height: int, ink: QColor, gain: float = 1.0) -> QImage:
    """A waveform, a column of pixels for each pair of extremes ``[n]``, on nothing; its edges are smooth."""
    top, bottom = wave_edges(low, high, height, gain)
    rows = np.arange(height, dtype=np.float32)[:, None]
    covered = np.minimum(rows + 1, bottom) - np.maximum(rows, top)  # [height, n]
    shades = (np.clip(covered, 0, 1) * 255).astype(np.uint8)
    image = QImage(shades.data, len(low), height, len(low), QImage.Format.Format_Indexed8)
    image.setColorTable(_inks(ink.rgba()))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


@lru_cache(maxsize=16)
def _inks(rgba: int) -> list[int]:
    opaque = rgba >> 24
    return [(share * opaque // 255) << 24 | rgba & 0xFFFFFF for share in range(256)]


def wave_edges(low: Samples, high: Samples, height: float, gain: float = 1.0) -> tuple[Samples, Samples]:
    """The upper and the lower edge of each column, in pixels from above."""
    middle, scale = height / 2, height / 2 * FILLED * gain
    top, bottom = middle - np.clip(high * scale, -middle, middle), middle - np.clip(low * scale, -middle, middle)
    missing = np.maximum(THINNEST - (bottom - top), 0) / 2
    return (top - missing).astype(np.float32), (bottom + missing).astype(np.float32)


def gain_for(loudest: float) -> float:
    """By how much a waveform is enlarged to be seen."""
    return min(MOST_GAIN, 1 / max(loudest, 1e-6))


def paint_line(
    painter: QPainter, samples: NDArray[np.float32], first: float, per_pixel: float, height: float, gain: float
) -> None:
    """Single samples joined by a line.

    Args:
        painter: whose origin is the upper left corner of the waveform.
        samples: ``[n]``, the ones that are seen and one more on either side.
        first: place of the first of them, in samples from the left edge.
        per_pixel: samples per pixel.
        height: of the waveform.
        gain: as in `wave_image`.
    """
    x = (np.arange(len(samples)) + first) / per_pixel
    y = height / 2 - np.clip(samples * gain, -1, 1) * (height / 2 * FILLED)
    places = [QPointF(*place) for place in zip(x.tolist(), y.tolist(), strict=True)]
    thin = QPen(colour("ink"), 1)  # a wider one costs a hundred times as much where it crosses itself
    thin.setCosmetic(True)
    painter.setPen(thin)
    painter.drawPolyline(QPolygonF(places))
    if per_pixel < 1 / 6:
        painter.setPen(QPen(colour("ink"), 4))
        painter.drawPoints(QPolygonF(places))


def paint_wave(painter: QPainter, area: QRectF, recording: Recording, peaks: Peaks, span: Span) -> None:
    """The stretch of a recording that is seen, as a filled shape, or sample by sample where there is room for each.

    Args:
        peaks: of its samples.
    """
    ratio, rate = painter.device().devicePixelRatioF(), recording.rate
    columns = max(1, round(area.width() * ratio))
    width = span.seconds * rate / columns  # samples per column of device pixels
    gain = gain_for(peaks.loudest)
    if width < LINE_BELOW:
        first = max(0, math.floor(span.start * rate) - 1)
        last = min(len(recording), math.ceil(span.end * rate) + 2)
        if last > first:  # else the recording ends before
            painter.save()
            painter.setClipRect(area)
            painter.translate(area.topLeft())
            samples = recording.samples[first:last].mean(1)
            paint_line(painter, samples, first - span.start * rate, width * ratio, area.height(), gain)
            painter.restore()
        return
    low, high = peaks.columns(math.floor(span.start * rate / width), columns, width)
    image = wave_image(low, high, max(1, round(area.height() * ratio)), colour("ink"), gain)
    image.setDevicePixelRatio(ratio)
    painter.drawImage(area.topLeft(), image)


def paint_frequencies(painter: QPainter, area: QRectF, top: float) -> None:
    """A few kHz along the left edge of a spectrogram, each on a patch of paper.

    Args:
        top: Hz at the upper edge.
    """
    painter.setFont(number_font("small"))
    metrics = painter.fontMetrics()
    most = area.height() / (metrics.height() + 12)
    highest = top / 1000
    step = next((step for step in (1.0, 2.0, 4.0) if highest / step <= most), highest)
    count = int(highest / step)
    for number in range(1, count + 1):
        y = area.bottom() - number * step / highest * area.height()
        text = f"{number * step:g} kHz" if number == count else f"{number * step:g}"
        box = QRectF(area.left(), 0, metrics.horizontalAdvance(text) + 6, metrics.height())
        box.moveTop(min(max(y - box.height() / 2, area.top()), area.bottom() - box.height()))
        painter.fillRect(box, colour("paper", 0.75))
        painter.setPen(colour("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def overview(peaks: Peaks, width: int, height: int, ink: QColor) -> QImage:
    """A whole recording in so many pixels."""
    low, high = peaks.columns(0, width, max(1.0, len(peaks) / width))
    return wave_image(low, high, height, ink, gain_for(peaks.loudest))
