"""The map of a run's g, and beside it what lies at the point that is dragged about on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from studio.generation.live_point import Found
from studio.ui.file_dialogs import Kinds
from studio.ui.generated_kinds import KINDS
from studio.ui.inside.chart import Chart, Marks
from studio.ui.inside.piece import PieceView
from studio.ui.inside.walk_row import WalkRow
from studio.ui.preferences import smooth_lines
from studio.ui.problems import reported
from studio.ui.theme import STEP
from studio.ui.widgets import ElidedLabel, column, row, timer, tool_button
from studio.workbench import Job, LivePoint, Mapped, Weights, Workbench

MAP_FILES = {".csv": "The map as a CSV table", ".npz": "The map as a NumPy archive"}
MOST_OUTLINES = 12  # of groups: more would be a scribble
FRAME_MILLISECONDS = 16  # between two looks at what was found, while the point moves


class ChartPane(QWidget):
    """Shows the map of one run. It computes nothing while it is hidden."""

    said = Signal(str)
    changed = Signal()  # whether there is a map

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self._mapped: Mapped | None = None
        self._job: Job | None = None
        self._again = False  # whether more was asked for while a map was made
        self._asked: tuple[int | None, Weights] | None = None
        self._live: LivePoint | None = None
        self.chart = Chart()
        self.piece = PieceView()
        self.walk = WalkRow(workbench)
        self.caption = ElidedLabel(role="small")
        self.reading = ElidedLabel(role="small")
        self.views = QSplitter(Qt.Orientation.Horizontal)
        self._frames = timer(self, FRAME_MILLISECONDS, self._show_found)
        for view in (self.chart, self.piece):
            self.views.addWidget(view)
        self.views.setChildrenCollapsible(False)
        self.views.setHandleWidth(STEP)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.keep = tool_button("add", "Add to Collection", "Put what lies there into the collection")
        self.keep.clicked.connect(self._keep)
        words = row(self.caption, self.reading, self.keep)
        words.setStretch(0, 3)
        words.setStretch(1, 2)
        layout: QVBoxLayout = column(self.views, self.walk, words)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.chart.moved.connect(self._ask)
        self.walk.found.connect(self._show_walked)
        self.walk.failed.connect(self._show_failed)
        self.walk.changed.connect(self._show_way)
        workbench.job_changed.connect(self._follow_job)
        workbench.project_changed.connect(self._begin_anew)

    def minimumSizeHint(self) -> QSize:
        return QSize(420, 200 + (0 if self.walk.isHidden() else STEP + self.walk.minimumSizeHint().height()))

    @property
    def mapped(self) -> Mapped | None:
        """The map that is shown."""
        return self._mapped

    @property
    def busy(self) -> bool:
        """Whether a map is being made."""
        return self._job is not None

    def look(self, run: int | None, weights: Weights) -> None:
        """Show the map of a run; the one that is shown stays until it is there, where it is of the same run."""
        if self._job is not None:
            if self._asked == (run, weights):
                self._again = True
                return
            self._workbench.cancel(self._job.id)
            self._job = None
        why = self._workbench.why_not_map(run) if self._workbench.is_open else "No project is open."
        if why:
            self._forget()
            self.chart.show_empty("map", "A map of all pieces", why)
            self.piece.show_empty("pen", "", "")
            return
        if self._asked != (run, weights):
            self._forget()
            self.chart.show_empty("map", "Reading all pieces …")
            self.piece.show_empty("pen", "", "")
        self._asked = (run, weights)
        self._job = self._workbench.map_whole(run, weights)

    def _follow_job(self, job: Job) -> None:
        if self._job is None or job.id != self._job.id or not job.finished:
            return
        again, self._job, self._again = self._again, None, False
        if isinstance(job.result, Mapped):
            self._show(job.result)
            if again and self._asked is not None and self.isVisible():
                self.look(*self._asked)
        elif job.error:
            self._forget()
            self.chart.show_empty("warning", "There is no map of this run", job.error)

    def _show(self, mapped: Mapped) -> None:
        self._close_live()
        self._mapped = mapped
        chart = mapped.chart
        largest = chart.shares.argsort()[::-1][:MOST_OUTLINES].tolist()
        ellipses = [chart.ellipse(group) for group in largest]
        kind = KINDS[mapped.run.recipe.material]
        self.chart.show_marks(Marks(mapped.items, chart.points, mapped.names, ellipses), kind.look)
        along, across = chart.explained.tolist()
        more = f"; {mapped.left_out:,} more are left out" if mapped.left_out else ""
        self.changed.emit()
        self.caption.setText(
            f"{mapped.run.name}, step {mapped.step:,}: g of {len(mapped.items):,} pieces{more}. "
            f"Across {along:.0%}, upwards {across:.0%} of what differs."
        )
        self._live = self._workbench.live_point(mapped)
        if self.chart.point is None:
            self.chart.place_point(*chart.project(chart.means[int(chart.shares.argmax())]).tolist())
        assert self.chart.point is not None
        self.walk.follow(mapped)
        if not self.walk.walking:
            self._ask(*self.chart.point)

    def _ask(self, x: float, y: float) -> None:
        self.walk.rest()
        if self._live is not None:
            self._live.ask([x, y])
            self._frames.start()

    def _show_found(self) -> None:
        live = self._live
        if live is None or not live.busy:
            self._frames.stop()
            if live is not None and live.error:
                self._show_failed(live.error)
            return
        found = live.take()
        if found is not None:
            self._show_made(found)

    def _show_failed(self, why: str) -> None:
        self.piece.show_empty("warning", "What lies there cannot be shown", why)

    def _show_walked(self, found: Found) -> None:
        """What lies where the slider between two pieces stands."""
        self._frames.stop()
        self.chart.place_point(*found.point.tolist())
        self._show_made(found)

    def _show_way(self) -> None:
        """The straight line on the map from the one of the two pieces to the other, where both are on it."""
        ends, mapped = self.walk.ends, self._mapped
        place = {} if mapped is None else {item.id: row for row, item in enumerate(mapped.items)}
        rows = [place[item.id] for item in ends or () if item.id in place]
        self.chart.show_way(mapped.chart.points[rows] if mapped is not None and len(rows) == 2 else None)

    def _show_made(self, found: Found) -> None:
        if found.material is None:
            self.piece.show_empty("warning", "Nothing lies there", "The model ends before it begins: drag elsewhere.")
        else:
            self.piece.show_found(found)
        x, y = found.point.tolist()
        self.chart.show_reached(x, y)
        name = f"{found.label}: " if found.label else ""
        self.reading.setText(f"{name}x {x:.2f}, y {y:.2f}")

    @property
    def files(self) -> Kinds:
        """What can be exported: the map, or what lies at the point."""
        kind = KINDS[self._mapped.run.recipe.material] if self._mapped is not None else KINDS["pen"]
        own = {ending: f"What lies there: {name}" for ending, name in kind.files.items() if ending not in MAP_FILES}
        return MAP_FILES | own

    def export_to(self, path: Path) -> None:
        """Write the map as a table, or what lies at the point as whatever else it can be written as."""
        if self._mapped is not None and path.suffix.lower() in MAP_FILES:
            self._workbench.export_map(self._mapped, path)
        elif self.piece.found is not None and self.piece.found.material is not None:
            self._workbench.export_samples([self.piece.found.material], path, smooth=smooth_lines())

    @reported
    def _keep(self) -> None:
        found = self.piece.found
        if found is not None and found.material is not None:
            self._workbench.add_materials([found.material], name="generated", text="collect a place on the map")
            self.said.emit("What lies there was put into the collection.")

    def _begin_anew(self) -> None:
        """Another project is open."""
        self._job, self._again = None, False
        self._forget()
        self.chart.show_empty("map", "A map of all pieces", "")
        self.piece.show_empty("pen", "", "")

    def _forget(self) -> None:
        self._close_live()
        self._mapped = self._asked = None
        self.walk.follow(None)
        self.caption.setText("")
        self.reading.setText("")
        self.changed.emit()

    def _close_live(self) -> None:
        self._frames.stop()
        if self._live is not None:
            self._live.close()
        self._live = None

    def close_down(self) -> None:
        """End the threads, before the window goes."""
        self._close_live()
        self.walk.close_down()
