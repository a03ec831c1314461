"""Drawing, speaking and writing with what has been learned: live pens, voices and texts, samples, bounds."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from studio.errors import StudioError
from studio.generation.alive import Alive
from studio.generation.backdrop import Extrapolation
from studio.generation.futures import Futures
from studio.generation.live import LivePens, typical_box
from studio.generation.live_roll import LiveRoll
from studio.generation.live_text import LiveText
from studio.generation.live_voice import LiveVoice
from studio.generation.loaded import Loaded
from studio.models.libraries import load_libraries
from studio.project.file import Project
from studio.project.records import StoredSample, Unread, readable
from studio.sequences.characters import CharacterRepresentation
from studio.sequences.labels import Vocabulary, read_vocabulary
from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material, counted, kind_of, plural
from studio.sequences.recording import Recording
from studio.sequences.representations import DrawingRepresentation
from studio.sequences.roll import Roll
from studio.sequences.sequence import Sequence as FrameSequence
from studio.sequences.text import Text
from studio.training.events import Sample
from studio.training.few_pieces import first_held_back
from studio.training.recipe import GenerationPreset, Recipe
from studio.workbench.background_training import BackgroundTraining
from studio.workbench.jobs import Task
from studio.workbench.state import GenerationSettings, Job, RunInfo, Weights
from studio.workbench.training import DEFAULT_RECIPES
from studio.workbench.weights import Kept, WeightsPart
from studio.workbench.whole_map import charted

if TYPE_CHECKING:
    from studio.evaluation.bounds import Bound


_BOX_DRAWINGS = 500  # are read to find where drawings lie

L = TypeVar("L", LivePens, LiveVoice, LiveText, LiveRoll)


@dataclass(frozen=True)
class Evaluation:
    """How well a run knows some material.

    Attributes:
        run: with the step whose weights were measured.
        on: what was measured on, in words.
        bits_per_sample: what the bound makes of a sample of a recording, None where frames are not samples.
        bits_per_character: likewise of a character of a text.
        unrepresented, of: how many characters, or frames of notes, the model cannot represent, and of how many.
        left_out: a sentence on them, without a full stop; "" where there are none.
    """

    run: RunInfo
    on: str
    bound: Bound
    bits_per_sample: float | None = None
    bits_per_character: float | None = None
    unrepresented: int = 0
    of: int = 0
    left_out: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON values: for ``vrnn-studio evaluate --json``."""
        found = {"bits_per_sample": self.bits_per_sample, "bits_per_character": self.bits_per_character}
        bits: dict[str, Any] = {name: value for name, value in found.items() if value is not None}
        if self.left_out:
            bits |= {
                "unrepresented": self.unrepresented,
                "unrepresented_of": self.of,
                "unrepresented_note": self.left_out,
            }
        return {"run": self.run.name, "step": self.run.step, "on": self.on, **self.bound.to_dict(), **bits}


class GenerationPart(WeightsPart):
    """All of it works while a training goes on, and with the run being trained, too."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._live: weakref.WeakSet[LivePens | LiveVoice | LiveText | LiveRoll | Futures] = weakref.WeakSet()
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

    def kind_of(self, run: int | None = None) -> Kind:
        """The kind of material that a run has learned from and makes; None: the newest with weights.

        Raises:
            StudioError: there is no such run.
        """
        return self._run_to_draw_with(None).recipe.material if run is None else self.run(run).recipe.material

    def labels_of(self, run: int | None = None) -> tuple[str, ...]:
        """What a run can be asked for, sorted: all that the labels name that it was told of.

        Raises:
            StudioError: see `why_not_generate`.
        """
        return self._vocabulary(self._run_to_draw_with(run).id).tags

    def preset_of(self, run: int | None = None) -> GenerationPreset:
        """The variance that a run's recipe begins with; None: the newest with weights.

        Raises:
            StudioError: there is no such run.
        """
        return (self._run_to_draw_with(None) if run is None else self.run(run)).recipe.generation

    def has_latent(self, run: int | None = None) -> bool:
        """Whether the model of a run has a latent variable, whose variance can be moved.

        Args:
            run: None: the newest with weights; as long as there is none, it may have one.

        Raises:
            StudioError: there is no such run.
        """
        found = self.newest_run() if run is None else self.run(run)
        return found is None or found.recipe.model.has_latent

    def live(self, settings: GenerationSettings) -> LivePens:
        """Pens that draw now. The caller closes them; several may be open.

        Raises:
            StudioError: see `why_not_generate`; or the run does not draw, or knows no such label.
        """
        return self._come_alive(
            LivePens, "pen", Drawing, settings, count=settings.count, length=settings.length, ends=settings.between
        )

    def live_voice(self, settings: GenerationSettings) -> LiveVoice:
        """A voice that speaks now: ``Player.stream(voice.read, voice.rate)`` once it is `ready`. The caller closes it.

        Raises:
            StudioError: see `why_not_generate`; or the run does not speak, or knows no such label.
        """
        return self._come_alive(LiveVoice, "audio", Recording, settings, seconds=settings.seconds)

    def live_roll(self, settings: GenerationSettings) -> LiveRoll:
        """Music that is made now: ``Player.stream(roll.read, roll.rate)`` once it is `ready`. The caller closes it.

        Raises:
            StudioError: see `why_not_generate`; or the run plays no notes, or knows no such label.
        """
        return self._come_alive(LiveRoll, "roll", Roll, settings, seconds=settings.seconds)

    def live_text(self, settings: GenerationSettings) -> LiveText:
        """A text that is being written now. The caller closes it; several may be open.

        Raises:
            StudioError: see `why_not_generate`; or the run does not write, or knows no such label.
        """
        return self._come_alive(LiveText, "text", Text, settings, length=settings.length)

    def alive(self, settings: GenerationSettings) -> Alive:
        """Whichever of these the run can: it draws, speaks, plays or writes. The caller closes it.

        Raises:
            StudioError: see `why_not_generate`; or the run knows no such label.
        """
        makes: dict[Kind, Callable[[GenerationSettings], Alive]] = {
            "pen": self.live,
            "audio": self.live_voice,
            "roll": self.live_roll,
            "text": self.live_text,
        }
        return makes[self.kind_of(settings.run)](settings)

    def futures(self, settings: GenerationSettings, frames: int) -> Futures:
        """Where a pen may go that a person moves, so many frames ahead. The caller closes it.

        Raises:
            StudioError: see `why_not_foresee`; or the run knows no such label.
        """
        if why := self.why_not_foresee(settings.run):
            raise StudioError(why)
        run = self._run_for(settings, "pen")
        found = Futures(
            lambda: self._load_model(run, settings.weights),
            frames,
            variance=settings.variance,
            seed=settings.seed,
            label=settings.label,
        )
        self._live.add(found)
        return found

    def _come_alive(
        self, live: Callable[..., L], kind: Kind, begins_with: type[Material], settings: GenerationSettings, **more: Any
    ) -> L:
        run = self._run_for(settings, kind)
        found = live(
            lambda: self._load_model(run, settings.weights),
            seed=settings.seed,
            variance=settings.variance,
            begin=settings.begin if isinstance(settings.begin, begins_with) else None,
            label=settings.label,
            **more,
        )
        self._live.add(found)
        return found

    def generate(self, settings: GenerationSettings) -> Job:
        """Make whole pieces of what the run has learned from; the job's result is a tuple of them.

        Raises:
            StudioError: see `why_not_generate`.
        """
        run = self._run_to_draw_with(settings.run)
        _check_beginning(settings, run)
        self.check_weights(run.id, settings.weights)
        return self._jobs.start("generate", self._maker(run, settings))

    def _maker(self, run: RunInfo, settings: GenerationSettings) -> Callable[[Task], tuple[Material, ...]]:
        """What a job does to make them."""

        def make(task: Task) -> tuple[Material, ...]:
            from studio.generation.sampler import generate_drawings, generate_sounds, generate_texts

            loaded = self._load_model(run.id, settings.weights)
            wanted: dict[str, Any] = {
                "count": settings.count,
                "length": settings.length,
                "variance": settings.variance,
                "seed": settings.seed,
                "begin": settings.begin,
                "label": settings.label,
            }
            if settings.at is not None:
                _, chart = charted(self.materials(run.recipe.material), loaded, task.progress)
                place = chart.at(settings.at)
                wanted |= {"whole": place.g, "label": chart.labels[place.group]}
            if run.recipe.material == "pen":
                _say_where_not_alike(task, loaded, settings)
                return tuple(generate_drawings(loaded.model, loaded.pens, ends=settings.between, **wanted))
            if run.recipe.material == "text":
                return tuple(generate_texts(loaded.model, loaded.characters, **wanted))
            representation: Any = loaded.rolls if run.recipe.material == "roll" else loaded.speech
            if settings.seconds is not None:
                wanted["length"] = max(1, round(settings.seconds / representation.seconds_per_frame))
            return tuple(generate_sounds(loaded.model, representation, **wanted))

        return make

    def why_not_begin(self, run: int | None = None) -> str:
        """Why a run cannot go on from a beginning, in a sentence; "" where it can, or where nothing can be drawn."""
        found = self._chosen(run)
        if found is None or found.recipe.model.goes_on:
            return ""
        return "This model makes a drawing in one piece, and cannot go on from a beginning."

    def why_not_foresee(self, run: int | None = None) -> str:
        """Why a run cannot say where a pen may go, in a sentence; "" where it can."""
        if why := self.why_not_generate(run) or self.why_not_begin(run):
            return why
        found = self._chosen(run)
        if found is not None and found.recipe.representation.__struct_config__.tag == "pen":
            return ""
        return "This model cannot say where a pen may go: choose a run that draws with a pen."

    def why_not_between(self, run: int | None = None) -> str:
        """Why a run cannot lead from one drawing to another, in a sentence; "" where it can."""
        if why := self.why_not_generate(run):
            return why
        found = self._chosen(run)
        if found is not None and found.recipe.model.one_latent:
            return ""
        return (
            "The model of this run has no latent variable for a whole drawing: train with the recipe pens, a static "
            "VAE or a latent ODE."
        )

    def why_not_extrapolate(self, run: int | None = None) -> str:
        """Why a run cannot tell of a curve before and after its points, in a sentence; "" where it can."""
        if why := self.why_not_generate(run):
            return why
        found = self._chosen(run)
        if found is not None and found.recipe.model.extrapolates:
            return ""
        return "The model of this run tells only of what follows, point after point: train a latent ODE."

    def extrapolate(
        self,
        drawing: Drawing,
        run: int | None = None,
        *,
        before: float = 0.5,
        after: float = 0.5,
        weights: Weights = None,
    ) -> Job:
        """The curve that points lie on, and how it goes on beyond them; the job's result is an `Extrapolation`.

        Args:
            drawing: the points, with their times.
            run: None: the newest with weights.
            before: how far back beyond the first point, as a share of the time from the first to the last.
            after: likewise beyond the last.
            weights: which of the run's.

        Raises:
            StudioError: see `why_not_extrapolate`, `check_weights`.
        """
        if why := self.why_not_extrapolate(run):
            raise StudioError(why)
        info = self._run_to_draw_with(run)
        self.check_weights(info.id, weights)

        def follow(task: Task) -> Extrapolation:
            from studio.generation.continuous import extrapolated

            loaded = self._load_model(info.id, weights)
            return extrapolated(cast(Any, loaded.model), cast(Any, loaded.representation), drawing, before, after)

        return self._jobs.start("extrapolate", follow)

    def copy_synthesis(
        self, what: Sequence[int] | Recording | Sequence[Recording], recipe: Recipe | str | None = None
    ) -> Job:
        """Encode and decode recordings, without a model: what a representation alone costs.

        Args:
            what: recordings, or ids of such in the collection.
            recipe: whose representation; None: the default one for recordings.

        Returns:
            a job whose result is a tuple of recordings, as long as those given, in their order.

        Raises:
            StudioError: an id of something else, or a recipe for other material.
        """
        given: list[int | Recording] = [what] if isinstance(what, Recording) else list(what)
        found = [one if isinstance(one, Recording) else self._item(one, "audio") for one in given]
        chosen = self.recipe(recipe or DEFAULT_RECIPES["audio"]) if not isinstance(recipe, Recipe) else recipe
        if chosen.material != "audio":
            raise StudioError(f"The recipe {chosen.name!r} is not for recordings: choose one that is.")

        def copy(task: Task) -> tuple[Recording, ...]:
            from studio.sequences.recording import at_rate
            from studio.sequences.representations import fitted
            from studio.sequences.speech.representation import SpeechRepresentation

            recordings = [one if isinstance(one, Recording) else one.recording for one in found]
            speech = fitted(chosen.representation, recordings)
            assert isinstance(speech, SpeechRepresentation)
            copies = []
            for number, recording in enumerate(recordings, 1):
                copy = speech.decode(speech.encode(recording).frames, recording.label)
                copies.append(copy.cut(0, len(at_rate(recording, speech.rate))))
                task.progress(number, len(recordings))
            return tuple(copies)

        return self._jobs.start("copy synthesis", copy)

    def keep_samples(self, settings: GenerationSettings, materials: Sequence[Material]) -> None:
        """Keep generated drawings or recordings in the project, with the settings that made them."""
        run = self._run_to_draw_with(settings.run)
        facts: dict[str, Any] = {
            "step": self._present_step(run.id, settings.weights),
            "seed": settings.seed,
            "length": settings.length,
            "latent_variance": settings.latent_variance,
            "output_variance": settings.output_variance,
        }
        if settings.label:
            facts["label"] = settings.label
        if settings.seconds is not None:
            facts["seconds"] = settings.seconds
        apart = {"whole_variance": settings.whole_variance, "step_variance": settings.step_variance}
        facts |= {name: value for name, value in apart.items() if value is not None}
        if settings.at is not None:
            facts["at"] = list(settings.at)
        self._project.runs.add_samples(run.id, facts, materials)

    def samples_kept(self) -> list[StoredSample]:
        """Generated drawings and recordings that were kept, oldest first."""
        return self._project.runs.samples()

    def evaluate(
        self,
        run: int | None = None,
        *,
        on: Sequence[Material] | None = None,
        bound: Literal["elbo", "iwae"] = "elbo",
        particles: int = 16,
        weights: Weights = None,
    ) -> Job:
        """Measure a lower bound on the log likelihood; the job's result is an `Evaluation`.

        Args:
            run: None: the newest with weights.
            on: material; None: what the run held back, or all that it could learn from where it held
                none back.
            bound: "elbo", or the tighter importance-weighted one.
            particles: samples of z per sequence for the latter.
            weights: which of the run's.

        Raises:
            StudioError: see `why_not_generate`, `check_weights`; or where there is nothing to measure on.
        """
        info = self._run_to_draw_with(run)
        self.check_weights(info.id, weights)
        materials, where = self._measured_on(info, on)

        def measure(task: Task) -> Evaluation:
            from studio.evaluation.bounds import elbo, iwae
            from studio.evaluation.unrepresented import unrepresented
            from studio.sequences.representations import encoded
            from studio.sequences.speech.representation import SpeechRepresentation

            loaded = self._load_model(info.id, weights)
            measured = replace(info, step=loaded.step)
            representation = loaded.representation
            sequences = [encoded(representation, material) for material in materials]
            if on is None and self._holds_ends_back(info.id):
                sequences = ends_of(sequences)
            left_out = unrepresented(representation, materials, sequences)
            told: dict[str, Any] = {
                "nats_per_frame_offset": representation.nats_per_frame_offset,
                "units": representation.units,
                "beside": left_out.nats,
            }
            if bound == "iwae":
                found = iwae(loaded.model, sequences, particles, **told)
            else:
                found = elbo(loaded.model, sequences, **told)
            nats, said = -found.per_frame.mean, left_out.sentence
            result = Evaluation(measured, where, found, unrepresented=left_out.count, of=left_out.total, left_out=said)
            if isinstance(representation, SpeechRepresentation):
                return replace(result, bits_per_sample=representation.bits_per_sample(nats))
            if isinstance(representation, CharacterRepresentation):
                return replace(result, bits_per_character=representation.bits_per_character(nats))
            return result

        return self._jobs.start("evaluate", measure)

    def _measured_on(self, run: RunInfo, on: Sequence[Material] | None) -> tuple[Sequence[Material], str]:
        kind = run.recipe.material
        if on is not None:
            materials, where = on, f"{counted(len(on), (kind,))} from files"
        else:
            held_back = self._project.runs.get(run.id).held_back
            if kind == "text" and (ends := self._last_parts(run)):
                return ends, f"the last {run.recipe.training.validation:.0%} of what the run learned from"
            if self._holds_ends_back(run.id) and (items := self.materials(kind)):
                what = counted(len(items), (kind,))
                return Unread(items), f"the ends of the collection's {what}, which the run held back"
            materials = Unread(item for item in self.materials(kind) if item.id in held_back)
            where = f"the {counted(len(materials), (kind,))} that the run held back"
            if not materials:
                materials = Unread(self.materials(kind))
                where = f"the collection, {counted(len(materials), (kind,))}, which the run learned from"
        if not materials:
            what = plural(kind)
            raise StudioError(f"There is nothing to measure on: name files of {what}, or import some.")
        return materials, where

    def _holds_ends_back(self, run: int) -> bool:
        """Whether a run measures on the ends of pieces, since it had too few to hold one of them back."""
        if not self._project.runs.checkpoint_steps(run):  # it is being trained, and was not saved yet
            return False
        return bool(self._project.runs.checkpoint_meta(run, *_KINDS).get("ends_held_back"))

    def _last_parts(self, run: RunInfo) -> list[Material]:
        """What a run held back of texts that go on and on; nothing where texts end, or nothing was held back."""
        from studio.training.checkpoints import read_meta

        _, representation = read_meta(self._project.runs.checkpoint_meta(run.id, *_KINDS))
        share = run.recipe.training.validation
        if not representation.endless:
            return []
        parts = (item.text.parted(share)[1] for item in self.materials("text"))
        return [part for part in parts if part is not None]

    def _chosen(self, run: int | None) -> RunInfo | None:
        return self.newest_run() if run is None else self.run(run)

    def _run_to_draw_with(self, run: int | None) -> RunInfo:
        if why := self.why_not_generate(run):
            raise StudioError(why)
        found = self._chosen(run)
        assert found is not None
        return found

    def _run_for(self, settings: GenerationSettings, kind: Kind) -> int:
        """The run to draw or speak with, once it is clear that it does and knows the label."""
        run = self._run_to_draw_with(settings.run)
        if run.recipe.material != kind:
            learned = plural(run.recipe.material)
            raise StudioError(f"The run {run.name!r} has learned from {learned}: choose another run.")
        _check_beginning(settings, run)
        self.check_weights(run.id, settings.weights)
        if settings.label:
            self._vocabulary(run.id).completed(settings.label, 1, 0)
        return run.id

    def _vocabulary(self, run: int) -> Vocabulary:
        training = self._background
        if training is not None and training.order.run == run and training.sample is not None:
            return training.vocabulary
        return read_vocabulary(self._project.runs.checkpoint_meta(run, *_KINDS))

    def _load_model(self, run: int, weights: Weights = None) -> Loaded:
        """Weights of a run, from whatever thread; models are shared, and never changed."""
        training, project = self._background, self._project
        load_libraries()
        with self._load_lock:
            found = self._found_weights(run, weights)
            source = found if isinstance(found, Sample) else (project, run, found)
            if self._loaded is None or self._loaded[0] != source:
                if isinstance(found, Sample):
                    assert training is not None
                    loaded = _model_being_trained(training, found)
                else:
                    loaded = _model_kept(project, run, found, alone=training is None)
                self._loaded = source, _with_box(loaded, project)
            return self._loaded[1]

    def _present_step(self, run: int, weights: Weights = None) -> int:
        """Updates that the weights that a run is used with have had."""
        return self._found_weights(run, weights).step

    def _close_parts(self) -> None:
        for live in self._live:
            live.close()
        super()._close_parts()

    def _forget(self) -> None:
        super()._forget()
        self._loaded = None


def ends_of(sequences: Sequence[FrameSequence]) -> list[FrameSequence]:
    """What was held back of few pieces; of those that are too short to be parted, all."""
    ends = ((one, first_held_back(len(one))) for one in sequences)
    return [one.cut(first) if first < len(one) else one for one, first in ends]


def _check_beginning(settings: GenerationSettings, run: RunInfo) -> None:
    if settings.begin is not None and kind_of(settings.begin) != run.recipe.material:
        begun = counted(1, (kind_of(settings.begin),))
        raise StudioError(f"The run {run.name!r} makes {plural(run.recipe.material)}, and cannot begin with {begun}.")


def _say_where_not_alike(task: Task, loaded: Loaded, settings: GenerationSettings) -> None:
    from studio.generation.walk import why_not_alike

    if settings.between is not None and (why := why_not_alike(loaded.model, loaded.pens, settings.between)):
        task.say(why)


def _with_box(loaded: Loaded, project: Project) -> Loaded:
    representation = loaded.representation
    if not isinstance(representation, DrawingRepresentation):
        return loaded
    items = [item for item in project.collection.items() if item.kind == "pen"]
    some = readable(items[:: 1 + len(items) // _BOX_DRAWINGS])
    drawings = [drawing for drawing in some if isinstance(drawing, Drawing)]
    of_series = bool(drawings) and all(drawing.is_series for drawing in drawings)
    return replace(loaded, box=typical_box(representation, drawings), of_series=of_series)


def _model_being_trained(training: BackgroundTraining, sample: Sample) -> Loaded:
    from studio.models.building import build_model
    from studio.training.checkpoints import load_weights

    assert training.representation is not None  # there are no samples before there is one
    model = build_model(training.recipe.model, training.representation.layout, vocabulary=training.vocabulary)
    load_weights(model, sample.weights)
    return Loaded(model.eval(), training.representation, sample.step)


def _model_kept(project: Project, run: int, kept: Kept, *, alone: bool) -> Loaded:
    from studio.training.checkpoints import Checkpoint, load_model
    from studio.training.devices import choose_device, use_threads

    stored = project.runs.snapshot(run, kept.step) if kept.kind == "step" else project.runs.checkpoint(run, *kept.kinds)
    model, representation, recipe = load_model(Checkpoint(stored.weights, stored.meta))
    if alone:  # else the training has chosen
        use_threads(choose_device("cpu", recipe), recipe)
    return Loaded(model, representation, stored.step)


_KINDS = ("last", "best")  # where either will do, since what is asked for is the same in both
