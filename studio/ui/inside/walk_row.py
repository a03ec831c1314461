"""From this to that: a slider between two pieces of the collection, and what lies there while it moves."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio.generation.live_point import Found
from studio.sequences.materials import Material
from studio.ui.generated_kinds import KINDS
from studio.ui.reading import Reader
from studio.ui.theme import STEP, theme
from studio.ui.widgets import ElidedLabel, MarkedSlider, NumberLabel, column, row, timer, tool_button
from studio.workbench import LivePoint, Mapped, MaterialItem, Workbench

PICTURE = QSize(40, 40)
FRAME_MILLISECONDS = 16  # between two looks at what was found, while the slider moves
MIDDLE = 0.5


class WalkRow(QWidget):
    """The two pieces, and the slider between them. It is hidden as long as there are not both a map and two pieces.

    Args:
        workbench: makes what lies between the two, on a thread of its own.
    """

    found = Signal(object)  # what lies where the slider stands, as `Found`
    failed = Signal(str)  # one sentence
    changed = Signal()  # which two there are, or whether there are any

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self._wanted: tuple[int, int] | None = None
        self._mapped: Mapped | None = None
        self._live: LivePoint | None = None
        self._reader = Reader(self)
        self.pictures = (QLabel(), QLabel())
        self.slider = MarkedSlider(0, 1, MIDDLE)
        self.reading = NumberLabel("100 %")
        self.remark = ElidedLabel(role="small")  # wrapped words would let the pane be higher than it need be
        self._frames = timer(self, FRAME_MILLISECONDS, self._look)
        self._build()
        self.slider.moved.connect(lambda _: self.ask())
        theme().changed.connect(self._paint_ends)
        self.hide()

    def _build(self) -> None:
        for picture in self.pictures:
            picture.setFixedSize(PICTURE)
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.slider.setAccessibleName("From this to that")
        self.slider.setToolTip("What lies between the two, in even steps. Double click: the middle")
        self.close_button = tool_button("close", "End the Walk", "Back to the map alone")
        self.close_button.clicked.connect(self.end)
        line = row(self.pictures[0], self.slider, self.pictures[1], self.reading, self.close_button)
        line.setStretch(1, 1)
        layout = column(line, self.remark, spacing=STEP // 2)
        self.setLayout(layout)
        self._show_share()

    @property
    def ends(self) -> tuple[MaterialItem, MaterialItem] | None:
        """The two pieces, as they are in the collection now; None where there are not both."""
        if self._wanted is None or self._mapped is None:
            return None
        items = {item.id: item for item in self._workbench.materials(self._mapped.run.recipe.material)}
        first, last = (items.get(id) for id in self._wanted)
        return None if first is None or last is None else (first, last)

    @property
    def walking(self) -> bool:
        """Whether there is a slider between two pieces."""
        return self._live is not None

    def begin(self, first: MaterialItem, last: MaterialItem) -> None:
        """Walk from one piece to another, as soon as there is a map."""
        self._wanted = first.id, last.id
        self.slider.blockSignals(True)
        self.slider.number = MIDDLE
        self.slider.blockSignals(False)
        self._remark("")
        self._begin()

    def follow(self, mapped: Mapped | None) -> None:
        """Another map is shown, or none."""
        self._mapped = mapped
        if mapped is not None and self._wanted is not None and self.ends is None:
            self._wanted = None  # one of them was deleted, or they are of another kind than this run makes
        self._begin()

    def end(self) -> None:
        """Show the map alone."""
        self._wanted = None
        self._remark("")
        self._begin()

    def _begin(self) -> None:
        self.close_down()
        ends = self.ends
        if ends is not None and self._mapped is not None:
            self._live = self._workbench.live_walk(self._mapped, *ends)
            self._paint_ends()
            self.ask()
        self.setVisible(ends is not None)
        self.changed.emit()

    def _paint_ends(self) -> None:
        for picture, item in zip(self.pictures, self.ends or (), strict=False):
            picture.clear()
            picture.setToolTip(item.label)
            self._reader.read(item, partial(self._paint, picture, item.id), lambda _: None)

    def _paint(self, picture: QLabel, id: int, material: Material) -> None:
        ends = self.ends
        if ends is not None and self._mapped is not None and ends[self.pictures.index(picture)].id == id:
            look = KINDS[self._mapped.run.recipe.material].look
            painted: QPixmap = look.paint(material, PICTURE, self.devicePixelRatioF())
            picture.setPixmap(painted)

    # --- while it moves

    def ask(self) -> None:
        """Make what lies where the slider stands."""
        self._show_share()
        if self._live is not None:
            self._live.ask([self.slider.number])
            self._frames.start()

    def rest(self) -> None:
        """Show nothing more of what was asked for: the person looks at another place."""
        self._frames.stop()

    def _show_share(self) -> None:
        self.reading.setText(f"{self.slider.number:.0%}".replace("%", " %"))

    def _look(self) -> None:
        live = self._live
        if live is None or not live.busy:
            self._frames.stop()
            if live is not None and live.error:
                self.failed.emit(live.error)
            return
        found = live.take()
        if isinstance(found, Found):
            self._remark(found.remark)
            self.found.emit(found)

    def _remark(self, sentence: str) -> None:
        self.remark.setText(sentence)
        self.remark.setVisible(bool(sentence))

    def close_down(self) -> None:
        """End the thread."""
        self._frames.stop()
        if self._live is not None:
            self._live.close()
        self._live = None
