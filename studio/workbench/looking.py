"""Looking inside a run: what goes on in its model while it reads one piece of material, now and on the way there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from studio.errors import StudioError
from studio.sequences.materials import Material, kind_of
from studio.sequences.points import PointsRepresentation
from studio.sequences.sequence import Frames
from studio.workbench.generation import GenerationPart
from studio.workbench.jobs import Task
from studio.workbench.look import ANIMATIONS, LOOK_ENDINGS, Look, Looking
from studio.workbench.state import Job, RunInfo, Weights

if TYPE_CHECKING:
    from studio.models.sequence_model import SequenceModel
    from studio.sequences.representations import AnyRepresentation

LONGEST = 20_000  # frames that are looked at; more of one piece nobody sees on a screen


class LookingPart(GenerationPart):
    """It works while a training goes on, and with the run being trained, too."""

    def why_not_look(self, run: int | None = None) -> str:
        """Why there is nothing to look at, in a sentence; "" where there is."""
        if why := self.why_not_generate(run):
            return why
        kind = self.kind_of(run)
        if self.materials(kind):
            return ""
        return "There is no material for this model to read: draw, record or import some."

    def snapshot_steps(self, run: int) -> tuple[int, ...]:
        """The steps of a run whose weights were kept to look back at."""
        return self._project.runs.snapshot_steps(run)

    def look_inside(
        self,
        run: int | None = None,
        on: int | Material | None = None,
        *,
        steps: Iterable[int] | None = None,
        known: Looking | None = None,
        weights: Weights = None,
    ) -> Looking:
        """Let a run's model read a piece of material, with its weights and those from along the way to them.

        Args:
            run: None: the newest with weights.
            on: an id in the collection, or material; None: the first that the run has not learned from.
            steps: which of `snapshot_steps` to look at besides the present weights; None: all.
            known: of the same run and material: what was seen there of earlier steps is not computed again.
            weights: which of the run's.

        Returns:
            what is filled by its ``job``.

        Raises:
            StudioError: see `why_not_look`, `check_weights`; or the material is of another kind than the run's.
        """
        info = self._run_to_draw_with(run)
        self.check_weights(info.id, weights)
        material, item = self._looked_at(info, on)
        kept = self.snapshot_steps(info.id)
        wanted = sorted(set(kept) if steps is None else set(kept) & set(steps))
        held_back = None if item is None else item in self._project.runs.get(info.id).held_back
        looks = {} if known is None else {step: known.looks[step] for step in wanted if step in known.looks}
        looking = Looking(info, material, item, held_back, tuple(wanted), None, None, 0, looks, Job(0, ""), weights)

        def look(task: Task) -> Looking:
            self._look(task, looking)
            return looking

        looking.job = self._jobs.start("look inside", look)
        return looking

    def export_look(
        self,
        looking: Looking,
        path: Path,
        *,
        step: int | None = None,
        quantity: str = "kl",
        dark: bool = True,
        reconstruction: bool = False,
    ) -> Job:
        """Write what was seen: .png or .svg a picture, .csv the numbers, .gif, .webp or .apng the model learning.

        Args:
            step: which look; None: the present weights.
            quantity: what the colours show, one of `QUANTITIES`.
            dark: slate instead of paper.
            reconstruction: whether to lay it over a drawing.

        Returns:
            a job whose result is the paths written.

        Raises:
            StudioError: another ending, or nothing was seen yet.
        """
        ending = path.suffix.lower()
        if ending not in LOOK_ENDINGS:
            raise StudioError(f"{path.name}: a look inside can be written as {', '.join(LOOK_ENDINGS)}.")
        look = looking.latest if step is None else looking.at(step)
        if look is None:
            raise StudioError("There is nothing to be seen yet: wait a moment, or train a model.")
        if ending in ANIMATIONS and len(looking.looks) < 2:
            raise StudioError(
                "There are no weights from along the way to make an animation of: train with the setting snapshots."
            )

        def write(task: Task) -> tuple[Path, ...]:
            from studio.files.writers import write_page
            from studio.workbench.look_picture import written

            data = written(looking, look, ending, quantity, dark=dark, over=reconstruction)
            return write_page(data, path)

        return self._jobs.start("export", write)

    def _looked_at(self, run: RunInfo, on: int | Material | None) -> tuple[Material, int | None]:
        kind = run.recipe.material
        if on is None:
            if why := self.why_not_look(run.id):
                raise StudioError(why)
            held_back = self._project.runs.get(run.id).held_back
            items = self.materials(kind)
            found = next((item for item in items if item.id in held_back), items[0])
            return found.material, found.id
        material, item = (self.material(on).material, on) if isinstance(on, int) else (on, None)
        if kind_of(material) != kind:
            raise StudioError(f"The run {run.name!r} reads other material than this: choose another run or item.")
        return material, item

    def _look(self, task: Task, looking: Looking) -> None:
        from studio.sequences.representations import encoded
        from studio.training.checkpoints import Checkpoint, load_model

        run, project = looking.run.id, self._project
        loaded = self._load_model(run, looking.weights)
        present = loaded.step
        sequence = encoded(loaded.representation, looking.material)
        looking.left_out = max(0, len(sequence) - LONGEST)
        if looking.left_out:
            times = None if sequence.times is None else sequence.times[:LONGEST]
            sequence = replace(sequence, frames=sequence.frames[:LONGEST], times=times)
        looking.seconds_per_frame = getattr(loaded.representation, "seconds_per_frame", None)
        looking.shown = _decoded(loaded.representation, sequence.frames, looking.material)
        looking.steps = (*(step for step in looking.steps if step < present), present)
        looking.looks.pop(present, None)
        missing = [step for step in reversed(looking.steps) if step not in looking.looks]
        for done, step in enumerate(missing):
            task.progress(done, len(missing))
            model: SequenceModel = loaded.model
            if step != present:
                stored = project.runs.snapshot(run, step)
                model, _, _ = load_model(Checkpoint(stored.weights, stored.meta))
            looking.looks[step] = _seen(task, model, loaded.representation, sequence, step, looking.material)
        task.progress(len(missing), len(missing))


def _seen(
    task: Task, model: SequenceModel, representation: AnyRepresentation, sequence: Any, step: int, material: Material
) -> Look:
    from studio.evaluation.inside import look_inside

    offset = representation.nats_per_frame_offset
    inside = look_inside(model, sequence, nats_per_frame_offset=offset, before_chunk=task.stop_if_cancelled)
    if inside.frames is None or representation.layout.categories:  # what is likeliest at each place is no text
        return Look(step, inside, None)
    frames = inside.frames.copy()
    if getattr(representation, "ends", False):
        frames[:, -1] = sequence.frames[:, -1]  # a reconstruction is as long as what it is one of
    return Look(step, inside, _decoded(representation, frames, material))


def _decoded(representation: AnyRepresentation, frames: Frames, material: Material) -> Material:
    """What frames describe, where the material itself lies."""
    if isinstance(representation, PointsRepresentation):
        return representation.at_the_times_of(cast(Any, material), frames)
    chosen = cast(Any, representation)
    where = (chosen.origin(material),) if hasattr(chosen, "origin") else ()
    found: Material = chosen.decode(frames, material.label, *where)
    return found
