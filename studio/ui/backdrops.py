"""What is painted behind pens: the vector field that they follow, or the curve that observed points lie on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from studio.generation.backdrop import Backdrop, Extrapolation, Field
from studio.sequences.material import FloatArray
from studio.ui.ink import InkPicture, ink_pen, smooth_path
from studio.ui.page import Page
from studio.ui.theme import STEP, colour, font

MOVES = 0.6  # seconds in which a field turns into that of newer weights
LONGEST = 0.8  # of an arrow, as a share of the distance between two
LEAST_DISTANCE = 18.0  # pixels between arrows; where there are more, some are left out
DOT = 2.2  # radius of an observed point, in pixels

FIELD = "the field f of dx/dt = f(x), as it is learned"
EXTRAPOLATION = "dots: observed · line: the curve through them · dashes: before and after"


class BackdropPicture:
    """Painted once, and again where it, the page, the size or the colours are others."""

    def __init__(self) -> None:
        self._shown: Backdrop | None = None
        self._before: FloatArray | None = None  # velocities of the field that was shown before
        self._passed = MOVES  # seconds since
        self._picture = InkPicture()
        self._key: object = None

    @property
    def moving(self) -> bool:
        """Whether a field is turning into another."""
        return self._passed < MOVES

    @property
    def has_curve(self) -> bool:
        """Whether it is a curve through observed points."""
        return isinstance(self._shown, Extrapolation)

    def follow(self, backdrop: Backdrop | None, seconds: float) -> bool:
        """Show this from now on; whether anything is to be painted again."""
        changed = backdrop is not self._shown
        if changed:
            turns = isinstance(backdrop, Field) and isinstance(self._shown, Field)
            self._before = self._velocities() if turns else None
            self._passed = 0.0 if turns else MOVES
            self._shown = backdrop
        elif self.moving:
            self._passed += seconds
            changed = True
        if changed:
            self._key = None
        return changed

    def picture(self, cells: list[QRectF], page: Page, canvas: InkPicture) -> QImage | None:
        """As large as the ink of the canvas; None where there is nothing to show."""
        if self._shown is None or not cells:
            return None
        key = (canvas.image.size(), canvas.image.devicePixelRatio(), len(cells), cells[0], page, colour("text"))
        if key != self._key:
            self._picture.image = QImage(canvas.image.size(), QImage.Format.Format_ARGB32_Premultiplied)
            self._picture.image.setDevicePixelRatio(canvas.image.devicePixelRatio())
            self._picture.clear()
            self._paint(cells, page)
            self._key = key
        return self._picture.image

    def _paint(self, cells: list[QRectF], page: Page) -> None:
        painter = QPainter(self._picture.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for cell in cells:
            painter.save()
            painter.setClipRect(cell)
            painter.translate(cell.topLeft())
            if isinstance(self._shown, Field):
                paint_field(painter, self._shown, self._velocities(), page, cell.width(), cell.height())
            elif isinstance(self._shown, Extrapolation):
                paint_extrapolation(painter, self._shown, page, cell.width(), cell.height())
            painter.restore()
        if cells[0].width() > 300:
            paint_caption(painter, cells[-1], FIELD if isinstance(self._shown, Field) else EXTRAPOLATION)
        painter.end()

    def _velocities(self) -> FloatArray:
        """Those shown at this moment: smoothly from the old to the new."""
        assert isinstance(self._shown, Field)
        share = min(1.0, self._passed / MOVES)
        if self._before is None or self._before.shape != self._shown.velocities.shape:
            return self._shown.velocities
        eased = share * share * (3 - 2 * share)
        return (1 - eased) * self._before + eased * self._shown.velocities


def paint_field(
    painter: QPainter, field: Field, velocities: FloatArray, page: Page, width: float, height: float
) -> None:
    """An arrow at every point of the grid, longer where the field is faster, around the point."""
    apart = field.spacing * page.scale(width, height)
    every = max(1, round(LEAST_DISTANCE / max(apart, 1e-6)))
    places = page.to_canvas(field.points, width, height)
    seen = ((places > -apart) & (places < (width + apart, height + apart))).all(1)
    kept = _thinned(len(places), every) & seen
    velocities = velocities * (1, -page.stretch if page.y_up else page.stretch)
    speeds = np.hypot(*velocities.T)
    usual = float(np.median(speeds[seen])) if seen.any() else 1.0
    lengths = LONGEST * every * apart * np.tanh(speeds / (usual or 1.0) / 1.5)
    directions = velocities / np.maximum(speeds, 1e-12)[:, None]
    halves = directions * lengths[:, None] / 2
    tails, tips = (places - halves)[kept], (places + halves)[kept]
    painter.setPen(QPen(colour("muted", 0.6), 1.1, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLines([QLineF(*tail, *tip) for tail, tip in zip(tails.tolist(), tips.tolist(), strict=True)])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("muted", 0.9))
    for x, y in tips.tolist():
        painter.drawEllipse(QPointF(x, y), 1.5, 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _thinned(count: int, every: int) -> NDArray[np.bool_]:
    """Of the points of a square grid, one in so many along each side."""
    side = round(count**0.5)
    row, column = np.divmod(np.arange(count), side)
    return (row % every == 0) & (column % every == 0)


def paint_extrapolation(painter: QPainter, found: Extrapolation, page: Page, width: float, height: float) -> None:
    """Observed points as dots, the curve through them as a line, and what is before and after them dashed."""
    dashed = ink_pen(colour("accent", 0.55), 1.8)
    dashed.setDashPattern([3.0, 3.0])
    parts = ((found.before, dashed), (found.after, dashed), (found.within, ink_pen(colour("accent", 0.9), 2.2)))
    for points, pen in parts:
        if points is not None:
            painter.strokePath(smooth_path(page.to_canvas(points, width, height)), pen)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("text", 0.75))
    for x, y in page.to_canvas(found.observed, width, height).tolist():
        painter.drawEllipse(QPointF(x, y), DOT, DOT)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_caption(painter: QPainter, cell: QRectF, text: str) -> None:
    """What is to be seen, in the lower left corner."""
    where = int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
    corner = cell.adjusted(1.5 * STEP, 0, -STEP, -STEP)
    painter.setFont(font("small"))
    around = painter.boundingRect(corner, where, text).adjusted(-STEP / 2, -2, STEP / 2, 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("paper", 0.85))
    painter.drawRoundedRect(around, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(colour("muted"))
    painter.drawText(corner, where, text)
