"""Whether files from elsewhere come in as they should: one line for each case, and how many are right.

    python tests/benchmarks/foreign_files.py ../shared/cases

The cases are small files that once came in wrong or were refused without help; what is right about each stands here.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from studio.cli import main as main_of_studio
from studio.files.readers import ImportResult, read_materials
from studio.sequences.material import Drawing
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text

Check = Callable[[ImportResult], bool]
Points = Sequence[Sequence[float]]


def drawn(*drawings: Sequence[Points], times: Sequence[float] | None = None) -> Check:
    """These drawings, each a list of strokes, with these times of the first one."""

    def check(found: ImportResult) -> bool:
        made = [item.material for item in found.materials]
        if len(made) != len(drawings) or not all(isinstance(one, Drawing) for one in made):
            return False
        return all(_is(one, strokes) for one, strokes in zip(made, drawings, strict=True)) and (
            times is None or _close(made[0].times, times)  # type: ignore[union-attr]
        )

    return check


def _is(drawing: Any, strokes: Sequence[Points]) -> bool:
    return len(drawing.strokes) == len(strokes) and all(
        stroke.points.shape == np.shape(points) and _close(stroke.points, points)
        for stroke, points in zip(drawing.strokes, strokes, strict=True)
    )


def _close(found: Any, expected: Any) -> bool:
    return found is not None and np.shape(found) == np.shape(expected) and np.allclose(found, expected, atol=1e-6)


def boxed(*boxes: Sequence[float]) -> Check:
    """One drawing whose strokes have these boxes, each (left, top, right, bottom)."""

    def check(found: ImportResult) -> bool:
        if len(found.materials) != 1 or not isinstance(drawing := found.materials[0].material, Drawing):
            return False
        ends = [(*stroke.points.min(0), *stroke.points.max(0)) for stroke in drawing.strokes]
        return _close(ends, boxes)

    return check


def lengths(*strokes: int) -> Check:
    """One drawing with strokes of so many points."""
    return lambda found: (
        [len(s) for item in found.materials for s in getattr(item.material, "strokes", ())] == list(strokes)
    )


def due_east(found: ImportResult) -> bool:
    """One way along x."""
    (item,) = found.materials
    points = item.material.points if isinstance(item.material, Drawing) else np.zeros((0, 2))
    return len(points) == 2 and points[0, 1] == points[1, 1] and points[1, 0] > points[0, 0]


def roll(seconds: float, rate: float, notes: int) -> Check:
    """One piano roll of such a length, with so many notes."""

    def check(found: ImportResult) -> bool:
        if len(found.materials) != 1 or not isinstance(made := found.materials[0].material, Roll):
            return False
        keys = np.vstack([np.zeros((1, made.pitches)), made.keys.astype(int)])
        begun = int((np.diff(keys, axis=0) > 0).sum())
        return abs(made.seconds - seconds) < 0.15 and abs(made.rate - rate) < 0.01 and begun >= notes

    return check


def sound(seconds: float, tolerance: float = 0.06) -> Check:
    """One recording of such a length, of which nothing is said to be missing."""

    def check(found: ImportResult) -> bool:
        if len(found.materials) != 1 or not isinstance(made := found.materials[0].material, Recording):
            return False
        return abs(made.seconds - seconds) <= tolerance and not any("cut short" in said for said in found.problems)

    return check


def text(holds: Callable[[str], bool]) -> Check:
    """One text of which something is true."""

    def check(found: ImportResult) -> bool:
        made = found.materials[0].material if len(found.materials) == 1 else None
        return isinstance(made, Text) and holds(made.characters)

    return check


LINE = [[[1.5, 2.0], [-3.5, 1.0], [10.9, -0.5]]]
STROKE3 = [[[3, 1], [6, 2]], [[11, -2]]]

CASES: dict[str, Check] = {
    "svg_nested_viewport.svg": lambda f: _any_stroke(f, [[50, 20], [90, 60]]),
    "svg_symbol_viewbox.svg": lambda f: _any_stroke(f, [[20, 30], [70, 80]]),
    "svg_css_class_hidden.svg": boxed((10, 10, 20, 20)),
    "svg_css_transform.svg": lambda f: _any_stroke(f, [[95, 10], [95, 90]]),
    "svg_percent_background.svg": lambda f: _any_box(f, (0, 0, 100, 100)) and len(f.materials[0].material.strokes) == 2,  # type: ignore[union-attr]
    "svg_illustrator_entity.svg": lambda f: len(f.materials) == 1,
    "midi_two_tempos_at_0.mid": roll(4.0, 4.0, 1),
    "midi_first_tempo_late.mid": roll(6.0, 8.0, 1),
    "midi_running_status_after_meta.mid": lambda f: len(f.materials) == 1,
    "midi_drums_only.mid": lambda f: any("drum" in said.partition(": ")[2] for said in f.problems),
    "csv_quoted_decimal_comma.csv": drawn([[[0.5, 1.5], [0.7, 1.9]]]),
    "csv_minus_sign.csv": drawn(LINE),
    "csv_sep_line.csv": drawn([[[1.5, 2.5], [2.5, 3.5]]]),
    "csv_lat_lon.csv": due_east,
    "csv_trials.csv": drawn([[[0, 0], [1, 1]]], [[[50, 50], [51, 51]]], times=[0, 0.01]),
    "csv_sentinel_penup.csv": drawn([[[10, 4], [11, 5]], [[3, 3], [4, 4]]]),
    "csv_dx_dy_eos_eod.txt": drawn([[[10, 8], [11, 8], [12, 7], [12, 7]]]),
    "csv_missing_samples.csv": drawn([[[640, 512]], [[650, 500]]], times=[0, 0.033]),
    "csv_time_first.csv": drawn([[[10, 20], [11, 22], [12, 25]]], times=[0, 0.01, 0.02]),
    "npy_stroke3.npy": drawn([[[0, 0], [3, 1], [6, 2]], [[11, -2], [13, 0]]]),
    "npz_stroke3_extra.npz": lambda f: bool(f.materials) and all(_is(item.material, STROKE3) for item in f.materials),
    "npy_onehot_pen.npy": lengths(3, 2),
    "inkml_time_offset.inkml": drawn([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], times=[0, 0.016, 1.0, 1.016]),
    "text_begins_with_bracket.txt": text(lambda said: said.startswith(("[", "{"))),
    "text_one_bad_byte.txt": text(lambda said: said.count("\ufffd") <= 1 and "П" in said),
    "text_one_letter.txt": lambda f: _writes_only_what_it_read(f.materials[0].material),
    "wav_size_zero.wav": sound(0.5),
    "mp3_without_xing.mp3": sound(1.07, 0.1),
    "points.xlsx": lengths(50),
    "csv_time_microseconds.csv": drawn([[[0, 0], [1, 1], [2, 3], [3, 4]]], times=[0, 0.003333, 0.006667, 0.01]),
    "csv_pen_down_unnamed.csv": lengths(4, 3),
    "mp3_vbr_without_xing.mp3": sound(3.06, 0.1),
}


def _any_stroke(found: ImportResult, ends: Points) -> bool:
    strokes = [s for item in found.materials for s in getattr(item.material, "strokes", ())]
    return any(_close(stroke.points[[0, -1]], ends) for stroke in strokes)


def _any_box(found: ImportResult, box: Sequence[float]) -> bool:
    strokes = [s for item in found.materials for s in getattr(item.material, "strokes", ())]
    return any(_close((*stroke.points.min(0), *stroke.points.max(0)), box) for stroke in strokes)


def _writes_only_what_it_read(read: Any) -> bool:
    """Whether a model that was trained on a text for 50 steps writes no other characters, with any of ten seeds."""
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(io.StringIO()):
        project, page = f"{place}/p.vrnn", Path(place, "text.txt")
        page.write_text(read.characters, encoding="utf-8")
        commands = [["new", project], ["import", project, str(page)], ["train", project, "--steps", "50"]]
        if any(main_of_studio(command) for command in commands):
            return False
        for seed in range(10):
            out = Path(place, f"{seed}.txt")
            if main_of_studio(["generate", project, "--length", "20", "--seed", str(seed), "--out", str(out)]):
                return False
            if not set(out.read_text(encoding="utf-8")) <= set(read.characters) | {"\n"}:
                return False
    return True


def judged(path: Path, check: Check) -> tuple[bool, str]:
    """Whether a file comes in right, and what is said of it."""
    if not path.is_file():
        return False, "not there"
    found = read_materials([path])
    try:
        right = check(found)
    except (ValueError, IndexError, AttributeError) as error:
        return False, f"{type(error).__name__}: {error}"
    return right, " ".join(found.problems)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the cases lie")
    folder = parser.parse_args().folder
    logging.disable(logging.CRITICAL)
    rights = 0
    for name, check in CASES.items():
        right, said = judged(folder / name, check)
        rights += right
        print(f"{'right' if right else 'WRONG'}  {name}{f'  ({said})' if said else ''}")
    others = sorted(p.name for p in folder.iterdir() if p.name not in CASES and p.suffix != ".md")
    for name in others:
        print(f"unjudged  {name}")
    print(f"{rights} of {len(CASES)} are right")
    return 0 if rights == len(CASES) and not others else 1


if __name__ == "__main__":
    sys.exit(main())
