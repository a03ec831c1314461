"""The map of g: where the pieces of the collection lie for a run, and what lies at a point of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from studio.errors import StudioError
from studio.generation.live_point import NO_WHOLE, LivePoint, Route
from studio.generation.loaded import Loaded
from studio.generation.variance import Variance
from studio.project.records import MaterialItem
from studio.sequences.materials import plural
from studio.workbench.jobs import Task
from studio.workbench.looking import LookingPart
from studio.workbench.state import Job, Weights
from studio.workbench.whole_map import MAP_ENDINGS, Mapped, as_file, charted


class MappingPart(LookingPart):
    """It works while a training goes on, and with the run being trained, too."""

    def why_not_map(self, run: int | None = None) -> str:
        """Why there is no map of g, in a sentence; "" where there is."""
        if why := self.why_not_look(run):
            return why
        found = self._chosen(run)
        return "" if found is not None and found.recipe.model.draws_whole else NO_WHOLE

    def map_whole(self, run: int | None = None, weights: Weights = None) -> Job:
        """Find where the pieces of the collection lie; the job's result is a `Mapped`.

        Args:
            run: None: the newest with weights.
            weights: which of the run's.

        Raises:
            StudioError: see `why_not_map`, `check_weights`.
        """
        if why := self.why_not_map(run):
            raise StudioError(why)
        info = self._run_to_draw_with(run)
        self.check_weights(info.id, weights)

        def find(task: Task) -> Mapped:
            loaded, items = self._load_model(info.id, weights), self.materials(info.recipe.material)
            chosen, chart = charted(items, loaded, task.progress)
            return Mapped(info, loaded.step, chosen, chart, len(items) - len(chosen), weights)

        return self._jobs.start("map g", find)

    def live_point(self, mapped: Mapped) -> LivePoint:
        """Makes what lies at points ``(x, y)`` of a map. The caller closes it."""
        return self._live_on(mapped, lambda _: Route(mapped.chart.labels, mapped.chart.at))

    def why_not_walk(self, items: Sequence[MaterialItem], run: int | None = None) -> str:
        """Why nobody can walk from the first of some pieces to the last, in a sentence; "" where there are just two.

        Args:
            items: of the collection.
            run: None: the newest with weights.
        """
        if why := self.why_not_map(run):
            return why
        kind = self.kind_of(run)
        two = len(items) == 2 and all(item.kind == kind for item in items)
        return "" if two else f"Select two {plural(kind)} in the collection first."

    def live_walk(self, mapped: Mapped, first: MaterialItem, last: MaterialItem) -> LivePoint:
        """Makes what lies between two pieces, at points ``(share,)`` of the walk from 0 to 1. The caller closes it."""

        def route(loaded: Loaded) -> Route:
            from studio.generation.walk import walk_on_map
            from studio.sequences.representations import encoded

            ends = (encoded(loaded.representation, item.material) for item in (first, last))
            return walk_on_map(loaded.model, mapped.chart, *ends)

        return self._live_on(mapped, route)

    def _live_on(self, mapped: Mapped, route: Callable[[Loaded], Route]) -> LivePoint:
        run, preset = mapped.run.id, mapped.run.recipe.generation
        variance = Variance(preset.latent_variance, preset.output_variance)
        return LivePoint(lambda: self._load_model(run, mapped.weights), route, variance)

    def export_map(self, mapped: Mapped, path: Path) -> Job:
        """Write a map as .csv or .npz; the job's result is the paths written.

        Raises:
            StudioError: another ending.
        """
        if path.suffix.lower() not in MAP_ENDINGS:
            raise StudioError(f"{path.name}: a map can be written as {', '.join(MAP_ENDINGS)}.")

        def write(task: Task) -> tuple[Path, ...]:
            from studio.files.writers import write_page

            return write_page(as_file(mapped, path.suffix.lower()), path)

        return self._jobs.start("export", write)
