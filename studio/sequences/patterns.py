"""Patterns that put a sequence model to the test: some are regular, some decide, some are noisier here than there.

All are drawn at a constant pace by a pen with a mild jitter: independent noise on every point, which tells nothing of
what is to come. Closed shapes are 2 units high, share their top (0, 1), and set out from it to the right, so that the
pen moves on from one turn into the next without a jump, and a decision taken at the top shows only after it.

The circle-triangle-eight automaton and the eye have a future that cannot be predicted, only sampled: the mean of a
circle and a triangle is neither.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from studio.capacity import refuse_beyond_memory
from studio.errors import StudioError
from studio.sequences.material import Drawing, FloatArray
from studio.sequences.resampling import arc_length

SIZE = 2.0  # units that a closed shape is high; noise is given as a share of it
NOISE = 0.012  # puts the median point 0.8% of the size away from its shape
SECONDS_PER_POINT = 1 / 60
SPIRAL_POINTS = 500  # of each of the two spirals
SPIRAL_MARGIN = 100  # of these at both ends, where no piece begins; so many are a whole piece
CURVE_POINTS = 241  # of the true shapes; 240 steps have one end at every corner of the triangle

Values: TypeAlias = Mapping[str, float]
Curves: TypeAlias = dict[str, FloatArray]
Transitions: TypeAlias = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Parameter:
    """One number that a pattern depends on.

    Attributes:
        name: as in ``draw(..., name=value)``.
        default: its usual value.
        range: the smallest and the largest value.
        meaning: what it is, in a few words for the user.
        whole: whether it must be a whole number.
    """

    name: str
    default: float
    range: tuple[float, float]
    meaning: str
    whole: bool = False


_OF_A_DRAWING, _OF_A_POINT = 500, 16  # bytes, at least


@dataclass(frozen=True, kw_only=True)
class Pattern(ABC):
    """A generator of drawings.

    Attributes:
        name: as in ``vrnn-studio pattern NAME``.
        title: for the user.
        summary: one sentence: what it shows.
        parameters: what can be chosen besides the number of points, the seed and the noise.
        points: a good number of points.
        noise: the usual jitter.
    """

    name: str
    title: str
    summary: str
    parameters: tuple[Parameter, ...]
    points: int = 1024
    noise: float = NOISE

    def draw(self, points: int, seed: int, noise: float | None = None, **parameters: float) -> Drawing:
        """Draw the pattern.

        Args:
            points: how many in all, at least 2; closed shapes go on turn after turn, and end wherever that is.
            seed: the same seed gives the same drawing; not negative.
            noise: standard deviation of the jitter of each coordinate, as a share of the size; None: the usual.
            **parameters: see the attribute of that name.

        Raises:
            StudioError: for an unknown parameter, or a value outside its range.
        """
        values = self.values(parameters)
        jitter = self.noise if noise is None else noise
        if points < 2 or not 0 <= jitter <= 1 or seed < 0:
            raise StudioError(
                f"The pattern {self.name} cannot be drawn with {points} points, noise {jitter:g} and seed {seed}: it "
                "needs at least 2 points, noise between 0 and 1, and a seed that is not negative."
            )
        trace = self._trace(points, seed, values)
        trace = trace + jitter * SIZE * _random(seed, "jitter").standard_normal(trace.shape)
        times = np.arange(points) * SECONDS_PER_POINT
        seen = self._seen(points, seed, values)
        return Drawing.from_points(trace[seen], times=times[seen], label=self.name, y_up=True)

    def values(self, given: Values) -> dict[str, float]:
        """All parameters, those not given at their defaults.

        Raises:
            StudioError: for an unknown parameter, or a value outside its range.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in given.items():
            if name not in known:
                raise StudioError(f"The pattern {self.name} has no parameter {name!r}: it has {', '.join(known)}.")
            low, high = known[name].range
            if not low <= value <= high or (known[name].whole and value != int(value)):
                kind = "a whole number" if known[name].whole else "a number"
                raise StudioError(
                    f"{name} of the pattern {self.name} must be {kind} between {low:g} and {high:g}, not {value:g}."
                )
        return {name: given.get(name, parameter.default) for name, parameter in known.items()}

    @abstractmethod
    def _trace(self, points: int, seed: int, values: Values) -> FloatArray:
        """The drawing without its jitter, ``[points, 2]``."""

    def _seen(self, points: int, seed: int, values: Values) -> NDArray[np.bool_]:
        """Which of its points are observed, ``[points]``: all, or those that the share ``missing`` leaves."""
        random, missing = _random(seed, "gaps"), values.get("missing", 0.0)
        seen: NDArray[np.bool_] = random.random(points) >= missing
        seen[[0, -1]] = True
        return seen


@dataclass(frozen=True, kw_only=True)
class OpenPattern(Pattern):
    """A single line.

    Attributes:
        course: the line, ``(points, random, values) -> [points, 2]``.
    """

    course: Callable[[int, np.random.Generator, Values], FloatArray]

    def _trace(self, points: int, seed: int, values: Values) -> FloatArray:
        return self.course(points, _random(seed, "course"), values)


@dataclass(frozen=True, kw_only=True)
class ClosedPattern(Pattern):
    """Closed shapes, turn after turn, each ending where it began: at the top.

    Attributes:
        curves: the shapes by name, each a dense closed polyline ``[M, 2]``.
        decide: which shape comes next, for ever; it sees nothing but its own past.
        transitions: with what probability each block follows upon each, ``(values) -> {from: {to: probability}}``.
        turns_per_block: how many turns of a shape one decision is for.
        roughness: further noise on the trace, ``(trace, random, values) -> trace``.
    """

    curves: Callable[[Values], Curves]
    decide: Callable[[np.random.Generator, Values], Iterator[str]]
    transitions: Callable[[Values], Transitions]
    turns_per_block: int = 1
    roughness: Callable[[FloatArray, np.random.Generator, Values], FloatArray] | None = None

    def decisions(self, points: int, seed: int, **parameters: float) -> tuple[str, ...]:
        """The shape of every turn of ``draw(points, seed, **parameters)``, the last of which may be incomplete."""
        values = self.values(parameters)
        turns = -(-(points - 1) // int(values["points_per_turn"]))
        return tuple(islice(self.decide(_random(seed, "decisions"), values), turns))

    def shapes(self, **parameters: float) -> Curves:
        """The true shapes by name, each a dense closed polyline ``[M, 2]`` that begins and ends at the top."""
        return self.curves(self.values(parameters))

    def true_transitions(self, **parameters: float) -> Transitions:
        """With what probability each block of `turns_per_block` turns follows upon each, ``{from: {to: ...}}``."""
        return self.transitions(self.values(parameters))

    def _trace(self, points: int, seed: int, values: Values) -> FloatArray:
        per_turn = int(values["points_per_turn"])
        turns = {name: _evenly(curve, per_turn) for name, curve in self.curves(values).items()}
        decisions = self.decisions(points, seed, **values)
        top = next(iter(turns.values()))[-1:]
        trace = np.concatenate([top, *(turns[name] for name in decisions)])[:points]
        if self.roughness is None:
            return trace
        return self.roughness(trace, _random(seed, "course"), values)


def refuse_too_many(count: int, points: int) -> None:
    """Refuse more drawings than there can be room for.

    Args:
        count: how many.
        points: of each.

    Raises:
        StudioError: with the number of bytes.
    """
    size = count * (_OF_A_DRAWING + points * _OF_A_POINT)
    refuse_beyond_memory(size, f"{count:,} times {points:,} points", "ask for fewer, or for fewer points")


def _random(seed: int, purpose: str) -> np.random.Generator:
    # A stream for each purpose: the decisions stay the same whatever the noise and the number of points.
    return np.random.default_rng([seed, ("decisions", "course", "jitter", "gaps").index(purpose)])


def _evenly(curve: FloatArray, count: int) -> FloatArray:
    """So many points evenly spaced along a closed curve, the last of them at its beginning; ``[count, 2]``."""
    travelled = arc_length(curve)
    wanted = np.arange(1, count + 1) / count * travelled[-1]
    return np.stack([np.interp(wanted, travelled, curve[:, 0]), np.interp(wanted, travelled, curve[:, 1])], 1)


def oval(width: float) -> FloatArray:
    """An upright oval as high as every shape, clockwise from the top; ``[M, 2]``. Of width `SIZE` it is a circle."""
    angle = np.linspace(0, 2 * np.pi, CURVE_POINTS)
    return np.stack([width / 2 * np.sin(angle), SIZE / 2 * np.cos(angle)], 1)


def triangle() -> FloatArray:
    """The equilateral triangle in the circle, clockwise from the top; ``[M, 2]``."""
    corners = SIZE / 2 * np.array([[0, 1], [np.sqrt(0.75), -0.5], [-np.sqrt(0.75), -0.5], [0, 1]])
    along = np.linspace(0, 3, CURVE_POINTS)
    return np.stack([np.interp(along, np.arange(4), corners[:, i]) for i in range(2)], 1)


def eight(width: float = 1.0) -> FloatArray:
    """An upright figure eight, from the top to the right; ``[M, 2]``."""
    angle = np.linspace(0, 2 * np.pi, CURVE_POINTS)
    return np.stack([width / 2 * np.sin(2 * angle), SIZE / 2 * np.cos(angle)], 1)


def automaton_transitions(again: float = 1 / 3, eight: float = 1 / 3) -> Transitions:
    """With what probability each block of two turns follows upon each, in the circle-triangle-eight automaton."""
    return {
        "circle": {"circle": 0.0, "triangle": 1.0, "eight": 0.0},
        "triangle": {"circle": 1 - again - eight, "triangle": again, "eight": eight},
        "eight": {"circle": 1.0, "triangle": 0.0, "eight": 0.0},
    }


def _automaton(random: np.random.Generator, values: Values) -> Iterator[str]:
    transitions = automaton_transitions(values["again"], values["eight"])
    block = "circle"
    while True:
        yield from (block, block)
        following = transitions[block]
        block = str(random.choice(list(following), p=list(following.values())))


def _eye_shares(values: Values) -> dict[str, float]:
    return {"wide": 1 - values["thin_share"], "thin": values["thin_share"]}


def _eye(random: np.random.Generator, values: Values) -> Iterator[str]:
    while True:
        yield "thin" if random.random() < values["thin_share"] else "wide"


def _rougher_right(trace: FloatArray, random: np.random.Generator, values: Values) -> FloatArray:
    radius = np.linalg.norm(trace, axis=1)
    deviation = np.where(trace[:, 0] > 0, values["right"], values["left"])
    stretch: FloatArray = 1 + deviation * random.standard_normal(len(trace)) / radius
    rough: FloatArray = trace * stretch[:, None]
    return rough


def _sine(points: int, random: np.random.Generator, values: Values) -> FloatArray:
    periods = np.arange(points) / values["points_per_turn"]
    phase = 2 * np.pi * random.random()
    height = values["height"] / 2 * np.sin(2 * np.pi * periods + phase)
    return np.stack([periods * values["wavelength"], height], 1)


def _spiral(points: int, random: np.random.Generator, values: Values) -> FloatArray:
    dense = np.linspace(0, 1, 64 * int(np.ceil(values["turns"])) + 1)
    sense = -1 if random.random() < values["clockwise"] else 1
    angle = 2 * np.pi * (random.random() + sense * values["turns"] * dense)
    radius = SIZE / 2 * (values["inner"] + (1 - values["inner"]) * dense)
    travelled = arc_length(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    wanted = np.linspace(0, travelled[-1], points)
    angle, radius = np.interp(wanted, travelled, angle), np.interp(wanted, travelled, radius)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def two_spirals(points: int = SPIRAL_POINTS) -> Curves:
    """The two curves that torchdiffeq's example of a latent ODE is about, three turns each; ``[points, 2]``.

    "clockwise" goes out ever faster: r = 15 / a around (-5, 0), as the angle a falls from 6 pi + 1 to 1.
    "counter-clockwise" is the spiral of Archimedes, r = 0.3 a around (5, 0), from 0 to 6 pi.
    """
    angle = np.linspace(0, 6 * np.pi, points)
    falling = 6 * np.pi + 1 - angle
    radius, other = 15 / falling, 0.3 * angle
    return {
        "clockwise": np.stack([radius * np.cos(falling) - 5, radius * np.sin(falling)], 1),
        "counter-clockwise": np.stack([other * np.cos(angle) + 5, other * np.sin(angle)], 1),
    }


def _piece_of_spiral(points: int, random: np.random.Generator, values: Values) -> FloatArray:
    curves = two_spirals()
    curve = curves["clockwise" if random.random() < values["clockwise"] else "counter-clockwise"]
    first = int(random.integers(SPIRAL_MARGIN, SPIRAL_POINTS - SPIRAL_MARGIN))
    # Longer pieces than there is curve are drawn with a finer pen: as many points on what there is.
    index = np.arange(points) if points <= SPIRAL_MARGIN else np.linspace(0, SPIRAL_MARGIN - 1, points)
    places = np.arange(SPIRAL_POINTS)
    return np.stack([np.interp(first + index, places, curve[:, i]) for i in range(2)], 1)


PER_TURN = Parameter("points_per_turn", 32, (12, 256), "points per turn", whole=True)

PATTERNS: dict[str, Pattern] = {
    pattern.name: pattern
    for pattern in (
        OpenPattern(
            name="sine",
            title="Sine wave",
            summary="A wave from left to right, beginning anywhere in its period.",
            parameters=(
                PER_TURN,
                Parameter("wavelength", 4.0, (0.1, 100), "length of a period"),
                Parameter("height", SIZE, (0, 100), "from trough to crest"),
            ),
            course=_sine,
            points=256,
        ),
        ClosedPattern(
            name="eight",
            title="Figure eight",
            summary="An eight drawn over and over: where the lines cross, only memory tells which way to go.",
            parameters=(PER_TURN, Parameter("width", 1.0, (0.1, 4), "width of the eight, which is 2 high")),
            curves=lambda values: {"eight": eight(values["width"])},
            decide=lambda random, values: repeat("eight"),
            transitions=lambda values: {"eight": {"eight": 1.0}},
        ),
        ClosedPattern(
            name="circle-triangle-eight",
            title="Circle, triangle, eight",
            summary="Two circles, two triangles, then at random: two more triangles, two eights, or the circles again.",
            parameters=(
                PER_TURN,
                Parameter("again", 1 / 3, (0, 0.5), "probability that triangles follow upon triangles"),
                Parameter("eight", 1 / 3, (0, 0.5), "probability that eights follow upon triangles"),
            ),
            curves=lambda values: {"circle": oval(SIZE), "triangle": triangle(), "eight": eight()},
            decide=_automaton,
            transitions=lambda values: automaton_transitions(values["again"], values["eight"]),
            turns_per_block=2,
            points=2048,
        ),
        ClosedPattern(
            name="eye",
            title="Eye",
            summary="A wide oval or a thin one, decided anew at the top of each turn.",
            parameters=(
                PER_TURN,
                Parameter("thin_share", 1 / 3, (0, 1), "probability of the thin oval"),
                Parameter("wide", 1.6, (0.1, 4), "width of the wide oval, which is 2 high"),
                Parameter("thin", 0.7, (0.1, 4), "width of the thin oval"),
            ),
            curves=lambda values: {"wide": oval(values["wide"]), "thin": oval(values["thin"])},
            decide=_eye,
            transitions=lambda values: {name: _eye_shares(values) for name in _eye_shares(values)},
        ),
        ClosedPattern(
            name="noisy-oval",
            title="Oval with one noisy side",
            summary="An oval whose right side is rougher than its left: where the pen is tells how sure it is.",
            parameters=(
                PER_TURN,
                Parameter(
                    "left", 0.025, (0, 1), "standard deviation of the radius on the left, of each point by itself"
                ),
                Parameter("right", 0.145, (0, 1), "the same on the right"),
                Parameter("width", 1.6, (0.1, 4), "width of the oval, which is 2 high"),
            ),
            curves=lambda values: {"oval": oval(values["width"])},
            decide=lambda random, values: repeat("oval"),
            transitions=lambda values: {"oval": {"oval": 1.0}},
            roughness=_rougher_right,
            noise=0.0,
        ),
        OpenPattern(
            name="spiral",
            title="Spiral",
            summary="From the inside outwards, clockwise or counter-clockwise, beginning in any direction.",
            parameters=(
                Parameter("turns", 3, (0.25, 100), "turns from the inside to the outside"),
                Parameter("inner", 0.1, (0, 0.95), "where it begins, as a share of its outer radius"),
                Parameter("clockwise", 0.5, (0, 1), "probability that it turns clockwise"),
            ),
            course=_spiral,
            points=100,
            noise=0.005,
        ),
        OpenPattern(
            name="two-spirals",
            title="Pieces of two spirals",
            summary="Noisy pieces of one spiral or another, perhaps with gaps: what a latent ODE was first shown on.",
            parameters=(
                Parameter("clockwise", 0.5, (0, 1), "probability that it is the clockwise one"),
                Parameter("missing", 0.0, (0, 0.95), "share of the points that nobody has seen"),
            ),
            course=_piece_of_spiral,
            points=SPIRAL_MARGIN,
            noise=0.15,
        ),
    )
}
