"""Colours that can be read, and icons that follow them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication

from studio.assets import resource
from studio.ui import icons
from studio.ui.actions import SPECS
from studio.ui.theme import Colours, colour, number_font, theme

THEMES = ("light", "dark")
READABLE = 4.5  # WCAG 2.1, level AA, for text of ordinary size


def contrast(one: str, other: str) -> float:
    """As WCAG 2.1 defines it: 1 to 21."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(name: str) -> float:
    channels = [channel / 255 for channel in QColor(name).getRgb()[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_texts_can_be_read_on_every_ground(name: str) -> None:
    colours = Colours.read(name)
    pairs = list(product(("text", "muted", "ink"), ("window", "paper", "surface", "hint")))
    pairs += [("text", "selection"), ("text", "raised"), ("on_accent", "accent"), ("on_accent", "accent_hover")]
    pairs += [("warning_text", "warning"), ("warning_text", "window"), ("accent", "paper")]
    found = {pair: contrast(*(getattr(colours, part) for part in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("name", THEMES)
def test_curves_can_be_seen(name: str) -> None:
    colours = Colours.read(name)
    assert min(contrast(shade, colours.paper) for shade in colours.plots) >= 3  # WCAG: graphical objects
    assert len(set(colours.plots)) == 4


@pytest.mark.parametrize("name", THEMES)
def test_style_sheet_has_its_colours_and_pictures(name: str) -> None:
    sheet = Colours.read(name).style_sheet()
    assert "@" not in sheet.partition("*/")[2]
    for picture in {part.split(")")[0] for part in sheet.split("url(theme:")[1:]}:
        assert resource("themes", name, picture).is_file(), picture


def test_every_icon_is_drawn_in_strokes_of_the_text_colour(qapp: QApplication) -> None:
    files = [Path(str(file)) for file in resource("icons").iterdir()]
    family = [file for file in files if file.stem != "app"]
    assert len(family) >= 25
    for file in family:
        text = file.read_text("utf-8")
        assert 'viewBox="0 0 24 24"' in text, file.name
        assert "currentColor" in text, file.name
        assert "#" not in text, file.name
        assert colours_of(icons.icon(file.stem)) == rounded(theme().colours.text), file.name


def colours_of(icon: QIcon) -> set[str]:
    """Those of the opaque pixels, but for errors of rounding."""
    image = icon.pixmap(32, 32).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {name for pixel in pixels if pixel.alpha() == 255 for name in rounded(pixel.name())}


def rounded(name: str) -> set[str]:
    """A colour to the next multiple of four."""
    return {QColor(*((part + 2) // 4 * 4 for part in QColor(name).getRgb()[:3])).name()}


def test_actions_have_icons_that_exist() -> None:
    for name, spec in SPECS.items():
        assert not spec.icon or resource("icons", f"{spec.icon}.svg").is_file(), name


def test_icons_are_drawn_when_they_are_seen_in_the_size_in_which_they_are(qapp: QApplication) -> None:
    icons._pixmap.cache_clear()
    icons._icon.cache_clear()
    found = icons.icon("play")
    assert icons._pixmap.cache_info().currsize == 0
    for ratio in (1.0, 1.5):
        picture = found.pixmap(QSize(20, 20), ratio)
        assert picture.width() == 20 * ratio
        assert picture.devicePixelRatio() == ratio
    seen = icons._pixmap.cache_info().currsize
    found.pixmap(QSize(20, 20), 1.0)
    assert icons._pixmap.cache_info().currsize == seen == 2
    assert not QIcon(found).isNull()


def test_disabled_icons_are_in_the_colour_of_what_is_disabled(qapp: QApplication) -> None:
    theme().apply("light")
    disabled = icons.icon("play").pixmap(QSize(32, 32), QIcon.Mode.Disabled)
    assert colours_of(QIcon(disabled)) == rounded(theme().colours.disabled)


def test_icons_follow_the_theme(qapp: QApplication) -> None:
    action = QAction()
    icons.set_icon(action, "pen")
    light = colours_of(action.icon())
    theme().apply("dark")
    icons.refresh()
    assert colours_of(action.icon()) == rounded(Colours.read("dark").text) != light
    assert colour("paper").name() == Colours.read("dark").paper.lower()
    theme().apply("light")


def test_digits_are_equally_wide(qapp: QApplication) -> None:
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(number_font())
    assert len({round(metrics.horizontalAdvance(digit), 2) for digit in "0123456789"}) == 1
