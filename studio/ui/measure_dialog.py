"""What a run is worth, in numbers: bounds on the likelihood of material, and what it decides when it draws a pattern.

The dialog stays open beside the window; what it measures is worked out in the background.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QWidget,
)

from studio.ui.adapting import Scrolled, open_at
from studio.ui.problems import reported
from studio.ui.theme import STEP, number_font
from studio.ui.weights import WeightsBox
from studio.ui.widgets import (
    column,
    form,
    keep_wheel_for_scrolling,
    label,
    offer,
    push_button,
    row,
    spread,
    whole_field,
)
from studio.workbench import Evaluation, FoundTransitions, Job, Workbench
from studio.workbench.transitions import TRACES

MOST_PARTICLES = 4096


class MeasureDialog(QDialog):
    """Bounds and transitions of one run at a time."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._waiting: dict[int, tuple[QPushButton, Callable[[Job], None]]] = {}  # by job
        self.setWindowTitle("Measure")
        self.runs = QComboBox()
        self.weights = WeightsBox(workbench, self.runs.currentData)
        self.bound = _Bound()
        self.transitions = _Transitions([(p.title, p.name) for p in workbench.patterns_to_judge()])
        self.tabs = QTabWidget()
        self.tabs.addTab(self.bound, "&Bound")
        self.tabs.addTab(self.transitions, "&Transitions")
        self.runs.setAccessibleName("Run")
        keep_wheel_for_scrolling(self.runs)
        chosen = form(
            (label("&Run", buddy=self.runs), self.runs), (label("&Weights", buddy=self.weights), self.weights)
        )
        body = column(chosen, self.tabs, spacing=STEP, margins=2 * STEP)
        body.setStretch(1, 1)
        self.setLayout(column(Scrolled(spread(body))))
        open_at(self, QSize(720, 440))
        self.bound.button.clicked.connect(lambda: self._measure_bound())
        self.transitions.button.clicked.connect(lambda: self._measure_transitions())
        self.runs.activated.connect(lambda _: self.weights.refresh())
        workbench.runs_changed.connect(self.show_runs)
        workbench.job_changed.connect(self._show_job)
        self.show_runs()

    def show_runs(self) -> None:
        """The runs that have learned something, newest first; the chosen one stays chosen."""
        runs = [
            (f"{run.name}: {run.recipe.title}, {run.weights_in_words or 'being trained'}", run.id)
            for run in reversed(self._workbench.runs())
            if not self._workbench.why_not_generate(run.id)
        ]
        offer(self.runs, [("the newest", None), *runs])
        self.weights.refresh()
        self._allow()

    def _allow(self) -> None:
        why_not = self._workbench.why_not_generate()
        busy = {button for button, _ in self._waiting.values()}
        for part in (self.bound, self.transitions):
            part.button.setEnabled(not why_not and part.button not in busy)
            part.button.setToolTip(why_not)

    @reported
    def _measure_bound(self) -> None:
        part = self.bound
        job = self._workbench.evaluate(
            self.runs.currentData(),
            bound=part.kind.currentData(),
            particles=part.particles.value(),
            weights=self.weights.weights,
        )
        self._wait(job, part.button, part.show_job)

    @reported
    def _measure_transitions(self) -> None:
        part = self.transitions
        settings = replace(
            TRACES,
            count=part.count.value(),
            length=part.length.value(),
            latent_variance=part.latent.value(),
            output_variance=part.output.value(),
            run=self.runs.currentData(),
            weights=self.weights.weights,
        )
        job = self._workbench.transitions(part.pattern.currentData(), settings)
        self._wait(job, part.button, part.show_job)

    def _wait(self, job: Job, button: QPushButton, show: Callable[[Job], None]) -> None:
        self._waiting[job.id] = button, show
        button.setText("Measuring …")
        self._allow()

    def _show_job(self, job: Job) -> None:
        if job.finished and job.id in self._waiting:
            button, show = self._waiting.pop(job.id)
            button.setText(MEASURE)
            if job.result is not None:
                show(job)
            self._allow()


MEASURE = "&Measure"


class _Bound(QWidget):
    """The bound on what the run held back."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = QComboBox()
        self.kind.addItem("ELBO", "elbo")
        self.kind.addItem("Importance-weighted bound", "iwae")
        self.particles = whole_field(1, MOST_PARTICLES, 16, "K: samples of z per sequence; more bring the bound nearer")
        self.button = push_button(MEASURE, "search", primary=True)
        self.on = _text()
        self.table = _table()
        self.constants = _text()
        self.kind.currentIndexChanged.connect(self._choose)
        keep_wheel_for_scrolling(self.kind, self.particles)
        head = row(
            label("Boun&d", buddy=self.kind), self.kind, label("&Particles", buddy=self.particles), self.particles,
            None, self.button,
        )  # fmt: skip
        layout = column(head, self.on, self.table, self.constants, spacing=STEP, margins=STEP)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self._choose()
        self.on.setText("Measured is what the run held back, in the units of the material.")

    def _choose(self) -> None:
        self.particles.setEnabled(self.kind.currentData() == "iwae")

    def show_job(self, job: Job) -> None:
        """What came out."""
        found: Evaluation = job.result
        bound = found.bound
        name = "ELBO" if bound.name == "elbo" else f"Importance-weighted bound, {bound.particles} particles"
        self.on.setText(
            f"{name} of {found.run.name} at step {found.run.step:,} on {found.on}:"
            + (f"\n{found.left_out}." if found.left_out else "")
        )
        self.on.setWordWrap(True)
        rows = [
            ("nats per frame", bound.per_frame.mean, bound.per_frame.standard_error),
            ("nats per sequence", bound.per_sequence.mean, bound.per_sequence.standard_error),
            ("bits per frame", bound.bits_per_frame, None),
            ("negative log likelihood given z, nats per frame", bound.reconstruction, None),
            ("KL, nats per frame", bound.kl, None),
        ]
        if found.bits_per_sample is not None:
            rows.insert(3, ("bits to write a sample down", found.bits_per_sample, None))
        texts = [
            [f"{mean:.4f}", "" if error is None or error != error else f"± {error:.4f}"] for _, mean, error in rows
        ]
        _fill(self.table, ["Mean", "Standard error"], [title for title, _, _ in rows], texts)
        constants = ", ".join(f"{name} {value:.6g}" for name, value in bound.units.items())
        self.constants.setText(f"Constants of the normalisation: {constants}" if constants else "")


class _Transitions(QWidget):
    """What follows upon what in a pattern."""

    def __init__(self, patterns: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.pattern = QComboBox()
        for title, name in patterns:
            self.pattern.addItem(title, name)
        self.count = whole_field(1, 64, TRACES.count, "How many drawings are made and looked at")
        self.length = whole_field(100, 1_000_000, TRACES.length or 0, "Points of each")
        self.latent = _variance("Latent variance: scale of the prior's sigma")
        self.output = _variance("Output variance: scale of the likelihood's sigma")
        self.button = push_button(MEASURE, "search", primary=True)
        self.summary = _text()
        self.table = _table()
        keep_wheel_for_scrolling(self.pattern, self.count, self.length, self.latent, self.output)
        fields = row(
            spread(form((label("&Pattern", buddy=self.pattern), self.pattern), (label("&Drawings", buddy=self.count),
                                                                            self.count))),
            spread(form((label("L&atent variance", buddy=self.latent), self.latent),
                        (label("&Output variance", buddy=self.output), self.output))),
            spread(form((label("&Length", buddy=self.length), self.length), (label(""), self.button))),
        )  # fmt: skip
        layout = column(fields, self.table, self.summary, spacing=STEP, margins=STEP)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.summary.setText("The run draws the pattern; each turn is compared with the pattern's true shapes.")

    def show_job(self, job: Job) -> None:
        """What came out: shares with intervals, and the truth."""
        found: FoundTransitions = job.result
        statistics, table = found.statistics, found.statistics.transitions
        intervals, truth = table.intervals(), found.truth
        texts = [
            [
                f"{table.probabilities[i, j]:.3f}  [{intervals[i, j, 0]:.3f}, {intervals[i, j, 1]:.3f}]\n"
                f"true {truth[before][after]:.3f}"
                for j, after in enumerate(table.names)
            ]
            + [f"{found.distances[before]:.3f}\nof {table.counts[i].sum():,}"]
            for i, before in enumerate(table.names)
        ]
        headings = [*(f"then {name}" for name in table.names), "Total variation"]
        _fill(self.table, headings, [f"after {name}" for name in table.names], texts)
        shares = ", ".join(f"{name} {share}" for name, share in statistics.shares.items())
        sentences = [f"{found.on}. Turns: {shares}; none of these {statistics.bad}."]
        if found.pattern.turns_per_block > 1:
            sentences.append(f"Runs that are not whole blocks of {found.pattern.turns_per_block} turns: "
                             f"{statistics.wrong_counts}.")  # fmt: skip
        sentences.append(f"Median distance from the shape: {100 * statistics.median_error:.2f}% of its size.")
        self.summary.setText(" ".join(sentences))


def _text() -> QLabel:
    found = label("", "muted")
    found.setWordWrap(True)
    found.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return found


def _table() -> QTableWidget:
    table = QTableWidget()
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QTableWidget.SelectionMode.ContiguousSelection)
    table.setFont(number_font())
    table.setAccessibleName("Figures")
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return table


def _fill(table: QTableWidget, headings: list[str], names: list[str], texts: list[list[str]]) -> None:
    table.setRowCount(len(names))
    table.setColumnCount(len(headings))
    table.setHorizontalHeaderLabels(headings)
    table.setVerticalHeaderLabels(names)
    for i, line in enumerate(texts):
        for j, text in enumerate(line):
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            table.setItem(i, j, item)


def _variance(tip: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(0, 10)
    field.setSingleStep(0.25)
    field.setValue(1)
    field.setToolTip(tip)
    return field
