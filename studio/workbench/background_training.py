"""A training in a thread of its own: everything it tells is kept in the project and handed on to whoever polls."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from studio.errors import LostClaim, StudioError
from studio.models.threads import give_way
from studio.project.file import Project
from studio.project.records import MaterialItem, Status, StoredCheckpoint, Unread
from studio.project.runs import Runs
from studio.sequences.characters import CharacterRepresentation, CharacterSettings, resolved
from studio.sequences.labels import NO_LABELS, Vocabulary
from studio.sequences.pieces import Pieces, piece_length
from studio.sequences.representations import AnyRepresentation, AnySettings, encoded, fitted
from studio.sequences.sequence import Sequence as FrameSequence
from studio.training.events import Progress, Sample, Saved, SetBack, Snapshot, Stopped, TrainingEvent, Validation
from studio.training.few_pieces import first_held_back, holds_ends_back, remark
from studio.training.memory import is_out_of_memory
from studio.training.recipe import Recipe
from studio.training.snapshots import superfluous
from studio.workbench.curves import Curves
from studio.workbench.run_record import LetGo, RunRecord

if TYPE_CHECKING:
    from studio.training.trainer import Trainer

_log = logging.getLogger(__name__)

_WRITE_SECONDS = 1.0  # between transactions that keep curves
_FIT_SECONDS = 2.0  # between two looks at how many steps go into the time
_FIT_SHARE = 0.97  # of the time left is for updates, the rest for validation and checkpoints
_SNAPSHOT_BYTES = 64 * 2**20  # that the weights kept to look back at may take, per run
_FEWEST_SNAPSHOTS = 4  # however large they are
# Python lets a thread run for 5 ms before another gets its turn: too long for a window that draws at 60 Hz.
_SWITCH_SECONDS = 0.0005


@dataclass(frozen=True)
class Order:
    """What is to be trained.

    Attributes:
        run: its id in the project.
        device: "auto", "cpu", "cuda" or "mps".
        minutes: when to stop at the latest, None for no limit.
        fit_steps: whether to make as many steps as go into those minutes.
        resume: whether to go on from the run's last checkpoint.
        held_back: ids of the material to measure on, None to choose it now.
    """

    run: int
    recipe: Recipe
    device: str
    seed: int
    minutes: float | None = None
    fit_steps: bool = False
    resume: bool = False
    held_back: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Ended:
    """How it went: a status to keep, a sentence for the user, and details for whoever mends the studio."""

    status: Status
    message: str
    failed: bool = False
    details: str = ""


class BackgroundTraining:
    """Trains until it is done, or stopped. All methods may be called from any thread.

    Attributes:
        phase: "preparing" until the first update.
        device: where it trains, "" until that is chosen.
        curves: all values so far, those of earlier sessions included.
        latest: the newest progress.
        sample: the newest weights that can be drawn with.
        representation: how material became frames; None while preparing.
        ended: how it went, None while it goes on.
        best_step: of the weights that did best on what is held back, None while there are none.
    """

    def __init__(self, project: Project, order: Order, materials: Sequence[MaterialItem]) -> None:
        self.order = order
        self.phase: Literal["preparing", "training", "paused", "stopping"] = "preparing"
        self.device = ""
        self.curves = Curves(project.runs.metrics(order.run) if order.resume else None)
        self.latest: Progress | None = None
        self.sample: Sample | None = None
        self.representation: AnyRepresentation | None = None
        self.ended: Ended | None = None
        self.best_step = project.runs.checkpoint_steps(order.run).get("best") if order.resume else None
        self._record = RunRecord(project.runs, order.run)
        self._materials = list(materials)
        self._encoder = _Encoder(labels=order.recipe.model.told_of_labels, before=self._heed_stop)
        self._to_hand_over = False
        self._held_back: tuple[int, ...] = ()
        self._pieces: Pieces | None = None  # of texts without end
        self._ends_held_back = False
        self._news: list[TrainingEvent] = []
        self._refusals: list[str] = []
        self._remarks: list[str] = []
        self._lock = threading.Lock()
        self._trainer: Trainer | None = None
        self._saved: dict[str, StoredCheckpoint] = {}  # the newest of each kind, should the file be taken over
        self._written = self._begun = self._fitted = time.monotonic()
        self._time_is_up = False
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def pause(self) -> None:
        """Hold after this batch."""
        with self._lock:
            if self._trainer is not None and self.phase == "training":
                self._trainer.pause()
                self.phase = "paused"

    def go_on(self) -> None:
        """Go on after a pause."""
        with self._lock:
            if self._trainer is not None and self.phase == "paused":
                self._trainer.go_on()
                self.phase = "training"

    def stop(self) -> None:
        """Save and end after this batch."""
        with self._lock:
            self.phase = "stopping"
            if self._trainer is not None:
                self._trainer.stop()

    @property
    def recipe(self) -> Recipe:
        """As it stands now."""
        return self.order.recipe if self._trainer is None else self._trainer.recipe

    @property
    def vocabulary(self) -> Vocabulary:
        """Of the labels that the model is told of."""
        return NO_LABELS if self._trainer is None else self._trainer.model.vocabulary

    def change(self, settings: Mapping[str, Any]) -> None:
        """Go on with other settings, see `Recipe.changed`.

        Raises:
            StudioError: where a setting is unknown, out of range or cannot change any more.
        """
        with self._lock:
            if self._trainer is None:
                raise StudioError("The training is being prepared: change its settings in a moment.")
            changed = self._trainer.change(settings)
        self._record.use(lambda runs: runs.set_recipe(self.order.run, changed.to_toml()))

    def take_in(self, materials: Sequence[MaterialItem]) -> None:
        """Learn from this material from the next epoch on; what is held back stays so."""
        with self._lock:
            self._materials = list(materials)
            self._to_hand_over = True

    def news(self) -> list[TrainingEvent]:
        """What has happened since the last call."""
        with self._lock:
            news, self._news = self._news, []
        return news

    def refusals(self) -> list[str]:
        """Why new material could not be taken in since the last call, in sentences."""
        with self._lock:
            refusals, self._refusals = self._refusals, []
        return refusals

    def remarks(self) -> list[str]:
        """What else a person should know of the material, since the last call, in sentences."""
        with self._lock:
            remarks, self._remarks = self._remarks, []
        return remarks

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Never touch the project again: it is closed, though the thread has not ended yet. It will by itself."""
        self._record.let_go("stopped" if self._trainer is None else "interrupted")

    @property
    def prepared(self) -> bool:
        """Whether there is something to be saved by now."""
        return self._trainer is not None

    def _run(self) -> None:
        give_way()
        usual = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            ended = self._train()
        except StudioError as error:
            ended = Ended("failed", str(error), failed=True)
        except (LetGo, _StopWanted):
            ended = Ended("stopped", "The training was stopped.")
        except Exception as error:
            _log.exception("training of run %d failed", self.order.run)
            ended = self._broken(error)
        finally:
            sys.setswitchinterval(usual)
        self.ended = self._keep(ended)

    def _broken(self, error: Exception) -> Ended:
        details = traceback.format_exc()
        if not is_out_of_memory(error):
            message = f"The training ended because of a mistake in the studio ({error}): see its log."
            return Ended("failed", message, failed=True, details=details)
        training, model = self.recipe.training, self.recipe.model
        device = self.device or self.order.device
        elsewhere = ", or train on the processor" if device != "cpu" else ""
        hidden = getattr(model, "hidden", None)  # not every family has one size that says it all
        size = "the model" if hidden is None else f"hidden ({hidden})"
        message = (
            f"There is not enough memory for this training on {device}: make batch ({training.batch}), "
            f"window ({training.window}) or {size} smaller{elsewhere}; what was saved is kept."
        )
        return Ended("failed", message, failed=True, details=details)

    def _keep(self, ended: Ended) -> Ended:
        try:
            self._write_curves()
            self._record.use(lambda runs: runs.set_status(self.order.run, ended.status))
        except StudioError as error:
            return ended if ended.failed else Ended("failed", str(error), failed=True)
        except LetGo:
            pass  # that has said how it ended
        return ended

    def _train(self) -> Ended:
        trainer = self._prepare()
        ended = Ended("stopped", "The training was stopped.")
        if self.phase == "stopping":
            return ended
        self._begun = time.monotonic()
        lost: LostClaim | None = None
        for event in trainer.events():
            if isinstance(event, Stopped):
                ended = self._ended(event)
            elif isinstance(event, Saved):
                self._saved[event.kind] = StoredCheckpoint(event.kind, event.step, event.weights, event.meta)
            if lost is None:
                try:
                    self._take(event)
                except LostClaim as error:
                    lost = error
                    trainer.stop()  # and have it save once more
        return ended if lost is None else self._keep_beside(lost)

    def _keep_beside(self, lost: LostClaim) -> Ended:
        """Keep the run in a copy of the project, since another process writes to this one."""
        try:
            where = self._record.use(self._copied_beside)
        except StudioError as error:
            return Ended("failed", f"{lost} The training has ended, and could not be kept beside: {error}", failed=True)
        return Ended("failed", f"{lost} The training has ended; it is kept as {where}.", failed=True)

    def _copied_beside(self, runs: Runs) -> str:
        there = runs.beside()
        name = next((run.name for run in there.all() if run.id == self.order.run), self.order.recipe.name)
        name = there.free_name(f"{name} (kept)")
        run = there.create(name, self.recipe.to_toml(), device=self.device, seed=self.order.seed)
        there.prepared(run, device=self.device, held_back=self._held_back)
        there.add_metrics(run, self.curves.series(), step=self.latest.step if self.latest else 0)
        for checkpoint in self._saved.values():
            there.save_checkpoint(run, checkpoint)
        there.set_status(run, "stopped")
        return f"{name} in {there.path}"

    def _prepare(self) -> Trainer:
        from studio.training.checkpoints import Checkpoint, read_meta
        from studio.training.devices import choose_device
        from studio.training.trainer import Trainer, best_of

        order = self.order
        checkpoint = best = None
        if order.resume:
            stored = self._record.use(lambda runs: runs.checkpoint(order.run, "last", "best"))
            checkpoint = Checkpoint(stored.weights, stored.meta)
            _, self.representation = read_meta(checkpoint.meta)
            self._ends_held_back = bool(checkpoint.meta.get("ends_held_back"))
            if self.best_step is not None:
                best = best_of(self._record.use(lambda runs: runs.checkpoint_meta(order.run, "best", "last")))
        device = str(choose_device(order.device, order.recipe))
        representation, learning, measuring = self._prepare_material(self._materials)
        self.representation = representation
        if isinstance(representation, CharacterRepresentation) and representation.constants.unknown > 0:
            with self._lock:
                self._remarks.append(
                    f"{representation.constants.unknown:.3%} of the text are characters too rare to be learned: all of "
                    "them are one unknown character to the model."
                )
        self._record.use(lambda runs: runs.prepared(order.run, device=device, held_back=self._held_back))
        trainer = Trainer(
            order.recipe,
            representation,
            learning,
            device=device,
            seed=order.seed,
            validation=measuring,
            resume=checkpoint,
            best=best,
            hold_ends_back=self._ends_held_back,
        )
        ends = self._ends_held_back
        measured = bool(measuring) or ends or order.recipe.training.batches == "windows"
        frames = sum(map(len, learning))
        if few := remark(order.recipe, len(learning), frames, ends=ends, measured=measured):
            with self._lock:
                self._remarks.append(few)
        with self._lock:
            self.device = device
            if trainer.remark:
                self._remarks.append(trainer.remark)
            self._trainer = trainer
            if self.phase == "preparing":
                self.phase = "training"
        return trainer

    def _prepare_material(
        self, materials: Sequence[MaterialItem]
    ) -> tuple[AnyRepresentation, list[FrameSequence], list[FrameSequence]]:
        """The representation, what to learn from, and what to measure on."""
        known = self.representation
        settings = _settled(self.order.recipe, materials) if known is None else known.settings
        if isinstance(settings, CharacterSettings) and settings.ends == "no":
            return self._prepare_endless(settings, materials)
        if self._ends_held_back or (known is None and holds_ends_back(self.order.recipe, len(materials))):
            found = known or fitted(settings, Unread(materials, self._heed_stop))
            whole = self._encoder.encode(found, materials)
            if self._ends_held_back or all(first_held_back(len(one)) < len(one) for one in whole):
                self._ends_held_back = True
                return found, whole, []
            self._encoder.forget()  # what comes is fitted on the part that is learned from, and so has other frames
        training, validation = self._divide(materials)
        found = known or fitted(settings, Unread(training, self._heed_stop))
        return found, self._encoder.encode(found, training), self._encoder.encode(found, validation)

    def _prepare_endless(
        self, settings: CharacterSettings, materials: Sequence[MaterialItem]
    ) -> tuple[AnyRepresentation, list[FrameSequence], list[FrameSequence]]:
        """The same of texts that go on and on, of each of which the last part is held back."""
        training = self.order.recipe.training
        texts = [item.text.parted(training.validation)[0] for item in materials]
        found = self.representation or fitted(settings, texts)
        whole = self._encoder.encode(found, materials)
        frames = piece_length(sum(map(len, whole)), training.batch, training.window)
        self._pieces = Pieces(training.validation, frames)
        return found, self._pieces.to_learn(whole), self._pieces.held_back(whole)

    def _heed_stop(self) -> None:
        """Before every piece of material while a training is prepared, which takes minutes for hours of sound.

        Raises:
            _StopWanted: end it here; there is nothing to save.
        """
        if self.phase == "stopping" and self._trainer is None:
            raise _StopWanted

    def _divide(self, materials: Sequence[MaterialItem]) -> tuple[list[MaterialItem], list[MaterialItem]]:
        """The material to learn from, and that to measure on."""
        from studio.sequences.batches import split

        if self.order.held_back is None:
            share = self.order.recipe.training.validation
            _, validation = split(len(materials), share, self.order.seed)
            self._held_back = self._like_earlier_runs(materials, [materials[index].id for index in validation])
        else:
            self._held_back = self.order.held_back
        training = [item for item in materials if item.id not in self._held_back]
        if not training:
            raise StudioError("All that this run learned from is gone: undo that, or train a new run.")
        return training, [item for item in materials if item.id in self._held_back]

    def _like_earlier_runs(self, materials: Sequence[MaterialItem], chosen: Sequence[int]) -> tuple[int, ...]:
        """As many items to hold back as were chosen, first of all those that earlier runs held back.

        For runs can be compared only on what none of them has learned from.
        """
        there = {item.id for item in materials}
        earlier = (run for run in reversed(self._record.use(lambda runs: runs.all())) if run.id != self.order.run)
        before = (id for run in earlier for id in run.held_back if id in there)
        return tuple(dict.fromkeys((*before, *chosen)))[: len(chosen)]

    def _hand_over(self) -> None:
        """Let the trainer have what was added meanwhile: here, since encoding would keep the window waiting."""
        with self._lock:
            materials, self._to_hand_over = self._materials, False
        training = [item for item in materials if item.id not in self._held_back]
        if training and self._trainer is not None and self.representation is not None:
            try:
                sequences = self._encoder.encode(self.representation, training)
                self._trainer.take_in(sequences if self._pieces is None else self._pieces.to_learn(sequences))
            except StudioError as error:  # it goes on with what it had
                with self._lock:
                    self._refusals.append(f"The training goes on without what is new: {error}")

    def _take(self, event: TrainingEvent) -> None:
        if isinstance(event, Progress):
            self.latest = event
            self.curves.append(event.step, event.values)
            self._watch_the_clock(event)
        elif isinstance(event, Validation):
            self.curves.append(event.step, event.values, prefix="validation.")
            self.best_step = event.step if event.best else self.best_step
        elif isinstance(event, Sample):
            self.sample = event
        elif isinstance(event, SetBack):
            self._take_back(event)
        elif isinstance(event, Saved):
            self._write_curves()
            self._record.use(lambda runs: runs.save_checkpoint(self.order.run, self._saved[event.kind]))
        elif isinstance(event, Snapshot):
            self._record.use(lambda runs: self._keep_snapshot(runs, event))
        if time.monotonic() - self._written > _WRITE_SECONDS:
            self._write_curves()
        with self._lock:
            self._news.append(event)
        if self._to_hand_over:
            self._hand_over()

    def _keep_snapshot(self, runs: Runs, event: Snapshot) -> None:
        most = self.recipe.training.snapshots
        most = min(most, max(_FEWEST_SNAPSHOTS, _SNAPSHOT_BYTES // max(1, len(event.weights))))
        steps = sorted({*runs.snapshot_steps(self.order.run), event.step})
        snapshot = StoredCheckpoint("step", event.step, event.weights, event.meta)
        runs.save_snapshot(self.order.run, snapshot, superfluous(steps, most))

    def _take_back(self, event: SetBack) -> None:
        _log.warning("run %d: %s", self.order.run, event.message)
        self.curves.cut(event.step)
        if self.latest is not None:
            self.latest = replace(self.latest, step=event.step)
        self._record.use(lambda runs: runs.set_recipe(self.order.run, self.recipe.to_toml()))
        self._record.use(lambda runs: runs.forget_after(self.order.run, event.step))

    def _watch_the_clock(self, progress: Progress) -> None:
        if self.order.minutes is None or self._time_is_up:
            return
        seconds_left = self._begun + 60 * self.order.minutes - time.monotonic()
        if seconds_left < 0:
            self._time_is_up = True
            self.stop()
        elif self.order.fit_steps and time.monotonic() - self._fitted > _FIT_SECONDS and progress.seconds_left:
            self._fitted = time.monotonic()
            per_step = progress.seconds_left / (progress.steps - progress.step)
            self.change({"training.steps": progress.step + max(1, round(_FIT_SHARE * seconds_left / per_step))})

    def _write_curves(self) -> None:
        self._written = time.monotonic()
        latest = self.latest
        if latest is not None:
            self._record.use(lambda runs: runs.add_metrics(self.order.run, self.curves.new(), step=latest.step))

    def _ended(self, event: Stopped) -> Ended:
        if self._time_is_up and event.reason == "stopped":
            return Ended("stopped", f"The time is up after {event.step} steps: the training was stopped and saved.")
        return Ended(event.reason, event.message)


def _settled(recipe: Recipe, materials: Sequence[MaterialItem]) -> AnySettings:
    """The settings of the representation; whether texts end is told from all of them, also those held back."""
    settings = recipe.representation
    if isinstance(settings, CharacterSettings):
        return resolved(settings, [item.facts.length for item in materials])
    return settings


class _StopWanted(Exception):
    """Raised where the preparing of a training ends early."""


class _Encoder:
    """Remembers what it has encoded: training knows a sequence again by its being the same object.

    Args:
        labels: whether another label makes another sequence.
        before: called before each sequence; what it raises ends the work.
    """

    def __init__(self, *, labels: bool, before: Callable[[], None]) -> None:
        self._labels = labels
        self._before = before
        self._known: dict[int, tuple[MaterialItem, FrameSequence]] = {}

    def forget(self) -> None:
        """Another representation comes."""
        self._known.clear()

    def encode(self, representation: AnyRepresentation, items: Iterable[MaterialItem]) -> list[FrameSequence]:
        sequences = []
        for item in items:
            self._before()
            known = self._known.get(item.id)
            if known is None or not known[0].has_content_of(item):
                known = (item, encoded(representation, item.material))
                self._known[item.id] = known
            elif self._labels and known[0].label != item.label:
                known = (item, replace(known[1], label=item.label))
                self._known[item.id] = known
            sequences.append(known[1])
        return sequences
