"""The curves of a training: smoothed, on a linear or logarithmic scale, fast with any number of points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio.ui.graph import Graph, Line, mixed
from studio.ui.theme import colour, theme
from studio.ui.widgets import NumberLabel, column, label, row
from studio.workbench import Series

NO_VALUE = "–"
FAINT = 0.4  # share of its colour in a curve behind its smoothed one; the rest is paper's
NOTHING: Series = (np.zeros(0, np.int64), np.zeros(0))


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


class CurvePlot(QWidget):
    """A few curves over the steps, with their newest values above."""

    def __init__(self, title: str, curves: tuple[Curve, ...], tip: str) -> None:
        super().__init__()
        self._curves = curves
        self._title = title
        self._series: Mapping[str, Series] = {}
        self._smooth = 0
        self.graph = Graph()
        self.graph.setAccessibleName(title)
        self._values = [NumberLabel(f"● {curve.name} -88.888", "small") for curve in curves]
        self.setToolTip(tip)
        self._heading = label(title, "small")
        head = row(self._heading, None, *self._values)
        head.setContentsMargins(8, 0, 8, 0)
        layout = column(head, self.graph, spacing=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        theme().changed.connect(self._draw)
        self._draw()

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
        self.graph.set_logarithmic(on)
        self.graph.look_at(None)

    def _draw(self) -> None:
        behind, before = [], []
        for curve, reading in zip(self._curves, self._values, strict=True):
            steps, values = self._series.get(curve.metric, NOTHING)
            values = values if curve.sign == 1 else curve.sign * values
            shade = QColor(theme().colours.plots[curve.colour])
            smooth = not curve.rare and self._smooth > 1
            if smooth:
                behind.append(Line(steps, values, mixed(shade, colour("paper"), FAINT)))
            before.append(Line(steps, smoothed(values, self._smooth) if smooth else values, shade, curve.rare))
            reading.setText(self._reading(curve, values[-1] if len(values) else None))
        self.graph.show_lines(behind + before)

    def _reading(self, curve: Curve, value: float | None) -> str:
        number = NO_VALUE if value is None or not np.isfinite(value) else f"{value:.3f}"
        if value is not None and curve.metric == "learning_rate":
            number = f"{value:.1e}"
        mark = f'<span style="color: {theme().colours.plots[curve.colour]}">●</span>'
        return f"{mark} {curve.name} {number}".replace("  ", " ")


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
