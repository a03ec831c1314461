"""Does a training end where it is best on what is held back? One line for each recipe, material and seed.

    python tests/benchmarks/held_back.py [--try RECIPE:SAMPLE[:PIECES]]... [--seed 1]... [--set key=value]...

A sample is one of the collections that ship with the studio, or a pattern, of which 120 traces of 1024 points are
drawn; of PIECES, only the first so many pieces are learned from. Told of the negative bound on what is held back, in
nats a frame: its least and at which step, its end, end minus least, that as a share of the range of the curve, and of
which step the weights are that the run uses afterwards. A curve passes where its end lies at most 0.3 nats, or 5% of
its range, above its least.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from studio.sequences.patterns import PATTERNS
from studio.workbench import Workbench

USUAL = ("text:harbour", "roll:canons", "roll:rhythms", "roll:arpeggios", "speech:speech", "patterns:eye")
SPEECH = Path(__file__).parent.parent.parent / "sample_data" / "speech"
TRACES, POINTS = 120, 1024
MOST_NATS, MOST_SHARE = 0.3, 0.05


@dataclass(frozen=True)
class Curve:
    """The negative bound on what is held back, in nats a frame, over the steps at which it was measured."""

    steps: Sequence[int]
    values: Sequence[float]

    @property
    def least(self) -> int:
        """The place of its least value."""
        return int(np.argmin(self.values))

    @property
    def rise(self) -> float:
        """Its end minus its least, in nats a frame."""
        return float(self.values[-1] - self.values[self.least])

    @property
    def rise_share(self) -> float:
        """The same as a share of what the curve fell from its beginning to its least."""
        fell = float(self.values[0] - self.values[self.least])
        return self.rise / fell if fell > 0 else float(self.rise > 0)

    @property
    def passes(self) -> bool:
        """Whether it ends where it is best, all but exactly."""
        return self.rise <= MOST_NATS or self.rise_share <= MOST_SHARE


def fill(bench: Workbench, sample: str, pieces: int | None, folder: Path) -> None:
    """Open a new project with so many pieces of a sample."""
    project = folder / f"{sample}.vrnn"
    if sample in PATTERNS:
        bench.new(project)
        for seed in range(TRACES if pieces is None else pieces):
            bench.add_drawing(PATTERNS[sample].draw(POINTS, seed=1 + seed))
        return
    if sample == SPEECH.name:
        bench.new(project)
        bench.wait(bench.import_paths([SPEECH]))
    else:
        bench.open_sample(sample, project)
    if pieces is not None:
        bench.delete([item.id for item in bench.materials()[pieces:]])


def trained(bench: Workbench, recipe: str, seed: int, settings: dict[str, str]) -> Curve | None:
    """Train in the open project; what was measured on the way, None where nothing was held back."""
    run = bench.train(bench.recipe(recipe).changed(settings), seed=seed)
    while bench.training.phase != "idle":
        time.sleep(0.1)
        bench.poll()
    print(f"  {bench.training.message}", flush=True)
    found = bench.metrics(run).get("validation.loss")
    return None if found is None else Curve(*found)


def report(what: str, seed: int, settings: dict[str, str]) -> bool:
    """Train once and print the line; whether the curve passes."""
    recipe, sample, *more = what.split(":")
    pieces = int(more[0]) if more else None
    began = time.process_time()
    with TemporaryDirectory() as folder:
        bench = Workbench(remember=False)
        try:
            fill(bench, sample, pieces, Path(folder))
            count = len(bench.materials())
            curve = trained(bench, recipe, seed, settings)
        finally:
            bench.close()
    seconds = time.process_time() - began
    name = f"{recipe:16s} {sample:22s} {count:4d} pieces  seed {seed}"
    if curve is None:
        print(f"{name}  nothing is held back  {seconds:.0f} s", flush=True)
        return False
    print(
        f"{name}  least {curve.values[curve.least]:8.3f} at {curve.steps[curve.least]:5d}  "
        f"end {curve.values[-1]:8.3f} at {curve.steps[-1]:5d}  rise {curve.rise:6.3f} ({curve.rise_share:5.1%})  "
        f"{'passes' if curve.passes else 'FAILS'}  {seconds:.0f} s",
        flush=True,
    )
    return curve.passes


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--try", dest="tries", action="append", metavar="RECIPE:SAMPLE[:PIECES]")
    parser.add_argument("--seed", dest="seeds", action="append", type=int)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="key=value")
    arguments = parser.parse_args()
    settings = dict(setting.split("=", 1) for setting in arguments.settings)
    passed = [report(what, seed, settings) for what in arguments.tries or USUAL for seed in arguments.seeds or [1]]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
