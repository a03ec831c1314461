"""Collections of drawings to measure recipes on: of one hand, of many hands, and mixed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from studio.assets import sample_data
from studio.sequences.material import Drawing, Stroke

SHARED = Path(__file__).parents[3] / "shared/data"
ONE_HAND = 3  # drawings of a dozen by one hand that are never trained on
EACH = 4  # of each shape in a mixed collection
MOST = 20  # of many hands that are learned from

SAMPLES = ("eights", "stars", "faces", "spirals", "loops")
MIXED = {"eights-stars-faces": ("eights", "stars", "faces"), "eights-spirals-stars": ("eights", "spirals", "stars")}
OMNIGLOT = ("Latin/character01", "Latin/character04", "Latin/character19")
QUICKDRAW = ("apple", "cat", "face", "star", "sun")  # of the first three, the base has never seen one
DIGITS = ("0", "3", "8")


class Collection(NamedTuple):
    """Drawings to learn from (of which a recipe holds some back), and others of the same kind that it never sees.

    Attributes:
        shapes: all drawings, shape by shape.
    """

    name: str
    learned: list[Drawing]
    unseen: list[Drawing]
    shapes: list[list[Drawing]]


def collections(names: Sequence[str] = ()) -> list[str]:
    """All names, or those given; without ../shared only what is made of the samples."""
    there = [*SAMPLES, *MIXED]
    if SHARED.exists():
        there += [f"omniglot:{name}" for name in OMNIGLOT]
        there += [f"quickdraw:{name}" for name in QUICKDRAW if (SHARED / f"quickdraw_raw/{name}.ndjson").exists()]
        there += [f"digits:{name}" for name in DIGITS]
    return [name for name in there if not names or name in names]


def collection(name: str) -> Collection:
    """The collection of that name, in an order of its own."""
    if name in MIXED:
        shapes = [_shuffled(_sample(shape)) for shape in MIXED[name]]
        learned = [drawing for shape in shapes for drawing in shape[:EACH]]
        return Collection(name, learned, [drawing for shape in shapes for drawing in shape[EACH:]], shapes)
    kind, _, what = name.partition(":")
    found = _shuffled(
        {"omniglot": _omniglot, "quickdraw": _quickdraw, "digits": _digits}.get(kind, _sample)(what or kind)
    )
    count = len(found) - ONE_HAND if not what else min(MOST, len(found) * 2 // 3)
    return Collection(name, found[:count], found[count : count + 2 * MOST], [found[: count + 2 * MOST]])


def _shuffled(drawings: list[Drawing]) -> list[Drawing]:
    return [drawings[index] for index in np.random.default_rng(0).permutation(len(drawings))]


def _sample(name: str) -> list[Drawing]:
    items = json.loads(sample_data(f"{name}.json").read_text())["drawings"]
    return [Drawing(tuple(Stroke(np.array(s["points"], float)) for s in item["strokes"]), "", False) for item in items]


def _quickdraw(name: str) -> list[Drawing]:
    items = [json.loads(line) for line in (SHARED / f"quickdraw_raw/{name}.ndjson").read_text().splitlines()]
    strokes = [[np.array(stroke[:2], float).T for stroke in item["drawing"]] for item in items if item["recognized"]]
    return [Drawing(tuple(map(Stroke, each)), "", False) for each in strokes]


def _digits(name: str) -> list[Drawing]:
    found = []
    for row in (SHARED / "pendigits/pendigits.tra").read_text().splitlines():
        values = row.replace(" ", "").split(",")
        if values[16].index("1") == int(name):
            found.append(Drawing((Stroke(np.array(values[:16], float).reshape(8, 2)),), "", True))
    return found[: 3 * MOST]


def _omniglot(name: str) -> list[Drawing]:
    found = []
    with zipfile.ZipFile(SHARED / "omniglot/strokes_background_small1.zip") as files:
        wanted = [file for file in files.namelist() if f"small1/{name}/" in file and file.endswith(".txt")]
        for file in sorted(file for file in wanted if "MACOSX" not in file):
            strokes: list[Stroke] = []
            points: list[list[float]] = []
            for row in files.read(file).decode().split():
                if row == "BREAK" and points:
                    strokes.append(Stroke(np.array(points)))
                    points = []
                elif "," in row:
                    points.append([float(value) for value in row.split(",")[:2]])
            found.append(Drawing(tuple(strokes), "", True))
    return found
