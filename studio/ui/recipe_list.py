"""The list of recipes: in groups, those for the material at hand first, each with its sentence and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.sequences.materials import plural
from studio.training.recipe import Recipe
from studio.ui.theme import STEP, colour, font

BELOW = Qt.ItemDataRole.UserRole + 1  # what stands below a title
WIDE = 380  # pixels that a sentence has before it goes on in another line
KINDS = ("pen", "audio", "text", "roll")
OWN = "Of this project"
AtIndex = QModelIndex | QPersistentModelIndex


def grouped(recipes: Iterable[Recipe], kind: str, own: Callable[[str], bool]) -> list[tuple[str, list[Recipe]]]:
    """Headings and what stands below them: the project's own, then each kind's, first that of the material at hand."""
    groups: dict[tuple[int, int, str], list[Recipe]] = {}
    order = [kind, *(other for other in KINDS if other != kind)]
    for recipe in recipes:
        of_kind = f"For {plural(recipe.material)}"
        if own(recipe.name):
            key = (-1, 0, OWN)
        elif recipe.group:
            key = (order.index(recipe.material) if recipe.material == kind else len(order), 1, recipe.group)
        else:
            key = (order.index(recipe.material), 0, of_kind)
        groups.setdefault(key, []).append(recipe)
    return [(heading, groups[key]) for key in sorted(groups) for heading in [key[2]]]


def cost(recipe: Recipe) -> str:
    """How long it trains, and how large its model is."""
    hidden = getattr(recipe.model, "hidden", None)
    size = "" if hidden is None else f", {hidden:,} hidden units"
    return f"{recipe.training.steps:,} steps{size}"


class RecipeDelegate(QStyledItemDelegate):
    """A title, and below it in small what it is good for."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AtIndex) -> QSize:
        title = QFontMetrics(font()).height()
        below = self._below(index)
        if not below:
            return QSize(WIDE, title + 2 * STEP)
        box = QFontMetrics(font("small")).boundingRect(QRect(0, 0, WIDE, 1000), Qt.TextFlag.TextWordWrap, below)
        return QSize(WIDE + 4 * STEP, title + box.height() + STEP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AtIndex) -> None:
        painter.save()
        place = option.rect
        below, shade = self._below(index), "text"
        if option.state & QStyle.StateFlag.State_Selected and below:
            painter.fillRect(place, colour("selection"))
        inner = place.adjusted(2 * STEP if below else STEP, STEP // 2, -STEP, -STEP // 2)
        title = font()
        if not below:
            title.setBold(True)
            shade = "muted"
        painter.setFont(title)
        painter.setPen(colour(shade))
        aligned = Qt.AlignmentFlag.AlignLeft | (Qt.AlignmentFlag.AlignTop if below else Qt.AlignmentFlag.AlignBottom)
        painter.drawText(inner, aligned, index.data() or "")
        painter.setFont(font("small"))
        painter.setPen(colour("muted"))
        rest = inner.adjusted(0, QFontMetrics(title).height(), 0, 0)
        painter.drawText(rest, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, below)
        painter.restore()

    @staticmethod
    def _below(index: AtIndex) -> str:
        return str(index.data(BELOW) or "")
