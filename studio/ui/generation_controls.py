"""The controls of the generation pane: sliders and fields, in the words of what is generated."""

from __future__ import annotations

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
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.sequences.materials import Kind, Material, kind_of
from studio.training.recipe import GenerationPreset
from studio.ui.actions import Actions
from studio.ui.adapting import Scrolled
from studio.ui.finishing import FEWEST, MOST, USUAL
from studio.ui.generated_kinds import ENDINGS, KINDS, GeneratedKind
from studio.ui.preferences import preferences, remembered, remembered_number
from studio.ui.split_variance import SplitVariance
from studio.ui.theme import STEP
from studio.ui.weights import WeightsBox
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
    tool_button,
)
from studio.workbench import Workbench

COUNTS = (1, 4, 9, 16)
LONGEST_SECONDS = 600.0
LARGEST_SEED = 2**31 - 1
USUAL_SHARE = 0.4  # of a drawing that is given as a beginning
LATENT = "Latent variance: scale of the prior's sigma. 0: the most likely z; 1: as trained. Double click: 1"
OUTPUT = (
    "Output variance: scale of the likelihood's sigma, tempering its mixture weights. "
    "0: its mean; 1: as trained. Double click: 1"
)
TEMPERATURE = "How daring: 0 always writes the likeliest character, 1 as trained, more is wilder. Double click: 1"


class GenerationControls(Scrolled):
    """What can be asked for. It shows itself for one kind of material at a time; what it does is up to who derives.

    Args:
        actions: those that it has buttons for.
        workbench: that has the runs.
    """

    def __init__(self, actions: Actions, workbench: Workbench) -> None:
        super().__init__(QWidget())
        self._actions = actions
        self._kind: Kind = "pen"
        self._preset: tuple[float, float, float] = (1.0, 1.0, 1.0)
        self.runs = QComboBox()
        self.weights = WeightsBox(workbench, self.runs.currentData)
        self.counts = QButtonGroup(self)
        self.latent = MarkedSlider(0, 2, 1)
        self.split = SplitVariance()
        self._split = False  # whether the model has two latent variables, of the whole piece and of each step
        self.output = MarkedSlider(0, 2, 1)
        self.seed = QSpinBox()
        self.new_seed = QCheckBox("Other samples each time")
        self.say = QComboBox()
        self.length = QSpinBox()
        self.seconds = QDoubleSpinBox()
        self.share = MarkedSlider(0.05, 1, USUAL_SHARE)
        self.ways = QSpinBox()
        self.prompt = QPlainTextEdit()
        self._names: dict[MarkedSlider, QLabel] = {}
        self._explain()
        self._restrict()
        self.content.setLayout(self._layout())
        self._fill_count_menu()

    # --- building

    def _explain(self) -> None:
        self.seed.setToolTip("The same seed draws the same samples (with the same weights)")
        self.seed.setAccessibleName("Seed")
        self.seconds.setToolTip("How long it speaks; without end: until you pause it")
        self.seconds.setAccessibleName("Length in seconds")
        self.say.setToolTip("What it shall be: one of the labels that the model was told of in training")
        self.share.setToolTip("How much of the drawing the model is given; it continues from there")
        self.ways.setToolTip("In how many ways the model finishes it")
        self.ways.setAccessibleName("Ways to finish it")
        self.prompt.setPlaceholderText("The first words, e.g. a name; empty: it begins by itself")
        self.prompt.setAccessibleName("Prompt")
        self.prompt.setToolTip("What the text begins with; the model goes on from there")
        self.new_seed.setToolTip("Take another seed with every round of the loop; off: draw the same samples again")
        self.runs.setToolTip("The run whose model is used; newest: trained last, once it has gone far enough")

    def _restrict(self) -> None:
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setValue(1234)
        self.length.setRange(0, 100_000)
        self.length.setSingleStep(50)
        self.seconds.setRange(0, LONGEST_SECONDS)
        self.seconds.setDecimals(1)
        self.seconds.setSpecialValueText("without end")
        self.seconds.setSuffix(" s")
        self.ways.setRange(FEWEST, MOST)
        self.ways.setValue(int(remembered_number("generation/ways", USUAL)))
        self.ways.setSuffix(" ways")
        self.ways.valueChanged.connect(lambda ways: preferences().setValue("generation/ways", ways))
        self.prompt.setTabChangesFocus(True)
        self.prompt.setFixedHeight(72)
        self.new_seed.setChecked(remembered("generation/new seed", True))
        self.new_seed.toggled.connect(lambda on: preferences().setValue("generation/new seed", on))
        keep_wheel_for_scrolling(self.seed, self.length, self.seconds, self.ways, self.runs, self.say)
        for chooser in (self.runs, self.say):
            chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def _layout(self) -> QVBoxLayout:
        self._say_label = label("Say", buddy=self.say)
        fields = form(
            (label("Mode&l", buddy=self.runs), self.runs),
            (label("Weights", buddy=self.weights), self.weights),
            (self._say_label, self.say),
            (label("Seed"), row(self.seed, action_button(self._actions["dice"]), spacing=4)),
            (label("Length", buddy=self.length), row(self.length, self.seconds, spacing=0)),
        )
        self._counts_row = spread(row(label("Side by side"), None, self._count_buttons()))
        self._prompt_row = spread(column(label("Prompt", buddy=self.prompt), self.prompt, spacing=4))
        layout = column(
            self._counts_row,
            *self._slider("Latent va&riance", self.latent),
            self.split,
            *self._slider("&Output variance", self.output),
            self._prompt_row, fields, self.new_seed, STEP, self._beginning(), None, self._export_button(),
        )  # fmt: skip
        layout.setContentsMargins(STEP, STEP, 2 * STEP, STEP)
        return layout

    def _slider(self, text: str, slider: MarkedSlider) -> tuple[QWidget, MarkedSlider]:
        reading, words = NumberLabel("8.88"), label(text, buddy=slider)
        self._names[slider] = words
        slider.moved.connect(lambda value: reading.setText(f"{value:.2f}"))
        reading.setText(f"{slider.number:.2f}")
        return spread(row(words, None, reading)), slider

    def _count_buttons(self) -> QWidget:
        parts = []
        for count in COUNTS:
            name = "1 pen" if count == 1 else f"{count} pens side by side"
            button = tool_button(f"grid-{count}", name, checkable=True)
            self.counts.addButton(button, count)
            parts.append(button)
        self.counts.button(int(remembered_number("generation/count", 4))).setChecked(True)
        return spread(row(*parts, spacing=2))

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

    def _beginning(self) -> QWidget:
        self._begin_picture = QLabel()
        self._begin_picture.setFixedSize(56, 56)
        self._begin_share = NumberLabel("100 %")
        self._between_button = self._button_of("between", "From One to Another")
        self._finish_row = spread(row(self._button_of("finish", "Finish It"), self.ways, spacing=4))
        nothing = action_button(self._actions["begin-nothing"])
        share = column(row(label("first", "muted", self.share), None, self._begin_share), self.share, spacing=0)
        self._share_part, self._whole_part = spread(share), label("goes on from there", "muted")
        self._begin_row = spread(row(self._begin_picture, self._share_part, self._whole_part, None, nothing))
        begin = self._button_of("begin", "Begin with Selected")
        return spread(column(begin, self._between_button, self._finish_row, self._begin_row))

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
        for ending in ENDINGS:
            menu.addAction(self._actions[f"export-{ending}"])
        menu.addSeparator()
        menu.addAction(self._actions["collect"])
        button.setMenu(menu)
        self._export_menu_button = button
        return button

    # --- showing itself

    @property
    def count(self) -> int:
        """How many pens draw."""
        return self.counts.checkedId()

    @property
    def _words(self) -> GeneratedKind:
        return KINDS[self._kind]

    def _show_controls(self) -> None:
        """Those of the kind that is generated."""
        text, heard = self._kind == "text", self._words.heard
        self._counts_row.setVisible(self._kind == "pen")
        self._finish_row.setVisible(self._kind == "pen")
        self.length.setVisible(not heard)
        self.seconds.setVisible(heard)
        self._prompt_row.setVisible(text)
        self._show_length()
        self._name_output()
        for ending in ENDINGS:
            self._actions[f"export-{ending}"].setVisible(ending in self._words.endings)
        self._actions["compare"].setVisible(self._kind == "audio")
        self._actions["copy-text"].setVisible(text)

    def _show_length(self) -> None:
        """How long, in the words of what is generated."""
        if self._kind == "text":
            suffix, none = " characters", "without end"
            tip = "How long the text gets; without end: until it ends"
        else:
            suffix, none = " frames", "until it ends"
            tip = "How long the drawings may get; until it ends: at most as long as the longest drawn"
        self.length.setSuffix(suffix)
        self.length.setSpecialValueText(none)
        self.length.setToolTip(tip)

    def _name_output(self) -> None:
        """The variance of the output has another name where characters are chosen."""
        words, tip = ("Te&mperature", TEMPERATURE) if self._kind == "text" else ("&Output variance", OUTPUT)
        self._names[self.output].setText(words)
        self.output.setAccessibleName(words.replace("&", ""))
        self.output.setToolTip(tip)

    def _show_labels(self, labels: tuple[str, ...]) -> None:
        """What can be asked for."""
        offer(self.say, [("anything", ""), *((text, text) for text in labels)])
        self._say_label.setText(self._words.ask)
        for part in (self.say, self._say_label):
            part.setVisible(bool(labels))

    def _show_latent(self, why_not: str) -> None:
        """The slider is off where moving it shows nothing; its tooltip then says why."""
        self.latent.setEnabled(not why_not)
        self.latent.setToolTip(why_not or LATENT)

    def _show_split(self, there: bool, why_not_whole: str, why_not_step: str) -> None:
        """Two sliders where there are two latent variables; each is off where moving it shows nothing."""
        self._split = there
        self.split.setVisible(there)
        self.split.allow(why_not_whole, why_not_step)

    def _take_preset(self, preset: GenerationPreset) -> None:
        """Another recipe may want other variances to begin with."""
        wanted = (preset.latent_variance, preset.output_variance, preset.whole_factor)
        if wanted != self._preset:
            self._preset = wanted
            self.latent.number, self.output.number, factor = wanted
            self.split.follow(self.latent.number, factor)

    def _picture_beginning(self, part: Material) -> None:
        """Show what is begun with."""
        size, ratio = self._begin_picture.size(), self.devicePixelRatioF()
        self._begin_picture.setPixmap(KINDS[kind_of(part)].look.paint(part, size, ratio))
