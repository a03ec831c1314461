"""The curves of a training: smoothed, on a linear or logarithmic scale, fast with any number of points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio.ui.graph import Graph, Line, mixed
from studio.ui.theme import colour, theme
from studio.ui.widgets import NumberLabel, column, label, row, tool_button
from studio.workbench import Series, Workbench

NO_VALUE = "–"
LEARNING_RATE = "Learning rate"
FAINT = 0.4  # share of its colour in a curve behind its smoothed one; the rest is paper's
NOTHING: Series = (np.zeros(0, np.int64), np.zeros(0))
NATS = ("loss", "elbo", "reconstruction", "kl")  # curves that are counted in them


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
    sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values, posinf=0.0, neginf=0.0))])
    reach = min(width // 2, (len(values) - 1) // 2)
    counts = np.arange(1, 2 * reach, 2)  # odd, so that a place has as many on either side
    begin = sums[counts] / counts
    middle = (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)
    end = ((sums[-1] - sums[-1 - counts]) / counts)[::-1]
    return np.concatenate([begin, middle, end])


def width_of(amount: float) -> int:
    """Over how many values to average, 1 to 1000, for a slider's 0 to 1; 0: over none."""
    return round(10 ** (3 * amount)) if amount > 0 else 0


def is_of_text(workbench: Workbench, id: int | None) -> bool:
    """Whether a run learns from texts, where what is counted is bits per character."""
    run = next((run for run in workbench.runs() if run.id == id), None)
    return run is not None and run.recipe.material == "text"


def counted(workbench: Workbench, id: int | None) -> tuple[Mapping[str, Series], str]:
    """The curves of a run, and what they are counted in where that is not nats per frame."""
    series = workbench.metrics(id) if id is not None else {}
    return (in_bits(series), "bits") if is_of_text(workbench, id) else (series, "")


def in_bits(series: Mapping[str, Series]) -> dict[str, Series]:
    """Curves in nats per frame as bits; what is counted in something else stays as it is."""
    return {
        name: (steps, values / math.log(2) if name.removeprefix("validation.") in NATS else values)
        for name, (steps, values) in series.items()
    }


def series_of(curve: Curve, series: Mapping[str, Series]) -> Series:
    """Steps and values of one curve, in the sign in which it is shown."""
    steps, values = series.get(curve.metric, NOTHING)
    return steps, values if curve.sign == 1 else curve.sign * values


def lines_of(curves: Sequence[Curve], series: Mapping[str, Series], width: int, best: int | None = None) -> list[Line]:
    """What to paint: first what each curve is smoothed from, where it is, then each as it is over `width` values.

    Args:
        best: the step to be marked on what is held back.
    """
    behind, before = [], []
    for curve in curves:
        steps, values = series_of(curve, series)
        shade = QColor(theme().colours.plots[curve.colour])
        smooth = not curve.rare and width > 1
        behind.append(Line(*(steps, values) if smooth else NOTHING, mixed(shade, colour("paper"), FAINT)))
        mark = best if curve.rare else None
        before.append(Line(steps, smoothed(values, width) if smooth else values, shade, curve.rare, mark))
    return behind + before


def reading(curve: Curve, value: float | None) -> str:
    """A value beside its curve's name and colour, as HTML."""
    number = NO_VALUE if value is None or not np.isfinite(value) else f"{value:.3f}"
    if value is not None and curve.metric == "learning_rate":
        number = f"{value:.1e}"
    mark = f'<span style="color: {theme().colours.plots[curve.colour]}">●</span>'
    return f"{mark} {curve.name} {number}".replace("  ", " ")


def heading(title: str, unit: str) -> str:
    """What stands above a plot, with what its values are counted in where that is not nats per frame."""
    return title if not unit or title == LEARNING_RATE else f"{title}, {unit}"


class CurvePlot(QWidget):
    """A few curves over the steps, with their newest values above."""

    double_clicked = Signal()

    def __init__(self, title: str, curves: tuple[Curve, ...], tip: str) -> None:
        super().__init__()
        self._curves = curves
        self._title = title
        self._series: Mapping[str, Series] = {}
        self._best: int | None = None
        self._smooth = 0
        self.graph = Graph()
        self.graph.double_clicked.connect(self.double_clicked)
        self.graph.setAccessibleName(title)
        self._values = [NumberLabel(f"● {curve.name} -88.888", "small") for curve in curves]
        self.setToolTip(tip)
        self._heading = label(title, "small")
        self.filling = tool_button("expand", f"{title} alone", "Let this plot fill the pane", checkable=True)
        self.filling.setIconSize(QSize(12, 12))
        head = row(self._heading, None, *self._values, self.filling)
        layout = column(head, self.graph, spacing=0)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        theme().changed.connect(self._draw)
        self._draw()

    def show_unit(self, unit: str) -> None:
        """Say what its values are counted in, where that is not nats per frame."""
        words = heading(self._title, unit)
        if self._heading.text() != words:
            self._heading.setText(words)

    def mark_best(self, step: int | None) -> None:
        """Ring the point of this step on what is held back, from the next `show_series` on; None: none."""
        self._best = step

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

    def _draw(self) -> None:
        for curve, value in zip(self._curves, self._values, strict=True):
            _, values = series_of(curve, self._series)
            value.setText(reading(curve, values[-1] if len(values) else None))
        self.graph.show_lines(lines_of(self._curves, self._series, self._smooth, self._best))


PLOTS: tuple[tuple[str, tuple[Curve, ...], str], ...] = (
    (
        "Loss",
        (Curve("loss", "training", 0), Curve("validation.elbo", "held back", 1, rare=True, sign=-1)),
        "What is minimised, in nats per frame: negative log likelihood + KL (the negative ELBO), "
        "on the material trained on and on what is held back; the ring marks where that was best",
    ),
    (
        "Reconstruction",
        (Curve("reconstruction", "", 2), Curve("validation.reconstruction", "", 1, rare=True)),
        "Negative log likelihood of the material given z, in nats per frame: "
        "how well the decoder puts back what the encoder saw",
    ),
    (
        "KL",
        (Curve("kl", "", 3), Curve("validation.kl", "", 1, rare=True)),
        "KL divergence of the approximate posterior from the prior, in nats per frame: how much is told through z",
    ),
    (LEARNING_RATE, (Curve("learning_rate", "", 0),), "How far the weights move with every step"),
)
