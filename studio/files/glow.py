"""A trajectory that glows where something happens: lines in the colours of numbers, with light around the high ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from studio.files.colour_map import coloured
from studio.files.columns import FloatArray

Picture = NDArray[np.uint8]  # [H, W, 3]
Light = NDArray[np.float32]  # [H, W, 3 or 4]

SLATE = (26, 30, 35)
PAPER = (251, 250, 247)

OVER = {True: (130, 205, 255), False: (0, 114, 178)}
"""The colour of what is laid over, on slate and on paper: blue, which neither map has."""
OVER_WIDTH = 0.45
"""Of the other lines' width."""
OVER_OPACITY = 0.85

OVERSAMPLING = 3
PIECE = 3.0
"""Pixels between the points of a curve, about."""
MOST_PIECES = 12
"""Between two points of the material."""

GLOWS_FROM = 0.25
"""Lower shares give no light."""
HALOS = ((1.8, 0.55), (6.0, 0.45))
"""Radius of the light around a line, in widths of the line, and its strength."""
FINEST_BLUR = 3.0
"""Pixels by which light is blurred: wider light is computed on a coarser picture, and nobody can tell."""
MOST_STAIN = 0.7
"""How much of the paper light may cover."""


@dataclass(frozen=True, eq=False)
class Line:
    """One stroke in pixels.

    Attributes:
        points: ``[N, 2]``.
        shares: ``[N]``, from 0 to 1: what each point's colour says.
    """

    points: FloatArray
    shares: FloatArray


def glow(
    lines: Sequence[Line],
    width: int,
    height: int,
    *,
    dark: bool,
    line_width: float = 2.5,
    over: Sequence[FloatArray] = (),
) -> Picture:
    """The lines on slate, or on paper.

    Where they lie on each other, the highest share is on top: a decision stays to be seen however often a trace
    passes there.

    Args:
        lines: any number.
        width, height: of the picture, in pixels.
        dark: slate, on which light adds up; else paper, which it stains.
        line_width: in pixels.
        over: ``[N, 2]`` each, lines that are laid over the others, thin and in one colour.
    """
    pieces = _pieces(lines)
    ground: Light = np.empty((height, width, 3), np.float32)
    ground[:] = np.array(SLATE if dark else PAPER) / 255
    if len(pieces.shares):
        for radius, strength in HALOS:
            ground = _lit(ground, pieces, radius * line_width, strength, line_width, dark=dark)
        ink = _inked(pieces, width, height, line_width, dark=dark)
        ground = ground * (1 - ink[..., 3:]) + ink[..., :3]
    if len(over):
        cover = np.float32(OVER_OPACITY) * _thin(over, width, height, OVER_WIDTH * line_width)
        ground = ground * (1 - cover) + cover * (np.array(OVER[dark], np.float32) / np.float32(255))
    return np.asarray(np.rint(255 * np.clip(ground, 0, 1)), np.uint8)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Short straight pieces, the lowest share first."""

    starts: FloatArray  # [P, 2]
    ends: FloatArray  # [P, 2]
    shares: FloatArray  # [P]

    def above(self, least: float) -> _Pieces:
        kept = self.shares >= least
        return _Pieces(self.starts[kept], self.ends[kept], self.shares[kept])


def _pieces(lines: Sequence[Line]) -> _Pieces:
    curves = [_smooth(line) for line in lines if len(line.points)]
    if not curves:
        return _Pieces(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    starts = np.concatenate([line.points[:-1] for line in curves])
    ends = np.concatenate([line.points[1:] for line in curves])
    shares = np.concatenate([(line.shares[:-1] + line.shares[1:]) / 2 for line in curves])
    order = np.argsort(shares, kind="stable")
    return _Pieces(starts[order], ends[order], shares[order])


def smooth(points: FloatArray) -> FloatArray:
    """The points of the curve that the studio's ink follows, ``[N, 2]`` pixels to ``[M, 2]``."""
    return _smooth(Line(points, np.zeros(len(points)))).points


def _smooth(line: Line) -> Line:
    """The curve that the studio's ink follows: from midpoint to midpoint, with each point as a control point."""
    points, shares = line.points, np.clip(np.nan_to_num(line.shares), 0, 1)
    if len(points) == 1:
        return Line(points + np.array([[0.0, 0.0], [0.01, 0.0]]), shares.repeat(2))
    if len(points) == 2:
        return Line(points, shares)
    gap = float(np.median(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    count = int(np.clip(np.ceil(gap / PIECE), 1, MOST_PIECES))
    t = np.arange(count)[:, None] / count  # [k, 1]
    middles, between = (points[:-1] + points[1:]) / 2, (shares[:-1] + shares[1:]) / 2
    weights = np.hstack([(1 - t) ** 2, 2 * t * (1 - t), t**2])  # [k, 3]
    bent = np.einsum("kj,ijd->ikd", weights, np.stack([middles[:-1], points[1:-1], middles[1:]], 1)).reshape(-1, 2)
    told = np.einsum("kj,ij->ik", weights, np.stack([between[:-1], shares[1:-1], between[1:]], 1)).reshape(-1)
    ends = (points[:1], bent, middles[-1:], points[-1:])
    return Line(np.concatenate(ends), np.concatenate([shares[:1], told, between[-1:], shares[-1:]]))


def _raster(
    pieces: _Pieces, weights: FloatArray, size: tuple[int, int], zoom: float, width: float, dark: bool
) -> Image.Image:
    """The pieces in their colours, each multiplied by its weight, and that weight as the fourth channel.

    Args:
        pieces: in pixels of the picture.
        weights: ``[P]``, from 0 to 1.
        size: of what is drawn on, width and height.
        zoom: its pixels per pixel of the picture.
        width: of the line, in pixels of the picture.
        dark: which of the maps.
    """
    sheet = Image.new("CMYK", size)  # four plain channels: those of RGBA Pillow would divide by the last of them
    draw = ImageDraw.Draw(sheet)
    radius = width * zoom / 2
    inks = np.column_stack([coloured(pieces.shares, dark=dark), np.full(len(weights), 255)]) * weights[:, None]
    ends = np.hstack([pieces.starts, pieces.ends]) * zoom
    for (x1, y1, x2, y2), ink in zip(ends.tolist(), np.rint(inks).astype(int).tolist(), strict=True):
        draw.line((x1, y1, x2, y2), fill=tuple(ink), width=max(1, round(2 * radius)))
        if radius > 1.5:  # round joints and ends
            draw.ellipse((x2 - radius, y2 - radius, x2 + radius, y2 + radius), fill=tuple(ink))
    return sheet


def _shares(sheet: Image.Image) -> Light:
    return np.asarray(sheet, np.float32) / np.float32(255)


def _inked(pieces: _Pieces, width: int, height: int, line_width: float, *, dark: bool) -> Light:
    """The lines themselves with even edges, ``[H, W, 4]``."""
    fine = (width * OVERSAMPLING, height * OVERSAMPLING)
    return _shares(
        _raster(pieces, np.ones(len(pieces.shares)), fine, OVERSAMPLING, line_width, dark).reduce(OVERSAMPLING)
    )


def _thin(lines: Sequence[FloatArray], width: int, height: int, line_width: float) -> Light:
    """How much of each pixel the lines cover, ``[H, W, 1]``."""
    sheet = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING))
    draw = ImageDraw.Draw(sheet)
    for points in lines:
        corners = [(float(x), float(y)) for x, y in smooth(points) * OVERSAMPLING]
        draw.line(corners, fill=255, width=max(1, round(line_width * OVERSAMPLING)), joint="curve")
    return _shares(sheet.reduce(OVERSAMPLING))[..., None]


def _lit(ground: Light, pieces: _Pieces, radius: float, strength: float, width: float, *, dark: bool) -> Light:
    """The ground with light of that radius, in pixels, around the pieces of a high share."""
    bright = pieces.above(GLOWS_FROM)
    if not len(bright.shares):
        return ground
    high, wide = ground.shape[:2]
    zoom = float(np.clip(FINEST_BLUR / radius, 0.05, 1.0))
    size = (max(2, round(wide * zoom)), max(2, round(high * zoom)))
    weights = (bright.shares - GLOWS_FROM) / (1 - GLOWS_FROM)
    light = _blurred(_shares(_raster(bright, weights, size, zoom, width, dark)), radius * zoom)
    light = _enlarged(light, wide, high) * (strength * radius * zoom / max(1.0, width * zoom) * 2.0)
    if dark:
        screened: Light = 1 - (1 - ground) * (1 - np.clip(light[..., :3], 0, 1))
        return screened
    hue = light[..., :3] / np.maximum(light[..., 3:], 1e-4)
    stain = MOST_STAIN * (1 - np.exp(-light[..., 3:] / MOST_STAIN))
    stained: Light = ground * (1 - stain) + hue * stain
    return stained


def _blurred(light: Light, sigma: float) -> Light:
    """By a Gaussian, in single precision: eight bits would leave steps to be seen in faint light."""
    reach = max(1, math.ceil(2.5 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    taps /= taps.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if axis == other else (0, 0) for other in range(3)]
        padded, length = np.pad(light, padding), light.shape[axis]
        shifted = (padded[(slice(None),) * axis + (slice(i, i + length),)] for i in range(len(taps)))
        light = np.sum([tap * part for tap, part in zip(taps, shifted, strict=True)], axis=0, dtype=np.float32)
    return light


def _enlarged(light: Light, width: int, height: int) -> Light:
    """To so many pixels, each layer by itself, without steps."""
    layers = [
        np.asarray(Image.fromarray(layer).resize((width, height), Image.Resampling.BICUBIC))
        for layer in np.moveaxis(light, 2, 0)
    ]
    enlarged: Light = np.maximum(np.stack(layers, 2), 0)
    return enlarged
