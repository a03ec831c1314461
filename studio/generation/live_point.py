"""What lies at a point of g, on its map or on a walk, made while somebody moves about: always for the newest alone."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio.errors import StudioError
from studio.generation.variance import Variance
from studio.sequences.material import FloatArray
from studio.sequences.materials import Material
from studio.sequences.representations import DrawingRepresentation

if TYPE_CHECKING:
    from studio.evaluation.whole_map import Place
    from studio.generation.loaded import Loaded

_log = logging.getLogger(__name__)

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


class LivePoint:
    """No method waits for the model; all may be called from any thread. The caller closes it.

    Args:
        load: gives the model; called in the background.
        route: where one moves about; called in the background, once.
        variance: of what is not drawn with a pen: without chance a text repeats itself, and a voice buzzes.
        seed: of all points alike, so that only the place on the map makes a difference.

    Attributes:
        error: one sentence where it cannot go on, else "".
        details: of a mistake in the studio: its traceback.
    """

    def __init__(
        self, load: Callable[[], Loaded], route: Callable[[Loaded], Route], variance: Variance, seed: int = 0
    ) -> None:
        self.error = self.details = ""
        self._load, self._route, self._variance, self._seed = load, route, variance, seed
        self._wake = threading.Condition()
        self._wanted: FloatArray | None = None
        self._found: Found | None = None
        self._busy = self._closed = False
        self._thread = threading.Thread(target=self._run, name="point of the map", daemon=True)
        self._thread.start()

    def ask(self, *point: float) -> None:
        """Make what lies at this point, instead of what was asked for before and is not begun."""
        with self._wake:
            self._wanted = np.array(point)
            self._wake.notify()

    def take(self) -> Found | None:
        """What was found since the last call; None where that is nothing."""
        with self._wake:
            found, self._found = self._found, None
            return found

    @property
    def busy(self) -> bool:
        """Whether anything that was asked for is yet to be taken."""
        with self._wake:
            return not self.error and (self._busy or self._wanted is not None or self._found is not None)

    def close(self) -> None:
        """Make nothing more."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _run(self) -> None:
        try:
            loaded = self._load()
            route = self._route(loaded)
            while (point := self._next()) is not None:
                found = self._made(loaded, route, point)
                with self._wake:
                    self._found, self._busy = found, False
        except StudioError as error:
            self.error = str(error)
        except Exception as error:
            _log.exception("what lies at a point of the map could not be made")
            self.details = traceback.format_exc()
            self.error = f"The map stopped because of a mistake in the studio ({error}): see its log."

    def _next(self) -> FloatArray | None:
        with self._wake:
            self._wake.wait_for(lambda: self._closed or self._wanted is not None)
            point, self._wanted = self._wanted, None
            self._busy = point is not None
            return None if self._closed else point

    def _made(self, loaded: Loaded, route: Route, asked: FloatArray) -> Found:
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
