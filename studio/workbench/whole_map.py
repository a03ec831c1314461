"""The map of g as a value, and as the contents of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio.errors import StudioError
from studio.generation.live_point import NO_WHOLE
from studio.project.records import MaterialItem
from studio.workbench.state import RunInfo, Weights

if TYPE_CHECKING:
    from studio.evaluation.whole_map import WholeMap
    from studio.generation.loaded import Loaded

MAP_ENDINGS = (".csv", ".npz")
MOST_PIECES = 1000  # of a large collection; more dots nobody tells apart


@dataclass(frozen=True, eq=False)
class Mapped:
    """The map of a run.

    Attributes:
        run: as it was when the map was made.
        step: updates that its weights have had.
        items: the pieces that are on it, in the order of `chart`.
        left_out: how many pieces are not, since there are too many.
        weights: which of the run's were asked for.
    """

    run: RunInfo
    step: int
    items: tuple[MaterialItem, ...]
    chart: WholeMap
    left_out: int
    weights: Weights

    @property
    def names(self) -> list[str]:
        """What each piece is coloured by: its label, and where all have the same, its group."""
        labels = [item.label for item in self.items]
        if len(set(labels)) > 1 or len(set(self.chart.groups.tolist())) == 1:
            return [label or "no label" for label in labels]
        return [f"group {group + 1}" for group in self.chart.groups.tolist()]


def charted(
    items: Sequence[MaterialItem], loaded: Loaded, progress: Callable[[int, int], object] = lambda done, total: None
) -> tuple[tuple[MaterialItem, ...], WholeMap]:
    """The pieces that are on the map of a model, and the map.

    Args:
        items: of the collection, of the model's kind.
        progress: is told how many of them were read, and may end it by raising.

    Raises:
        StudioError: the model has no g, or nothing can be read.
    """
    from studio.evaluation.whole_map import whole_map
    from studio.models.vrnn import has_whole
    from studio.sequences.representations import encoded

    if not has_whole(loaded.model):
        raise StudioError(NO_WHOLE)
    chosen, sequences = [], []
    some = items[:: 1 + (len(items) - 1) // MOST_PIECES]
    for done, item in enumerate(some):
        progress(done, len(some))
        with suppress(StudioError):  # it is damaged, which the collection says where it is shown
            sequences.append(encoded(loaded.representation, item.material))
            chosen.append(item)
    if not chosen:
        raise StudioError("There is nothing on the map: none of the collection can be read.")
    return tuple(chosen), whole_map(loaded.model, sequences, lambda: progress(len(some), len(some)))


def as_file(mapped: Mapped, ending: str) -> bytes:
    """A map as the contents of a file of one of the `MAP_ENDINGS`."""
    return _csv(mapped) if ending == ".csv" else _npz(mapped)


def _csv(mapped: Mapped) -> bytes:
    """A line for each piece: where it lies, and its g."""
    from studio.files.tables import to_csv

    chart, points = mapped.chart, mapped.chart.points
    names = ["item", "label", "group", "x", "y", *(f"g_{number}" for number in range(1, chart.g.shape[1] + 1))]
    rows = (
        [place + 1, item.label, int(chart.groups[place]) + 1, *points[place].tolist(), *chart.g[place].tolist()]
        for place, item in enumerate(mapped.items)
    )
    return to_csv(names, rows)


def _npz(mapped: Mapped) -> bytes:
    """The same as arrays, and the plane: xy = (g - centre) directions^T."""
    from studio.files.arrays import archive_of

    chart = mapped.chart
    return archive_of(
        {
            "g": chart.g,
            "xy": chart.points,
            "group": chart.groups + 1,
            "label": np.array([item.label for item in mapped.items], dtype=np.str_),
            "centre": chart.centre,
            "directions": chart.directions,
            "explained": chart.explained,
        }
    )
