"""Parts that adapt to the room there is: rows of controls that go on in a further line, and views that scroll."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from studio.ui.theme import STEP

FRAME = QSize(8, 40)  # that window managers put around a window
LOWEST = 64  # pixels that anything that scrolls is high and wide at least


def room_on_screen(window: QWidget) -> QSize:
    """How large a window can be where it is."""
    return window.screen().availableSize() - FRAME


def open_at(dialog: QWidget, usual: QSize) -> None:
    """Let a dialog be so large; smaller on a screen that is smaller."""
    dialog.resize(usual.boundedTo(room_on_screen(dialog)))


@dataclass
class _Line:
    """What stands side by side: (part, width), in order; `push` is where what is left over goes, if anywhere."""

    parts: list[tuple[QWidget, int]] = field(default_factory=list)
    push: int | None = None
    used: int = 0

    @property
    def height(self) -> int:
        return max(_size(part).height() for part, _ in self.parts)


def _is_out(part: QWidget) -> bool:
    """Whether somebody has hidden it; a part whose window was not shown yet is not."""
    return part.isHidden() and part.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)


def _grows(part: QWidget) -> bool:
    expands = bool(part.sizePolicy().horizontalPolicy().value & QSizePolicy.PolicyFlag.ExpandFlag.value)
    return expands or _gives_way(part)


def _gives_way(part: QWidget) -> bool:
    return bool(part.sizePolicy().horizontalPolicy().value & QSizePolicy.PolicyFlag.IgnoreFlag.value)


def give_way(part: QWidget) -> None:
    """Let a part be as narrow as it can where there is no room, and as wide as it may where there is."""
    part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


def _size(part: QWidget) -> QSize:
    """What a part wants; one that can do with less, such as a text that may be cut short, asks for no more."""
    least = part.minimumSizeHint().expandedTo(part.minimumSize())
    wanted = part.sizeHint()
    if _gives_way(part):
        wanted.setWidth(least.width())
    return wanted.expandedTo(least).boundedTo(part.maximumSize())


def _least(part: QWidget) -> int:
    return min(part.minimumSizeHint().expandedTo(part.minimumSize()).width(), part.maximumWidth())


class Flow(QWidget):
    """A row of controls; those for which there is no room stand in a further line.

    Args:
        parts: widgets, and None where what is left over goes. A widget that grows takes what is left over itself.
        spacing: pixels between two of them, and between two lines at most `STEP`.
    """

    def __init__(self, *parts: QWidget | None, spacing: int = STEP) -> None:
        super().__init__()
        self._parts = parts
        self._spacing = spacing
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for part in self._shown_or_not():
            part.setParent(self)
        self._order_tabs()

    def _shown_or_not(self) -> list[QWidget]:
        return [part for part in self._parts if part is not None]

    def _order_tabs(self) -> None:
        order = self._shown_or_not()
        for one, other in itertools.pairwise(order):
            QWidget.setTabOrder(one, other)

    @property
    def _present(self) -> list[QWidget]:
        return [part for part in self._shown_or_not() if not _is_out(part)]

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest part."""
        return QSize(max(map(_least, self._present), default=0), self.height_at(self.width()))

    def sizeHint(self) -> QSize:
        """All in one line."""
        parts = self._present
        wide = sum(_size(part).width() for part in parts) + self._spacing * max(0, len(parts) - 1)
        return QSize(wide, self.height_at(self.width()))

    @property
    def _gap_below(self) -> int:
        return min(self._spacing, STEP)

    def height_at(self, width: int) -> int:
        """How high all its lines are where it is so wide."""
        lines = self._lines(width)
        return sum(line.height for line in lines) + self._gap_below * max(0, len(lines) - 1)

    def _lines(self, width: int) -> list[_Line]:
        lines: list[_Line] = []
        pushed = False
        for part in self._parts:
            if part is None:
                pushed = True
                continue
            if _is_out(part):
                continue
            wanted = min(_size(part).width(), max(_least(part), width))
            if not lines or lines[-1].used + self._spacing + wanted > width:
                lines.append(_Line())
                pushed = pushed and len(lines) == 1
            line = lines[-1]
            if pushed:
                line.push, pushed = len(line.parts), False
            line.used += wanted + (self._spacing if line.parts else 0)
            line.parts.append((part, wanted))
        return lines

    def _arrange(self) -> None:
        below = 0
        for line in self._lines(self.width()):
            self._place(line, below)
            below += line.height + self._gap_below
        height = self.height_at(self.width())
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def _place(self, line: _Line, above: int) -> None:
        left_over = max(0, self.width() - line.used)
        widths = [wanted for _, wanted in line.parts]
        growing = [place for place, (part, _) in enumerate(line.parts) if _grows(part)]
        for rest, place in zip(range(len(growing), 0, -1), growing, strict=True):
            more = min(left_over // rest, max(0, line.parts[place][0].maximumWidth() - widths[place]))
            widths[place] += more
            left_over -= more
        x = 0
        for place, ((part, _), wide) in enumerate(zip(line.parts, widths, strict=True)):
            x += left_over if line.push == place else 0
            high = part.maximumHeight() if _fills_height(part) else _size(part).height()
            high = min(line.height, high)
            self._set_geometry(part, QRect(x, above + (line.height - high) // 2, wide, high))
            x += wide + self._spacing

    def _set_geometry(self, part: QWidget, place: QRect) -> None:
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            place.moveLeft(self.width() - place.right() - 1)
        part.setGeometry(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        self._arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
            self.updateGeometry()
        return super().event(event)


def _fills_height(part: QWidget) -> bool:
    return bool(part.sizePolicy().verticalPolicy().value & QSizePolicy.PolicyFlag.GrowFlag.value)


@runtime_checkable
class HasLeastHeight(Protocol):
    """A view that knows how it would arrange itself at another width than its own."""

    def least_height(self, width: int) -> int: ...


def least_height(content: QWidget, width: int) -> int:
    """How high a view has to be at least where it is so wide."""
    layout = content.layout()
    if isinstance(content, HasLeastHeight):
        found = content.least_height(width)
    elif layout is not None and layout.hasHeightForWidth():
        found = layout.totalMinimumHeightForWidth(width)
    else:
        found = content.minimumSizeHint().height()
    return max(found, content.minimumHeight())


class Scrolled(QScrollArea):
    """A view that scrolls where there is less room than it needs, rather than covering others or being cut off."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.content = content
        self.setWidget(content)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        return QSize(LOWEST, LOWEST)

    def sizeHint(self) -> QSize:
        return self.content.sizeHint()

    @property
    def least_width(self) -> int:
        """How wide it is where nothing has to be moved to the left and right."""
        return max(self.content.minimumSizeHint().width(), self.content.minimumWidth())

    def _fit(self) -> None:
        """As large as what is seen of it; larger where it needs that."""
        across, down, wide = self.width(), self.height(), self.least_width
        if least_height(self.content, max(across, wide)) > down:
            across -= self.verticalScrollBar().sizeHint().width()
        if wide > across:
            down -= self.horizontalScrollBar().sizeHint().height()
        width = max(across, wide)
        self.content.resize(width, max(down, least_height(self.content, width)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.content and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)


def grow_for(dialog: QWidget, scrolled: Scrolled) -> None:
    """Make a dialog larger, as far as the screen allows, so that nothing in this part of it has to scroll."""
    layout = dialog.layout()
    if layout is not None:
        layout.activate()
    around = dialog.size() - scrolled.size()
    room = room_on_screen(dialog)
    wide = min(max(scrolled.width(), scrolled.least_width), room.width() - around.width())
    high = max(scrolled.height(), least_height(scrolled.content, wide))
    open_at(dialog, QSize(wide, high) + around)
    _bring_onto_screen(dialog)


def _bring_onto_screen(dialog: QWidget) -> None:
    outer, screen = dialog.frameGeometry(), dialog.screen().availableGeometry()
    beyond = outer.bottomRight() - screen.bottomRight()
    at = dialog.pos() - QPoint(max(0, beyond.x()), max(0, beyond.y()))
    dialog.move(max(at.x(), screen.left()), max(at.y(), screen.top()))
