"""The curves of a training: smoothed, on a linear or logarithmic scale, fast with any number of points."""

from __future__ import annotations

import os

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPicture
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.theme import colour, number_font, theme
from studio.ui.widgets import NumberLabel, column, label, row
from studio.workbench import Series

LINEAR_UP_TO = 0.1  # the logarithmic scale is linear from -0.1 to 0.1, for nats may be negative
AXIS_WIDTH = 48
NO_VALUE = "–"


@dataclass(frozen=True)
class Curve:
    """One line: which metric, what it is called, which of the theme's plot colours, and whether measured rarely."""

    metric: str
    name: str
    colour: int
    rare: bool = False
    sign: int = 1


def smoothed(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The mean of the `width` values around every place, of fewer towards both ends: it never lags behind."""
    if width <= 1 or len(values) == 0:
        return values
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    reach = min(width // 2, (len(values) - 1) // 2)
    counts = np.arange(1, 2 * reach, 2)  # odd, so that a place has as many on either side
    begin = sums[counts] / counts
    middle = (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)
    end = ((sums[-1] - sums[-1 - counts]) / counts)[::-1]
    return np.concatenate([begin, middle, end])


def to_log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithmic far from 0 and linear around it, so that negative values have a place."""
    return np.asarray(np.arcsinh(np.asarray(values, np.float64) / (2 * LINEAR_UP_TO)) / np.log(10))


def from_log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `to_log`."""
    return np.asarray(2 * LINEAR_UP_TO * np.sinh(np.asarray(values, np.float64) * np.log(10)))


class _Axis(pg.AxisItem):
    """Paints straight away: by way of a QPicture, as pyqtgraph does, it costs as much again whenever a curve grows."""

    picture: QPicture | None  # of pyqtgraph's; None once something has changed

    def paint(self, painter: QPainter, option: object, widget: object) -> None:
        if self.picture is None:
            self._drawn = self.generateDrawSpecs(painter)
            self.picture = QPicture()
        if self._drawn is not None:
            painter.save()
            self.drawPicture(painter, *self._drawn)
            painter.restore()


class _ValueAxis(_Axis):
    """The y axis: short numbers, and on the logarithmic scale 1, 3, 10, 30 and so on, on both sides of 0."""

    logarithmic = False

    def tickValues(self, low: float, high: float, size: float) -> list[Any]:
        if not self.logarithmic:
            return list(super().tickValues(low, high, size))
        decades = np.array([mantissa * 10.0**power for power in range(-6, 7) for mantissa in (1, 3)])
        candidates = to_log(np.concatenate([-decades[::-1], [0.0], decades]))
        inside = candidates[(candidates >= low) & (candidates <= high)]
        apart = 22 / max(size, 1) * (high - low)  # at least 22 pixels
        kept: list[float] = []
        for place in inside:
            if not kept or place - kept[-1] >= apart:
                kept.append(float(place))
        if len(kept) < 2:
            places = super().tickValues(low, high, size)
            return list(places)
        return [(1.0, kept)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logarithmic:
            return [f"{value:.3g}" for value in from_log(np.array(values))]
        return [_short(value) for value in super().tickStrings(values, scale, spacing)]


def _short(text: str) -> str:
    return f"{float(text):.3g}" if len(text) > 6 else text


class CurvePlot(QWidget):
    """A few curves over the steps, with their newest values above."""

    def __init__(self, title: str, curves: tuple[Curve, ...], tip: str) -> None:
        super().__init__()
        self._curves = curves
        self._title = title
        self._series: Mapping[str, Series] = {}
        self._smooth = 0
        self._follows = True  # all steps are shown, until somebody looks closer
        self._axis = _ValueAxis("left")
        self._steps_axis = _Axis("bottom")
        self.plot = pg.PlotWidget(axisItems={"left": self._axis, "bottom": self._steps_axis})
        self._raw = [self.plot.plot([], []) for _ in curves]
        self._lines = [self.plot.plot([], []) for _ in curves]
        self._values = [NumberLabel(f"● {curve.name} -88.888", "small") for curve in curves]
        self.setToolTip(tip)
        self.plot.setAccessibleName(title)
        self._build(title)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _build(self, title: str) -> None:
        self._heading = label(title, "small")
        head = row(self._heading, None, *self._values)
        head.setContentsMargins(8, 0, 8, 0)
        layout = column(head, self.plot, spacing=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.plot.setMinimumSize(120, 80)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.plot.setMenuEnabled(False)
        for part in (self.plot, self.plot.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.hideButtons()
        self.plot.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        item = self.plot.getPlotItem()
        item.setContentsMargins(0, 2, 8, 0)
        item.setMouseEnabled(x=True, y=False)
        self.plot.enableAutoRange(axis="y")
        item.getViewBox().sigRangeChangedManually.connect(self._look_closer)
        self._axis.setWidth(AXIS_WIDTH)
        self._axis.enableAutoSIPrefix(False)
        self._steps_axis.enableAutoSIPrefix(False)
        self._steps_axis.setHeight(20)
        for line in (*self._raw, *self._lines):
            line.setDownsampling(auto=True, method="peak")
            line.opts["autoDownsampleFactor"] = 1.0  # peaks per pixel; more only cost time
            line.setClipToView(True)

    def sizeHint(self) -> QSize:
        return QSize(200, 150)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._look_at_all()

    def _look_at_all(self) -> None:
        self._follows = True
        self.plot.enableAutoRange(axis="y")
        self._draw()

    def _look_closer(self) -> None:
        self._follows = False

    def show_unit(self, unit: str) -> None:
        """Say what its values are counted in, where that is not nats per frame."""
        words = self._title if not unit or self._curves[0].metric == "learning_rate" else f"{self._title}, {unit}"
        if self._heading.text() != words:
            self._heading.setText(words)

    def show_series(self, series: Mapping[str, Series]) -> None:
        """Show these metrics, by name."""
        self._series = series
        self._draw()

    def set_smoothing(self, width: int) -> None:
        """Average over this many values; 0: none."""
        self._smooth = width
        self._draw()

    def set_logarithmic(self, on: bool) -> None:
        """Use the logarithmic scale."""
        self._axis.logarithmic = on
        self._axis.picture = None
        self._look_at_all()

    def _draw(self) -> None:
        scale = to_log if self._axis.logarithmic else np.asarray
        for index, curve in enumerate(self._curves):
            steps, values = self._series.get(curve.metric, (np.zeros(0), np.zeros(0)))
            values = curve.sign * np.asarray(values, np.float64)
            width = 0 if curve.rare else self._smooth
            self._lines[index].setData(steps, scale(smoothed(values, width)), connect="finite")
            self._raw[index].setData(steps, scale(values)) if width > 1 else self._raw[index].setData([], [])
            newest = values[-1] if len(values) else None
            self._values[index].setText(self._reading(curve, newest))
        if self._follows:
            self._show_all()
        shown = any(curve.metric in self._series for curve in self._curves)
        for axis in (self._axis, self._steps_axis):
            axis.setStyle(showValues=shown)  # an empty plot has nothing to number

    def _show_all(self) -> None:
        """All steps, whatever becomes of them.

        By pyqtgraph's own reckoning the last step shown depends on how many points are left out, and how many are, on
        the steps shown: at some lengths it went to and fro for ever, and the window with it.
        """
        ends = [series[0][[0, -1]] for series in self._series.values() if len(series[0])]
        if ends:
            self.plot.setXRange(np.min(ends), np.max(ends), padding=0.04)

    def _reading(self, curve: Curve, value: float | None) -> str:
        number = NO_VALUE if value is None or not np.isfinite(value) else f"{value:.3f}"
        if value is not None and curve.metric == "learning_rate":
            number = f"{value:.1e}"
        mark = f'<span style="color: {theme().colours.plots[curve.colour]}">●</span>'
        return f"{mark} {curve.name} {number}".replace("  ", " ")

    def _restyle(self) -> None:
        self.plot.setBackground(colour("window"))
        item = self.plot.getPlotItem()
        item.getViewBox().setBackgroundColor(colour("paper"))
        item.showGrid(x=False, y=True, alpha=0.12)
        for axis in (self._axis, self._steps_axis):
            axis.setPen(colour("border"))
            axis.setTextPen(colour("muted"))
            axis.setStyle(tickFont=number_font("small"), tickLength=0, maxTickLevel=1)
        for index, curve in enumerate(self._curves):
            shade = QColor(theme().colours.plots[curve.colour])
            faint = QColor(shade)
            faint.setAlphaF(0.3)
            style = Qt.PenStyle.DashLine if curve.rare else Qt.PenStyle.SolidLine
            self._raw[index].setPen(pg.mkPen(faint, width=1))
            self._lines[index].setPen(pg.mkPen(shade, width=1, style=style))
            if curve.rare:
                self._lines[index].setSymbol("o")
                self._lines[index].setSymbolSize(4)
                self._lines[index].setSymbolBrush(shade)
                self._lines[index].setSymbolPen(None)
        self._draw()


PLOTS: tuple[tuple[str, tuple[Curve, ...], str], ...] = (
    (
        "Loss",
        (Curve("loss", "training", 0), Curve("validation.elbo", "held back", 1, rare=True, sign=-1)),
        "What is minimised, in nats per frame: negative log likelihood + KL (the negative ELBO), "
        "on the drawings trained on and on those held back",
    ),
    (
        "Reconstruction",
        (Curve("reconstruction", "", 2), Curve("validation.reconstruction", "", 1, rare=True)),
        "Negative log likelihood of the drawings given z, in nats per frame: "
        "how well the decoder puts back what the encoder saw",
    ),
    (
        "KL",
        (Curve("kl", "", 3), Curve("validation.kl", "", 1, rare=True)),
        "KL divergence of the approximate posterior from the prior, in nats per frame: how much is told through z",
    ),
    ("Learning rate", (Curve("learning_rate", "", 0),), "How far the weights move with every step"),
)
