"""Drawing with what has been learned: live pens, samples, bounds."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from studio.errors import StudioError
from studio.generation.live import LivePens, Loaded, typical_box
from studio.generation.variance import Variance
from studio.project.file import Project
from studio.project.records import StoredSample
from studio.sequences.material import Drawing
from studio.training.events import Sample
from studio.workbench.background_training import BackgroundTraining
from studio.workbench.collection import counted
from studio.workbench.jobs import Task
from studio.workbench.state import GenerationSettings, Job, RunInfo
from studio.workbench.training import TrainingPart

if TYPE_CHECKING:
    from studio.evaluation.bounds import Bound
    from studio.models.vrnn import VRNN
    from studio.sequences.pen import PenRepresentation


@dataclass(frozen=True)
class Evaluation:
    """How well a run knows some drawings.

    Attributes:
        on: what was measured on, in words.
    """

    run: RunInfo
    on: str
    bound: Bound

    def to_dict(self) -> dict[str, Any]:
        """JSON values: for ``vrnn-studio evaluate --json``."""
        return {"run": self.run.name, "step": self.run.step, "on": self.on, **self.bound.to_dict()}


class GenerationPart(TrainingPart):
    """All of it works while a training goes on, and with the run being trained, too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._live: weakref.WeakSet[LivePens] = weakref.WeakSet()
        self._loaded: tuple[object, Loaded] | None = None  # what it was loaded from
        self._load_lock = threading.Lock()

    def why_not_generate(self, run: int | None = None) -> str:
        """Why nothing can be drawn, in a sentence; "" where it can."""
        if self._open_project is None:
            return "No project is open: create one, or open one."
        if run is None:
            found = self.newest_run()
            return "" if found else "Nothing has been learned yet: train first."
        return "" if self._can_draw(self.run(run)) else "This run has no weights yet: train it, or wait a moment."

    def live(self, settings: GenerationSettings) -> LivePens:
        """Pens that draw now. The caller closes them; several may be open.

        Raises:
            StudioError: see `why_not_generate`.
        """
        run = self._run_to_draw_with(settings.run).id
        pens = LivePens(
            lambda: self._load_model(run),
            count=settings.count,
            length=settings.length,
            seed=settings.seed,
            variance=Variance(settings.latent_variance, settings.output_variance),
            begin=settings.begin,
        )
        self._live.add(pens)
        return pens

    def generate(self, settings: GenerationSettings) -> Job:
        """Draw whole drawings; the job's result is a tuple of them.

        Raises:
            StudioError: see `why_not_generate`.
        """
        run = self._run_to_draw_with(settings.run)

        def draw(task: Task) -> tuple[Drawing, ...]:
            from studio.generation.sampler import generate_drawings

            loaded = self._load_model(run.id)
            drawings = generate_drawings(
                loaded.model,
                loaded.representation,
                count=settings.count,
                length=settings.length,
                variance=Variance(settings.latent_variance, settings.output_variance),
                seed=settings.seed,
                begin=settings.begin,
            )
            return tuple(drawings)

        return self._jobs.start("generate", draw)

    def keep_samples(self, settings: GenerationSettings, drawings: Sequence[Drawing]) -> None:
        """Keep generated drawings in the project, with the settings that made them."""
        run = self._run_to_draw_with(settings.run)
        facts = {
            "step": run.step,
            "seed": settings.seed,
            "length": settings.length,
            "latent_variance": settings.latent_variance,
            "output_variance": settings.output_variance,
        }
        self._project.runs.add_samples(run.id, facts, drawings)

    def samples_kept(self) -> list[StoredSample]:
        """Generated drawings that were kept, oldest first."""
        return self._project.runs.samples()

    def evaluate(
        self,
        run: int | None = None,
        *,
        on: Sequence[Drawing] | None = None,
        bound: Literal["elbo", "iwae"] = "elbo",
        particles: int = 16,
    ) -> Job:
        """Measure a lower bound on the log likelihood; the job's result is an `Evaluation`.

        Args:
            run: None: the newest with weights.
            on: drawings; None: those that the run held back, or the whole collection where it held none back.
            bound: "elbo", or the tighter importance-weighted one.
            particles: samples of z per sequence for the latter.

        Raises:
            StudioError: see `why_not_generate`; or where there is nothing to measure on.
        """
        info = self._run_to_draw_with(run)
        drawings, where = self._measured_on(info, on)

        def measure(task: Task) -> Evaluation:
            from studio.evaluation.bounds import elbo, iwae

            loaded = self._load_model(info.id)
            representation = loaded.representation
            sequences = [representation.encode(drawing) for drawing in drawings]
            offset, units = representation.nats_per_frame_offset, representation.units
            if bound == "iwae":
                found = iwae(loaded.model, sequences, particles, nats_per_frame_offset=offset, units=units)
            else:
                found = elbo(loaded.model, sequences, nats_per_frame_offset=offset, units=units)
            return Evaluation(info, where, found)

        return self._jobs.start("evaluate", measure)

    def _measured_on(self, run: RunInfo, on: Sequence[Drawing] | None) -> tuple[list[Drawing], str]:
        if on is not None:
            drawings, where = list(on), f"{counted(len(on))} from files"
        else:
            held_back = self._project.runs.get(run.id).held_back
            drawings = [item.drawing for item in self.materials("pen") if item.id in held_back]
            where = f"the {counted(len(drawings))} that the run held back"
            if not drawings:
                drawings = [item.drawing for item in self.materials("pen")]
                where = f"the collection, {counted(len(drawings))}, which the run learned from"
        if not drawings:
            raise StudioError("There is nothing to measure on: name files of drawings, or import some.")
        return drawings, where

    def _run_to_draw_with(self, run: int | None) -> RunInfo:
        if why := self.why_not_generate(run):
            raise StudioError(why)
        found = self.newest_run() if run is None else self.run(run)
        assert found is not None
        return found

    def _load_model(self, run: int) -> Loaded:
        """The newest weights of a run, from whatever thread; models are shared, and never changed."""
        training, project = self._background, self._project
        with self._load_lock:
            if training is not None and training.order.run == run and training.sample is not None:
                source: object = training.sample
            else:
                source = (project, run, _kinds(project, run), project.runs.checkpoint_steps(run))
            if self._loaded is None or self._loaded[0] != source:
                if isinstance(source, Sample):
                    assert training is not None
                    model, representation = _model_being_trained(training, source)
                else:
                    model, representation = _model_kept(project, run, alone=training is None)
                drawings = [item.drawing for item in project.collection.items() if item.kind == "pen"]
                self._loaded = source, Loaded(model, representation, typical_box(representation, drawings))
            return self._loaded[1]

    def _close_parts(self) -> None:
        for pens in self._live:
            pens.close()
        super()._close_parts()

    def _forget(self) -> None:
        super()._forget()
        self._loaded = None


def _model_being_trained(training: BackgroundTraining, sample: Sample) -> tuple[VRNN, PenRepresentation]:
    from studio.models.vrnn import build_model
    from studio.training.checkpoints import load_weights

    assert training.representation is not None  # there are no samples before there is one
    model = build_model(training.recipe.model, training.representation.layout)
    load_weights(model, sample.weights)
    return model.eval(), training.representation


def _model_kept(project: Project, run: int, *, alone: bool) -> tuple[VRNN, PenRepresentation]:
    from studio.training.checkpoints import Checkpoint, load_model
    from studio.training.devices import choose_device, use_threads

    stored = project.runs.checkpoint(run, *_kinds(project, run))
    model, representation, recipe = load_model(Checkpoint(stored.weights, stored.meta))
    if alone:  # else the training has chosen
        use_threads(choose_device("cpu", recipe), recipe)
    return model, representation


def _kinds(project: Project, run: int) -> tuple[str, str]:
    # Validation on a few drawings is too noisy to overrule a training that came to its end; only where it had gone on
    # without improving are the best weights the ones wanted.
    return ("best", "last") if project.runs.get(run).status == "early" else ("last", "best")
