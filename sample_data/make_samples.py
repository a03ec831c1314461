"""Makes the sample material beside this file: shapes as somebody would draw them with a mouse.

Run ``python sample_data/make_samples.py`` to write the files again. Only numpy is needed, and the seed is fixed.

A drawing is an ideal curve to which is added what a hand adds: its own size, place, slant and proportions; a slow
wobble across the curve; a speed that falls in the bends (the two-thirds power law of Lacquaniti, Terzuolo and
Viviani 1983: speed grows with the cube root of the radius of curvature) and at both ends; and what a mouse adds:
events at an uneven rate of about 62 per second, in whole pixels, none while it does not move.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]  # [N, 2], y down as on a screen
Shape: TypeAlias = Callable[[np.random.Generator], list[Points]]  # strokes in a box of about 1 x 1 around the origin

SEED = 1983
DRAWINGS_PER_SET = 12
CANVAS = (900, 700)  # pixels
EVENT_INTERVAL = 0.016  # seconds between two events of the mouse
LIFT_SECONDS = 0.35  # from the end of a stroke to the beginning of the next


@dataclass(frozen=True)
class Hand:
    """How the hand moves in one drawing.

    Attributes:
        size: pixels per unit of the ideal curve.
        place: pixel at which the middle of the ideal curve comes to lie.
        slant: radians by which the whole is turned.
        stretch: height over width, as a factor.
        wobble: deviation across the curve, as a share of the size.
        pace: seconds for a path as long as the size.
    """

    size: float
    place: Points
    slant: float
    stretch: float
    wobble: float
    pace: float

    @classmethod
    def any(cls, chance: np.random.Generator) -> Hand:
        """The mood of one moment."""
        middle = np.array(CANVAS) / 2
        return cls(
            size=chance.uniform(230, 330),
            place=middle + chance.uniform(-60, 60, 2),
            slant=chance.normal(0, 0.06),
            stretch=chance.uniform(0.93, 1.08),
            wobble=chance.uniform(0.004, 0.010),
            pace=chance.uniform(0.22, 0.30),
        )

    def stroke(self, ideal: Points, chance: np.random.Generator) -> tuple[Points, NDArray[np.float64]]:
        """What the mouse reports of one stroke: pixels ``[N, 2]`` and seconds ``[N]`` from its beginning."""
        curve = evenly(ideal, 2000)
        length = distances(curve)[-1]
        curve = curve + smooth_noise(len(curve), chance, self.wobble * min(1, length))
        cosine, sine = np.cos(self.slant), np.sin(self.slant)
        curve = (curve * (1, self.stretch)) @ np.array([[cosine, sine], [-sine, cosine]])
        pixels = curve * self.size + self.place
        seconds = moments(curve) * self.pace
        return mouse_events(pixels, seconds, chance)


def evenly(curve: Points, count: int) -> Points:
    """The curve by ``count`` points at equal distances along it."""
    way = distances(curve)
    at = np.linspace(0, way[-1], count)
    return np.column_stack([np.interp(at, way, column) for column in curve.T])


def distances(curve: Points) -> NDArray[np.float64]:
    """The way along the curve up to each of its points, ``[N]``."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])


def smooth_noise(count: int, chance: np.random.Generator, amount: float, waves: int = 9) -> Points:
    """A slow random deviation of standard deviation ``amount`` in x and in y."""
    along = np.linspace(0, np.pi, count)[:, None]
    wave = np.arange(1, waves + 1)
    noise = np.zeros((count, 2))
    for column in range(2):
        heights = chance.normal(size=waves) / np.sqrt(wave)
        noise[:, column] = (heights * np.cos(along * wave + chance.uniform(0, 2 * np.pi, waves))).sum(1)
    return noise * (amount / float(np.sqrt((1 / wave).sum() / 2)))


def moments(curve: Points) -> NDArray[np.float64]:
    """When the pen is where, ``[N]``, in units of the time that a straight unit of way takes."""
    way = distances(curve)
    heading = np.unwrap(np.arctan2(*np.gradient(curve, axis=0).T[::-1]))
    bend = smooth(np.abs(np.gradient(heading, way)), 41)  # curvature: 1 / radius
    speed = np.clip((bend + 1.0) ** (-1 / 3), 0.15, 1.0)
    from_an_end = np.minimum(way, way[-1] - way)
    speed = smooth(speed, 81) * (0.15 + 0.85 * np.clip(from_an_end / 0.15, 0, 1))
    return np.concatenate([[0.0], np.cumsum(np.diff(way) / speed[1:])])


def smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """A running mean."""
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.ones(width) / width, "valid")


def mouse_events(
    pixels: Points, seconds: NDArray[np.float64], chance: np.random.Generator
) -> tuple[Points, NDArray[np.float64]]:
    """The movement as a mouse reports it."""
    count = int(seconds[-1] / EVENT_INTERVAL) + 1
    at = np.append(np.arange(count) * EVENT_INTERVAL, seconds[-1])
    at[1:-1] += chance.uniform(-0.003, 0.003, count - 1)
    seen = np.column_stack([np.interp(at, seconds, column) for column in pixels.T]).round()
    moved = np.append(True, np.any(np.diff(seen, axis=0) != 0, axis=1))
    return seen[moved], at[moved].round(3)


def eight(chance: np.random.Generator) -> list[Points]:
    """A figure eight as one writes it: from the top right, over the left, through the middle, and back."""
    begin, over = 0.07 + chance.normal(0, 0.008), chance.normal(0.0, 0.012)
    turn = 2 * np.pi * np.linspace(begin, begin + 1 + over, 600)
    width = 0.27 * (1 + 0.16 * np.cos(turn) * chance.uniform(-1.2, 0.2))  # the lower bowl is mostly the larger
    return [np.column_stack([width * np.sin(2 * turn), -0.5 * np.cos(turn)])]


def spiral(chance: np.random.Generator) -> list[Points]:
    """A spiral from the inside, clockwise on the screen."""
    turns = chance.uniform(2.7, 3.2)
    angle = chance.normal(0, 0.3) + 2 * np.pi * turns * np.linspace(0, 1, 800)
    radius = 0.03 + 0.47 * np.linspace(0, 1, 800) ** chance.uniform(0.9, 1.1)
    return [np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])]


def star(chance: np.random.Generator) -> list[Points]:
    """A five-pointed star in one stroke from the lower left."""
    angle = np.pi / 2 + 2 * np.pi * (0.1 + 0.4 * np.arange(6))
    corners = 0.53 * np.column_stack([np.cos(angle), np.sin(angle)])
    return [corners + chance.normal(0, 0.015, corners.shape)]


def loops(chance: np.random.Generator) -> list[Points]:
    """A row of loops, as in writing a row of e."""
    count = int(chance.integers(4, 6))
    turn = 2 * np.pi * np.linspace(-0.25, count - 0.25, 150 * count)
    along = np.linspace(-0.5, 0.5, len(turn))
    height = 0.17 * (1 + 0.08 * np.sin(chance.uniform(0, 2 * np.pi) + turn / count))
    return [np.column_stack([along + 0.11 * np.cos(turn), -height * np.sin(turn)])]


def face(chance: np.random.Generator) -> list[Points]:
    """A smiling face: its outline, two eyes and the mouth, four strokes."""
    turn = 2 * np.pi * np.linspace(-0.25, 0.77 + chance.normal(0, 0.01), 400)
    outline = 0.5 * np.column_stack([-np.cos(turn), np.sin(turn)])
    eyes = [
        np.column_stack([np.full(20, x), np.linspace(-0.22, -0.06, 20)]) + chance.normal(0, 0.012, 2)
        for x in (-0.17, 0.17)
    ]
    arc = np.pi * np.linspace(0.88, 0.12, 100)
    mouth = np.column_stack([0.27 * np.cos(arc), 0.04 + 0.24 * np.sin(arc)]) + chance.normal(0, 0.012, 2)
    return [outline, *eyes, mouth]


SETS: dict[str, tuple[str, Shape]] = {
    "eights": ("eight", eight),
    "spirals": ("spiral", spiral),
    "stars": ("star", star),
    "loops": ("loops", loops),
    "faces": ("face", face),
}


def drawing(label: str, shape: Shape, chance: np.random.Generator) -> dict[str, object]:
    """One drawing in the studio's JSON format (docs/file-formats.md)."""
    hand = Hand.any(chance)
    strokes: list[dict[str, object]] = []
    begin = 0.0
    for ideal in shape(chance):
        pixels, seconds = hand.stroke(ideal, chance)
        strokes.append({"points": pixels.astype(int).tolist(), "times": (begin + seconds).round(3).tolist()})
        begin += seconds[-1] + LIFT_SECONDS
    return {"label": label, "y_up": False, "strokes": strokes}


def sample_set(name: str) -> list[dict[str, object]]:
    """The drawings of one set; each set has its own chance, so that adding a set changes no other."""
    label, shape = SETS[name]
    chance = np.random.default_rng([SEED, *name.encode()])
    return [drawing(label, shape, chance) for _ in range(DRAWINGS_PER_SET)]


def main() -> None:
    """Write every set beside this file, one drawing to a line."""
    folder = Path(__file__).parent
    for name in SETS:
        lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in sample_set(name))
        text = f'{{"format": "vrnn-studio drawings", "version": 1, "drawings": [\n{lines}\n]}}\n'
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
