"""Look inside: where a model had to decide, on the drawing itself, under the waveform, along the text, on the notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QSplitter, QStackedWidget, QWidget

from studio.sequences.material import Drawing
from studio.sequences.materials import counted
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text
from studio.ui.actions import Actions, within_sentence
from studio.ui.adapting import Flow
from studio.ui.audio.sound_view import SoundView
from studio.ui.audio.span import Span
from studio.ui.file_dialogs import ask_where_to_save
from studio.ui.inside.chart_pane import ChartPane
from studio.ui.inside.letters import Letters
from studio.ui.inside.parts import Legend, StepSlider
from studio.ui.inside.rows import Bars, Notes, Row, Traces
from studio.ui.inside.strips import Strips
from studio.ui.inside.trajectory import GlowView, Scene
from studio.ui.problems import reported
from studio.ui.theme import STEP, theme
from studio.ui.weights import WeightsBox
from studio.ui.widgets import (
    ElidedLabel,
    NumberLabel,
    action_button,
    column,
    label,
    offer,
    row,
    spread,
    timer,
    tool_button,
)
from studio.workbench import QUANTITIES, Job, Look, Looking, MaterialItem, Workbench

FILES = {
    ".png": "PNG picture",
    ".svg": "SVG picture",
    ".gif": "GIF animation of it learning",
    ".webp": "WebP animation of it learning",
    ".csv": "CSV table",
}
PLAY_MILLISECONDS = 280  # between two steps
REFRESH_MILLISECONDS = 2000  # between two looks at a model that is being trained


class InsidePane(QWidget):
    """Shows one run's model reading one piece of material. It computes nothing while it is hidden."""

    said = Signal(str)

    def __init__(self, workbench: Workbench, actions: Actions) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._selected: list[MaterialItem] = []
        self._looking: Looking | None = None
        self._stale = True
        self._linked = False  # while one axis follows the other
        self.runs = QComboBox()
        self.weights = WeightsBox(workbench, self.runs.currentData)
        self.quantities = QComboBox()
        self.overlay = QCheckBox("Reconstruction")
        self.one_piece = tool_button("inside", "One piece", "One piece, frame by frame", checkable=True)
        self.all_pieces = tool_button(
            "map",
            "Map of all pieces",
            "All pieces on a map of g: drag in it, and see what lies between them",
            checkable=True,
        )
        self.legend = Legend()
        self.glow = GlowView()
        self.sound = SoundView()
        self.letters = Letters()
        self.strips = Strips()
        self.views = QSplitter(Qt.Orientation.Horizontal)
        self.map = ChartPane(workbench)
        self.stack = QStackedWidget()
        self.slider = StepSlider()
        self.step = NumberLabel("step 88,888,888")
        self.caption = ElidedLabel(role="small")
        self.reading = ElidedLabel(role="small")
        self._play = timer(self, PLAY_MILLISECONDS, self._next_step)
        self._refresh = timer(self, REFRESH_MILLISECONDS, self._look_again, once=True)
        self._build()
        self._connect()
        self.show_runs()
        self._show_nothing()

    # --- building

    def _build(self) -> None:
        for name, (title, _) in QUANTITIES.items():
            self.quantities.addItem(title, name)
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.runs.setMinimumContentsLength(14)
        self.quantities.setAccessibleName("Colour")
        self.weights.setMinimumContentsLength(15)
        self.runs.setToolTip("The run whose model reads; newest: the one trained last, also while it is trained")
        self.quantities.setToolTip(
            "What the colours show. KL: how much z tells the model that the past did not; "
            "movement: how far the posterior's mean goes from one frame to the next; "
            "negative log likelihood: what stays unexplained"
        )
        self.overlay.setToolTip("Lay over it what the decoder makes of each frame, with z from the encoder")
        self.sound.trimmable = False
        self.sound.setAccessibleName("The recording that is read")
        for view in (self.glow, self.sound, self.letters, self.strips):
            self.views.addWidget(view)
        self.views.setChildrenCollapsible(False)
        self.views.setHandleWidth(STEP)
        subjects = QButtonGroup(self)
        for button in (self.one_piece, self.all_pieces):
            subjects.addButton(button)
        self.one_piece.setChecked(True)
        self._of_one = spread(row(label("Colour", buddy=self.quantities), self.quantities, self.overlay))
        head = Flow(
            spread(row(self.one_piece, self.all_pieces, spacing=2)),
            spread(row(label("Model", buddy=self.runs), self.runs)), self.weights,
            self._of_one, None, action_button(self._actions["export-inside"]),
        )  # fmt: skip
        foot = row(action_button(self._actions["play-steps"]), self.slider, self.step)
        foot.setStretch(1, 1)
        words = row(self.legend, self.caption, self.reading)
        words.setStretch(1, 3)
        words.setStretch(2, 2)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        reading = column(self.views, words, foot)
        reading.setStretch(0, 1)
        self.stack.addWidget(spread(reading))
        self.stack.addWidget(self.map)
        layout = column(head, self.stack)
        layout.setContentsMargins(0, STEP, STEP, 0)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        bench = self._workbench
        bench.runs_changed.connect(self.show_runs)
        bench.materials_changed.connect(self._materials_changed)
        bench.project_changed.connect(self._outdated)
        bench.weights_changed.connect(self._take_weights)
        bench.job_changed.connect(self._follow_job)
        self.runs.activated.connect(lambda _: self._outdated())
        self.weights.activated.connect(lambda _: self._outdated())
        self.quantities.activated.connect(lambda _: self._show_look())
        self.overlay.toggled.connect(lambda _: self._show_look())
        self.slider.chosen.connect(lambda _: self._show_look())
        self.all_pieces.toggled.connect(self._show_subject)
        self.map.changed.connect(self._allow)
        self.map.said.connect(self.said)
        self._actions["export-inside"].triggered.connect(lambda *_: self._export())
        self._actions["play-steps"].triggered.connect(lambda *_: self._toggle_playing())
        for view in (self.glow, self.letters, self.strips):
            view.hovered.connect(self._mark)
        self.strips.span_changed.connect(self._link_sound)
        self.sound.span_changed.connect(self._link_strips)
        self.sound.seeked.connect(self._mark_second)

    # --- what is looked at

    @property
    def looking(self) -> Looking | None:
        """What is shown, or being computed."""
        return self._looking

    @property
    def mapping(self) -> bool:
        """Whether all pieces are shown, on a map, instead of one."""
        return self.all_pieces.isChecked()

    def _show_subject(self) -> None:
        self._stop_playing()
        self._of_one.setVisible(not self.mapping)
        self.stack.setCurrentIndex(1 if self.mapping else 0)
        self._allow()
        self._outdated()

    def walk(self) -> None:
        """Show the map, and a slider from the one selected piece to the other."""
        first, last = self._selected
        self.map.walk.begin(first, last)
        self.all_pieces.setChecked(True)

    def show_runs(self) -> None:
        """Show the runs there are; the chosen one stays chosen."""
        chosen = self.runs.currentData()
        runs = [(run.name, run.id) for run in reversed(self._workbench.runs()) if run.has_weights]
        offer(self.runs, [("newest", None), *runs])
        self.weights.refresh()
        self._allow_walk()
        if self._looking is None or self.runs.currentData() != chosen:
            self._outdated()

    def select(self, items: list[MaterialItem]) -> None:
        """These pieces of the collection are selected: the first of the model's kind is read."""
        self._selected = items
        self._allow_walk()
        item = self._item()
        if not self.mapping and item is not None and (self._looking is None or item.id != self._looking.item):
            self._outdated()

    def _item(self) -> MaterialItem | None:
        run = self.runs.currentData()
        if self._workbench.why_not_look(run):
            return None
        kind = self._workbench.kind_of(run)
        return next((item for item in self._selected if item.kind == kind), None)

    def _materials_changed(self) -> None:
        there = {item.id for item in self._workbench.materials()}
        if self.mapping or self._looking is None or self._looking.item not in there:
            self._outdated()

    def _take_weights(self, run: int) -> None:
        self._allow_walk()
        if self._looking is None and not self.mapping:
            self._outdated()
        elif self.mapping or self._looking is None or run == self._looking.run.id or self.runs.currentData() is None:
            self._stale = True
            if self.isVisible() and not self._refresh.isActive():
                self._refresh.start()

    def _outdated(self) -> None:
        self._stale = True
        if self.isVisible():
            self._look_again()

    def showEvent(self, event: QShowEvent) -> None:
        if self._stale:
            self._look_again()

    def hideEvent(self, event: QHideEvent) -> None:
        self._play.stop()
        self._refresh.stop()

    @reported
    def _look_again(self) -> None:
        """Begin to compute what is to be seen; what is shown stays until then."""
        if not self.isVisible():
            return
        if self.mapping:
            self._stale = False
            if (
                self._looking is not None and not self._looking.job.finished
            ):  # what it has found is kept; it would take the time of who drags
                self._workbench.cancel(self._looking.job.id)
            self.weights.refresh()
            self.map.look(self.runs.currentData(), self.weights.weights)
            return
        before = self._looking
        if before is not None and not before.job.finished:
            if self._same(before):
                self._refresh.start()  # it is soon done, and then newer weights have their turn
                return
            self._workbench.cancel(before.job.id)
        self._stale = False
        run = self.runs.currentData()
        if not self._workbench.is_open or self._workbench.why_not_look(run):
            self._looking = None
            self._show_nothing()
            return
        self.weights.refresh()
        item = self._item()
        known = before if before is not None and self._same(before) else None
        on = item.id if item is not None else (known.item if known is not None else None)
        self._looking = self._workbench.look_inside(run, on, known=known, weights=self.weights.weights)
        if known is None:
            self._show_nothing()

    def _same(self, before: Looking) -> bool:
        """Whether the same run and piece are wanted as before."""
        run = self.runs.currentData() or getattr(self._workbench.newest_run(), "id", None)
        item = self._item()
        same_weights = before.weights == self.weights.weights
        return before.run.id == run and same_weights and (item is None or item.id == before.item)

    def _follow_job(self, job: Job) -> None:
        if self._looking is None or job.id != self._looking.job.id:
            return
        self._looking.job = job
        if self._looking.looks:
            self._arrange(self._looking)
            self._show_look()
        elif job.error:
            self._show_empty("warning", "This model cannot be looked into", job.error)

    # --- showing it

    def _show_nothing(self) -> None:
        self.slider.show_steps((), ())
        self.step.setText("")
        self.caption.setText("")
        self.reading.setText("")
        self.legend.show_range("", "")
        self._allow()
        if self._looking is not None:
            self._show_empty("train", "Reading …", "")
            return
        run = self.runs.currentData()
        why = self._workbench.why_not_look(run) if self._workbench.is_open else ""
        title = "See where a model had to decide"
        self._show_empty("inside", title, why or "Train a model, then choose something on the left.")

    def _show_empty(self, icon: str, title: str, text: str) -> None:
        for view in (self.sound, self.letters, self.strips):
            view.hide()
        self.glow.show()
        self.glow.show_empty(icon, title, text)

    def _arrange(self, looking: Looking) -> None:
        """The views that suit the material."""
        pen, sound = isinstance(looking.shown, Drawing), isinstance(looking.material, Recording)
        self.views.setOrientation(Qt.Orientation.Horizontal if pen else Qt.Orientation.Vertical)
        self.glow.setVisible(pen)
        self.sound.setVisible(sound)
        self.letters.setVisible(isinstance(looking.material, Text))
        self.strips.show()
        self.sound.show_recording(looking.material if isinstance(looking.material, Recording) else None)
        self.overlay.setVisible(pen)
        self.slider.show_steps(looking.steps, looking.looks)
        latest = looking.latest
        self.quantities.setEnabled(latest is None or latest.inside.latent > 0)
        self._allow()

    @property
    def look(self) -> Look | None:
        """What is shown of the steps."""
        if self._looking is None or self.slider.step is None:
            return None
        return self._looking.at(self.slider.step)

    @property
    def _quantity(self) -> str:
        """What the colours show: where there is no z, what is unexpected is all there is to see."""
        look = self.look
        chosen: str = self.quantities.currentData()
        return chosen if look is None or look.inside.latent else "nll"

    def _show_look(self) -> None:
        looking, look = self._looking, self.look
        if looking is None or look is None:
            return
        quantity = self._quantity
        shares = looking.shares(quantity, look)
        if isinstance(looking.shown, Drawing):
            over = look.reconstruction if self.overlay.isChecked() else None
            key = (id(looking), look.step, id(look), quantity, over is not None)
            self.glow.show_scene(Scene(key, looking.shown, shares, over if isinstance(over, Drawing) else None))
        if isinstance(looking.material, Text):
            self.letters.show_text(looking.material.characters[: len(look.inside)], shares)
        self.strips.show_rows(self._rows(looking, look), len(look.inside), self._total(look), looking.seconds_per_frame)
        self.step.setText(f"step {look.step:,}")
        self._show_words(looking, quantity)
        self._mark(self.strips.marked)

    def _rows(self, looking: Looking, look: Look) -> list[Row]:
        inside, found = look.inside, list[Row]()
        if isinstance(looking.shown, Roll):
            found.append(Notes(looking.shown, looking.shares(self._quantity, look)))
        for name, (title, unit) in QUANTITIES.items():
            if name == "nll" or inside.latent:
                values, shares = getattr(inside, name), looking.shares(name, look)
                low, top = (0.0, looking.top(name)) if name != "nll" else looking.reach_of_nll
                found.append(Bars(title, unit, values, shares, low, top))
        if inside.latent:
            title = "Means of z: posterior, and dotted the prior"
            return [*found, Traces(title, inside.posterior_mean, inside.prior_mean, looking.reach_of_z)]
        return found

    def _total(self, look: Look) -> float:
        looking = self._looking
        if looking is None or looking.seconds_per_frame is None or not isinstance(looking.material, Recording):
            return float(len(look.inside))
        return looking.material.seconds / looking.seconds_per_frame

    def _show_words(self, looking: Looking, quantity: str) -> None:
        unit = QUANTITIES[quantity][1]
        low, top = (0.0, looking.top(quantity)) if quantity != "nll" else looking.reach_of_nll
        self.legend.show_range(f"{low:.3g}", f"{top:.3g} {unit}".strip())
        self.caption.setText(_caption(looking, self._workbench))

    # --- the frame under the pointer

    def _mark(self, frame: int) -> None:
        self.glow.mark(frame)
        self.letters.mark(frame)
        self.strips.mark(frame)
        look = self.look
        if look is None or not 0 <= frame < len(look.inside):
            self.reading.setText("")
            return
        inside, looking = look.inside, self._looking
        where = f"frame {frame:,}"
        if looking is not None and isinstance(looking.material, Text) and frame < len(looking.material):
            where = f"character {frame + 1:,} {looking.material.characters[frame]!r}"
        if looking is not None and looking.seconds_per_frame is not None:
            where = f"{frame * looking.seconds_per_frame:.3f} s"
        if looking is not None and isinstance(looking.shown, Roll):
            where += f" {' '.join(looking.shown.names_at(frame)) or 'silence'}"
        latent = f"KL {inside.kl[frame]:.3f} nats, z moved {inside.mean_change[frame]:.3f}, " if inside.latent else ""
        self.reading.setText(f"{where}: {latent}-log p {inside.nll[frame]:.3f} nats")

    def _mark_second(self, second: float) -> None:
        if self._looking is not None and self._looking.seconds_per_frame:
            self._mark(int(second / self._looking.seconds_per_frame))

    # --- one axis for the waveform and the strips

    def _link_sound(self) -> None:
        self._link(self.strips.span, self.sound.show_span, self.sound.span.total)

    def _link_strips(self) -> None:
        self._link(self.sound.span, self.strips.show_span, self.strips.span.total)

    def _link(self, span: Span, show: Any, total: float) -> None:
        if self._linked or self._looking is None or not isinstance(self._looking.material, Recording):
            return
        scale = total / span.total
        self._linked = True
        try:
            show(Span(span.start * scale, span.end * scale, total))
        finally:
            self._linked = False

    # --- the model learning

    def _toggle_playing(self) -> None:
        if self._play.isActive():
            self._stop_playing()
            return
        if self.slider.at_the_end:
            self.slider.setValue(0)
        self._play.start()
        self._actions.retitle("play-steps", "&Hold the Steps", "pause", "Stop at this step")

    def _stop_playing(self) -> None:
        self._play.stop()
        self._actions.retitle("play-steps", "&Watch It Learn", "play", "Go through the steps of the training")

    def _next_step(self) -> None:
        if self._looking is not None and self._looking.kind == "pen" and not self.glow.ready:
            return
        self.slider.setValue(self.slider.value() + 1)
        if self.slider.at_the_end:
            self._stop_playing()

    def _allow_walk(self) -> None:
        why = self._workbench.why_not_walk(self._selected, self.runs.currentData())
        self._actions.allow("walk", within_sentence(why))

    def _allow(self) -> None:
        self._allow_walk()
        if self.mapping:
            self._actions.allow("export-inside", "" if self.map.mapped is not None else "there is no map yet.")
            self._actions.allow("play-steps", "the map is of the weights in use.")
            return
        none = "" if self._looking is not None and self._looking.looks else "there is nothing to be seen yet."
        self._actions.allow("export-inside", none)
        one = "" if self.slider.maximum() else "there are no weights from along the way."
        self._actions.allow("play-steps", none or one)
        self.slider.setEnabled(not (none or one))

    # --- export

    @reported
    def _export(self) -> None:
        if self.mapping:
            path = ask_where_to_save(self.window(), "Export the map, or what lies there", "map.csv", self.map.files)
        else:
            path = ask_where_to_save(self.window(), "Export this look", "inside.png", FILES)
        if path is not None:
            self.export_to(path)

    def export_to(self, path: Path) -> None:
        """Write what is seen; an animation shows all steps."""
        if self.mapping:
            self.map.export_to(path)
        elif self._looking is not None:
            self._workbench.export_look(
                self._looking,
                path,
                step=self.slider.step,
                quantity=self._quantity,
                dark=theme().colours.dark,
                reconstruction=self.overlay.isChecked(),
            )

    def close_down(self) -> None:
        """End the threads, before the window goes."""
        self._play.stop()
        self.map.close_down()
        self.glow.close_down()
        self.sound.close_down()


def _caption(looking: Looking, workbench: Workbench) -> str:
    """What is read, and whether the run knows it."""
    noun = counted(1, (looking.kind,)).removeprefix("one ")
    items = [item.id for item in workbench.materials(looking.kind)]
    number = f" {items.index(looking.item) + 1} of {len(items)}" if looking.item in items else ""
    labelled = f" “{looking.material.label}”" if looking.material.label else ""
    known = "" if looking.held_back is None else ", which the run has learned from"
    known = ", held back: the run has not learned from it" if looking.held_back else known
    more = f"; its last {looking.left_out:,} frames are left out" if looking.left_out else ""
    return f"{looking.run.name} reads {noun}{number}{labelled}{known}{more}."
