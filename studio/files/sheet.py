"""A page with words, lines, bars and pictures, written as PNG or as SVG, without a screen."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.files.columns import FloatArray
from studio.files.glow import PAPER, SLATE, Picture

Ink: TypeAlias = tuple[int, int, int]
Anchor: TypeAlias = Literal["left", "middle", "right"]

FONTS = ("DejaVuSans.ttf", "Arial.ttf", "Helvetica.ttc")
BOLD_FONTS = ("DejaVuSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf")
SVG_FONTS = "DejaVu Sans, Arial, Helvetica, sans-serif"
OVERSAMPLING = 3
MIDDLE = 0.35  # of the size, from a line of text's middle to where its letters stand


@dataclass(frozen=True)
class Inks:
    """The colours of a page."""

    paper: Ink
    text: Ink
    muted: Ink
    line: Ink
    ink: Ink
    accent: Ink
    plots: tuple[Ink, ...]


LIGHT = Inks(
    PAPER, (35, 38, 44), (89, 94, 105), (226, 222, 214), (34, 48, 74), (31, 99, 171),
    ((0, 114, 178), (213, 94, 0), (0, 158, 115), (170, 74, 134)),
)  # fmt: skip
DARK = Inks(
    SLATE, (233, 230, 223), (169, 174, 183), (49, 55, 63), (240, 236, 226), (111, 179, 238),
    ((86, 180, 233), (230, 159, 0), (45, 190, 147), (215, 149, 186)),
)  # fmt: skip


@dataclass(frozen=True)
class _Text:
    x: float
    y: float
    words: str
    size: float
    ink: Ink
    anchor: Anchor
    bold: bool


@dataclass(frozen=True, eq=False)
class _Line:
    points: FloatArray
    ink: Ink
    width: float


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float
    ink: Ink


@dataclass(frozen=True, eq=False)
class _Image:
    x: float
    y: float
    width: float
    height: float
    picture: Picture


class Sheet:
    """Collects what is on the page, in the order it is laid down; lengths are in pixels of a page of that size.

    Attributes:
        inks: the colours that suit the page.
    """

    def __init__(self, width: float, height: float, *, dark: bool) -> None:
        self.width, self.height = round(width), round(height)
        self.dark = dark
        self.inks = DARK if dark else LIGHT
        self._parts: list[_Text | _Line | _Box | _Image] = []

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 13,
        ink: Ink | None = None,
        anchor: Anchor = "left",
        bold: bool = False,
    ) -> None:
        """A line of words; `y` is its middle."""
        self._parts.append(_Text(x, y, words, size, ink or self.inks.text, anchor, bold))

    def line(self, points: FloatArray | Sequence[Sequence[float]], ink: Ink | None = None, width: float = 1.0) -> None:
        """A line through points ``[N, 2]``."""
        self._parts.append(_Line(np.asarray(points, np.float64), ink or self.inks.ink, width))

    def box(self, x: float, y: float, width: float, height: float, ink: Ink | None = None) -> None:
        """A filled rectangle."""
        self._parts.append(_Box(x, y, width, height, ink or self.inks.ink))

    def picture(self, x: float, y: float, width: float, height: float, picture: Picture) -> None:
        """A picture ``[H, W, 3]``, stretched to this size."""
        self._parts.append(_Image(x, y, width, height, picture))

    # --- as pixels

    def image(self, scale: float = 1.0) -> Image.Image:
        """The page as a picture."""
        zoom = scale * OVERSAMPLING
        size = (round(self.width * scale) * OVERSAMPLING, round(self.height * scale) * OVERSAMPLING)
        image = Image.new("RGB", size, self.inks.paper)
        draw = ImageDraw.Draw(image)
        for part in self._parts:
            _paint(image, draw, part, zoom)
        return image.reduce(OVERSAMPLING)

    def to_png(self, scale: float = 2.0) -> bytes:
        """The page as a PNG file."""
        file = io.BytesIO()
        self.image(scale).save(file, "PNG", optimize=True)
        return file.getvalue()

    # --- as SVG

    def to_svg(self) -> bytes:
        """The page as an SVG file; its pictures are inside."""
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="{SVG_FONTS}">',
            f'<rect width="{self.width}" height="{self.height}" fill="{_hex(self.inks.paper)}"/>',
            *map(_svg, self._parts),
            "</svg>",
        ]
        return "\n".join(lines).encode("utf-8", errors="replace")


def text_width(words: str, size: float = 13, *, bold: bool = False) -> float:
    """How long a line of words is."""
    return float(_font(round(size * 4), bold).getlength(_printable(words, bold))) / 4


def shortened(words: str, width: float, size: float = 13, *, bold: bool = False) -> str:
    """The words, or as many of their letters as go into the width, and dots."""
    if text_width(words, size, bold=bold) <= width:
        return words
    while words and text_width(words + "...", size, bold=bold) > width:
        words = words[:-1]
    return words.rstrip() + "..."


def _paint(image: Image.Image, draw: ImageDraw.ImageDraw, part: _Text | _Line | _Box | _Image, zoom: float) -> None:
    match part:
        case _Text():
            place = (part.x * zoom, (part.y + MIDDLE * part.size) * zoom)
            anchor = {"left": "ls", "middle": "ms", "right": "rs"}[part.anchor]
            face = _font(round(part.size * zoom), part.bold)
            draw.text(place, _printable(part.words, part.bold), fill=part.ink, font=face, anchor=anchor)
        case _Line():
            corners = [(float(x), float(y)) for x, y in part.points * zoom]
            draw.line(corners, fill=part.ink, width=max(1, round(part.width * zoom)), joint="curve")
        case _Box():
            right, low = (part.x + part.width) * zoom - 1, (part.y + part.height) * zoom - 1
            left, high = part.x * zoom, part.y * zoom
            draw.rectangle((left, high, max(left, right), max(high, low)), fill=part.ink)
        case _Image():
            size = (max(1, round(part.width * zoom)), max(1, round(part.height * zoom)))
            found = Image.fromarray(part.picture).resize(size, Image.Resampling.BICUBIC)
            image.paste(found, (round(part.x * zoom), round(part.y * zoom)))


def _svg(part: _Text | _Line | _Box | _Image) -> str:
    match part:
        case _Text():
            anchor = {"left": "start", "middle": "middle", "right": "end"}[part.anchor]
            weight = ' font-weight="bold"' if part.bold else ""
            return (
                f'<text x="{part.x:.1f}" y="{part.y + MIDDLE * part.size:.1f}" font-size="{part.size:g}" '
                f'text-anchor="{anchor}" fill="{_hex(part.ink)}"{weight}>{escape(_without_controls(part.words))}</text>'
            )
        case _Line():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in part.points.tolist())
            return (
                f'<polyline points="{points}" fill="none" stroke="{_hex(part.ink)}" stroke-width="{part.width:g}" '
                'stroke-linecap="round" stroke-linejoin="round"/>'
            )
        case _Box():
            return (
                f'<rect x="{part.x:.1f}" y="{part.y:.1f}" width="{part.width:.2f}" height="{part.height:.2f}" '
                f'fill="{_hex(part.ink)}"/>'
            )
        case _Image():
            file = io.BytesIO()
            Image.fromarray(part.picture).save(file, "PNG", optimize=True)
            data = base64.b64encode(file.getvalue()).decode()
            return (
                f'<image x="{part.x:.1f}" y="{part.y:.1f}" width="{part.width:.1f}" height="{part.height:.1f}" '
                f'preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
            )


def _hex(ink: Ink) -> str:
    return "#" + "".join(f"{channel:02X}" for channel in ink)


def _without_controls(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in BOLD_FONTS if bold else FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:  # this computer has it not
            continue
    return ImageFont.load_default(size)


def _printable(words: str, bold: bool) -> str:
    """Without letters that Pillow's own font has not, where no other was found."""
    words = _without_controls(words)
    face = _font(16, bold)
    named = face.getname()[0] if isinstance(face, ImageFont.FreeTypeFont) else None
    if named is not None and "Aileron" not in named:
        return words
    return words.replace("–", "-").replace("×", "x").replace("−", "-").replace("“", '"').replace("”", '"')
