"""Light and dark: the colours, the palette and the style sheet, following the system or the person's choice."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from string import Template
from typing import Literal, TypeAlias

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from studio.assets import resource

Mode: TypeAlias = Literal["system", "light", "dark"]
USUAL_LINE = 15  # pixels of height of a line of text, at most, of a system's font that nobody has enlarged
STEP = 8  # all spacing is a multiple of this many pixels


@dataclass(frozen=True)
class Colours:
    """The colours of one theme, as ``#RRGGBB``; resources/themes says what each is for."""

    dark: bool
    window: str
    paper: str
    surface: str
    raised: str
    border: str
    line: str
    text: str
    muted: str
    disabled: str
    ink: str
    accent: str
    on_accent: str
    accent_hover: str
    selection: str
    hint: str
    warning: str
    warning_text: str
    plots: tuple[str, ...]

    @classmethod
    def read(cls, name: Literal["light", "dark"]) -> Colours:
        """The colours of resources/themes/NAME.toml."""
        values = tomllib.loads(resource("themes", f"{name}.toml").read_text("utf-8"))
        return cls(dark=name == "dark", **{**values, "plots": tuple(values["plots"])})

    def palette(self) -> QPalette:
        """What widgets that no style sheet reaches are painted with."""
        palette = QPalette()
        roles = QPalette.ColorRole
        for role, colour in (
            (roles.Window, self.window),
            (roles.WindowText, self.text),
            (roles.Base, self.paper),
            (roles.AlternateBase, self.window),
            (roles.Text, self.text),
            (roles.PlaceholderText, self.muted),
            (roles.Button, self.surface),
            (roles.ButtonText, self.text),
            (roles.ToolTipBase, self.surface),
            (roles.ToolTipText, self.text),
            (roles.Highlight, self.accent),
            (roles.HighlightedText, self.on_accent),
            (roles.Link, self.accent),
            (roles.Accent, self.accent),
            (roles.Mid, self.border),
            (roles.Midlight, self.line),
        ):
            palette.setColor(role, QColor(colour))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(self.disabled))
        return palette

    def style_sheet(self) -> str:
        """resources/themes/studio.qss in these colours."""
        text = resource("themes", "studio.qss").read_text("utf-8")
        return _AtTemplate(text).substitute({k: v for k, v in vars(self).items() if isinstance(v, str)})


class _AtTemplate(Template):
    delimiter = "@"


class Theme(QObject):
    """The theme in use. Widgets that paint themselves read `colours` and repaint on `changed`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "system"
        self.colours = Colours.read("light")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)

    def apply(self, mode: Mode) -> None:
        """Show the whole application in this theme from now on."""
        self.mode = mode
        schemes = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        hints = QGuiApplication.styleHints()
        hints.blockSignals(True)  # once below is enough
        hints.setColorScheme(schemes[mode])
        hints.blockSignals(False)
        self._show(mode if mode != "system" else self._system())

    def _follow(self) -> None:
        if self.mode == "system":
            self._show(self._system())

    @staticmethod
    def _system() -> Literal["light", "dark"]:
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return "dark" if dark else "light"

    def _show(self, name: Literal["light", "dark"]) -> None:
        self.colours = Colours.read(name)
        QDir.setSearchPaths("theme", [str(resource("themes", name))])  # where the style sheet finds its arrows
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(self.colours.palette())
        application.setStyleSheet(self.colours.style_sheet())
        self.changed.emit()


@cache
def theme() -> Theme:
    """The one theme of the application, which must exist."""
    return Theme()


def colour(name: str, alpha: float = 1.0) -> QColor:
    """A colour of the present theme by name, e.g. ``colour("ink", 0.2)``."""
    found = QColor(getattr(theme().colours, name))
    found.setAlphaF(alpha)
    return found


def mixed(name: str, ground: str, share: float) -> QColor:
    """So much of a colour on another, without shining through: pieces of a line may lie over each other."""
    over, under = colour(name), colour(ground)
    pairs = ((over.redF(), under.redF()), (over.greenF(), under.greenF()), (over.blueF(), under.blueF()))
    return QColor.fromRgbF(*(share * one + (1 - share) * other for one, other in pairs))


def font(size: Literal["small", "body", "title"] = "body") -> QFont:
    """The system's font in one of the three sizes in use."""
    base = QApplication.font()
    base.setPointSizeF(base.pointSizeF() + {"small": -1, "body": 0, "title": 3}[size])
    if size == "title":
        base.setWeight(QFont.Weight.DemiBold)
    return base


def scaled(pixels: int) -> int:
    """So many pixels beside words of the usual size; more where the system's font is larger."""
    return round(pixels * max(1.0, QFontMetrics(font()).height() / USUAL_LINE))


def number_font(size: Literal["small", "body", "title"] = "body") -> QFont:
    """The same, with digits that are all equally wide, so that changing numbers do not jump."""
    found = font(size)
    found.setFeature(QFont.Tag("tnum"), 1)
    return found


def fixed_font() -> QFont:
    """For details that are to be copied."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget one of the looks that the style sheet knows by ``[role="..."]``."""
    widget.setProperty("role", role)
    if role == "small":
        widget.setFont(font("small"))
    elif role == "heading":
        face = font()
        face.setWeight(QFont.Weight.DemiBold)
        widget.setFont(face)
