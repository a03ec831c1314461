"""The moving picture of the README: nine drawings of the same seed while the latent variance goes from 0 to 2 and back.

Everything but the slider stays as it is: the same model, seed and output variance.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.sequences.material import Drawing, FloatArray
from studio.sequences.spline import along
from studio.workbench import GenerationSettings, Workbench

VALUES = np.round(np.concatenate([np.linspace(0, 2, 13), np.linspace(2, 0, 13)[1:-1]]), 3)  # of the latent variance
SECONDS, HELD = 0.09, 0.8  # of a picture, and of those at 0, 1 and 2
CELL, SIDE, FOOT = 112, 3, 52  # pixels, cells, pixels of the slider
FINER = 3  # times as large, then made smaller: even edges
PAPER, INK, ACCENT, LINE = (251, 250, 247), (34, 48, 74), (31, 99, 171), (211, 206, 196)
SHADES = 32


def slider_gif(project: Path, home: Path, seed: int = 7) -> bytes:
    """The animation, of the newest run of a project.

    Args:
        project: with a trained run.
        home: a folder for what the studio remembers.
        seed: of the drawings.
    """
    bench = Workbench(home)
    bench.open(project)
    shown = []
    for value in VALUES.tolist():
        wanted = GenerationSettings(count=SIDE * SIDE, seed=seed, latent_variance=value, output_variance=0.2)
        shown.append(bench.wait(bench.generate(wanted)).result)
    bench.close()
    reach = max(float(np.abs(_centred(one)).max()) for drawings in shown for one in drawings)
    pages = [_page(drawings, value, 0.44 * CELL / reach) for drawings, value in zip(shown, VALUES, strict=True)]
    durations = [round(1000 * (HELD if value in (0, 1, 2) else SECONDS)) for value in VALUES]
    file = io.BytesIO()
    pages[0].save(file, "GIF", save_all=True, append_images=pages[1:], duration=durations, loop=0, optimize=True)
    return file.getvalue()


def _centred(drawing: Drawing) -> FloatArray:
    low, high = drawing.box
    return (drawing.points - (low + high) / 2) * [1, -1 if drawing.y_up else 1]


def _page(drawings: list[Drawing], value: float, scale: float) -> Image.Image:
    wide, high = SIDE * CELL, SIDE * CELL + FOOT
    page = Image.new("RGB", (wide * FINER, high * FINER), PAPER)
    pen = ImageDraw.Draw(page)
    for number, drawing in enumerate(drawings):
        middle = np.array([number % SIDE + 0.5, number // SIDE + 0.5]) * CELL
        cuts = np.flatnonzero(drawing.pen_up)[:-1] + 1
        for stroke in np.split(_centred(drawing), cuts):
            line, _ = along(stroke * scale + middle, 6)
            pen.line([tuple(point) for point in (line * FINER).tolist()], INK, round(2.2 * FINER), joint="curve")
    _slider(pen, value, wide, high - FOOT / 2)
    return page.resize((wide, high), Image.Resampling.LANCZOS).quantize(SHADES, dither=Image.Dither.NONE)


def _slider(pen: ImageDraw.ImageDraw, value: float, wide: float, y: float) -> None:
    left, right = 132, wide - 52
    here = left + value / 2 * (right - left)
    face = ImageFont.load_default(13 * FINER)
    pen.text((14 * FINER, (y - 9) * FINER), "latent variance", INK, face)
    pen.text(((right + 14) * FINER, (y - 9) * FINER), f"{value:.2f}", INK, face)
    pen.line([left * FINER, y * FINER, right * FINER, y * FINER], LINE, 4 * FINER)
    middle = (left + right) / 2
    pen.line([middle * FINER, y * FINER, here * FINER, y * FINER], ACCENT, 4 * FINER)
    pen.line([middle * FINER, (y - 7) * FINER, middle * FINER, (y + 7) * FINER], INK, FINER)
    pen.ellipse([(here - 7) * FINER, (y - 7) * FINER, (here + 7) * FINER, (y + 7) * FINER], ACCENT)
