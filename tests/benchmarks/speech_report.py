"""What the judges say of clips whose digits are known: real ones, copies of them, or what a model has said.

    python tests/benchmarks/speech_report.py FOLDER

judges the sound files of a folder whose names begin with a digit (`7_anna_2.wav`) or an English one (`seven_2.wav`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from speech_features import share_voiced
from speech_judge import NOT_SPEECH, Judge, frechet_distance
from spoken_digits import Clip, SpokenDigits, read_clip, spoken_digits

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ENDINGS = (".wav", ".flac", ".ogg")


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.count / self.of

    def __str__(self) -> str:
        low, high = binomtest(self.count, self.of).proportion_ci(method="wilson")
        return f"{100 * self.value:5.1f}%  ({100 * low:.1f} to {100 * high:.1f})"


@dataclass(frozen=True)
class SpeechReport:
    """What the judges say of some clips.

    Attributes:
        recognised: by J1, as the digit that was wanted.
        strictly: by J2, likewise.
        not_speech: by J2.
        voicing: share of loud frames with a clear pitch.
        distance: of Frechet, between these clips and all real training clips.
        seconds: median length of a clip.
    """

    recognised: Share
    strictly: Share
    not_speech: Share
    voicing: float
    distance: float
    seconds: float

    def __str__(self) -> str:
        return "\n".join(
            [
                f"recognised (J1)     {self.recognised}",
                f"recognised (J2)     {self.strictly}",
                f"called non-speech   {self.not_speech}",
                f"voicing             {self.voicing:5.2f}",
                f"Frechet distance    {self.distance:5.2f}",
                f"median length       {self.seconds:5.2f} s",
            ]
        )


class Court:
    """Judges, and the real clips that others are measured against."""

    def __init__(self) -> None:
        self.judge = Judge.trained()
        self.test = spoken_digits(test=True)

    @cached_property
    def _real(self) -> NDArray[np.float64]:
        return self.judge.features(spoken_digits(test=False).clips)

    def report(self, clips: Sequence[Clip], digits: NDArray[np.int64]) -> SpeechReport:
        """Judge clips.

        Args:
            clips: N of them.
            digits: ``[N]``, what each was to say.
        """
        clips = list(clips)
        strict = self.judge.strict_digits(clips)

        def share(flags: NDArray[np.bool_]) -> Share:
            return Share(int(flags.sum()), len(flags))

        return SpeechReport(
            recognised=share(self.judge.digits(clips) == digits),
            strictly=share(strict == digits),
            not_speech=share(strict == NOT_SPEECH),
            voicing=share_voiced(clips),
            distance=frechet_distance(self.judge.features(clips), self._real),
            seconds=float(np.median([len(samples) / rate for samples, rate in clips])),
        )

    @cached_property
    def real(self) -> SpeechReport:
        """Of real test clips: what the figures of others are to be compared with."""
        return self.report(self.test.clips, self.test.digits)


def clips_in(folder: Path) -> SpokenDigits:
    """The sound files below a folder whose names say which digit was asked for."""
    found = [(path, _digit(path.stem)) for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS]
    named = [(path, digit) for path, digit in found if digit is not None]
    return SpokenDigits(
        [read_clip(path) for path, _ in named], np.array([digit for _, digit in named]), [path for path, _ in named]
    )


def _digit(name: str) -> int | None:
    first = name.replace("-", "_").replace(" ", "_").replace(",", "_").split("_")[0].lower()
    if first in WORDS:
        return WORDS.index(first)
    return int(first) if len(first) == 1 and first.isdigit() else None


def main(folder: Path) -> int:
    """Print the report of a folder beside that of real clips."""
    clips = clips_in(folder)
    if not len(clips):
        print(f"{folder}: no sound file whose name begins with a digit", file=sys.stderr)
        return 1
    court = Court()
    print(f"{len(clips)} clips in {folder}:\n{court.report(clips.clips, clips.digits)}")
    print(f"\n{len(court.test)} real ones that the judges have not heard before:\n{court.real}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
