"""The training pane: recipe, buttons, what goes on, and its curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDoubleSpinBox,
    QInputDialog,
    QLabel,
    QLayout,
    QMenu,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from studio.training.events import TrainingEvent
from studio.training.recipe import Recipe
from studio.ui.actions import SPECS, Actions, plain
from studio.ui.adapting import Flow
from studio.ui.plot_grid import PlotGrid
from studio.ui.plots import PLOTS, CurvePlot, counted, is_of_text, width_of
from studio.ui.preferences import preferences, remembered, remembered_number
from studio.ui.problems import reported
from studio.ui.recipe_dialog import RecipeDialog
from studio.ui.recipe_fields import fields
from studio.ui.recipe_list import BELOW, RecipeDelegate, cost, grouped
from studio.ui.theme import STEP, number_font, scaled
from studio.ui.weights import best_in_words, weights_in_words
from studio.ui.widgets import (
    ElidedBox,
    ElidedLabel,
    Hint,
    MarkedSlider,
    action_button,
    column,
    keep_wheel_for_scrolling,
    label,
    push_button,
    row,
    spread,
    timer,
    tool_button,
)
from studio.workbench import RunInfo, TrainingState, Workbench
from studio.workbench.base import COMPILING
from studio.workbench.training import DEFAULT_RECIPES

CURVES_PER_SECOND = 5
SETTING = 264  # pixels of width of one of the plain settings, with its name
RUNS_WIDTH = 380  # pixels that the list of runs and its buttons take at most
UNLIMITED = 16_777_215  # Qt's QWIDGETSIZE_MAX
USUAL_STATE = "88,888 / 88,888 steps · 88:88 left · CUDA"
DEVICES = {"auto": "Automatic", "cpu": "Processor (CPU)", "cuda": "NVIDIA GPU (CUDA)", "mps": "Apple GPU (MPS)"}
SIZES = {
    "hidden": "Size of the model: units of the state h",
    "latent": "Dimensions of the latent variable z, by which the model tells one drawing from another; 0: no z at all",
}
STATUS_WORDS = {
    "new": "not begun",
    "early": "stopped early",
    "interrupted": "interrupted",
}


def _one_setting(text: QLabel, field: QWidget | QLayout) -> QWidget:
    found = spread(row(text, field))
    found.setFixedWidth(scaled(SETTING))
    return found


class TrainingPane(QWidget):
    """Everything about training."""

    said = Signal(str)

    def __init__(self, workbench: Workbench, actions: Actions) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._own: Recipe | None = None  # the chosen recipe with changes
        self._left: dict[str, tuple[str, Recipe | None]] = {}  # the recipe used last for each kind of material
        self._shown_run: int | None = None
        self._follows = True  # show the newest run
        self._kind = "pen"  # of the material at hand
        self.hint = Hint("training", "Press Train: the model learns what is in the collection while you go on.")
        self.recipes = QComboBox()
        self.length = QDoubleSpinBox()
        self.unit = QComboBox()
        self.hidden = QSpinBox()
        self.latent = QSpinBox()
        self.device = QComboBox()
        self.runs = ElidedBox()
        self.state = ElidedLabel()
        self.smoothing = MarkedSlider(0, 1, 0.4)
        self.logarithmic = tool_button("log-scale", "Logarithmic scale", checkable=True)
        self.plots = [CurvePlot(*plot) for plot in PLOTS]
        self.curves = PlotGrid(self.plots)
        self._stale = True
        self._outdated: list[CurvePlot] = []
        self._build()
        self._connect()
        self.show_recipes()
        self.show_runs()
        self.show_state(workbench.training)

    # --- building

    def _build(self) -> None:
        self.more = push_button("&More…", "settings")
        self.more.setToolTip(self._actions["settings"].toolTip())
        self.more.clicked.connect(self._actions["settings"].trigger)
        buttons = [self._button(name) for name in ("train", "pause-training", "stop-training")]
        smoothing = row(label("&Smoothing", "muted", self.smoothing), self.smoothing, self.logarithmic)
        runs = row(self.runs, self._run_menu_button(), action_button(self._actions["curves"]), spacing=4)
        growing = spread(runs)
        growing.setMaximumWidth(RUNS_WIDTH)
        growing.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.head = Flow(
            spread(row(self.recipes, self.more)), spread(row(*buttons)), self.state, spread(smoothing), growing
        )
        self.settings = self._plain_settings()
        self._body = row(self.settings, self.curves, spacing=STEP)
        self._body.setStretch(1, 1)
        self._body.setAlignment(self.settings, Qt.AlignmentFlag.AlignTop)
        layout = column(self.hint, self.head, self._body)
        layout.setContentsMargins(STEP, 4, STEP, STEP)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.state.setFont(number_font())
        self.state.setMinimumWidth(self.state.fontMetrics().horizontalAdvance(USUAL_STATE))
        self.recipes.setAccessibleName("Recipe")
        self.recipes.setItemDelegate(RecipeDelegate(self.recipes))
        self.recipes.setMaxVisibleItems(12)
        self.recipes.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.recipes.setMaximumWidth(scaled(202))
        self.runs.setAccessibleName("Run")
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.runs.setMinimumContentsLength(8)
        self.runs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.smoothing.setFixedWidth(80)
        self.smoothing.setToolTip("Average the curves over more and more steps; double click: the usual amount")
        self.smoothing.number = remembered_number("curves/smoothing", 0.4)
        self.logarithmic.setToolTip("Logarithmic scale: small changes show as much as big ones")
        self.logarithmic.setChecked(remembered("curves/logarithmic", False))

    def _button(self, name: str) -> QPushButton:
        action = self._actions[name]
        button = push_button("", SPECS[name].icon, primary=name == "train")
        button.clicked.connect(action.trigger)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        def follow() -> None:
            if button.hasFocus() and not action.isEnabled():
                self.recipes.setFocus()  # rather than Qt's choice, which may be Stop
            button.setText(plain(action.text()))
            if name != "train":
                button.setIcon(action.icon())
            button.setToolTip(action.toolTip())
            button.setEnabled(action.isEnabled())

        action.changed.connect(follow)
        follow()
        button.setMinimumWidth(72)
        return button

    def _plain_settings(self) -> QWidget:
        self.length.setRange(0.5, 10_000_000)
        self.length.setGroupSeparatorShown(True)
        self.unit.addItems(["steps", "minutes"])
        self.hidden.setRange(1, 8192)
        self.latent.setRange(0, 8192)
        for name, text in DEVICES.items():
            self.device.addItem(text, name)
        keep_wheel_for_scrolling(self.length, self.unit, self.hidden, self.latent, self.device)
        self.length.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.length.setMinimumWidth(scaled(88))  # Qt would have room for the longest training there can be
        self.length.setToolTip("How long to train: in updates of the weights, or in minutes")
        self.unit.setAccessibleName("Unit of the length")
        self.device.setToolTip("Where to calculate; Automatic takes what is fastest for this model")
        fields: tuple[tuple[QLabel, QWidget | QLayout], ...] = (
            (label("Length", buddy=self.length), row(self.length, self.unit, spacing=4)),
            (label("Hidden un&its", buddy=self.hidden), self.hidden),
            (label("L&atent size", buddy=self.latent), self.latent),
            (label("Devi&ce", buddy=self.device), self.device),
        )
        widest = max(text.sizeHint().width() for text, _ in fields)
        for words, _ in fields:
            words.setFixedWidth(widest)
        return Flow(*(_one_setting(words, field) for words, field in fields))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Settings stand beside the curves, in two columns where it is low; above them where there is no room."""
        beside = self._has_room(1, self.width())
        low = self.height() < self._height_beside(1, self.width())
        columns = 2 if low and self._has_room(2, self.width()) else 1
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self.settings.setMaximumWidth(columns * (scaled(SETTING) + STEP) - STEP if beside else UNLIMITED)
        self.settings.setMinimumWidth(self.settings.maximumWidth() if beside else 0)

    def minimumSizeHint(self) -> QSize:
        """Narrow, its parts stand one below the other."""
        wide = max(part.minimumSizeHint().width() for part in (self.head, self.settings, self.curves))
        return QSize(wide + 2 * STEP, self.least_height(self.width()))

    def least_height(self, width: int) -> int:
        """How high it is at least where it is so wide."""
        if self._has_room(2, width):
            return self._height_beside(2, width)
        if self._has_room(1, width):
            return self._height_beside(1, width)
        inner = width - 2 * STEP
        parts = self.settings.height_at(inner) + STEP + self.curves.least_height(inner)
        return self._height_above(width) + parts + STEP

    def _has_room(self, columns: int, width: int) -> bool:
        """For so many columns of settings beside the curves in one line."""
        return width >= columns * (scaled(SETTING) + STEP) + self.curves.width_in_line + 2 * STEP

    def _height_beside(self, columns: int, width: int) -> int:
        settings = self.settings.height_at(columns * (scaled(SETTING) + STEP) - STEP)
        return self._height_above(width) + max(settings, self.curves.least_height(width)) + STEP

    def _height_above(self, width: int) -> int:
        """Of the hint and the buttons, with the gaps around them."""
        hint = 0 if self.hint.isHidden() else self.hint.sizeHint().height() + STEP
        return 4 + hint + self.head.height_at(width - 2 * STEP) + STEP

    def _run_menu_button(self) -> QWidget:
        button = tool_button("settings", "What can be done with this run")
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        for name in ("resume-run", "rename-run", "delete-run"):
            menu.addAction(self._actions[name])
        button.setMenu(menu)
        button.setPopupMode(button.ToolButtonPopupMode.InstantPopup)
        return button

    def _connect(self) -> None:
        bench = self._workbench
        bench.recipes_changed.connect(self.show_recipes)
        bench.runs_changed.connect(self.show_runs)
        bench.materials_changed.connect(self._allow)
        bench.training_changed.connect(self.show_state)
        bench.training_event.connect(self._new_values)
        slots: dict[str, Callable[[], None]] = {
            "train": self._train,
            "pause-training": self._pause,
            "stop-training": self._stop,
            "settings": self._open_settings,
            "resume-run": self._resume,
            "rename-run": self._rename,
            "delete-run": self._delete,
        }
        self._actions.connect(slots)
        self.recipes.activated.connect(self._choose_recipe)
        self.runs.activated.connect(self._choose_run)
        self.length.editingFinished.connect(partial(self._change, "length"))
        self.unit.activated.connect(self._change_unit)
        self.hidden.valueChanged.connect(partial(self._change, "hidden"))
        self.latent.valueChanged.connect(partial(self._change, "latent"))
        self.smoothing.moved.connect(self._smooth)
        self.logarithmic.toggled.connect(self._set_logarithmic)
        self._smooth(self.smoothing.number)
        self._set_logarithmic(self.logarithmic.isChecked())
        self._curve_timer = timer(self, 1000 // (CURVES_PER_SECOND * len(self.plots)), self._draw_curves)
        self._curve_timer.start()

    # --- recipe

    @property
    def recipe(self) -> Recipe | None:
        """What Train would train."""
        return self._own or self._origin()

    def _origin(self) -> Recipe | None:
        name = self.recipes.currentData()
        return next((recipe for recipe in self._workbench.recipes() if recipe.name == name), None)

    def show_recipes(self) -> None:
        """Show the recipes there are; the chosen one stays chosen."""
        chosen = self.recipes.currentData()
        self.recipes.clear()
        for heading, recipes in grouped(self._workbench.recipes(), self._kind, self._workbench.own_recipe):
            self._add_heading(heading)
            for recipe in recipes:
                self.recipes.addItem(recipe.title, recipe.name)
                place = self.recipes.count() - 1
                self.recipes.setItemData(place, recipe.summary, Qt.ItemDataRole.ToolTipRole)
                self.recipes.setItemData(place, f"{recipe.summary}\n{cost(recipe)}", BELOW)
        self.recipes.view().setMinimumWidth(self.recipes.view().sizeHintForColumn(0) + 4 * STEP)  # titles may be long
        self._select_recipe(chosen)
        self._show_recipe()

    def _add_heading(self, text: str) -> None:
        self.recipes.addItem(text)
        model = self.recipes.model()
        assert isinstance(model, QStandardItemModel)
        model.item(self.recipes.count() - 1).setEnabled(False)

    def _select_recipe(self, name: str | None) -> None:
        """That of a name, or the first."""
        first = 1 if self.recipes.count() > 1 else 0  # below its heading
        found = -1 if name is None else self.recipes.findData(name)
        self.recipes.setCurrentIndex(found if found >= 0 else first)

    def prefer(self, kind: str) -> None:
        """The person looks at this kind of material: offer the recipe used last for it, where there is any to learn."""
        if kind != self._kind and self._workbench.materials(kind):
            self._kind = kind
            self.show_recipes()
        recipe = self.recipe
        if recipe is None or recipe.material == kind or not self._workbench.materials(kind):
            return
        self._left[recipe.material] = (self.recipes.currentData(), self._own)
        name, self._own = self._left.get(kind, (DEFAULT_RECIPES.get(kind), None))
        self._select_recipe(name)
        self._show_recipe()
        self._allow()

    def _choose_recipe(self) -> None:
        self._own = None
        self._show_recipe()

    def _show_recipe(self) -> None:
        recipe = self.recipe
        if recipe is None:
            return
        for name, field in (("hidden", self.hidden), ("latent", self.latent)):
            value = getattr(recipe.model, name, None)  # not every family of models has both
            field.blockSignals(True)
            field.setValue(field.minimum() if value is None else value)
            field.blockSignals(False)
            field.setEnabled(value is not None)
            field.setToolTip(SIZES[name] if value is not None else f"{recipe.title} has no such size")
        if self.unit.currentText() == "steps":
            self._show_length(0, recipe.training.steps)
        changed = "" if self._own is None else "\nSome of its settings are changed."
        self.recipes.setToolTip(f"{recipe.title}: {recipe.summary}{changed}")
        face = self.recipes.font()
        face.setItalic(self._own is not None)
        self.recipes.setFont(face)

    def _show_length(self, decimals: int, value: float) -> None:
        self.length.blockSignals(True)
        self.length.setDecimals(decimals)
        self.length.setSingleStep(100 if decimals == 0 else 0.5)
        self.length.setValue(value)
        self.length.blockSignals(False)

    def _change_unit(self) -> None:
        recipe = self.recipe
        if self.unit.currentText() == "minutes":
            self._show_length(1, 2.0)
        elif recipe is not None:
            self._show_length(0, recipe.training.steps)

    @reported
    def _change(self, what: str, *_: object) -> None:
        """A plain setting was changed."""
        recipe = self.recipe
        if recipe is None or (what == "length" and self.unit.currentText() == "minutes"):
            return
        values = {
            "length": ("training.steps", round(self.length.value())),
            "hidden": ("model.hidden", self.hidden.value()),
            "latent": ("model.latent", self.latent.value()),
        }
        path, value = values[what]
        before = {field.path: field.value for field in fields(recipe)}[path]
        if value != before:
            self._use(recipe.changed({path: value}))

    def _use(self, recipe: Recipe) -> None:
        """Train with this from now on; a running training takes over what it can."""
        before = {field.path: field.value for field in fields(self.recipe or recipe)}
        after = {field.path: field.value for field in fields(recipe)}
        self._own = None if recipe == self._origin() else recipe
        self._show_recipe()
        changed = {path: value for path, value in after.items() if before.get(path) != value}
        live = {path: v for path, v in changed.items() if path.partition(".")[0] in ("training", "objective")}
        if self._workbench.training.phase in ("training", "paused"):
            if live:
                self._workbench.change_training(**{path.rpartition(".")[2]: value for path, value in live.items()})
            if len(live) < len(changed):
                self.said.emit("Changes to the model and to its frames take effect with the next training.")

    def _open_settings(self) -> None:
        self.open_settings()

    @reported
    def open_settings(self, path: str = "") -> None:
        """Show every setting of the recipe, or those that are found by a path."""
        recipe, origin = self.recipe, self._origin()
        if recipe is None or origin is None:
            return
        dialog = RecipeDialog(recipe, origin, self._workbench.save_recipe, self.window())
        dialog.search.setText(path)
        if dialog.exec():
            self._adopt(dialog.recipe)
        dialog.deleteLater()

    def _adopt(self, recipe: Recipe) -> None:
        if recipe.name != self.recipes.currentData():  # saved as an own one
            self.show_recipes()
            self.recipes.setCurrentIndex(self.recipes.findData(recipe.name))
        self._use(recipe)

    # --- buttons

    @reported
    def _train(self) -> None:
        minutes = self.length.value() if self.unit.currentText() == "minutes" else None
        self._follows = True
        self._workbench.train(self.recipe, device=self.device.currentData(), minutes=minutes)

    @reported
    def _pause(self) -> None:
        if self._workbench.training.phase == "paused":
            self._workbench.go_on()
        else:
            self._workbench.pause()

    @reported
    def _stop(self) -> None:
        self._workbench.stop()

    @reported
    def _resume(self) -> None:
        if self._shown_run is not None:
            minutes = self.length.value() if self.unit.currentText() == "minutes" else None
            self._workbench.train(resume=self._shown_run, device=self.device.currentData(), minutes=minutes)

    @reported
    def _rename(self) -> None:
        run = self._run()
        if run is not None:
            name, given = QInputDialog.getText(self, "Rename run", "Name:", text=run.name)
            if given and name.strip():
                self._workbench.rename_run(run.id, name.strip())

    @reported
    def _delete(self) -> None:
        run = self._run()
        if run is None:
            return
        question = f"Delete the run “{run.name}” with its curves and weights? This cannot be undone."
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
        if QMessageBox.question(self, "Delete run", question, buttons) == QMessageBox.StandardButton.Yes:
            self._workbench.delete_run(run.id)

    # --- what goes on

    def show_state(self, state: TrainingState) -> None:
        """Show what the training does."""
        running = state.phase != "idle"
        self.state.setText(_sentence(state, self._bits(state)))
        self.state.setToolTip(COMPILING if state.speeds_up else "")
        if state.phase == "paused":
            self._actions.retitle("pause-training", "Go &On", "play", "Go on with the training")
        else:
            self._actions.retitle("pause-training", "&Pause", "pause", "Hold the training; pressing again goes on")
        no_training = "" if state.phase in ("training", "paused") else "no training is running."
        self._actions.allow("pause-training", no_training)
        self._actions.allow("stop-training", "" if running and state.phase != "stopping" else "no training is running.")
        self._stale = True
        self._allow()

    def _allow(self) -> None:
        self._actions.allow("train", self._workbench.why_not_train(self.recipe))
        run = self._run()
        idle = self._workbench.training.phase == "idle"
        why_not_resume = "a training is running." if not idle else ""
        if run is None or not run.can_resume:
            why_not_resume = "the shown run has no steps left; give it more under Length and press Train for a new one."
        self._actions.allow("resume-run", why_not_resume)
        none = "" if run is not None else "there is no run yet."
        self._actions.allow("rename-run", none)
        busy = run is not None and not idle and self._workbench.training.run == run.id
        self._actions.allow("delete-run", none or ("it is being trained." if busy else ""))

    # --- runs and curves

    def _new_values(self, _: TrainingEvent) -> None:
        self._stale = True

    @property
    def chosen_run(self) -> int | None:
        """The run that somebody has chosen to look at; None: the newest, whichever that will be."""
        return None if self._follows else self._shown_run

    def _run(self) -> RunInfo | None:
        return next((run for run in self._workbench.runs() if run.id == self._shown_run), None)

    def show_runs(self) -> None:
        """Show the runs there are, newest first."""
        runs = self._workbench.runs()
        present = {run.id for run in runs}
        if self._follows or self._shown_run not in present:
            self._shown_run = runs[-1].id if runs else None
        self.runs.clear()
        for run in reversed(runs):
            status = STATUS_WORDS.get(run.status, run.status)
            self.runs.addItem(f"{run.name} · {status}{best_in_words(run)}", run.id)
        self.runs.view().setMinimumWidth(self.runs.view().sizeHintForColumn(0) + 4 * STEP)  # wider than the box
        if not runs:
            self.runs.addItem("no run yet", None)
        self.runs.setEnabled(bool(runs))
        self.runs.setCurrentIndex(max(0, self.runs.findData(self._shown_run)))
        shown = self._run()
        about = f"{self.runs.currentText()}\n{_about(shown)}" if shown is not None else ""
        self.runs.setToolTip(about or "The runs of this project: each training is kept")
        self._stale = True
        self._allow()

    def show_run(self, run: int) -> None:
        """Show the curves of a run."""
        self.runs.setCurrentIndex(self.runs.findData(run))
        self._choose_run()

    def _choose_run(self) -> None:
        self._shown_run = self.runs.currentData()
        self._follows = self.runs.currentIndex() == 0
        self.show_runs()

    def _draw_curves(self) -> None:
        """Bring the next plot up to date. All at once would take longer than the pens, which move, can wait."""
        if not self.isVisible():
            return
        if self._stale and not self._outdated:
            self._stale = False
            self._outdated = list(self.plots)
        if self._outdated:
            series, unit = counted(self._workbench, self._shown_run)
            plot = self._outdated.pop(0)
            plot.show_unit(unit)
            plot.mark_best(None if self._shown_run is None else self._workbench.best_step(self._shown_run))
            plot.show_series(series)

    def _bits(self, state: TrainingState) -> float | None:
        """Per character, on the text held back; None where none was measured yet, or it is no text."""
        if state.run is None or state.phase == "idle" or not is_of_text(self._workbench, state.run):
            return None
        _, values = self._workbench.metrics(state.run).get("validation.elbo", (None, ()))
        return -float(values[-1]) / math.log(2) if len(values) else None

    def _smooth(self, amount: float) -> None:
        for plot in self.plots[:3]:
            plot.set_smoothing(width_of(amount))
        preferences().setValue("curves/smoothing", amount)

    def _set_logarithmic(self, on: bool) -> None:
        for plot in self.plots:
            plot.set_logarithmic(on)
        preferences().setValue("curves/logarithmic", on)


def _sentence(state: TrainingState, bits: float | None = None) -> str:
    if state.phase == "idle":
        return state.message or "Not training"
    if state.phase == "preparing":
        return state.message or "Preparing …"
    words = {"training": "", "paused": "paused", "stopping": "stopping …"}[state.phase]
    parts = [f"{state.step:,} / {state.steps:,} steps"]
    if state.seconds_left is not None and state.phase == "training":
        parts.append(f"{clock(state.seconds_left)} left")
    if bits is not None:
        parts.append(f"{bits:.2f} bits per character")
    words = "speeds up soon" if state.speeds_up and not words else words
    parts += [part for part in (words, state.device.upper() if len(state.device) <= 4 else state.device) if part]
    return " · ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes and seconds."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _about(run: RunInfo) -> str:
    return (
        f"{run.name}: recipe {run.recipe.title}, step {run.step:,} of {run.steps:,}, seed {run.seed}, "
        f"{run.device or 'not begun'}, {run.created.replace('T', ' ')[:16]}{weights_in_words(run)}"
    )
