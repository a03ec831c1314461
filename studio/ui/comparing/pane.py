"""Compare: choose runs, have them measured on the same material, and see what they generate from the same seed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QSpinBox, QSplitter, QWidget

from studio.sequences.recording import Recording
from studio.ui.actions import Actions, plain, within_sentence
from studio.ui.adapting import Flow
from studio.ui.audio.output import SoundOutput
from studio.ui.comparing.samples import Cards, Group, Waves
from studio.ui.comparing.table import RunTable
from studio.ui.file_dialogs import ask_where_to_save
from studio.ui.problems import reported
from studio.ui.theme import STEP, theme
from studio.ui.widgets import action_button, column, keep_wheel_for_scrolling, label, push_button, row, spread
from studio.workbench import Comparison, Job, Row, Workbench

LARGEST_SEED = 2**31 - 1
WEIGHTS = (("as each recipe says", None), ("best", "best"), ("last", "last"))
FILES = {".png": "PNG picture", ".svg": "SVG picture", ".csv": "CSV table"}


class ComparePane(QWidget):
    """Everything about comparing. Nothing is computed before somebody asks for it."""

    said = Signal(str)

    def __init__(self, workbench: Workbench, actions: Actions, output: SoundOutput) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._output = output
        self._comparison: Comparison | None = None
        self._groups: dict[tuple[str, int], Group] = {}
        self._without_weights: list[int] = []
        self.table = RunTable()
        self.cards = Cards()
        self.waves = Waves()
        self.words = label("", "small")
        self.seed = QSpinBox()
        self.weights = QComboBox()
        self.button = push_button("Compare", "table", primary=True)
        self.views = QSplitter(Qt.Orientation.Vertical)
        self._build()
        self._connect()
        self.show_runs()

    # --- building

    def _build(self) -> None:
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setValue(1234)
        self.seed.setToolTip("All runs generate from this seed")
        self.seed.setAccessibleName("Seed of the samples")
        for text, weights in WEIGHTS:
            self.weights.addItem(text, weights)
        self.weights.setToolTip("Which of each run: what its recipe says, the best on what it held back, or the last")
        self.weights.setAccessibleName("Weights")
        self.weights.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.weights.setMinimumContentsLength(15)
        self.weights.view().setMinimumWidth(self.weights.view().sizeHintForColumn(0) + 4 * STEP)  # wider than the box
        keep_wheel_for_scrolling(self.seed, self.weights)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setMinimumWidth(112)
        for view in (self.table, self.cards, self.waves):
            self.views.addWidget(view)
        self.views.setChildrenCollapsible(False)
        self.views.setHandleWidth(STEP)
        self.views.setStretchFactor(0, 2)
        self.views.setStretchFactor(1, 3)
        self.views.setStretchFactor(2, 3)
        self.waves.hide()
        head = Flow(
            self.button,
            spread(row(label("Weights", "muted", self.weights), self.weights)),
            spread(row(label("Seed", "muted", self.seed), self.seed)),
            None,
            action_button(self._actions["export-comparison"]),
        )
        layout = column(head, self.words, self.views)
        layout.setContentsMargins(0, STEP, STEP, STEP)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        bench = self._workbench
        bench.runs_changed.connect(self.show_runs)
        bench.weights_changed.connect(self._take_weights)
        bench.project_changed.connect(self._forget)
        bench.job_changed.connect(self._follow_job)
        self.words.setWordWrap(True)
        self.words.hide()
        self.table.ticked.connect(self._allow)
        self.table.looked_at.connect(self._tell_note)
        self.waves.played.connect(self._play)
        self.button.clicked.connect(self._actions["compare-runs"].trigger)
        self._actions["compare-runs"].triggered.connect(lambda *_: self.compare())
        self._actions["export-comparison"].triggered.connect(lambda *_: self._export())
        self._actions["compare-runs"].changed.connect(self._follow_action)
        theme().changed.connect(self.show_runs)

    # --- what is compared

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, or being computed."""
        return self._comparison

    @property
    def running(self) -> bool:
        """Whether it is being computed."""
        found = self._comparison
        return found is not None and not self._workbench.job(found.job.id).finished

    @reported
    def compare(self) -> None:
        """Measure the ticked runs; or stop where that is under way."""
        if self.running:
            assert self._comparison is not None
            self._workbench.cancel(self._comparison.job.id)
            return
        self._comparison = self._workbench.compare(
            self.table.chosen, seed=self.seed.value(), weights=self.weights.currentData()
        )
        self._groups.clear()
        self._show()

    def _forget(self) -> None:
        self._comparison = None
        self._groups.clear()
        self._show()

    def _follow_job(self, job: Job) -> None:
        if self._comparison is not None and job.id == self._comparison.job.id:
            self._show()
            if job.cancelled:
                self.said.emit("The comparison was stopped; what was measured stays.")

    # --- showing it

    def showEvent(self, event: QShowEvent) -> None:
        self.show_runs()

    def show_runs(self) -> None:
        """Show the runs there are, with what is known of them."""
        if self.isVisible():
            self._show()

    def _take_weights(self, run: int) -> None:
        if run in self._without_weights:  # its first
            self.show_runs()

    def _show(self) -> None:
        found = self._comparison
        runs = self._workbench.runs()
        rows = {run.id: self._row(run.id) for run in reversed(runs)}
        self._without_weights = [run.id for run in runs if self._workbench.why_not_generate(run.id)]
        best = None if found is None or self.running else found.best
        self.table.show_rows(rows, best, self._without_weights)
        self._show_samples()
        self._show_words()
        self._allow()

    def _row(self, run: int) -> Row:
        """What was measured, as long as it still holds."""
        known = None if self._comparison is None else self._comparison.rows.get(run)
        described = self._workbench.described(run)
        if known is None or known.run.name != described.run.name:
            return described
        trained_further = described.run.status != "training" and described.run.step != known.run.step
        return described if trained_further else known

    def _show_words(self) -> None:
        found = self._comparison
        self.words.setVisible(found is not None and bool(found.on))
        if found is None or not found.on:
            return
        on = "; ".join(found.on.values())
        hindered = [row for row in found.rows.values() if row.note]
        more = f" {hindered[0].run.name} *: {hindered[0].note}." if hindered else ""
        undecided = "" if self.running else f" {found.why_no_best}".rstrip()
        self.words.setText(f"Bounds on {on}.{undecided}{more}")

    def _tell_note(self, run: int) -> None:
        known = self._row(run)
        if known.note:
            self.said.emit(f"{known.run.name}: {known.note}.")

    def _show_samples(self) -> None:
        groups = self._found_groups()
        sounds = [group for group in groups if any(isinstance(one, Recording) for one in group.materials)]
        others = [group for group in groups if group not in sounds]
        self.waves.setVisible(bool(sounds))
        self.cards.setVisible(bool(others) or not sounds)
        self.waves.show_groups(sounds)
        if others:
            self.cards.show_groups(others)
        elif self.running:
            self.cards.show_empty("train", "Measuring …", "Then each run generates from the same seed.")
        elif self._workbench.why_not_generate():
            self.cards.show_empty("table", "Train at least one run", "Then compare it here with others.")
        else:
            self.cards.show_empty(
                "table", "Tick the runs that you want to compare", "Then press Compare: all on the same material."
            )

    def _found_groups(self) -> list[Group]:
        """The same objects as before for what is the same, so that nothing is painted again."""
        found = self._comparison
        if found is None:
            return []
        groups = []
        for kind, materials in found.real.items():
            shown = [row for row in found.rows.values() if row.run.recipe.material == kind and row.samples]
            if shown:
                groups.append(self._groups.setdefault((kind, 0), Group("real", materials, real=True)))
            for row_ in shown:
                made = row_.samples or ()
                groups.append(self._groups.setdefault((kind, row_.run.id), Group(row_.run.name, made)))
        return groups

    def _play(self, recording: Recording) -> None:
        self._output.play(self, recording.samples, recording.rate)

    # --- what can be done

    def _allow(self) -> None:
        running = self.running
        why = "" if running else self._workbench.why_not_compare(self.table.chosen)
        if running:
            self._actions.retitle("compare-runs", "&Stop Comparing", "stop", "Keep what was measured so far")
        else:
            tip = "Measure the ticked runs on the same material, and let them generate from the same seed"
            self._actions.retitle("compare-runs", "C&ompare Ticked Runs", "table", tip)
        self._actions.allow("compare-runs", within_sentence(why))
        found = self._comparison
        measured = found is not None and any(row_.measured for row_ in found.rows.values())
        self._actions.allow("export-comparison", "" if measured else "nothing was compared yet.")

    def _follow_action(self) -> None:
        action = self._actions["compare-runs"]
        self.button.setText("Stop" if self.running else "Compare")
        self.button.setEnabled(action.isEnabled())
        self.button.setToolTip(action.toolTip())
        self.button.setAccessibleName(plain(action.text()))

    @reported
    def _export(self) -> None:
        path = ask_where_to_save(self.window(), "Export the comparison", "comparison.png", FILES)
        if path is not None:
            self.export_to(path)

    def export_to(self, path: Path) -> None:
        """Write the table, with the samples where the ending is that of a picture."""
        if self._comparison is not None:
            self._workbench.export_comparison(self._comparison, path, dark=theme().colours.dark)

    def close_down(self) -> None:
        """End the thread, before the window goes."""
        self.cards.close_down()
