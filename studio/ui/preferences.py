"""What the window remembers between sessions."""

from __future__ import annotations

from PySide6.QtCore import QSettings

SMOOTH_LINES = "drawing/smooth lines"


def preferences() -> QSettings:
    """The person's settings file; the same everywhere in the window."""
    return QSettings(QSettings.defaultFormat(), QSettings.Scope.UserScope, "vrnn-studio", "studio")


def remembered(key: str, default: bool) -> bool:
    """A yes or no that was remembered."""
    return bool(preferences().value(key, default, type=bool))


def smooth_lines() -> bool:
    """Whether generated drawings are shown and written as smooth curves through their points."""
    return remembered(SMOOTH_LINES, True)


def remembered_text(key: str, default: str) -> str:
    """A text that was remembered."""
    return str(preferences().value(key, default, type=str))


def remembered_number(key: str, default: float) -> float:
    """A number that was remembered."""
    return float(str(preferences().value(key, default)))
