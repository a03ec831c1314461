"""The generation pane: what is drawn, with which variances, from which beginning; and its export."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QLabel,
    QMenu,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.sequences.material import Drawing
from studio.ui.actions import Actions
from studio.ui.file_dialogs import DRAWING_FILES, ask_where_to_save
from studio.ui.preferences import preferences, remembered, remembered_number
from studio.ui.problems import reported
from studio.ui.stage import Stage
from studio.ui.theme import STEP, theme
from studio.ui.thumbnails import thumbnail
from studio.ui.widgets import (
    MarkedSlider,
    NumberLabel,
    action_button,
    column,
    form,
    keep_wheel_for_scrolling,
    label,
    push_button,
    row,
    spread,
    timer,
    tool_button,
)
from studio.workbench import GenerationSettings, LivePens, MaterialItem, Workbench

COUNTS = (1, 4, 9, 16)
EXPORTS = ("svg", "png", "gif", "csv")
LARGEST_SEED = 2**31 - 1
HOLD_SECONDS = 1.2  # that finished drawings are looked at before the next ones
WAIT_FOR_SLIDER = 250  # milliseconds after which finished drawings are drawn anew with other variances
USUAL_SHARE = 0.4  # of a drawing that is given as a beginning


def first_part(drawing: Drawing, share: float) -> Drawing:
    """The first points of a drawing: that share of them, at least two."""
    count = max(2, round(share * len(drawing)))
    points, pen_up = drawing.points[:count], drawing.pen_up[:count].copy()
    if share < 1:
        pen_up[-1] = False
    return Drawing.from_points(points, pen_up, label=drawing.label, y_up=drawing.y_up)


class GenerationPane(QScrollArea):
    """Everything about generating; `stage` shows it."""

    said = Signal(str)

    def __init__(self, workbench: Workbench, actions: Actions, stage: Stage) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._stage = stage
        self._pens: LivePens | None = None
        self._pens_run: int | None = None
        self._newer_weights = False
        self._asked_length: int | None = None
        self._begin: Drawing | None = None
        self._selected: list[MaterialItem] = []
        self.runs = QComboBox()
        self.counts = QButtonGroup(self)
        self.latent = MarkedSlider(0, 2, 1)
        self.output = MarkedSlider(0, 2, 1)
        self.seed = QSpinBox()
        self.new_seed = QCheckBox("Other samples each time")
        self.length = QSpinBox()
        self.share = MarkedSlider(0.05, 1, USUAL_SHARE)
        self._readings: dict[MarkedSlider, QLabel] = {}
        self._hold = timer(self, int(HOLD_SECONDS * 1000), self._next_round, once=True)
        self._redraw = timer(self, WAIT_FOR_SLIDER, self._draw_again, once=True)
        self._build()
        self._connect()
        self.show_runs()

    # --- building

    def _build(self) -> None:
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setValue(1234)
        self.seed.setToolTip("The same seed draws the same samples (with the same weights)")
        self.seed.setAccessibleName("Seed")
        self.length.setRange(0, 100_000)
        self.length.setSingleStep(50)
        self.length.setSpecialValueText("until it ends")
        self.length.setSuffix(" frames")
        self.length.setToolTip("How long the drawings may get; until it ends: at most as long as the longest drawn")
        self.latent.setToolTip(
            "Latent variance: scale of the prior's sigma. 0: the most likely z; 1: as trained. Double click: 1"
        )
        self.output.setToolTip(
            "Output variance: scale of the likelihood's sigma, tempering its mixture weights. "
            "0: its mean; 1: as trained. Double click: 1"
        )
        self.share.setToolTip("How much of the drawing the model is given; it continues from there")
        self.new_seed.setToolTip("Take another seed with every round of the loop; off: draw the same samples again")
        self.new_seed.setChecked(remembered("generation/new seed", True))
        keep_wheel_for_scrolling(self.seed, self.length, self.runs)
        content = QWidget()
        content.setLayout(self._layout())
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(self.horizontalScrollBarPolicy().ScrollBarAlwaysOff)

    def _layout(self) -> QVBoxLayout:
        fields = form(
            (label("Mode&l", buddy=self.runs), self.runs),
            (label("Seed"), row(self.seed, action_button(self._actions["dice"]), spacing=4)),
            (label("Length", buddy=self.length), self.length),
        )
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        layout = column(
            row(label("Side by side"), None, self._count_buttons()),
            *self._slider("Latent va&riance", self.latent),
            *self._slider("&Output variance", self.output),
            fields, self.new_seed, STEP, self._beginning(), None, self._export_button(),
        )  # fmt: skip
        layout.setContentsMargins(STEP, STEP, 2 * STEP, STEP)
        return layout

    def _slider(self, text: str, slider: MarkedSlider) -> tuple[QWidget, MarkedSlider]:
        reading = NumberLabel("8.88")
        self._readings[slider] = reading
        slider.moved.connect(lambda value: reading.setText(f"{value:.2f}"))
        reading.setText(f"{slider.number:.2f}")
        return spread(row(label(text, buddy=slider), None, reading)), slider

    def _count_buttons(self) -> QWidget:
        parts = []
        for count in COUNTS:
            name = "1 pen" if count == 1 else f"{count} pens side by side"
            button = tool_button(f"grid-{count}", name, checkable=True)
            self.counts.addButton(button, count)
            parts.append(button)
        self.counts.button(int(remembered_number("generation/count", 4))).setChecked(True)
        return spread(row(*parts, spacing=2))

    def _beginning(self) -> QWidget:
        self._begin_picture = QLabel()
        self._begin_picture.setFixedSize(56, 56)
        self._begin_share = NumberLabel("100 %")
        self._begin_button = push_button("Begin with Selected", "begin")
        self._begin_button.clicked.connect(self._actions["begin"].trigger)
        action = self._actions["begin"]

        def follow() -> None:
            self._begin_button.setEnabled(action.isEnabled())
            self._begin_button.setToolTip(action.toolTip())

        action.changed.connect(follow)
        follow()
        nothing = action_button(self._actions["begin-nothing"])
        share = column(row(label("first", "muted", self.share), None, self._begin_share), self.share, spacing=0)
        self._begin_row = spread(row(self._begin_picture, share, nothing))
        return spread(column(self._begin_button, self._begin_row))

    def _export_button(self) -> QWidget:
        button = push_button("Export Samples", "export")
        menu = QMenu(button)
        for name in ("export-svg", "export-png", "export-gif", "export-csv"):
            menu.addAction(self._actions[name])
        menu.addSeparator()
        menu.addAction(self._actions["collect"])
        button.setMenu(menu)
        self._export_menu_button = button
        return button

    def _connect(self) -> None:
        bench = self._workbench
        bench.runs_changed.connect(self.show_runs)
        bench.weights_changed.connect(self._take_weights)
        bench.training_changed.connect(lambda _: self._show_empty())
        bench.project_changed.connect(self.renew)
        canvas = self._stage.canvas
        canvas.finished.connect(self._round_over)
        canvas.failed.connect(self._give_up)
        canvas.advanced.connect(self._show_progress)
        slots: dict[str, Callable[[], None]] = {
            "play": self._toggle_playing,
            "restart": self.restart,
            "dice": self._roll,
            "reset-variance": self._reset_variance,
            "begin": self._begin_with_selected,
            "begin-nothing": self._begin_with_nothing,
            "collect": self._collect,
            "export-samples": lambda: self._export("samples.svg"),
            **{f"export-{kind}": lambda kind=kind: self._export(f"samples.{kind}") for kind in EXPORTS},
        }
        for name, slot in slots.items():
            self._actions[name].triggered.connect(lambda *_, slot=slot: slot())
        self._actions["loop"].setChecked(remembered("generation/loop", True))
        self._actions["loop"].toggled.connect(self._set_loop)
        self.latent.moved.connect(self._vary)
        self.output.moved.connect(self._vary)
        self.share.moved.connect(self._change_share)
        self.seed.valueChanged.connect(lambda _: self.restart())
        self.length.editingFinished.connect(self._change_length)
        self.counts.idClicked.connect(self._set_count)
        self.runs.activated.connect(lambda _: self.renew())
        self.new_seed.toggled.connect(lambda on: preferences().setValue("generation/new seed", on))
        theme().changed.connect(self._show_beginning)
        self._change_share(self.share.number)
        self._fill_count_menu()
        self._show_beginning()
        self.select([])

    def _fill_count_menu(self) -> None:
        group = QActionGroup(self)
        for count in COUNTS:
            action = self._actions.menus["count*"].addAction(f"&{count}")
            action.setCheckable(True)
            action.setChecked(count == self.count)
            action.setData(count)
            action.triggered.connect(lambda _, count=count: self.counts.button(count).click())
            group.addAction(action)
        self._count_actions = group

    # --- settings

    @property
    def count(self) -> int:
        """How many pens draw."""
        return self.counts.checkedId()

    def settings(self) -> GenerationSettings:
        """What the pane asks for."""
        return GenerationSettings(
            count=self.count,
            length=self.length.value() or None,
            seed=self.seed.value(),
            latent_variance=self.latent.number,
            output_variance=self.output.number,
            begin=None if self._begin is None else first_part(self._begin, self.share.number),
            run=self.runs.currentData(),
        )

    def select(self, items: list[MaterialItem]) -> None:
        """These drawings of the collection are selected: the first can be begun with."""
        self._selected = items
        self._actions.allow("begin", "" if items else "select a drawing in the collection first.")

    # --- pens

    @reported
    def renew(self) -> None:
        """Draw with other settings, from the beginning."""
        self._close_pens()
        self._newer_weights = False
        if not self._workbench.is_open or self._workbench.why_not_generate(self.runs.currentData()):
            self._show_empty()
            return
        settings = self.settings()
        self._asked_length = settings.length
        self._pens = self._workbench.live(settings)
        run = self.runs.currentData() or getattr(self._workbench.newest_run(), "id", None)
        self._pens_run = run
        self._start()

    @reported
    def restart(self) -> None:
        """Draw from the beginning, with the seed that is shown and the newest weights."""
        if self._pens is None or (self._newer_weights and self.runs.currentData() is None):
            self.renew()
            return
        self._pens.restart(self.seed.value())
        self._start()

    def _start(self) -> None:
        assert self._pens is not None
        self._hold.stop()
        self._redraw.stop()
        self._stage.set_length(0)
        self._stage.canvas.start(self._pens)
        self._play(True)
        self._allow()

    def _close_pens(self) -> None:
        self._hold.stop()
        if self._pens is not None:
            self._pens.close()
        self._pens = self._pens_run = None

    def close_pens(self) -> None:
        """Stop drawing, before the project is closed."""
        self._close_pens()
        self._show_empty()

    def _show_empty(self) -> None:
        if self._pens is not None:
            return
        canvas = self._stage.canvas
        if self._workbench.training.phase in ("training", "preparing"):
            canvas.show_empty("train", "Training has begun", "The first drawings appear here in a moment.")
        elif self._workbench.is_open and not self._workbench.materials():
            canvas.show_empty("pen", "Draw something first", "Then train a model, and its drawings appear here.")
        else:
            canvas.show_empty("train", "Train a model and its drawings appear here", "Press Train below, or F5.")
        self._stage.set_length(0)
        self._allow()

    def _give_up(self, why: str) -> None:
        self._close_pens()
        self._stage.canvas.show_empty("warning", "These samples cannot be drawn", why)
        self._allow()

    def _take_weights(self, run: int) -> None:
        self._newer_weights = True
        chosen = self.runs.currentData()
        if self._pens is None or (chosen is None and run != self._pens_run):
            self.renew()

    def _show_progress(self, frames: int) -> None:
        if self._pens is not None and self._pens.ready:
            self._stage.set_length(self._pens.length)

    # --- playing

    def _play(self, on: bool) -> None:
        self._stage.canvas.play(on)
        if on:
            self._actions.retitle("play", "&Pause the Pens", "pause", "Hold the pens")
        else:
            self._actions.retitle("play", "&Play", "play", "Let the pens go on")

    def _toggle_playing(self) -> None:
        if self._stage.canvas.done:
            self.restart()
        else:
            self._play(not self._stage.canvas.playing)

    def _round_over(self) -> None:
        if self._actions["loop"].isChecked():
            self._hold.start()
        else:
            self._play(False)

    def _next_round(self) -> None:
        if not self._actions["loop"].isChecked() or self._pens is None:
            return
        if self.new_seed.isChecked():
            self._roll()
        else:
            self.restart()

    def _set_loop(self, on: bool) -> None:
        preferences().setValue("generation/loop", on)
        if on and self._stage.canvas.done:
            self._next_round()

    def _roll(self) -> None:
        seed = random.randrange(10_000)
        self.seed.setValue(seed if seed != self.seed.value() else seed + 1)  # which restarts

    # --- what the person does

    def _vary(self, _: float) -> None:
        if self._pens is None:
            return
        self._pens.variance = (self.latent.number, self.output.number)
        if self._stage.canvas.done:
            self._hold.stop()
            self._redraw.start()

    def _draw_again(self) -> None:
        if self._stage.canvas.done:
            self.restart()

    def _reset_variance(self) -> None:
        self.latent.reset()
        self.output.reset()

    def _set_count(self, count: int) -> None:
        preferences().setValue("generation/count", count)
        for action in self._count_actions.actions():
            action.setChecked(action.data() == count)
        self.renew()

    def _change_length(self) -> None:
        if self._pens is not None and self.length.value() != (self._asked_length or 0):
            self.renew()

    def _begin_with_selected(self) -> None:
        self._begin = self._selected[0].drawing
        self._show_beginning()
        self.renew()

    def _begin_with_nothing(self) -> None:
        self._begin = None
        self._show_beginning()
        self.renew()

    def _change_share(self, share: float) -> None:
        self._begin_share.setText(f"{share:.0%}".replace("%", " %"))
        if self._begin is not None:
            self._show_beginning()
            self._hold.stop()
            QTimer.singleShot(0, self.renew)

    def _show_beginning(self) -> None:
        self._begin_row.setVisible(self._begin is not None)
        none = "" if self._begin is not None else "the model draws from the start already."
        self._actions.allow("begin-nothing", none)
        if self._begin is not None:
            part = first_part(self._begin, self.share.number)
            self._begin_picture.setPixmap(thumbnail(part, 56, self.devicePixelRatioF()))

    def show_runs(self) -> None:
        """Show the runs that can be drawn with; the chosen one stays chosen."""
        chosen = self.runs.currentData()
        self.runs.clear()
        self.runs.addItem("newest", None)
        for run in reversed(self._workbench.runs()):
            if run.has_weights:
                self.runs.addItem(run.name, run.id)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)))
        self.runs.setToolTip("The run whose model draws; newest: the one trained last, also while it is being trained")
        if self._pens is None or (chosen is not None and self.runs.currentData() is None):
            self.renew()

    def _allow(self) -> None:
        none = "" if self._pens is not None else "there is no trained model yet."
        for name in ("play", "restart", "export-samples", "collect", *(f"export-{kind}" for kind in EXPORTS)):
            self._actions.allow(name, none)
        self._export_menu_button.setEnabled(not none)
        self._export_menu_button.setToolTip(f"Not now: {none}" if none else "Write what is shown to a file")

    # --- export

    def _shown(self) -> list[Drawing]:
        return self._pens.drawings() if self._pens is not None else []

    @reported
    def _collect(self) -> None:
        drawings = self._shown()
        if drawings:
            self._workbench.add_drawings(drawings, name="generated", text=f"collect {len(drawings)} samples")
            self.said.emit(f"{len(drawings)} samples were put into the collection.")

    @reported
    def _export(self, name: str) -> None:
        drawings = self._shown()
        path = ask_where_to_save(self.window(), "Export samples", name, DRAWING_FILES)
        if path is not None:
            self.export_to(path, drawings)

    def export_to(self, path: Path, drawings: list[Drawing]) -> None:
        """Write what is seen."""
        self._workbench.export_drawings(drawings, path)
