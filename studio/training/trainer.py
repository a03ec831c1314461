"""The training loop: an ordinary generator of events, with no thread of its own.

    trainer = Trainer(recipe, representation, sequences)
    for event in trainer.events():
        ...

Whoever iterates decides on which thread that happens; `pause`, `go_on`, `stop`, `change` and `take_in` may be called
from any other, and are heeded between two updates.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Literal, NamedTuple

import msgspec
import torch
from torch import Tensor

from studio.errors import StudioError
from studio.evaluation.bounds import elbo
from studio.evaluation.unrepresented import nats_beside
from studio.models.compiling import works
from studio.models.sequence_model import SequenceModel
from studio.models.vrnn import has_whole
from studio.sequences.batches import WindowStream
from studio.sequences.labels import NO_LABELS, Vocabulary, read_vocabulary
from studio.sequences.pen import PenRepresentation
from studio.sequences.pieces import spread_out
from studio.sequences.random_windows import RandomWindows
from studio.sequences.representations import AnyRepresentation
from studio.sequences.sequence import Sequence as FrameSequence
from studio.sequences.similar_lengths import SimilarLengths
from studio.sequences.varied_drawings import VariedDrawings
from studio.training.checkpoints import FORMAT, Checkpoint, pack, prefixed
from studio.training.devices import use_threads
from studio.training.events import Progress, Sample, Saved, SetBack, Snapshot, Stopped, TrainingEvent, Validation
from studio.training.few_pieces import (
    LEAST_EVERY,
    OFTEN,
    PATIENCE,
    first_held_back,
    measures_enough,
    validates_often,
)
from studio.training.learner import Learner
from studio.training.loss_watch import LossWatch
from studio.training.memory import keeping_memory
from studio.training.pace import Pace
from studio.training.recipe import Recipe
from studio.training.snapshots import is_moment
from studio.training.whole_fit import Pieces, PiecesAsTheyAre, VariedPieces, fit_sigma, fit_whole_prior

SAMPLE_SECONDS = 1.0  # of work between two copies of the weights for whoever draws with them
VALIDATION_ITEMS = 64  # more make a validation slow and hardly more exact
VALIDATION_WINDOWS = 8  # of an endless trace, as many windows from its beginning tell enough
VALIDATION_SEED = 0  # the same posterior samples each time, so that only the weights make a difference
GOOD_STEPS = 100  # between two copies of everything to which a training that explodes can go back, or
GOOD_SHARE = 0.05  # of the steps, whichever is less: a short training shall not begin all over
NOT_FINITE = "The weights were no longer finite numbers"
SETBACKS = 4  # in a row; what four smaller learning rates do not mend is not mended by a fifth
LOWERED = 0.5  # by which the learning rate is multiplied at each

# What decides the shape of tensors or the course of the streams stays as it was when the training began.
FIXED = (
    "name",
    "representation",
    "model",
    "kind",
    "look_ahead_frames",
    "batch",
    "batches",
    "window",
    "optimiser",
    "betas",
    "validation",
)


class Best(NamedTuple):
    """Which weights did best on what is held back.

    Attributes:
        step: updates that they have had; -1: none were measured.
        elbo: nats per frame.
    """

    step: int
    elbo: float


class Trainer:
    """Trains a model by truncated back-propagation through time.

    Args:
        recipe: everything that decides how.
        representation: made the sequences, and is stored with every checkpoint.
        sequences: to train on, at least one.
        device: see `studio.training.devices.choose_device`.
        seed: of weights, noise and order; on a CPU the same seed gives exactly the same training, unless what is
            compiled becomes ready on the way, which rounds differently (see `studio.models.compiling`).
        validation: sequences held back to measure progress, perhaps none.
        resume: a checkpoint of kind "last" of the same run; training goes on as if it had never stopped.
        best: of the same run, as it was kept: what is no better does not take its place. It may be newer than what is
            resumed, where the program died between the two.
        hold_ends_back: measure on the ends of the sequences and learn from what comes before, see `few_pieces`.

    Raises:
        StudioError: where there is nothing to train on, or the checkpoint does not fit the recipe.
    """

    def __init__(
        self,
        recipe: Recipe,
        representation: AnyRepresentation,
        sequences: Sequence[FrameSequence],
        *,
        device: torch.device | str = "cpu",
        seed: int = 0,
        validation: Sequence[FrameSequence] = (),
        resume: Checkpoint | None = None,
        best: Best | None = None,
        hold_ends_back: bool = False,
    ) -> None:
        _check_fit(recipe, sequences)
        self.recipe = recipe
        self.representation = representation
        self.device = torch.device(device)
        self._compiled = works()
        use_threads(self.device, recipe)
        self.seed = seed
        self.step = 0
        self.learner = Learner(recipe, representation, _vocabulary(recipe, sequences, resume), self.device, seed)

        self._few_in_parts = hold_ends_back
        self._parted: dict[int, tuple[FrameSequence, FrameSequence]] = {}  # each with what is learned from
        self._ends_held_back = hold_ends_back or (recipe.training.batches == "windows" and not validation)
        self._trusts = measures_enough(recipe, len(sequences), ends=self._ends_held_back)
        self._often = self._trusts and validates_often(recipe, len(sequences), sum(map(len, sequences)))
        learned = self._learned_from(sequences)
        self._stream = self._batches(learned)
        self._pieces = self._to_fit(learned)
        self._prior_fitted_at = -1
        self._sigma_fitted_at = (-1, False)
        self._validation = self._stretches(list(validation) or self._held_back(sequences))
        self._beside = nats_beside(representation, self._validation)

        self._best = best or Best(-1, -math.inf)
        self._validations_since_best = 0
        self._pace = Pace()
        self._validated_at = -1
        self._watch = LossWatch()
        self._setbacks = 0
        self._failed_at = -1
        self._earlier_seconds = 0.0 if resume is None else resume.meta.get("seconds", 0.0)
        self._began = 0 if resume is None else int(resume.meta["step"])
        self._resumed, self._goes_on_after_patience = resume is not None, False
        if resume is not None:
            self._restore(resume)
            self._goes_on_after_patience = self._out_of_patience
            if self._out_of_patience:  # it had ended by itself, and somebody wants it to go on
                self._validations_since_best = 0

        self._good = self._candidate = self._everything()
        self._lock = threading.Lock()
        self._requests: list[Callable[[], None]] = []
        self._stopping = False
        self._may_run = threading.Event()
        self._may_run.set()

    def _learned_from(self, sequences: Sequence[FrameSequence]) -> list[FrameSequence]:
        """All but what is held back of it."""
        if not self._ends_held_back:
            return list(sequences)
        known = self._parted  # a stream knows a sequence again by its being the same object
        self._parted = {
            id(item): known.get(id(item)) or (item, item.cut(0, self._last_learned(item))) for item in sequences
        }
        return [part for _, part in self._parted.values()]

    def _held_back(self, sequences: Sequence[FrameSequence]) -> list[FrameSequence]:
        """The ends of trajectories, where these are too few to hold one of them back; none that is too short."""
        if not self._ends_held_back:
            return []
        return [item.cut(end) for item in sequences if (end := self._last_learned(item)) < len(item)]

    def _last_learned(self, item: FrameSequence) -> int:
        if self._few_in_parts:
            return first_held_back(len(item))
        window, share = self.recipe.training.window, self.recipe.training.validation
        held_back = max(window, round(share * len(item))) if share > 0 else 0
        return len(item) - held_back if len(item) >= 3 * held_back else len(item)

    def _to_fit(self, sequences: Sequence[FrameSequence]) -> Pieces | None:
        """What the prior of the whole piece is fitted to; None where there is no such latent variable."""
        if not has_whole(self.model):
            return None
        return VariedPieces(self._stream) if isinstance(self._stream, VariedDrawings) else PiecesAsTheyAre(sequences)

    def _batches(
        self, sequences: Sequence[FrameSequence]
    ) -> WindowStream | SimilarLengths | RandomWindows | VariedDrawings:
        training, vocabulary = self.recipe.training, self.model.vocabulary
        ahead = self.learner.objective.ahead
        if training.batches == "varied":
            return self._varied(sequences)
        if training.batches == "windows":
            offsets = self.representation.layout.step is not None
            return RandomWindows(
                *(sequences, training.batch, training.window, self.seed, ahead), offsets=offsets, vocabulary=vocabulary
            )
        if training.batches == "whole" or (training.batches == "similar" and not self.representation.endless):
            window = None if training.batches == "whole" else training.window
            return SimilarLengths(sequences, training.batch, window, self.seed, ahead=ahead, vocabulary=vocabulary)
        return WindowStream(
            sequences,
            training.batch,
            training.window,
            self.seed,
            ahead=ahead,
            endless=self.representation.endless and not self.representation.layout.categories,
            offsets=self.representation.layout.step is not None,
            vocabulary=vocabulary,
        )

    def _varied(self, sequences: Sequence[FrameSequence]) -> VariedDrawings:
        representation, training = self.representation, self.recipe.training
        if not (isinstance(representation, PenRepresentation) and representation.constants.spacing.method == "arc"):
            raise StudioError(
                "Only drawings whose points are spaced along the line can be varied: set representation.resample to "
                "arc, or training.batches to whole."
            )
        constants = representation.constants
        return VariedDrawings(
            sequences,
            training.batch,
            self.seed,
            layout=representation.layout,
            spacing=constants.spacing.distance / constants.scale,
            settings=self.recipe.variation,
            vocabulary=self.model.vocabulary,
        )

    def _stretches(self, held_back: Sequence[FrameSequence]) -> list[FrameSequence]:
        """What is measured on: a beginning of each sequence; of long texts, stretches from all over each."""
        training = self.recipe.training
        longest = VALIDATION_WINDOWS * training.window
        if self.representation.endless and self.representation.layout.categories and held_back:
            each = max(1, VALIDATION_ITEMS // len(held_back))
            return [piece for item in held_back[:VALIDATION_ITEMS] for piece in spread_out(item, each, longest)]
        end = None if training.batches in ("whole", "windows", "varied") else longest
        return [item.cut(0, end) for item in held_back[:VALIDATION_ITEMS]]

    @property
    def remark(self) -> str:
        """What it decided, in a sentence for whoever trains; "" where there is nothing to say."""
        if self._goes_on_after_patience:
            return (
                f"This training had stopped by itself at step {self._began}: it goes on, and stops again after "
                f"{self._patience} validations in which nothing is learned better; a larger training.patience lets it "
                "go on for longer."
            )
        if self._resumed:
            return ""
        parts = []
        if isinstance(self._stream, VariedDrawings):
            count, kinds = len(self._stream.groups), int(self._stream.groups.max()) + 1
            kind = "all drawn alike" if kinds == 1 else f"in {kinds} groups that are drawn alike"
            parts.append(f"Learning from {count} drawings, {kind}.")
        if self.learner.remark:
            parts.append(self.learner.remark)
        return " ".join(parts)

    # Requests, from any thread.

    def pause(self) -> None:
        """Wait after the update in progress until `go_on` or `stop`; what has been learned is saved first."""
        self._may_run.clear()

    def go_on(self) -> None:
        """Go on after `pause`."""
        self._may_run.set()

    def stop(self) -> None:
        """End after the update in progress, or at once in a validation, with everything saved."""
        self._stopping = True
        self._may_run.set()

    def change(self, settings: Mapping[str, Any]) -> Recipe:
        """Change settings of the recipe, from the next update on.

        Args:
            settings: as for `Recipe.changed`.

        Returns:
            the recipe as changed.

        Raises:
            StudioError: for a setting that is unknown, out of range, or cannot change once the training has begun.
        """
        with self._lock:
            changed = self.recipe.changed(settings)
            old = {path: value for path, value, _ in self.recipe.settings()}
            for path, value, _ in changed.settings():
                if value != old[path] and any(name in FIXED for name in path.split(".")):
                    raise StudioError(
                        f"The setting {path} cannot change while a training is under way: stop, and train anew."
                    )
            for name in ("look_ahead", "latent_look_ahead"):
                if (old[f"objective.{name}"] > 0) != (getattr(changed.objective, name) > 0):
                    raise StudioError("The look-ahead cannot be switched on or off while a training is under way.")
            self.recipe = changed
            self._requests.append(self._watch.forget)
            return changed

    def take_in(self, sequences: Sequence[FrameSequence]) -> None:
        """Train on these sequences from now on: all of them, old and new. What is being trained on is finished first.

        Raises:
            StudioError: where there are none.
        """
        if not sequences:
            raise StudioError("There is nothing left to train on: draw something, or stop the training.")
        with self._lock:
            self._requests.append(lambda: self._replace(self._learned_from(sequences)))
            self._requests.append(self._watch.forget)

    def _replace(self, sequences: Sequence[FrameSequence]) -> None:
        self._stream.replace(sequences)
        self._pieces = self._to_fit(sequences)
        self._forget_fits()

    # The loop.

    def events(self) -> Iterator[TrainingEvent]:
        """Train, event by event; the last one is `Stopped`. To be iterated once."""
        with keeping_memory(), closing(self.learner):
            yield from self._events()

    def _events(self) -> Iterator[TrainingEvent]:
        if self.step == 0:
            yield from self._look_back()
        elif self.step % self._validate_every == 0:
            yield from self._validate()  # which a stop may have cut short
        while self.step < self.recipe.training.steps and not (self._out_of_patience or self._has_diverged):
            yield from self._heed_requests()
            if self._stopping or self._has_diverged:
                break
            yield from self._go_on()
        if not self._has_diverged:
            done = self.step >= self.recipe.training.steps
            yield from self._end("early" if self._out_of_patience else "finished" if done else "stopped")

    def _go_on(self) -> Iterator[TrainingEvent]:
        """One update and what is due after it, or back to where all was well."""
        progress = self._update()
        if progress is None:
            yield from self._set_back(self.step + 1, "The loss exploded")
            return
        yield progress
        due = self._due()
        if due and not self.learner.is_finite():
            yield from self._set_back(self.step, NOT_FINITE)
        else:
            yield from self._now_and_then(due)

    def _heed_requests(self) -> Iterator[TrainingEvent]:
        if not self._may_run.is_set():
            if self.learner.is_finite():
                yield self._sample()
                yield self._save()
            else:
                yield from self._set_back(self.step, NOT_FINITE)
            if self._has_diverged:
                return
            self._may_run.wait()
        with self._lock:
            requests, self._requests = self._requests, []
        for request in requests:
            request()
        if works() != self._compiled:  # compiled meanwhile, with threads of its own
            self._compiled = works()
            use_threads(self.device, self.recipe)

    def _update(self) -> Progress | None:
        """One update of the weights; None where the loss has exploded."""
        began = time.perf_counter()
        recipe = self.recipe
        batch, steps = self._stream.next(), recipe.training.steps
        values = self.learner.learn(batch, self.step, recipe, self._watch.explodes)
        if values is None:
            return None
        self.step += 1
        self._pace.worked(time.perf_counter() - began, int(batch.mask.sum()))
        return Progress(self.step, steps, values, self._pace.frames_per_second, self._pace.left(steps - self.step))

    def _due(self) -> set[str]:
        """What is to be done with the weights as they stand after this update, if anything."""
        training = self.recipe.training
        due = {
            "good": self.step % max(1, min(GOOD_STEPS, int(GOOD_SHARE * training.steps))) == 0,
            "validate": self.step % self._validate_every == 0 or self.step == training.steps,
            "look back": bool(training.snapshots) and is_moment(self.step),
            "sample": self._pace.due("sample", SAMPLE_SECONDS),
            "save": self._pace.due("save", training.save_seconds),
        }
        return {what for what, is_due in due.items() if is_due}

    def _now_and_then(self, due: set[str]) -> Iterator[TrainingEvent]:
        """Validation, samples and checkpoints, whichever are due."""
        if "good" in due:
            self._keep_good()
        if "validate" in due:
            yield from self._validate()
        if "look back" in due:
            yield from self._look_back()
        if "sample" in due:
            yield self._sample()
        if "save" in due:
            yield self._save()

    def _validate(self) -> Iterator[TrainingEvent]:
        if not self._validation or self._validated_at == self.step:
            return
        began = time.perf_counter()
        try:
            bound = elbo(
                self._fitted(sigma=False),
                self._validation,
                seed=VALIDATION_SEED,
                beside=self._beside,
                before_chunk=self._heed_stop,
            )
        except _StopWanted:  # to be made up for when the run is resumed
            return
        self._pace.worked(time.perf_counter() - began)
        self._validated_at = self.step
        value = bound.per_frame.mean
        better = math.isfinite(value) and value > self._best.elbo and self._trusts
        best = better or (self.step, value) == self._best
        self._best = Best(self.step, value) if best else self._best
        if best or self.step < self._best.step:  # the latter where one has gone back to before the best
            self._validations_since_best = 0
        else:
            self._validations_since_best += 1
        values = {"elbo": value, "loss": -value, "reconstruction": bound.reconstruction, "kl": bound.kl}
        yield Validation(self.step, values, best)
        if best:
            yield Saved(self.step, "best", self._drawn_weights(), self._meta())

    def _look_back(self) -> Iterator[TrainingEvent]:
        """Keep the weights where one will want to look back at them."""
        if self.recipe.training.snapshots and is_moment(self.step):
            yield Snapshot(self.step, self._drawn_weights(), self._identity())

    def _heed_stop(self) -> None:
        if self._stopping:
            raise _StopWanted

    @property
    def _validate_every(self) -> int:
        every = self.recipe.training.validate_every
        return min(every, max(LEAST_EVERY, every // OFTEN)) if self._often else every

    @property
    def _out_of_patience(self) -> bool:
        return self._trusts and 0 < self._patience <= self._validations_since_best

    @property
    def _patience(self) -> int:
        return self.recipe.training.patience or (PATIENCE if self._often else 0)

    @property
    def _has_diverged(self) -> bool:
        """Whether going back has been tried as often as it makes sense, and the last event been sent."""
        return self._setbacks > SETBACKS

    def _end(self, reason: Literal["finished", "stopped", "early"]) -> Iterator[TrainingEvent]:
        if not self.learner.is_finite():
            yield from self._set_back(self.step, NOT_FINITE)
            if self._has_diverged:
                return
        if reason == "finished":
            yield from self._validate()
        yield self._sample()
        yield self._save()
        message = {
            "finished": f"Trained for {self.step} steps.",
            "stopped": f"Stopped after {self.step} of {self.recipe.training.steps} steps.",
            "early": f"Stopped after {self.step} steps, because the material held back was no longer learned better.",
        }[reason]
        yield Stopped(self.step, reason, message + self._which_are_used(reason))

    def _which_are_used(self, reason: str) -> str:
        """A sentence on the weights that are used from now on, where these are not the last."""
        if self._best.step in (-1, self.step) or (self.recipe.training.weights == "last" and reason != "early"):
            return ""
        return f" What is held back was learned best at step {self._best.step}: these weights are used."

    def _keep_good(self) -> None:
        """Copy everything. A copy is good once what follows went well: a bad update shows only in later losses."""
        if not self._watch.is_calm:
            return
        self._good, self._candidate = self._candidate, self._everything()
        if self._good[1]["step"] >= self._failed_at:
            self._setbacks = 0

    def _set_back(self, failed_at: int, what: str) -> Iterator[TrainingEvent]:
        """Go back to the last good copy and lower the learning rate, or end where that was tried often enough.

        Args:
            failed_at: the update that went wrong.
            what: happened, to begin a sentence with.
        """
        setbacks = self._setbacks + 1
        self._restore(Checkpoint(*self._good))
        self._candidate = self._good
        self._setbacks, self._failed_at = setbacks, failed_at
        if setbacks <= SETBACKS:
            rate = self.recipe.training.learning_rate * LOWERED
            with self._lock:
                self.recipe = self.recipe.changed({"training.learning_rate": rate})
            message = (
                f"{what} at step {failed_at}: the training went back to step {self.step} and goes on with "
                f"the smaller learning_rate {rate:g}."
            )
            yield SetBack(self.step, failed_at, rate, message)
        yield self._sample()
        yield self._save()
        if setbacks > SETBACKS:
            message = (
                f"{what} at step {failed_at}, and smaller learning rates did not help; the weights of step "
                f"{self.step} were kept: look for extreme values in the material, or train again with a learning_rate "
                f"below {self.recipe.training.learning_rate:g}."
            )
            yield Stopped(self.step, "diverged", message)

    # What is handed out and taken back.

    def _fitted(self, *, sigma: bool = True) -> SequenceModel:
        """The model to draw with, after what is fitted to weights that are there (`studio.training.whole_fit`).

        The curve of what is held back is measured without the factors of sigma, which are fitted on the same drawings.
        """
        model = self.learner.drawn_with
        if self.learner.average is None:  # what is trained itself stays as training needs it
            return model
        if self._pieces is not None and has_whole(model) and self._prior_fitted_at != self.step:
            fit_whole_prior(model, self._pieces, [self.seed, self.step])
            self._prior_fitted_at = self.step
        if self._sigma_fitted_at != (self.step, sigma):
            fit_sigma(model, self._validation, as_trained=not sigma)
            self._sigma_fitted_at = (self.step, sigma)
        return model

    def _forget_fits(self) -> None:
        """Fit anew before weights are handed out next, also where some of that step have been: others are there now."""
        self._prior_fitted_at, self._sigma_fitted_at = -1, (-1, False)

    @property
    def model(self) -> SequenceModel:
        """What is trained."""
        return self.learner.model

    def _sample(self) -> Sample:
        return Sample(self.step, {name: value.clone() for name, value in _weights(self._fitted()).items()})

    def _drawn_weights(self) -> bytes:
        return pack(prefixed("model", _weights(self._fitted())))

    def _save(self) -> Saved:
        self._pace.reset("save")
        self._fitted()
        return Saved(self.step, "last", *self._everything())

    def _everything(self) -> tuple[bytes, dict[str, Any]]:
        """Everything that going on needs."""
        return pack(self.learner.tensors()), self._meta()

    def _identity(self) -> dict[str, Any]:
        """All that is needed to draw with weights."""
        return {
            "format": FORMAT,
            "step": self.step,
            "recipe": msgspec.to_builtins(self.recipe),
            "representation": self.representation.to_dict(),
            "labels": self.model.vocabulary.to_list(),
        }

    def _meta(self) -> dict[str, Any]:
        return {
            **self._identity(),
            "seed": self.seed,
            "device": self.device.type,
            "seconds": self._earlier_seconds + self._pace.total,
            "stream": self._stream.state_dict(),
            "best": self._best.elbo if math.isfinite(self._best.elbo) else None,
            "best_step": self._best.step,
            "validations_since_best": self._validations_since_best,
            "loss_watch": self._watch.state_dict(),
            "setbacks": self._setbacks,
            "failed_at": self._failed_at,
            "validated_at": self._validated_at,
            "ends_held_back": self._few_in_parts,
        }

    def _restore(self, checkpoint: Checkpoint) -> None:
        meta, tensors = checkpoint.meta, checkpoint.tensors()
        if "random.noise" not in tensors:
            raise StudioError("This checkpoint holds weights only, and cannot be resumed: use the last one of the run.")
        self.learner.restore(tensors)
        self._forget_fits()
        self._stream.load_state_dict(meta["stream"])
        self.step = meta["step"]
        found = best_of(meta)
        if found is not None and found.elbo > self._best.elbo:  # what is kept stays the best, wherever one goes back to
            self._best = found
        self._validations_since_best = meta["validations_since_best"]
        self._validated_at = meta.get("validated_at", self.step)  # older checkpoints were validated whenever it was due
        if "loss_watch" in meta:  # older checkpoints did without
            self._watch.load_state_dict(meta["loss_watch"])
            self._setbacks, self._failed_at = meta["setbacks"], meta["failed_at"]


def best_of(meta: Mapping[str, Any]) -> Best | None:
    """What the meta data of a checkpoint tell of the best weights until then; None where there were none."""
    elbo = meta.get("best")
    # Checkpoints of older studios do not tell the step, which those of the best weights have themselves.
    return None if elbo is None else Best(meta.get("best_step", meta["step"]), elbo)


def _check_fit(recipe: Recipe, sequences: Sequence[FrameSequence]) -> None:
    """Refuse what no training can be made of.

    Raises:
        StudioError: there is nothing to train on, or settings that do not go together.
    """
    if not sequences:
        raise StudioError("There is nothing to train on: draw something, or import a file.")
    if recipe.model.draws_whole and recipe.training.batches not in ("whole", "varied"):
        raise StudioError(
            "A latent variable of the whole piece is told from all of it: set training.batches to whole, or to "
            "varied for drawings."
        )
    if recipe.model.draws_whole and not recipe.training.average:
        raise StudioError("The prior of the whole piece is fitted to averaged weights: set training.average above 0.")
    if recipe.objective.kind == "mse" and not recipe.model.shares_sigma:
        raise StudioError(
            "Squared errors leave sigma unlearned: for the objective mse, choose a gaussian likelihood with "
            "shared_sigma = true."
        )


def _vocabulary(recipe: Recipe, sequences: Sequence[FrameSequence], resume: Checkpoint | None) -> Vocabulary:
    if not recipe.model.told_of_labels:
        return NO_LABELS
    if resume is not None:
        return read_vocabulary(resume.meta)
    found = Vocabulary.of(sequence.label for sequence in sequences)
    return found if len(found) else NO_LABELS


class _StopWanted(Exception):
    """Raised where a validation ends early."""


def _weights(model: SequenceModel) -> dict[str, Tensor]:
    return {name: value.detach().cpu() for name, value in model.state_dict().items()}
