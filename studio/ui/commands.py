"""What the command palette finds in a window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit, QSlider, QWidget

from studio.ui.actions import plain
from studio.ui.palette import Entry
from studio.ui.panes import TITLES
from studio.ui.recipe_fields import fields

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow

CONTROLS = (QAbstractSpinBox, QComboBox, QCheckBox, QSlider)


def entries_of(window: MainWindow) -> list[Entry]:
    """Every action, control, setting of the recipe, run and recent project."""
    return [*_actions(window), *_panes(window), *_controls(window), *_settings(window), *_runs(window), *_files(window)]


def _actions(window: MainWindow) -> Iterator[Entry]:
    for menu, action in window.commands.in_menus():
        why = "" if action.isEnabled() else action.toolTip().partition("Not now: ")[2] or "it is switched off."
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        yield Entry(plain(action.text()), plain(menu), action.trigger, keys, why)


def _panes(window: MainWindow) -> Iterator[Entry]:
    for name, title in TITLES.items():
        yield Entry(title, "Pane", partial(window.places.bring, name))
    for pane in window.panes:
        yield Entry(pane.title, "Pane", partial(window.bring_to_front, pane))


def _controls(window: MainWindow) -> Iterator[Entry]:
    panes: dict[str, QWidget] = {"generate": window.generation, "train": window.training}
    for name, pane in panes.items():
        for kind in CONTROLS:
            for control in pane.findChildren(kind):
                text = control.text() if isinstance(control, QCheckBox) else control.accessibleName()
                if text and not isinstance(control, QLineEdit) and not control.isHidden():
                    yield Entry(text, TITLES[name], partial(_focus, window, name, control))


def _focus(window: MainWindow, pane: str, control: QWidget) -> None:
    window.places.bring(pane)
    window.places.frames[pane].ensureWidgetVisible(control)
    control.setFocus()


def _settings(window: MainWindow) -> Iterator[Entry]:
    recipe = window.training.recipe
    for field in fields(recipe) if recipe is not None else ():
        where = f"Setting, {field.table[0].replace('.', ', ')}"
        yield Entry(field.name.capitalize(), where, partial(window.training.open_settings, field.path))


def _runs(window: MainWindow) -> Iterator[Entry]:
    for run in reversed(window.workbench.runs()):
        yield Entry(run.name, "Run: show its curves", partial(window.training.show_run, run.id))
        why = window.workbench.why_not_generate(run.id)
        yield Entry(run.name, "Run: draw with it", partial(window.generation.use_run, run.id), why_not=why)


def _files(window: MainWindow) -> Iterator[Entry]:
    for path in window.workbench.recent():
        yield Entry(path.stem, "Open recent project", partial(window.open, path))
    for name in window.workbench.samples():
        yield Entry(name.capitalize(), "Open sample", partial(window.open_sample, name))
