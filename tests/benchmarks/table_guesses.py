"""How often it is told right, of real drawings as arrays without names, whether they are offsets and what their pen is.

    python tests/benchmarks/table_guesses.py ../shared/data

Each drawing becomes tables ``[N, 3]``: as positions, as offsets, as positions about 0, and with a pen that is down.
They are read one by one, and twenty at a time as in a file of many.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from studio.errors import StudioError
from studio.files.raw_table import RawTable
from studio.files.readers import FORMATS
from studio.files.readings import readings
from studio.files.source import Source
from studio.files.table_options import AS_FOUND
from studio.sequences.material import Drawing

MOST = 400
SOURCES = (
    *("sketchrnn/omniglot.npz", "sketchrnn/short_kanji.npz", "omniglot/data_background_small1.mat"),
    *("quickdraw/*.ndjson", "quickdraw_raw/*.ndjson"),
)


def drawings(folder: Path, pattern: str) -> list[Drawing]:
    """The first drawings, of all files alike."""

    def each() -> Iterator[Drawing]:
        for path in sorted(folder.glob(pattern)):
            yield from islice(FORMATS[path.suffix].read(Source.open(path)), 40 if "*" in pattern else MOST)

    return [drawing for drawing in islice(each(), MOST) if len(drawing) > 5]


def tables(drawing: Drawing) -> dict[str, np.ndarray]:
    points, pen = drawing.points, drawing.pen_up[:, None].astype(float)
    return {
        "positions": np.hstack([points, pen]),
        "offsets": np.hstack([np.diff(points, axis=0, prepend=np.zeros((1, 2))), pen]),
        "positions about 0": np.hstack([points - points.mean(0), pen]),
        "positions, pen down": np.hstack([points, 1 - pen]),
    }


def share(found: list[np.ndarray], name: str, together: int) -> float:
    """How many are read as what they are."""
    groups = [found[i : i + together] for i in range(0, len(found) - together + 1, together)]
    return sum(_is_right(group, name) for group in groups) / max(1, len(groups))


def _is_right(group: list[np.ndarray], name: str) -> bool:
    def refuse(what: str, row: int | None) -> StudioError:
        return StudioError(what)

    try:
        reading = readings([RawTable(table) for table in group], AS_FOUND, refuse)[0]
    except StudioError:
        return False
    return (
        reading.offsets == (name == "offsets") and reading.pen_down == name.endswith("down") and reading.index("x") == 0
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("| drawings | as | alone | twenty together |\n| --- | --- | --: | --: |")
    for pattern in SOURCES:
        made = [tables(drawing) for drawing in drawings(folder, pattern)]
        for name in made[0] if made else ():
            found = [each[name] for each in made]
            print(
                f"| {len(found)} of {pattern} | {name} | {share(found, name, 1):.1%} | {share(found, name, 20):.0%} |"
            )


if __name__ == "__main__":
    main()
