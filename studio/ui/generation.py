"""The generation pane: what is drawn, said or written, with which variances, from which beginning; and its export."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material, kind_of
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text, tidied
from studio.training.recipe import GenerationPreset
from studio.ui.actions import Actions
from studio.ui.audio.comparison import Comparison
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.thumbnails import RECORDINGS
from studio.ui.file_dialogs import DRAWING_FILES, ROLL_FILES, SOUND_FILES, TEXT_FILES, Kinds, ask_where_to_save
from studio.ui.notes.thumbnails import ROLLS
from studio.ui.preferences import preferences, remembered, remembered_number
from studio.ui.problems import problems, reported
from studio.ui.reading import Reader
from studio.ui.stage import Stage
from studio.ui.text.thumbnails import TEXTS
from studio.ui.theme import STEP, theme
from studio.ui.thumbnails import DRAWINGS, Look
from studio.ui.widgets import (
    MarkedSlider,
    NumberLabel,
    action_button,
    column,
    form,
    keep_wheel_for_scrolling,
    label,
    offer,
    push_button,
    row,
    spread,
    timer,
    tool_button,
)
from studio.workbench import GenerationSettings, LivePens, LiveRoll, LiveText, LiveVoice, MaterialItem, Workbench

COUNTS = (1, 4, 9, 16)
EXPORTS: dict[str, tuple[str, ...]] = {
    "pen": ("svg", "png", "gif", "csv"),
    "audio": ("wav", "flac"),
    "text": ("txt",),
    "roll": ("wav", "csv", "npz", "npy", "png", "flac"),
}
FILES: dict[str, Kinds] = {"pen": DRAWING_FILES, "audio": SOUND_FILES, "text": TEXT_FILES, "roll": ROLL_FILES}
LOOKS: dict[str, Look] = {"pen": DRAWINGS, "audio": RECORDINGS, "text": TEXTS, "roll": ROLLS}
WRITERS = {"pen": "Pens", "audio": "Voice", "text": "Text", "roll": "Music"}  # what plays
SAY = {"pen": "Draw", "audio": "Say", "text": "Write", "roll": "Play"}
DONE = {"pen": "drawn", "audio": "said", "text": "written", "roll": "played"}
PROMPT = 200  # characters that are taken of a selected text to begin with
WAIT_FOR_PROMPT = 600  # milliseconds after the last key
LONGEST_SECONDS = 600.0
LARGEST_SEED = 2**31 - 1
HOLD_SECONDS = 1.2  # that finished drawings are looked at before the next ones
WAIT_FOR_SLIDER = 250  # milliseconds after which finished drawings are drawn anew with other variances
USUAL_SHARE = 0.4  # of a drawing that is given as a beginning
LATENT = "Latent variance: scale of the prior's sigma. 0: the most likely z; 1: as trained. Double click: 1"


def first_part(material: Material, share: float) -> Material:
    """The first points of a drawing, that share of them, at least two; or of anything else."""
    if isinstance(material, Text):
        return material.parted(1 - share)[0]
    if isinstance(material, Recording | Roll):
        return material.cut(0, round(share * len(material)))
    return _first_points(material, share)


def first_sentence(text: Text) -> str:
    """The beginning of a text that a model may go on with: some words, none of them cut."""
    begin = text.characters[:PROMPT]
    return begin if len(text) <= PROMPT else begin[: begin.rfind(" ") if " " in begin else PROMPT]


def within_sentence(sentence: str) -> str:
    """The sentence as another goes on with it."""
    return sentence[:1].lower() + sentence[1:]


def _first_points(drawing: Drawing, share: float) -> Drawing:
    count = max(2, round(share * len(drawing)))
    points, pen_up = drawing.points[:count], drawing.pen_up[:count].copy()
    if share < 1:
        pen_up[-1] = False
    times = None if drawing.times is None else drawing.times[:count]
    return Drawing.from_points(points, pen_up, times=times, label=drawing.label, y_up=drawing.y_up)


class GenerationPane(QScrollArea):
    """Everything about generating; `stage` shows it."""

    said = Signal(str)

    def __init__(self, workbench: Workbench, actions: Actions, stage: Stage, output: SoundOutput) -> None:
        super().__init__()
        self._workbench = workbench
        self._actions = actions
        self._stage = stage
        self._pens: LivePens | None = None  # one of these
        self._voice: LiveVoice | None = None
        self._text: LiveText | None = None
        self._music: LiveRoll | None = None
        self._live_run: int | None = None
        self._kind: Kind = "pen"
        self._preset: tuple[float, float] = (1.0, 1.0)
        self._comparison = Comparison(output, self)
        self._newer_weights = False
        self._asked_length: tuple[int | None, float | None] = (None, None)
        self._speak_next = False
        self._begin: Material | None = None
        self._ends: tuple[Drawing, Drawing] | None = None
        self._selected: list[MaterialItem] = []
        self._reader = Reader(self)
        self.runs = QComboBox()
        self.counts = QButtonGroup(self)
        self.latent = MarkedSlider(0, 2, 1)
        self.output = MarkedSlider(0, 2, 1)
        self.seed = QSpinBox()
        self.new_seed = QCheckBox("Other samples each time")
        self.say = QComboBox()
        self.length = QSpinBox()
        self.seconds = QDoubleSpinBox()
        self.share = MarkedSlider(0.05, 1, USUAL_SHARE)
        self.prompt = QPlainTextEdit()
        self._readings: dict[MarkedSlider, QLabel] = {}
        self._words: dict[MarkedSlider, QLabel] = {}
        self._hold = timer(self, int(HOLD_SECONDS * 1000), self._next_round, once=True)
        self._redraw = timer(self, WAIT_FOR_SLIDER, self._draw_again, once=True)
        self._prompted = timer(self, WAIT_FOR_PROMPT, self.renew, once=True)
        self._build()
        self._connect()
        self._show_controls()
        self._show_labels(())
        self.show_runs()

    # --- building

    def _build(self) -> None:
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setValue(1234)
        self.seed.setToolTip("The same seed draws the same samples (with the same weights)")
        self.seed.setAccessibleName("Seed")
        self.length.setRange(0, 100_000)
        self.length.setSingleStep(50)
        self.seconds.setRange(0, LONGEST_SECONDS)
        self.seconds.setDecimals(1)
        self.seconds.setSpecialValueText("without end")
        self.seconds.setSuffix(" s")
        self.seconds.setToolTip("How long it speaks; without end: until you pause it")
        self.seconds.setAccessibleName("Length in seconds")
        self.say.setToolTip("What it shall be: one of the labels that the model was told of in training")
        self.latent.setToolTip(LATENT)
        self.share.setToolTip("How much of the drawing the model is given; it continues from there")
        self.prompt.setPlaceholderText("The first words, e.g. a name; empty: it begins by itself")
        self.prompt.setAccessibleName("Prompt")
        self.prompt.setToolTip("What the text begins with; the model goes on from there")
        self.prompt.setTabChangesFocus(True)
        self.prompt.setFixedHeight(72)
        self.new_seed.setToolTip("Take another seed with every round of the loop; off: draw the same samples again")
        self.new_seed.setChecked(remembered("generation/new seed", True))
        keep_wheel_for_scrolling(self.seed, self.length, self.seconds, self.runs, self.say)
        content = QWidget()
        content.setLayout(self._layout())
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(self.horizontalScrollBarPolicy().ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        """As wide as its controls: it scrolls up and down alone, so what is narrower would cut them off."""
        content, usual = self.widget(), super().minimumSizeHint()
        if content is None:
            return usual
        needed = content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(needed, usual.height())

    def _layout(self) -> QVBoxLayout:
        self._say_label = label("Say", buddy=self.say)
        fields = form(
            (label("Mode&l", buddy=self.runs), self.runs),
            (self._say_label, self.say),
            (label("Seed"), row(self.seed, action_button(self._actions["dice"]), spacing=4)),
            (label("Length", buddy=self.length), row(self.length, self.seconds, spacing=0)),
        )
        for chooser in (self.runs, self.say):
            chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._counts_row = spread(row(label("Side by side"), None, self._count_buttons()))
        layout = column(
            self._counts_row,
            *self._slider("Latent va&riance", self.latent),
            *self._slider("&Output variance", self.output),
            self._prompt_part(), fields, self.new_seed, STEP, self._beginning(), None, self._export_button(),
        )  # fmt: skip
        layout.setContentsMargins(STEP, STEP, 2 * STEP, STEP)
        return layout

    def _slider(self, text: str, slider: MarkedSlider) -> tuple[QWidget, MarkedSlider]:
        reading, words = NumberLabel("8.88"), label(text, buddy=slider)
        self._words[slider] = words
        self._readings[slider] = reading
        slider.moved.connect(lambda value: reading.setText(f"{value:.2f}"))
        reading.setText(f"{slider.number:.2f}")
        return spread(row(words, None, reading)), slider

    def _prompt_part(self) -> QWidget:
        self._prompt_row = spread(column(label("Prompt", buddy=self.prompt), self.prompt, spacing=4))
        return self._prompt_row

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
        self._begin_button = self._button_of("begin", "Begin with Selected")
        self._between_button = self._button_of("between", "From One to Another")
        nothing = action_button(self._actions["begin-nothing"])
        share = column(row(label("first", "muted", self.share), None, self._begin_share), self.share, spacing=0)
        self._begin_row = spread(row(self._begin_picture, share, nothing))
        return spread(column(self._begin_button, self._between_button, self._begin_row))

    def _button_of(self, name: str, text: str) -> QPushButton:
        """A button that does what an action does, and can when that can."""
        action, button = self._actions[name], push_button(text, name)
        button.clicked.connect(action.trigger)

        def follow() -> None:
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.toolTip())

        action.changed.connect(follow)
        follow()
        return button

    def _export_button(self) -> QWidget:
        button = push_button("Export Samples", "export")
        menu = QMenu(button)
        for kind in dict.fromkeys(ending for endings in EXPORTS.values() for ending in endings):
            menu.addAction(self._actions[f"export-{kind}"])
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
        bench.materials_changed.connect(self._show_empty)
        bench.project_changed.connect(self.renew)
        for canvas in (self._stage.canvas, *self._stage.sounds, self._stage.text):
            canvas.finished.connect(self._round_over)
            canvas.failed.connect(self._give_up)
        self._stage.canvas.advanced.connect(self._show_progress)
        self._stage.text.advanced.connect(self._tell_unknown)
        for sheet in self._stage.sounds:
            sheet.interrupted.connect(lambda: self._play(False))
        self._comparison.told.connect(self._stage.compared.setText)
        slots: dict[str, Callable[[], None]] = {
            "play": self._toggle_playing,
            "restart": self.restart,
            "dice": self._roll,
            "reset-variance": self._reset_variance,
            "begin": self._begin_with_selected,
            "between": self._go_between,
            "begin-nothing": self._begin_with_nothing,
            "collect": self._collect,
            "compare": self._compare,
            "copy-text": self._copy_text,
            "export-samples": lambda: self._export(f"samples.{EXPORTS[self._kind][0]}"),
            **{
                f"export-{kind}": lambda kind=kind: self._export(f"samples.{kind}")
                for kinds in EXPORTS.values()
                for kind in kinds
            },
        }
        self._actions.connect(slots)
        self._actions["loop"].setChecked(remembered("generation/loop", True))
        self._actions["loop"].toggled.connect(self._set_loop)
        self.latent.moved.connect(self._vary)
        self.output.moved.connect(self._vary)
        self.share.moved.connect(self._change_share)
        self.seed.valueChanged.connect(lambda _: self.restart())
        self.length.editingFinished.connect(self._change_length)
        self.seconds.editingFinished.connect(self._change_length)
        self.say.activated.connect(lambda _: self._say())
        self.counts.idClicked.connect(self._set_count)
        self.runs.activated.connect(lambda _: self.renew())
        self.prompt.textChanged.connect(self._prompted.start)
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
            length=(self.length.value() or None) if not self._is_heard else None,
            seconds=(self.seconds.value() or None) if self._is_heard else None,
            label=self.say.currentData() or "",
            seed=self.seed.value(),
            latent_variance=self.latent.number,
            output_variance=self.output.number,
            begin=self._beginning_part() if self._between_part() is None else None,
            run=self.runs.currentData(),
            between=self._between_part(),
        )

    def _beginning_part(self) -> Material | None:
        """What is begun with, where the model can make anything of it."""
        if self._kind == "text":
            prompt = tidied(self.prompt.toPlainText())
            return Text(prompt) if prompt else None
        if self._begin is None or kind_of(self._begin) != self._kind:
            return None
        if self._workbench.why_not_begin(self.runs.currentData()):
            return None
        return first_part(self._begin, self.share.number)

    def _between_part(self) -> tuple[Drawing, Drawing] | None:
        """From which drawing to which, where the model knows a way."""
        if self._ends is None or self._workbench.why_not_between(self.runs.currentData()):
            return None
        return self._ends

    def select(self, items: list[MaterialItem]) -> None:
        """These pieces of the collection are selected: the first can be begun with, or compared with."""
        self._selected = items
        self._allow_beginning()

    def _allow_beginning(self) -> None:
        noun, run = LOOKS[self._kind].noun, self.runs.currentData()
        fits = bool(self._selected) and self._selected[0].kind == self._kind
        cannot = within_sentence(self._workbench.why_not_begin(run))
        self._actions.allow("begin", cannot or ("" if fits else f"select a {noun} in the collection first."))
        drawings = [item for item in self._selected if item.kind == "pen"]
        none = "" if len(drawings) == 2 else "select two drawings in the collection first."
        no_way = self._workbench.why_not_between(run)
        self._actions.allow("between", within_sentence(no_way) or none)
        self._between_button.setVisible(not no_way)

    # --- pens and voices

    @property
    def _live(self) -> LivePens | LiveVoice | LiveText | LiveRoll | None:
        """What draws, speaks, writes or plays."""
        lives = (self._pens, self._voice, self._text, self._music)
        return next((live for live in lives if live is not None), None)

    @property
    def _sound(self) -> LiveVoice | LiveRoll | None:
        """What is heard."""
        return self._voice if self._voice is not None else self._music

    @property
    def _is_heard(self) -> bool:
        """Whether the chosen run makes sound."""
        return self._kind in ("audio", "roll")

    def _show_kind(self) -> None:
        """Show the controls of what the chosen run makes, and what it can be asked for."""
        run = self.runs.currentData()
        self._kind = self._workbench.kind_of(run)
        self._show_controls()
        self._show_labels(self._workbench.labels_of(run))
        self._take_preset(self._workbench.preset_of(run))
        has_latent = self._workbench.has_latent(run)
        self.latent.setEnabled(has_latent)
        self.latent.setToolTip(
            LATENT if has_latent else "This model has no latent variable: all chance is in its output"
        )
        self._allow_beginning()

    def _show_controls(self) -> None:
        text = self._kind == "text"
        self._counts_row.setVisible(self._kind == "pen")
        self.length.setVisible(not self._is_heard)
        self.seconds.setVisible(self._is_heard)
        self._prompt_row.setVisible(text)
        self._show_length()
        self._name_output()
        self._show_beginning()
        self._stage.show_kind(self._kind)
        for ending in {ending for endings in EXPORTS.values() for ending in endings}:
            self._actions[f"export-{ending}"].setVisible(ending in EXPORTS[self._kind])
        self._actions["compare"].setVisible(self._kind == "audio")
        self._actions["copy-text"].setVisible(text)

    def _show_length(self) -> None:
        """How long, in the words of what is generated."""
        if self._kind == "text":
            suffix, none, tip = (
                " characters",
                "without end",
                "How long the text gets; without end: until it ends",
            )
        else:
            suffix, none = " frames", "until it ends"
            tip = "How long the drawings may get; until it ends: at most as long as the longest drawn"
        self.length.setSuffix(suffix)
        self.length.setSpecialValueText(none)
        self.length.setToolTip(tip)

    def _name_output(self) -> None:
        """The variance of the output has another name where characters are chosen."""
        if self._kind == "text":
            words = "Te&mperature"
            tip = "How daring: 0 always writes the likeliest character, 1 as trained, more is wilder. Double click: 1"
        else:
            words = "&Output variance"
            tip = (
                "Output variance: scale of the likelihood's sigma, tempering its mixture weights. "
                "0: its mean; 1: as trained. Double click: 1"
            )
        self._words[self.output].setText(words)
        self.output.setAccessibleName(words.replace("&", ""))
        self.output.setToolTip(tip)

    def _show_labels(self, labels: tuple[str, ...]) -> None:
        offer(self.say, [("anything", ""), *((text, text) for text in labels)])
        self._say_label.setText(SAY[self._kind])
        for part in (self.say, self._say_label):
            part.setVisible(bool(labels))

    def _take_preset(self, preset: GenerationPreset) -> None:
        """Another recipe may want other variances to begin with."""
        wanted = (preset.latent_variance, preset.output_variance)
        if wanted != self._preset:
            self._preset = wanted
            self.latent.number, self.output.number = wanted

    @reported
    def renew(self) -> None:
        """Draw with other settings, from the beginning."""
        speaking = any(sheet.playing for sheet in self._stage.sounds)
        self._prompted.stop()
        self._close_live()
        self._newer_weights = False
        if not self._workbench.is_open or self._workbench.why_not_generate(self.runs.currentData()):
            self._show_empty()
            return
        self._show_kind()
        settings = self.settings()
        self._asked_length = (settings.length, settings.seconds)
        if self._kind == "pen":
            self._pens = self._workbench.live(settings)
        elif self._kind == "text":
            self._text = self._workbench.live_text(settings)
        elif self._kind == "roll":
            self._music = self._workbench.live_roll(settings)
        else:
            self._voice = self._workbench.live_voice(settings)
        self._live_run = self.runs.currentData() or getattr(self._workbench.newest_run(), "id", None)
        self._start(not self._is_heard or speaking or self._speak_next)
        self._speak_next = False

    @reported
    def restart(self) -> None:
        """Draw from the beginning, with the seed that is shown and the newest weights."""
        if self._live is None or (self._newer_weights and self.runs.currentData() is None):
            self._speak_next = True  # a voice begins by itself only where somebody asked for it
            self.renew()
            return
        self._leave_sounds()
        self._live.restart(self.seed.value())
        self._start(True)

    def _start(self, play: bool) -> None:
        self._hold.stop()
        self._redraw.stop()
        self._comparison.begin_with_generated()
        if self._pens is not None:
            self._stage.set_length(0)
            self._stage.canvas.start(self._pens)
        elif self._sound is not None and self._stage.sound is not None:
            part = self._beginning_part()
            self._stage.sound.begin(self._sound, part.seconds if isinstance(part, Recording | Roll) else 0.0)
            self._stage.set_seconds(self.seconds.value() or None)
        elif self._text is not None:
            self._stage.text.start(self._text)
        self._play(play)
        self._allow()

    def _leave_sounds(self) -> None:
        for sheet in self._stage.sounds:
            sheet.leave()

    def _close_live(self) -> None:
        self._hold.stop()
        self._leave_sounds()
        if self._live is not None:
            self._live.close()
        self._pens = self._voice = self._text = self._music = self._live_run = None

    def close_pens(self) -> None:
        """Stop drawing and speaking, before the project is closed."""
        self._close_live()
        self._show_empty()

    def close_down(self) -> None:
        """End threads, before the window goes."""
        self._comparison.close_down()
        for sheet in self._stage.sounds:
            sheet.close_down()

    def _show_empty(self) -> None:
        if self._live is not None:
            return
        canvas = self._stage.shown
        if self._workbench.training.phase in ("training", "preparing"):
            canvas.show_empty("train", "Training has begun", "The first samples appear here in a moment.")
        elif self._workbench.is_open and not self._workbench.materials():
            canvas.show_empty(
                "pen", "Draw, record or write something first", "Then train a model, and its samples appear here."
            )
        else:
            kinds = [kind for kind in LOOKS if self._workbench.is_open and self._workbench.materials(kind)]
            what = {"audio": "hear it here", "text": "it writes here"}.get(next(iter(kinds), "pen"))
            title = f"Train a model and {what or 'its drawings appear here'}"
            canvas.show_empty("train", title, "Press Train below, or F5.")
        self._stage.set_length(0)
        self._allow()

    def _give_up(self, why: str) -> None:
        if self._live is not None and self._live.details:
            problems().met.emit(why, self._live.details)
        self._close_live()
        self._stage.shown.show_empty("warning", f"These samples cannot be {DONE[self._kind]}", why)
        self._allow()

    def _take_weights(self, run: int) -> None:
        self._newer_weights = True
        chosen = self.runs.currentData()
        if self._live is None or (chosen is None and run != self._live_run):
            self.renew()
        elif self._sound is not None and run == self._live_run:
            self._sound.refresh()
        elif self._text is not None and run == self._live_run:
            self._text.refresh()
        elif self._pens is not None and run == self._live_run and self._pens.has_field:
            self._stage.canvas.refresh()

    def _show_progress(self, frames: int) -> None:
        if self._pens is not None and self._pens.ready:
            self._stage.set_length(self._pens.length)

    def _tell_unknown(self, count: int) -> None:
        """Say so once where a prompt has characters that the model has not learned."""
        if self._text is not None and self._text.unknown and 0 < count <= self._text.given:
            shown = " ".join(self._text.unknown[:10])
            self.said.emit(f"The model has not learned {shown}: it reads an unknown character there.")

    # --- playing

    def _play(self, on: bool) -> None:
        self._stage.shown.play(on)
        what = WRITERS[self._kind]
        if on:
            self._actions.retitle("play", f"&Pause the {what}", "pause", f"Hold the {what.lower()}")
        else:
            self._actions.retitle("play", "&Play", "play", f"Let the {what.lower()} go on")

    def _toggle_playing(self) -> None:
        if self._stage.shown.done:
            self.restart()
        else:
            self._play(not self._stage.shown.playing)

    def _round_over(self) -> None:
        if self._actions["loop"].isChecked():
            self._hold.start()
        else:
            self._play(False)

    def _next_round(self) -> None:
        if not self._actions["loop"].isChecked() or self._live is None:
            return
        if self.new_seed.isChecked():
            self._roll()
        else:
            self.restart()

    def _set_loop(self, on: bool) -> None:
        preferences().setValue("generation/loop", on)
        if on and self._stage.shown.done:
            self._next_round()

    def _roll(self) -> None:
        seed = random.randrange(10_000)
        self.seed.setValue(seed if seed != self.seed.value() else seed + 1)  # which restarts

    # --- what the person does

    def _vary(self, _: float) -> None:
        if self._live is None:
            return
        self._live.variance = (self.latent.number, self.output.number)
        if not self._is_heard and self._stage.shown.done:
            self._hold.stop()
            self._redraw.start()

    def _draw_again(self) -> None:
        if not self._is_heard and self._stage.shown.done:
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
        settings = self.settings()
        if self._live is not None and (settings.length, settings.seconds) != self._asked_length:
            self.renew()

    def _say(self) -> None:
        self._speak_next = True
        self.renew()

    def _begin_with_selected(self) -> None:
        if self._kind == "text":
            self._reader.read(self._selected[0], self._prompt_with)
        else:
            self._reader.read(self._selected[0], self._begin_with)

    def _prompt_with(self, material: Material) -> None:
        assert isinstance(material, Text)
        self.prompt.setPlainText(first_sentence(material))
        self.renew()

    def _begin_with(self, material: Material) -> None:
        self._begin, self._ends = material, None
        self._speak_next = True
        self._show_beginning()
        self.renew()

    def _go_between(self) -> None:
        first, last = (item for item in self._selected if item.kind == "pen")
        self._reader.read(first, lambda one: self._reader.read(last, lambda other: self._draw_between(one, other)))

    def _draw_between(self, first: Material, last: Material) -> None:
        assert isinstance(first, Drawing)
        assert isinstance(last, Drawing)
        self._ends = first, last
        self._show_beginning()
        self.renew()

    def _begin_with_nothing(self) -> None:
        self._begin = self._ends = None
        self.prompt.clear()
        self._show_beginning()
        self.renew()

    def _change_share(self, share: float) -> None:
        self._begin_share.setText(f"{share:.0%}".replace("%", " %"))
        if self._begin is not None:
            self._show_beginning()
            self._hold.stop()
            QTimer.singleShot(0, self.renew)

    def _show_beginning(self) -> None:
        begun = self._beginning_part() is not None or self._ends is not None
        picture = begun and self._kind != "text" and self._ends is None
        self._begin_row.setVisible(picture)
        self._actions.allow("begin-nothing", "" if begun else "the model begins by itself already.")
        if picture and self._begin is not None:
            part, ratio = first_part(self._begin, self.share.number), self.devicePixelRatioF()
            size = self._begin_picture.size()
            self._begin_picture.setPixmap(LOOKS[kind_of(part)].paint(part, size, ratio))

    def show_runs(self) -> None:
        """Show the runs that can be drawn with; the chosen one stays chosen."""
        chosen = self.runs.currentData()
        runs = [(run.name, run.id) for run in reversed(self._workbench.runs()) if run.has_weights]
        offer(self.runs, [("newest", None), *runs])
        self.runs.setToolTip("The run whose model is used; newest: the one trained last, also while it is trained")
        if self._live is None or (chosen is not None and self.runs.currentData() is None):
            self.renew()

    def _allow(self) -> None:
        none = "" if self._live is not None else "there is no trained model yet."
        exports = [f"export-{ending}" for endings in EXPORTS.values() for ending in endings]
        for name in ("play", "restart", "compare", "copy-text", "export-samples", "collect", *exports):
            self._actions.allow(name, none)
        self._export_menu_button.setEnabled(not none)
        self._export_menu_button.setToolTip(f"Not now: {none}" if none else "Write what is shown to a file")

    # --- export

    def _shown(self) -> list[Drawing]:
        return self._pens.drawings() if self._pens is not None else []

    def _said(self) -> Recording | None:
        """What the voice has said so far."""
        return self._voice.recording() if self._voice is not None else None

    def _written(self) -> Text | None:
        """What has been written so far."""
        return self._text.text() if self._text is not None else None

    def _copy_text(self) -> None:
        count = self._stage.text.copy_all()
        self.said.emit(f"{count:,} characters were copied." if count else "There is nothing to copy yet.")

    def _played(self) -> list[Roll]:
        """The piano rolls that have been made so far."""
        return self._music.rolls() if self._music is not None else []

    def _compare(self) -> None:
        """Hear A, then B."""
        generated = self._said()
        real = self._real(generated.label if generated is not None else "")
        if generated is None:
            self.said.emit("There is nothing to compare yet: press Play first.")
        elif real is None:
            self.said.emit("There is no recording to compare with: record or import one.")
        else:
            self._reader.read(real, partial(self._comparison.switch, generated))

    def _real(self, text: str) -> MaterialItem | None:
        """The selected recording; else one of that label; else any."""
        items = self._workbench.materials("audio")
        chosen = [item for item in self._selected if item.kind == "audio"]
        alike = [item for item in items if text and item.label == text]
        return next(iter((*chosen, *alike, *items)), None)

    @reported
    def _collect(self) -> None:
        drawings, recording, text, rolls = self._shown(), self._said(), self._written(), self._played()
        if rolls:
            self._workbench.add_rolls(rolls, name="generated", text="collect what was played")
            self.said.emit("What was played was put into the collection.")
        elif text is not None:
            self._workbench.add_texts([text], name="generated", text="collect what was written")
            self.said.emit("What was written was put into the collection.")
        elif drawings:
            self._workbench.add_drawings(drawings, name="generated", text=f"collect {len(drawings)} samples")
            self.said.emit(f"{len(drawings)} samples were put into the collection.")
        elif recording is not None:
            self._workbench.add_recordings([recording], name="generated", text="collect what was said")
            self.said.emit("What was said was put into the collection.")

    @reported
    def _export(self, name: str) -> None:
        drawings, recording, text, rolls = self._shown(), self._said(), self._written(), self._played()
        path = ask_where_to_save(self.window(), "Export samples", name, FILES[self._kind])
        if path is not None and rolls:
            self._workbench.export_rolls(rolls, path)
        elif path is not None and text is not None:
            self._workbench.export_texts([text], path)
        elif path is not None and recording is not None:
            self._workbench.export_recordings([recording], path)
        elif path is not None:
            self.export_to(path, drawings)

    def export_to(self, path: Path, drawings: list[Drawing]) -> None:
        """Write what is seen."""
        self._workbench.export_drawings(drawings, path)
