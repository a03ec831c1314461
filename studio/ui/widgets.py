"""Small parts that several panes are put together from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.ui.icons import set_icon
from studio.ui.preferences import preferences, remembered
from studio.ui.theme import STEP, colour, font, number_font, set_role, theme


def label(text: str, role: str = "", buddy: QWidget | None = None) -> QLabel:
    """A text in one of the roles "", "muted", "small", "heading"."""
    found = QLabel(text)
    if role:
        set_role(found, role)
    if buddy is not None:
        found.setBuddy(buddy)
        if not buddy.accessibleName():
            buddy.setAccessibleName(text.replace("&", "").rstrip(":"))
    return found


def tool_button(icon: str, name: str, tip: str = "", *, checkable: bool = False) -> QToolButton:
    """A button that is only an icon; its name is what a screen reader says, and the tooltip where there is none."""
    button = QToolButton()
    set_icon(button, icon)
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def action_button(action: QAction) -> QToolButton:
    """A button for an action: icon, tooltip and shortcut are the action's."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(action.text().replace("&", "").rstrip("…"))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def push_button(text: str, icon: str = "", *, primary: bool = False) -> QPushButton:
    """An ordinary button; `primary` for the one that a pane is about."""
    button = QPushButton(text)
    button.setProperty("primary", primary)
    if icon:
        set_icon(button, icon, "on_accent" if primary else "text")
        button.setIconSize(QSize(16, 16))
    return button


def row(*parts: QWidget | QLayout | int | None, spacing: int = STEP) -> QHBoxLayout:
    """Widgets side by side; a number is a gap, None takes what is left."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    _fill(layout, parts)
    return layout


def column(*parts: QWidget | QLayout | int | None, spacing: int = STEP, margins: int = 0) -> QVBoxLayout:
    """Widgets one below the other; a number is a gap, None takes what is left."""
    layout = QVBoxLayout()
    layout.setContentsMargins(margins, margins, margins, margins)
    layout.setSpacing(spacing)
    _fill(layout, parts)
    return layout


def _fill(layout: QHBoxLayout | QVBoxLayout, parts: tuple[QWidget | QLayout | int | None, ...]) -> None:
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, int):
            layout.addSpacing(part)
        elif isinstance(part, QLayout):
            layout.addLayout(part)
        else:
            layout.addWidget(part)


def form(*rows: tuple[QLabel, QWidget | QLayout], first: int = 0) -> QGridLayout:
    """Labels and their fields, in two columns; labels stand at the middle of their fields."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(STEP)
    grid.setColumnStretch(1, 1)
    for line, (text, field) in enumerate(rows, first):
        add_to_form(grid, line, text, field)
    return grid


def add_to_form(grid: QGridLayout, line: int, text: QLabel, field: QWidget | QLayout) -> None:
    """One more label and field."""
    grid.addWidget(text, line, 0, Qt.AlignmentFlag.AlignVCenter)
    if isinstance(field, QLayout):
        grid.addLayout(field, line, 1)
    else:
        grid.addWidget(field, line, 1)


def spread(layout: QLayout) -> QWidget:
    """A widget with that layout."""
    widget = QWidget()
    widget.setLayout(layout)
    return widget


def keep_wheel_for_scrolling(*fields: QAbstractSpinBox | QComboBox | QSlider) -> None:
    """Let the wheel change a field only once it has the focus: scrolling past must not change anything."""
    for field in fields:
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def whole_field(low: int, high: int, value: int, tip: str) -> QSpinBox:
    """A field for a whole number."""
    field = QSpinBox()
    field.setRange(low, high)
    field.setValue(value)
    field.setGroupSeparatorShown(True)
    field.setToolTip(tip)
    return field


def offer(box: QComboBox, choices: Iterable[tuple[str, object]]) -> None:
    """Fill a box anew with texts and what they stand for; what was chosen stays chosen, or else it is the first."""
    chosen = box.currentData()
    box.clear()
    for text, data in choices:
        box.addItem(text, data)
    box.setCurrentIndex(max(0, box.findData(chosen)))


def timer(parent: QObject, milliseconds: int, slot: Callable[[], object], *, once: bool = False) -> QTimer:
    """A timer that calls `slot`; it is not started yet."""
    found = QTimer(parent)
    found.setInterval(milliseconds)
    found.setSingleShot(once)
    found.timeout.connect(slot)
    return found


class ElidedBox(QComboBox):
    """A box whose chosen text ends in dots where there is no room; its owner's tooltip says the whole."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        controls, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(controls, option, part, self).width() - STEP
        elided = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        option.currentText = elided
        painter.drawComplexControl(controls, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class ElidedLabel(QLabel):
    """A text in one line that ends in dots where there is no room, and is whole in the tooltip."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self._full = ""
        if role:
            set_role(self, role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._full = text
        self._elide()

    def text(self) -> str:
        return self._full

    def _elide(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._full, Qt.TextElideMode.ElideRight, self.width())
        super().setText(shown)
        self.setToolTip(self._full if shown != self._full else "")
        self.setAccessibleName(self._full)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._full), metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(self.font()).height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._elide()


class NumberLabel(QLabel):
    """A changing number that never changes its width."""

    def __init__(self, widest: str, size: str = "body") -> None:
        super().__init__()
        self.setFont(number_font(size))  # type: ignore[arg-type]
        self._widest = widest
        self.setMinimumWidth(QFontMetrics(self.font()).horizontalAdvance(widest) + 2)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Hint(QFrame):
    """One line that tells a newcomer what to do here, until it is closed."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__()
        set_role(self, "hint")
        self._key = f"hints/{key}"
        words = QLabel(text)
        words.setFont(font("small"))
        words.setWordWrap(True)
        close = tool_button("close", "Close this hint")
        close.setIconSize(QSize(12, 12))
        close.clicked.connect(self._dismiss)
        layout = row(words, close)
        layout.setContentsMargins(STEP, 2, 2, 2)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.setVisible(not self.dismissed)

    @property
    def dismissed(self) -> bool:
        """Whether it was closed, now or in an earlier session."""
        return remembered(self._key, False)

    def _dismiss(self) -> None:
        preferences().setValue(self._key, True)
        self.hide()

    def bring_back(self) -> None:
        """Show it again."""
        preferences().remove(self._key)
        self.show()


class Banner(QFrame):
    """One sentence about what went wrong, in the way of nothing. Newer ones replace older ones."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "banner")
        self._details = ""
        self._act: Callable[[], None] | None = None
        picture = tool_button("warning", "Warning")
        picture.setEnabled(False)
        set_icon(picture, "warning", "warning_text")
        picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._icon = picture
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = push_button("")
        self._action.clicked.connect(self._do_act)
        self._copy = push_button("Copy Details")
        self._copy.clicked.connect(self._copy_details)
        close = tool_button("close", "Close")
        close.clicked.connect(self.hide)
        layout = row(picture, self.sentence, self._action, self._copy, close)
        layout.setContentsMargins(STEP, 4, STEP, 4)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.hide()

    def tell(self, sentence: str, details: str = "") -> None:
        """Show a problem; `details` (a traceback) can be copied with it."""
        self._show(sentence, details, "", None)
        self._copy.show()

    def offer(self, sentence: str, button: str, act: Callable[[], None]) -> None:
        """Show something that one button settles."""
        self._show(sentence, "", button, act)
        self._copy.hide()

    def _show(self, sentence: str, details: str, button: str, act: Callable[[], None] | None) -> None:
        self.sentence.setText(sentence)
        self._details, self._act = details, act
        self._action.setText(button)
        self._action.setVisible(act is not None)
        self.show()

    def _do_act(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()

    def _copy_details(self) -> None:
        QApplication.clipboard().setText("\n\n".join(part for part in (self.sentence.text(), self._details) if part))


class PointedSlider(QSlider):
    """A slider that goes where the mouse points."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setMinimumHeight(24)
        theme().changed.connect(self.update)

    @abstractmethod
    def _value_at(self, x: float) -> int:
        """The value that a pixel stands for."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setValue(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def _paint_handle(self, painter: QPainter, here: QPointF) -> None:
        painter.setPen(QPen(colour("accent" if self.isEnabled() else "disabled"), 2))
        painter.setBrush(colour("surface"))
        painter.drawEllipse(here, 6.5, 6.5)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent", 0.35), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(here, 9, 9)


class MarkedSlider(PointedSlider):
    """A slider in hundredths with one marked value, to which a double click returns."""

    moved = Signal(float)

    def __init__(self, low: float, high: float, mark: float) -> None:
        super().__init__()
        self._mark = mark
        self.setRange(round(low * 100), round(high * 100))
        self.number = mark
        self.setSingleStep(5)
        self.setPageStep(25)
        self.valueChanged.connect(lambda value: self.moved.emit(value / 100))

    @property
    def number(self) -> float:
        """The value itself."""
        return self.value() / 100

    @number.setter
    def number(self, value: float) -> None:
        self.setValue(round(value * 100))

    def reset(self) -> None:
        """Back to the marked value."""
        self.number = self._mark

    def sizeHint(self) -> QSize:
        return QSize(160, 24)

    def _x_of(self, value: float) -> float:
        share = (value * 100 - self.minimum()) / (self.maximum() - self.minimum())
        return STEP + share * (self.width() - 2 * STEP)

    def _value_at(self, x: float) -> int:
        share = (x - STEP) / max(1, self.width() - 2 * STEP)
        value = self.minimum() + share * (self.maximum() - self.minimum())
        near_mark = abs(x - self._x_of(self._mark)) < 4
        return round(self._mark * 100) if near_mark else round(value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, here, mark = self.height() / 2, self._x_of(self.number), self._x_of(self._mark)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("border"))
        painter.drawRoundedRect(QRectF(STEP, middle - 2, self.width() - 2 * STEP, 4), 2, 2)
        enabled = self.isEnabled()
        painter.setBrush(colour("accent" if enabled else "disabled"))
        painter.drawRoundedRect(QRectF(min(mark, here), middle - 2, abs(here - mark), 4), 2, 2)
        painter.setPen(QPen(colour("muted"), 1.5))
        painter.drawLine(QPointF(mark, middle - 7), QPointF(mark, middle + 7))
        self._paint_handle(painter, QPointF(here, middle))
