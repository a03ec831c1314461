"""The curves of a run on large graphs that belong together: pyqtgraph's, which know how to zoom, drag and export.

Nothing here imports pyqtgraph before a `CurvesView` is made: it takes a quarter of a second, see `load`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.graph import Line, from_log, logarithmic_ticks, to_log
from studio.ui.plots import PLOTS, Curve, heading, lines_of, reading, series_of
from studio.ui.theme import STEP, colour, font, number_font, theme
from studio.ui.widgets import column
from studio.workbench import Series

AXIS_WIDTH = 64  # pixels, the same everywhere: steps stand below each other
PADDING = 0.02  # of all steps, on either side of them
DOTS, RING = 5, 11  # pixels across
GRID = 0.12  # how opaque
COLUMNS = 2
EXPORT = QSize(400, 560)  # that dialog, in which everything is cut off otherwise
BESIDE_THE_POINT = ("Matplotlib Window", "HDF5 Export: plot (x,y)")  # need packages that the studio does not bring


def load() -> ModuleType:
    """pyqtgraph, with its dialog to export; may be called on any thread."""
    importlib.import_module("pyqtgraph.GraphicsScene.exportDialog")
    exporters = importlib.import_module("pyqtgraph.exporters")
    listed = exporters.Exporter.Exporters
    listed[:] = [exporter for exporter in listed if exporter.Name not in BESIDE_THE_POINT]
    return importlib.import_module("pyqtgraph")


class LargeGraph:
    """One of the graphs, with values above it: the newest, or those at the mouse.

    Args:
        pyqtgraph: the package.
        plot: its PlotItem to draw on.
        title: what stands above.
        curves: what it shows.
    """

    def __init__(self, pyqtgraph: ModuleType, plot: Any, title: str, curves: tuple[Curve, ...]) -> None:
        self.plot = plot
        self.title = title
        self.curves = curves
        self.logarithmic = False
        self._make_pen = pyqtgraph.mkPen
        self._series: Mapping[str, Series] = {}
        self._unit = ""
        self._step: float | None = None  # where the mouse is
        self.lines = [plot.plot([], [], connect="finite") for _ in range(2 * len(curves))]
        for line in self.lines:
            line.setDownsampling(auto=True, method="peak")
            line.opts["autoDownsampleFactor"] = 1.0  # peaks per pixel; more only cost time
            line.setClipToView(True)
        self.ring = pyqtgraph.ScatterPlotItem(size=RING, brush=None)
        self.box.addItem(self.ring, ignoreBounds=True)  # not the plot, which would write it into tables
        self.upright, self.level = pyqtgraph.InfiniteLine(angle=90), pyqtgraph.InfiniteLine(angle=0)
        for line in (self.upright, self.level):
            line.hide()
            plot.addItem(line, ignoreBounds=True)
        plot.setMenuEnabled(False)  # it offers steps of its own reckoning, see `CurvesView.show_steps`
        plot.hideButtons()
        plot.enableAutoRange(axis="y")
        plot.setTitle(" ")  # room for words of our own: pyqtgraph lays everything out anew with every digit of a title
        self.words = pyqtgraph.LabelItem(justify="left", parent=plot)
        self.words.anchor((0, 0), (0, 0), offset=(AXIS_WIDTH, 0))
        self._values, self._steps = plot.getAxis("left"), plot.getAxis("bottom")
        self._values.setWidth(AXIS_WIDTH)
        for axis in (self._values, self._steps):
            axis.enableAutoSIPrefix(False)
        self.box.sigYRangeChanged.connect(self._number_values)
        self.restyle()

    @property
    def box(self) -> Any:
        """The part with the curves."""
        return self.plot.getViewBox()

    def show_series(self, series: Mapping[str, Series], unit: str, width: int, best: int | None = None) -> None:
        """Show these metrics, smoothed over `width` values, and the best step on what is held back."""
        self._series, self._unit = series, unit
        lines = lines_of(self.curves, series, 0 if self.curves[0].metric == "learning_rate" else width, best)
        for index, (item, line) in enumerate(zip(self.lines, lines, strict=True)):
            smooth = index >= len(self.curves) and len(lines[index - len(self.curves)].steps) > 0
            self._show_line(item, line, "held back" if line.rare else "smoothed" if smooth else "training")
        points = np.array([point for line in lines if (point := line.best_point) is not None]).reshape(-1, 2)
        pen = self._make_pen(colour("text"), width=1.5)
        self.ring.setData(points[:, 0], to_log(points[:, 1]) if self.logarithmic else points[:, 1], pen=pen)
        self._tell()

    def _show_line(self, item: Any, line: Line, name: str) -> None:
        style = Qt.PenStyle.DashLine if line.rare else Qt.PenStyle.SolidLine
        steps, values = line.steps, np.asarray(line.values, np.float64)
        known = np.isfinite(values)
        if line.rare:
            steps, values = steps[known], values[known]  # where there is no value there is no dot
        elif not known.all():
            values = np.where(known, values, np.nan)  # a gap
        item.setData(
            steps,
            to_log(values) if self.logarithmic else values,
            pen=self._make_pen(line.colour, width=1, style=style),
            symbol="o" if line.rare else None,
            symbolSize=DOTS,
            symbolBrush=line.colour,
            symbolPen=None,
            name=f"{self.title.lower()} {name}",
        )
        # What pyqtgraph writes into a table, which must not depend on the scale.
        item.getOriginalDataset = lambda: (line.steps, line.values) if len(line.steps) else (None, None)

    def set_logarithmic(self, on: bool) -> None:
        """Use the scale of `to_log` for values, from the next `show_series` on."""
        self.logarithmic = on
        self.plot.enableAutoRange(axis="y")
        self._number_values()

    def _number_values(self, *_: object) -> None:
        """pyqtgraph numbers a linear scale itself."""
        if not self.logarithmic:
            self._values.setTicks(None)
            return
        most = max(1, int(self.box.height() / (QFontMetricsF(number_font("small")).height() + STEP)))
        low, high = self.box.viewRange()[1]
        places = logarithmic_ticks(low, high, most)
        texts = [f"{value:.3g}" for value in from_log(np.array(places))]
        self._values.setTicks([list(zip(places, texts, strict=True))])

    def point_at(self, step: float | None, value: float | None = None) -> None:
        """Mark a step and, where the mouse is in this graph, a place on the scale of values; None: neither."""
        self._step = step
        for line, place in ((self.upright, step), (self.level, value)):
            line.setVisible(place is not None)
            if place is not None:
                line.setValue(place)
        self._tell()

    def _tell(self) -> None:
        readings = "&nbsp;&nbsp; ".join(reading(curve, self._value(curve)) for curve in self.curves)
        title = f"<b>{heading(self.title, self._unit)}</b>&nbsp;&nbsp; {readings}"
        if title != self.words.text:
            self.words.setText(title, color=colour("text"), size=f"{font().pointSizeF()}pt")

    def _value(self, curve: Curve) -> float | None:
        """As measured, not smoothed: nearest to the mouse, or the newest."""
        steps, values = series_of(curve, self._series)
        if not len(values):
            return None
        return float(values[-1 if self._step is None else nearest(steps, self._step)])

    def restyle(self) -> None:
        """Take the colours of the theme; the curves take theirs with the next `show_series`."""
        self.box.setBackgroundColor(colour("paper"))
        for axis in (self._values, self._steps):
            axis.setPen(colour("border"))
            axis.setTextPen(colour("muted"))
            axis.setStyle(tickFont=number_font("small"), tickLength=0, maxTickLevel=1)
        self.plot.showGrid(x=True, y=True, alpha=GRID)
        for line in (self.upright, self.level):
            line.setPen(colour("muted"))
        self.words.text = ""  # its colours are another theme's
        self._tell()


def nearest(steps: np.ndarray[Any, Any], step: float) -> int:
    """Which of ascending steps is nearest."""
    after = int(np.clip(np.searchsorted(steps, step), 1, max(1, len(steps) - 1)))
    return after if after < len(steps) and step - steps[after - 1] > steps[after] - step else after - 1


class CurvesView(QWidget):
    """All graphs, two beside each other, over the same steps.

    It has no graph at first: `build` makes them, and takes turns with the rest of the window.
    """

    pointed = Signal(object)  # the step at which the mouse is, or None
    double_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pyqtgraph = load()
        self._follows = True  # all steps are shown, until somebody looks closer
        self.graphs: list[LargeGraph] = []
        self.paper = self._pyqtgraph.GraphicsLayoutWidget()
        self.paper.setAccessibleName("Curves")
        self.paper.setMinimumSize(480, 320)
        self.paper.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.paper.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.paper.viewport().installEventFilter(self)
        self.paper.scene().sigMouseMoved.connect(self._follow_mouse)
        self.setLayout(column(self.paper))
        theme().changed.connect(self._restyle)
        self._restyle()

    def build(self) -> Iterator[LargeGraph]:
        """Make one graph after another: each takes as long as the window may wait."""
        for index, (title, curves, tip) in enumerate(PLOTS):
            plot = self.paper.addPlot(*divmod(index, COLUMNS))
            graph = LargeGraph(self._pyqtgraph, plot, title, curves)
            graph.words.setToolTip(tip)
            if self.graphs:
                plot.setXLink(self.graphs[0].plot)
            graph.box.sigRangeChangedManually.connect(self._look_closer)
            self.graphs.append(graph)
            yield graph

    # --- what is shown

    @property
    def steps_shown(self) -> tuple[float, float]:
        """From the left to the right."""
        low, high = self.graphs[0].box.viewRange()[0]
        return low, high

    def show_steps(self, series: Mapping[str, Series]) -> None:
        """Let all steps of these metrics be seen, unless somebody looks closer.

        By pyqtgraph's own reckoning the last step shown depends on how many points are left out, and how many are, on
        the steps shown: at some lengths it goes to and fro for ever, and the window with it.
        """
        shown = [curve.metric for graph in self.graphs for curve in graph.curves]
        ends = [series[name][0][[0, -1]] for name in shown if name in series and len(series[name][0])]
        if ends and self._follows:
            low, high = float(np.min(ends)), float(np.max(ends))
            self.graphs[0].plot.setXRange(low, max(high, low + 1), padding=PADDING)

    def show_all(self) -> None:
        """Follow the curves again, over all steps and up and down; they come with the next `show_steps`."""
        self._follows = True
        for graph in self.graphs:
            graph.plot.enableAutoRange(axis="y")

    def _look_closer(self) -> None:
        self._follows = False

    def export(self) -> None:
        """Open pyqtgraph's dialog, which writes all graphs or one as a picture, a drawing or a table."""
        self.leave()
        scene = self.paper.scene()
        scene.contextMenuItem = self.graphs[0].plot
        scene.showExportDialog()
        scene.exportDialog.resize(EXPORT)

    def close_export(self) -> None:
        """Close that dialog, which belongs to nobody and would keep the program running."""
        if self.paper.scene().exportDialog is not None:
            self.paper.scene().exportDialog.close()

    # --- the mouse

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.leave()
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonDblClick:
            self.double_clicked.emit()
        return False

    def leave(self) -> None:
        """The mouse is nowhere: show the newest values."""
        self._point(None, None, 0.0)

    def _follow_mouse(self, place: QPointF) -> None:
        for graph in self.graphs:
            if graph.box.sceneBoundingRect().contains(place):
                inside = graph.box.mapSceneToView(place)
                self._point(graph, inside.x(), inside.y())
                return
        self.leave()

    def _point(self, under: LargeGraph | None, step: float | None, value: float) -> None:
        for graph in self.graphs:
            graph.point_at(step, value if graph is under else None)
        self.pointed.emit(step)

    # --- looks

    def _restyle(self) -> None:
        self.paper.setBackground(colour("window"))
        for graph in self.graphs:
            graph.restyle()
