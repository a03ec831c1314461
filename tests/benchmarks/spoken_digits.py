"""The Free Spoken Digit Dataset (Jakobovski and others, CC BY-SA 4.0), where it lies beside the checkout.

As its authors ask, takes 0 to 4 of each speaker and digit are for testing and the others for training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray

Clip: TypeAlias = tuple[NDArray[np.float32], int]
"""Samples ``[N]``, 1 being full scale, and how many there are in a second."""

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT.parent / "shared" / "data" / "fsdd" / "recordings"
TEST_TAKES = 5


@dataclass(frozen=True, eq=False)
class SpokenDigits:
    """Clips of people who say digits, in the order of their file names.

    Attributes:
        clips: N of them.
        digits: ``[N]``, what is said.
        paths: of the files.
    """

    clips: list[Clip]
    digits: NDArray[np.int64]
    paths: list[Path]

    def __len__(self) -> int:
        return len(self.clips)


def spoken_digits(*, test: bool, folder: Path = FOLDER) -> SpokenDigits:
    """The test part, or the training part.

    Raises:
        FileNotFoundError: where the data set is absent.
    """
    paths = list(_paths(folder, test))
    if not paths:
        raise FileNotFoundError(f"no clips in {folder}")
    return SpokenDigits(
        [read_clip(path) for path in paths], np.array([int(path.name[0]) for path in paths], np.int64), paths
    )


def read_clip(path: Path) -> Clip:
    """A sound file as one channel."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return samples.mean(1), rate


def _paths(folder: Path, test: bool) -> Iterator[Path]:
    for path in sorted(folder.glob("[0-9]_*_*.wav")):
        take = int(path.stem.split("_")[2])
        if (take < TEST_TAKES) == test:
            yield path
