"""What a training changes: weights, their moments and their average, what is carried on, and the state of chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from studio.capacity import refuse_beyond_memory
from studio.models.building import BYTES, build_model, check_size
from studio.models.chance import drawing_from, seeded
from studio.models.sequence_model import SequenceModel
from studio.sequences.batches import Batch
from studio.sequences.labels import Vocabulary
from studio.sequences.representations import AnyRepresentation
from studio.training.adam import Adam
from studio.training.average import AveragedModel
from studio.training.base import begin_with
from studio.training.checkpoints import are_finite, check_finite, load_weights, part, prefixed
from studio.training.devices import precision
from studio.training.objective import Objective
from studio.training.recipe import Recipe, TrainingSettings
from studio.training.schedules import input_noise, kl_weight, latent_look_ahead, learning_rate, whole_weight
from studio.training.step_graph import Found, StepGraph, record_for

BEGUN = "It begins with the base {}, learned from other drawings."
OTHER_SIZES = (
    "The weights that training.base names are for a model of other sizes, so this training begins with random ones, "
    "and needs four times as many steps."
)
FORGETTING = 9.0  # updates; an average of a tenth of the training so far, until its own decay is slower
_COPIES = 4  # of the weights: they, their gradients, and two moments of these


class Learner:
    """Learns from one batch after the other.

    Args:
        recipe: everything that decides how.
        representation: made the material.
        vocabulary: of the labels that the model is told of.
        device: of the model.
        seed: of weights and noise.

    Attributes:
        model: is trained.
        objective: what it is trained for, with weights of its own.
        average: of the model's weights, once there is one.
        optimiser: moves the weights.
        remark: a sentence on how it begins that a person should know, else "".
    """

    def __init__(
        self,
        recipe: Recipe,
        representation: AnyRepresentation,
        vocabulary: Vocabulary,
        device: torch.device,
        seed: int,
    ) -> None:
        training = recipe.training
        _check_batch(recipe, representation.layout.width)
        copies = _COPIES + (training.average > 0)
        check_size(recipe.model, representation.layout, vocabulary, copies)
        self.model = build_model(recipe.model, representation.layout, seed, vocabulary).to(device)
        with drawing_from(seeded(seed)):
            self.objective = Objective(self.model, recipe.objective, distort=not representation.endless).to(device)
        self.remark = ""
        if training.base != "none":
            begun = begin_with(training.base, self.model, self.objective)
            self.remark = BEGUN.format(training.base) if begun else OTHER_SIZES
        self.average: AveragedModel | None = None
        # All that is trained, by the name of its tensor in a checkpoint
        self.parameters = dict(
            [(f"model.{name}", p) for name, p in self.model.named_parameters()]
            + [(f"objective.{name}", p) for name, p in self.objective.named_parameters()]
        )
        self.optimiser = Adam(
            self.parameters.values(),
            training.learning_rate,
            training.betas,
            training.weight_decay,
            decoupled=training.optimiser == "adamw",
        )
        self._device = device
        self._generator = seeded(seed)
        self._carried = self.objective.begin(self.model, training.batch, device)
        self._graph = StepGraph(
            self.model, self.objective, lambda: precision(device, recipe), record_for(device, self.model)
        )

    @property
    def drawn_with(self) -> SequenceModel:
        """The weights for samples and validation: the average, once there is one."""
        return self.model if self.average is None else self.average.model

    def learn(
        self, batch: Batch, step: int, recipe: Recipe, explodes: Callable[[float], bool]
    ) -> dict[str, float] | None:
        """One update of the weights; None, and nothing but chance has moved, where the loss has exploded.

        Args:
            batch: to learn from.
            step: how many updates there have been.
            recipe: as it is now.
            explodes: whether the training has gone wrong with a loss.

        Returns:
            What there is to tell of the update, by name.
        """
        training, objective = recipe.training, recipe.objective
        window = self.objective.draw(
            self.model,
            batch,
            objective,
            kl_weight(step, training.steps, objective),
            input_noise(step, training.steps, objective),
            self._generator,
            latent_look_ahead(step, training.steps, objective),
            whole_weight(step, training.steps, objective),
        )
        found = self._graph.run(window, self._carried, objective, training.clip)
        values = _values(found)
        if explodes(values["loss"]) or not math.isfinite(values["gradient_norm"]):
            return None
        self.optimiser.rate, self.optimiser.weight_decay = learning_rate(step, training), training.weight_decay
        self.optimiser.step()
        self.objective.adapt(found.losses, objective)
        self._carried = found.carried
        self._update_average(step + 1, recipe)
        return values | {"learning_rate": self.optimiser.rate}

    def _update_average(self, step: int, recipe: Recipe) -> None:
        training = recipe.training
        if training.average == 0 or step < training.average_from * training.steps:
            return
        if self.average is None:
            self.average = AveragedModel(self.model)
        else:
            self.average.update(self.model, _decay(step, training))

    def close(self) -> None:
        """Let go of the memory that only learning needs."""
        self._graph.close()

    def is_finite(self) -> bool:
        """Whether all that it would go on with is: weights, their average, the optimiser's moments, what is carried on.

        An infinite moment shows in no loss: it only keeps its weight from ever moving again.
        """
        return are_finite(self.tensors().values())

    def tensors(self) -> dict[str, Tensor]:
        """Everything that `restore` needs, as a checkpoint names it."""
        tensors = prefixed("model", self.model.state_dict()) | prefixed("objective", self.objective.state_dict())
        if self.average is not None:
            tensors |= prefixed("average", self.average.model.state_dict())
        for name, parameter in self.parameters.items():
            tensors |= prefixed(f"optimiser.{name}", self.optimiser.state[parameter])
        tensors |= prefixed("carried", self._carried.tensors())
        tensors["random.noise"] = self._generator.get_state()
        return tensors

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from there.

        Raises:
            StudioError: where they belong to a model of another shape, or are not finite.
        """
        check_finite(tensors)
        load_weights(self.model, part("model", tensors))
        self.objective.load_state_dict(part("objective", tensors))
        averaged = part("average", tensors)
        self.average = AveragedModel(self.model) if averaged else None
        if self.average is not None:
            load_weights(self.average.model, averaged)
        for name, parameter in self.parameters.items():
            state = part(f"optimiser.{name}", tensors)
            self.optimiser.state[parameter] = {
                key: value if key == "step" else value.to(self._device) for key, value in state.items()
            }
        self._carried = self._carried.restored(part("carried", tensors))
        self._generator.set_state(tensors["random.noise"])


def _decay(step: int, training: TrainingSettings) -> float:
    """Of the average: where it begins with the training, it forgets the first weights faster than the later ones."""
    if training.average_from > 0:
        return training.average
    return min(training.average, step / (step + FORGETTING))


def _check_batch(recipe: Recipe, width: int) -> None:
    """Refuse batches that could never fit into memory, by what they hold and the h of every frame.

    Raises:
        StudioError: with the number of bytes.
    """
    training = recipe.training
    frames = training.batch * (1 if training.batches in ("whole", "varied") else training.window)
    hidden = getattr(recipe.model, "hidden", 0)
    told = f", hidden = {hidden:,}" if hidden else ""
    refuse_beyond_memory(
        BYTES * frames * (width + 2 * hidden),  # h and its gradient
        f"Training with batch = {training.batch:,}, window = {training.window:,}{told}",
        "choose smaller ones",
    )


def _values(found: Found) -> dict[str, float]:
    # One transfer from the device instead of six.
    named = vars(found.losses) | {"gradient_norm": found.norm}
    return dict(zip(named, torch.stack(list(named.values())).tolist(), strict=True))
