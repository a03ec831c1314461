"""Does a choice live in z? Trains a recipe on a pattern that decides, and measures at several latent variances.

    python tests/benchmarks/latent_choice.py eye --recipe patterns-latent [--set key=value]... [--seed 1]

Prints one line of JSON, and the line of a table in docs/models.md: shares and transitions at latent variance 0, 0.5
and 1 (output variance 1 throughout) with their intervals, bad turns, wrong counts, the bound on traces held back, and
KL per frame before and after a choice: in eight frames at a time, from two turns before the top at which the choice is
made, with the largest of these means over the mean of all frames.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from studio.assets import resource
from studio.evaluation.bounds import elbo
from studio.evaluation.transitions import TurnStatistics, aligned, classify_turns, pattern_statistics
from studio.generation.sampler import generate_drawings
from studio.generation.variance import Variance
from studio.models.sequence_model import SequenceModel
from studio.sequences.material import Drawing
from studio.sequences.patterns import PATTERNS, ClosedPattern
from studio.sequences.pen import PenRepresentation
from studio.training.events import Stopped
from studio.training.recipe import Recipe
from studio.training.trainer import Trainer

TRAINED_ON, HELD_BACK, POINTS = 120, 12, 1024
TRACES, LONG = 8, 10_000
LATENTS = (0.0, 0.5, 1.0)
BIN, BINS = 8, range(-8, 4)  # frames at a time, from the top at which a choice is made
SETTLED = 64  # frames: the first turns tell which way a trace goes


@dataclass(frozen=True)
class Learned:
    """A model that has learned a pattern."""

    pattern: ClosedPattern
    model: SequenceModel
    representation: PenRepresentation
    held_back: list[Drawing]
    seconds: float


def learn(name: str, recipe: Recipe, seed: int) -> Learned:
    """Train; as the command line does, but for checkpoints."""
    pattern = PATTERNS[name]
    assert isinstance(pattern, ClosedPattern)
    drawings = [pattern.draw(POINTS, seed=1 + i) for i in range(TRAINED_ON + HELD_BACK)]
    representation = PenRepresentation(recipe.representation)
    representation.fit(drawings[:TRAINED_ON])
    sequences = [representation.encode(drawing) for drawing in drawings]
    trainer = Trainer(recipe, representation, sequences[:TRAINED_ON], seed=seed)
    began = time.process_time()
    for event in trainer.events():
        if isinstance(event, Stopped):
            assert event.reason == "finished", event.message
    seconds = time.process_time() - began
    model = trainer.learner.drawn_with.eval()
    return Learned(pattern, model, representation, drawings[TRAINED_ON:], seconds)


def drawn(learned: Learned, latent: float, output: float = 1.0, seed: int = 1) -> TurnStatistics:
    """What it draws, judged by a reader that knows only the true shapes."""
    traces = generate_drawings(
        learned.model,
        learned.representation,
        count=TRACES,
        length=LONG,
        variance=Variance(latent, output),
        seed=seed,
    )
    return pattern_statistics([trace.points for trace in traces], learned.pattern)


def choices(trace: NDArray[np.float64], pattern: ClosedPattern) -> Iterator[int]:
    """The points at which something is decided: every top of the eye; of the automaton, those that end triangles."""
    shapes = pattern.shapes()
    turns = classify_turns(aligned(trace, shapes), shapes)
    if pattern.name == "eye":
        yield from (turn.start for turn in turns)
        return
    for shape, run in groupby(turns, key=lambda turn: turn.shape):
        if shape == "triangle":
            yield from (turn.stop for turn in list(run)[1::2])


def kl_around_choices(learned: Learned) -> tuple[list[float], float]:
    """KL per frame in each of `BINS` around a choice, and over all frames; nats, on the traces held back."""
    everything, around = [], {place: [] for place in BINS}
    for drawing in learned.held_back:
        sequence = learned.representation.encode(drawing)
        x = torch.from_numpy(sequence.frames)[:, None]
        noise = torch.randn(len(x), 1, learned.model.latent, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            terms, _ = learned.model.score(x, torch.ones(len(x), 1), learned.model.initial_state(1), noise)
        kl = terms.kl[:, 0].numpy()
        everything.append(kl[SETTLED:])
        for top in choices(drawing.points, learned.pattern):
            for place, values in around.items():
                first = top + place * BIN
                if first >= SETTLED:
                    values.append(kl[first : first + BIN])
    return [float(np.concatenate(values).mean()) for values in around.values()], float(
        np.concatenate(everything).mean()
    )


def report(learned: Learned) -> dict[str, Any]:
    """All that is measured."""
    found: dict[str, Any] = {"seconds": round(learned.seconds)}
    sequences = [learned.representation.encode(drawing) for drawing in learned.held_back]
    offset = learned.representation.nats_per_frame_offset
    bound = elbo(learned.model, sequences, nats_per_frame_offset=offset)
    found["elbo per frame"] = round(bound.per_frame.mean, 4)
    found["kl per frame"] = round(bound.kl, 4)
    if learned.model.latent:
        profile, mean = kl_around_choices(learned)
        found["kl around choices"] = [round(value, 4) for value in profile]
        found["kl ratio"] = round(max(profile) / max(mean, 1e-9), 2)
    for latent in LATENTS if learned.model.latent else (1.0,):
        found[f"latent {latent:g}"] = judged(drawn(learned, latent), learned.pattern)
    return found


def judged(statistics: TurnStatistics, pattern: ClosedPattern) -> dict[str, Any]:
    """Numbers of one set of traces."""
    found: dict[str, Any] = {
        "bad": round(statistics.bad.value, 4),
        "error %": round(100 * statistics.median_error, 2),
    }
    if pattern.name == "eye":
        share = statistics.shares["thin"]
        return found | {"thin": round(share.value, 4), "interval": [round(v, 3) for v in share.interval()]}
    table = statistics.transitions
    distances = table.total_variation(pattern.true_transitions())
    return found | {
        "wrong counts": round(statistics.wrong_counts.value, 4),
        "row B": dict(zip(table.names, table.probabilities[1].round(3).tolist(), strict=True)),
        "decisions": int(table.counts[1].sum()),
        "total variation": {name: round(value, 3) for name, value in distances.items()},
    }


def line(found: dict[str, Any]) -> str:
    """The line of a try in the tables of docs/models.md."""
    words = [f"`{key} = {value}`" for key, value in found["set"].items()] or [f"`{found['recipe']}`"]
    what = ", ".join(words) + (f", seed {found['seed']}" if found["seed"] != 1 else "")
    drawn_at = [found[f"latent {latent:g}"] for latent in LATENTS if f"latent {latent:g}" in found]
    trained = drawn_at[-1]
    if found["pattern"] == "eye":
        shares = [f"{at['thin']:.3f} [{at['interval'][0]:.3f}, {at['interval'][1]:.3f}]" for at in drawn_at]
        bound = f"{found['elbo per frame']:.3f}, {found['kl per frame']:.3f}"
        cells = [*shares, f"{100 * trained['bad']:.1f}%", f"{trained['error %']:.2f}%", bound]
    else:
        shares = [" / ".join(f"{share:.2f}" for share in at["row B"].values()) for at in drawn_at]
        distance = f"{trained['total variation']['triangle']:.3f} of {trained['decisions']}"
        wrong = f"{100 * trained['wrong counts']:.1f}%, {100 * trained['bad']:.1f}%"
        kl = f"{found['kl per frame']:.3f}, {max(found.get('kl around choices', [0.0])):.3f}"
        cells = [*shares, distance, wrong, kl]
    return f"| {' | '.join([what, *cells])} |"


def main() -> int:
    """Train and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pattern", choices=["eye", "circle-triangle-eight"])
    parser.add_argument("--recipe", default="patterns-latent")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="key=value")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    recipe = Recipe.from_toml(resource("recipes", f"{options.recipe}.toml").read_text(encoding="utf-8"))
    settings = dict(setting.split("=", 1) for setting in options.settings)
    learned = learn(options.pattern, recipe.changed(settings), options.seed)
    said = {"pattern": options.pattern, "recipe": options.recipe, "set": settings, "seed": options.seed}
    found = said | report(learned)
    print(json.dumps(found), flush=True)
    print(line(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
