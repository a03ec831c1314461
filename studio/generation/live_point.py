"""What lies at a point of g, on its map or on a walk, made while somebody moves about: always for the newest alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio.generation.newest import Newest
from studio.generation.variance import Variance
from studio.sequences.material import FloatArray
from studio.sequences.materials import Material
from studio.sequences.representations import DrawingRepresentation

if TYPE_CHECKING:
    from studio.evaluation.whole_map import Place
    from studio.generation.loaded import Loaded

STEADY = Variance(0.0, 0.0)  # of pens: the drawing that is meant there, and nothing by chance
NO_WHOLE = (
    "This model draws no latent variable g of the whole piece, so there is no map, and no walk from one piece to "
    "another: train with the recipe pens, or with model.whole above 0."
)
LONGEST = 400  # frames: more would hold up who moves about


@dataclass(frozen=True, eq=False)
class Route:
    """Where one moves about.

    Attributes:
        labels: of each group of the prior, "" where labels do not tell.
        place: what lies at a point, such as ``[2]`` of a map or ``[1]`` of a walk.
        remark: a sentence on it; "" where there is nothing to be said.
    """

    labels: tuple[str, ...]
    place: Callable[[FloatArray], Place]
    remark: str = ""


@dataclass(frozen=True, eq=False)
class Found:
    """What lies at a point.

    Attributes:
        asked: the point that was asked for.
        point: where on the map it was made for; nearer to the others, where that was too far out.
        label: of the group that lies there; "" where labels do not tell.
        material: None where the model makes nothing there.
        box, y_up: where its drawings typically lie, so that nothing jumps from one to the next.
        remark: a sentence on the route.
    """

    asked: FloatArray
    point: FloatArray
    label: str
    material: Material | None
    box: tuple[FloatArray, FloatArray]
    y_up: bool | None
    remark: str = ""


class LivePoint(Newest[Sequence[float], Found]):
    """Asked for points, each time that somebody has moved.

    Args:
        load: gives the model; called in the background.
        route: where one moves about; called in the background, once.
        variance: of what is not drawn with a pen: without chance a text repeats itself, and a voice buzzes.
        seed: of all points alike, so that only the place on the map makes a difference.
    """

    _what = "map"

    def __init__(
        self, load: Callable[[], Loaded], route: Callable[[Loaded], Route], variance: Variance, seed: int = 0
    ) -> None:
        self._find_route, self._variance, self._seed = route, variance, seed
        self._route: Route | None = None  # found by the thread
        super().__init__(load)

    def _make(self, loaded: Loaded, asked: Sequence[float]) -> Found:
        if self._route is None:
            self._route = self._find_route(loaded)
        return self._drawn_at(loaded, self._route, np.array(asked))

    def _drawn_at(self, loaded: Loaded, route: Route, asked: FloatArray) -> Found:
        from studio.generation.sampler import generate_any

        place = route.place(asked)
        representation, label = loaded.representation, route.labels[place.group]
        pens = isinstance(representation, DrawingRepresentation)
        made = generate_any(
            loaded.model,
            representation,
            count=1,
            length=min(representation.typical_length, LONGEST),
            variance=STEADY if pens else self._variance,
            seed=self._seed,
            label=label,
            whole=place.g,
        )
        y_up = representation.y_up if isinstance(representation, DrawingRepresentation) else None
        return Found(asked, place.point, label, made[0] if made else None, loaded.box, y_up, route.remark)
