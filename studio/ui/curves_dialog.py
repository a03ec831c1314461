"""The curves of a run, large: to look closer, to read values at the mouse, to write them to a file.

The dialog stays open beside the window and follows a training.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QDialog, QStackedWidget, QWidget

from studio.training.events import TrainingEvent
from studio.ui.adapting import Flow, Scrolled, open_at
from studio.ui.audio.background import Background
from studio.ui.curves_view import CurvesView, LargeGraph, load
from studio.ui.plots import counted, width_of
from studio.ui.preferences import remembered, remembered_number
from studio.ui.problems import reported
from studio.ui.theme import STEP, theme
from studio.ui.weights import best_in_words
from studio.ui.widgets import (
    MarkedSlider,
    NumberLabel,
    column,
    keep_wheel_for_scrolling,
    label,
    push_button,
    row,
    spread,
    timer,
    tool_button,
)
from studio.workbench import Workbench

ROUNDS_PER_SECOND = 3
HOW = "Wheel: closer · Drag: along · On an axis: along this one only · Double click: everything"


class CurvesDialog(QDialog):
    """Curves of one run at a time."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._background = Background("curves", self)
        self._stale = True
        self._outdated: list[LargeGraph] = []
        self._loading = False
        self.view: CurvesView | None = None
        self.setWindowTitle("Curves")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.runs = QComboBox()
        self.step = NumberLabel("step 8,888,888")
        self.smoothing = MarkedSlider(0, 1, 0.4)
        self.logarithmic = tool_button("log-scale", "Logarithmic scale", checkable=True)
        self.all = push_button("Show &All", "reset")
        self.export = push_button("&Export…", "export")
        self.waiting = label("Loading …", "muted")
        self._places = QStackedWidget()
        self._timer = timer(self, 1000, self._draw_next)
        self._build()
        self._connect()
        self.show_runs()

    def _build(self) -> None:
        self.runs.setAccessibleName("Run")
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        keep_wheel_for_scrolling(self.runs)
        self.smoothing.setFixedWidth(120)
        self.smoothing.number = remembered_number("curves/smoothing", 0.4)
        self.smoothing.setToolTip("Average the curves over more and more steps; double click: the usual amount")
        self.logarithmic.setToolTip("Logarithmic scale: small changes show as much as big ones")
        self.logarithmic.setChecked(remembered("curves/logarithmic", False))
        self.all.setToolTip("Show all steps, and follow the training again (double click on a graph)")
        self.export.setToolTip("Write the graphs as a picture or a drawing, or one of them as a table")
        for button in (self.all, self.export):
            button.setAutoDefault(False)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._places.addWidget(self.waiting)
        smoothing = row(label("&Smoothing", buddy=self.smoothing), self.smoothing, self.logarithmic)
        chosen = spread(row(label("&Run", buddy=self.runs), self.runs))
        head = Flow(chosen, spread(smoothing), None, spread(row(self.all, self.export)))
        how = label(HOW, "small")
        how.setWordWrap(True)
        foot = row(how, self.step)
        foot.setStretch(0, 1)
        layout = column(head, self._places, foot, spacing=STEP, margins=2 * STEP)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        open_at(self, QSize(1040, 680))

    def _connect(self) -> None:
        bench = self._workbench
        bench.runs_changed.connect(self.show_runs)
        bench.project_changed.connect(self.show_runs)
        bench.training_event.connect(self._new_values)
        theme().changed.connect(self._redraw)
        self.runs.activated.connect(lambda _: self._show_everything())
        self.smoothing.moved.connect(lambda _: self._redraw())
        self.logarithmic.toggled.connect(self._set_logarithmic)
        self.all.clicked.connect(lambda: self._show_everything())
        self.export.clicked.connect(lambda: self._export())

    # --- pyqtgraph, once it is needed

    def showEvent(self, event: QShowEvent) -> None:
        """Load pyqtgraph while the dialog is seen already, and go on drawing."""
        super().showEvent(event)
        if self.view is None and not self._loading:
            self._loading = True
            self._background.run(load, lambda _: self._make_view(), self.waiting.setText)
        self._timer.start()
        self._redraw()

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing that nobody sees."""
        super().hideEvent(event)
        self._timer.stop()
        if self.view is not None:
            self.view.close_export()

    def _make_view(self) -> None:
        view = CurvesView()
        self._make_next(view, view.build())

    def _make_next(self, view: CurvesView, graphs: Iterator[LargeGraph]) -> None:
        """One graph in every turn of the event loop, so that the window goes on meanwhile."""
        if next(graphs, None) is not None:
            QTimer.singleShot(0, self, lambda: self._make_next(view, graphs))
            return
        view.pointed.connect(self._show_step)
        view.double_clicked.connect(self._show_everything)
        self._places.addWidget(place := Scrolled(view))
        self._places.setCurrentWidget(place)
        self._timer.setInterval(1000 // (ROUNDS_PER_SECOND * len(view.graphs)))
        self.view = view
        for graph in view.graphs:
            graph.set_logarithmic(self.logarithmic.isChecked())
        self._allow()

    # --- the run

    @property
    def run_shown(self) -> int | None:
        """The chosen run, or the newest; None where there is none."""
        runs = self._workbench.runs()
        chosen: int | None = self.runs.currentData()
        return chosen if chosen is not None else runs[-1].id if runs else None

    def choose_run(self, id: int | None) -> None:
        """Show this run; None: the newest, whichever that will be."""
        if id != self.runs.currentData():
            self.runs.setCurrentIndex(max(0, self.runs.findData(id)))
            self._show_everything()

    def show_runs(self) -> None:
        """The runs there are, newest first; the chosen one stays chosen."""
        chosen, before = self.runs.currentData(), self.runs.count()
        self.runs.clear()
        self.runs.addItem("the newest", None)
        for run in reversed(self._workbench.runs()):
            self.runs.addItem(f"{run.name}: {run.recipe.title}{best_in_words(run)}", run.id)
        self.runs.setCurrentIndex(0 if chosen is None else max(0, self.runs.findData(chosen)))
        if chosen is None and self.runs.count() != before:
            self._show_everything()
        self._redraw()
        self._allow()

    def _allow(self) -> None:
        ready = self.view is not None and self.run_shown is not None
        self.export.setEnabled(ready)
        self.all.setEnabled(ready)

    # --- drawing

    def _new_values(self, _: TrainingEvent) -> None:
        self._stale = True

    def _redraw(self) -> None:
        self._stale = True

    def _draw_next(self) -> None:
        """Bring the next graph up to date. All at once would take longer than the pens, which move, can wait."""
        if self.view is None:
            return
        if self._stale and not self._outdated:
            self._stale = False
            self._outdated = list(self.view.graphs)
        if self._outdated:
            series, unit = counted(self._workbench, self.run_shown)
            self.view.show_steps(series)
            run = self.run_shown
            best = None if run is None else self._workbench.best_step(run)
            self._outdated.pop(0).show_series(series, unit, width_of(self.smoothing.number), best)

    def _draw_all(self) -> None:
        self._outdated = []
        self._stale = True
        while self.view is not None and (self._stale or self._outdated):
            self._draw_next()

    def _show_everything(self) -> None:
        if self.view is not None:
            self.view.show_all()
            self._draw_all()

    def _set_logarithmic(self, on: bool) -> None:
        if self.view is not None:
            for graph in self.view.graphs:
                graph.set_logarithmic(on)
            self._draw_all()

    def _show_step(self, step: float | None) -> None:
        self.step.setText("" if step is None else f"step {max(0, round(step)):,}")

    @reported
    def _export(self) -> None:
        if self.view is not None:
            self.view.export()

    def close_down(self) -> None:
        """The window closes."""
        self.close()
        self._background.close()
