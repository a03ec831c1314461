"""Checkpoints: weights as safetensors bytes, everything else as JSON. Nothing is ever pickled.

Tensors are named after what they belong to: ``model.``, ``average.`` (the running average, where there is one),
``objective.``, ``optimiser.``, ``carried.`` and ``random.``. Only the first two are needed to draw.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from studio.errors import StudioError
from studio.models.building import new_model
from studio.models.sequence_model import SequenceModel
from studio.sequences import representations
from studio.sequences.labels import read_vocabulary
from studio.sequences.representations import AnyRepresentation
from studio.training.recipe import Recipe

FORMAT = 1
_META_KEY = "vrnn-studio"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training.

    Attributes:
        weights: safetensors bytes.
        meta: JSON values: ``format``, ``step``, ``recipe``, ``representation``, ``labels``, and what resuming
            needs.
    """

    weights: bytes
    meta: Mapping[str, Any]

    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name.

        Raises:
            StudioError: where the bytes are damaged.
        """
        try:
            loaded: dict[str, Tensor] = safetensors.torch.load(self.weights)
        except SafetensorError as error:
            raise StudioError(f"The stored weights are damaged ({error}): use an older checkpoint.") from error
        return loaded


class NotFinite(ArithmeticError):
    """Numbers that are no longer finite were about to be kept."""


def are_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether there is neither NaN nor infinity in any of them."""
    known = [tensor.detach() for tensor in tensors if tensor.is_floating_point() and tensor.numel()]
    if not known:
        return True
    largest = torch._foreach_norm(known, torch.inf)  # of NaN it is NaN
    return bool(torch.stack([value.cpu().double() for value in largest]).isfinite().all())


def pack(tensors: Mapping[str, Tensor]) -> bytes:
    """Tensors as safetensors bytes.

    Raises:
        NotFinite: there is a number among them that is not finite; whoever trains looks before.
    """
    if not are_finite(tensors.values()):
        raise NotFinite("weights that are not finite are never kept")
    packed: bytes = safetensors.torch.save({name: t.detach().cpu().contiguous() for name, t in tensors.items()})
    return packed


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, named ``prefix.name``."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def part(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those tensors whose names begin with ``prefix.``, without it."""
    return {name.removeprefix(f"{prefix}."): t for name, t in tensors.items() if name.startswith(f"{prefix}.")}


def load_model(checkpoint: Checkpoint) -> tuple[SequenceModel, AnyRepresentation, Recipe]:
    """A model ready to draw with, its representation and its recipe; averaged weights where there are any.

    Raises:
        StudioError: where the checkpoint is damaged, or was made by a version of the studio that differs too much.
    """
    recipe, representation = read_meta(checkpoint.meta)
    model = new_model(recipe.model, representation.layout, read_vocabulary(checkpoint.meta))
    tensors = checkpoint.tensors()
    load_weights(model, part("average", tensors) or part("model", tensors))
    return model.eval(), representation, recipe


def read_meta(meta: Mapping[str, Any]) -> tuple[Recipe, AnyRepresentation]:
    """The recipe and the representation that a checkpoint was trained with.

    Raises:
        StudioError: where they cannot be read.
    """
    if meta.get("format") != FORMAT:
        raise StudioError(
            f"This checkpoint is of format {meta.get('format')!r}, and this version of the studio reads {FORMAT}: "
            "use the version that wrote it, or train again."
        )
    try:
        recipe = Recipe.from_tree(meta.get("recipe"))
    except msgspec.ValidationError as error:
        raise StudioError(f"The recipe in this checkpoint cannot be read ({error}): train again.") from error
    return recipe, representations.from_dict(meta.get("representation") or {})


def load_weights(model: SequenceModel, weights: Mapping[str, Tensor]) -> None:
    """Put weights into a model.

    Raises:
        StudioError: where they belong to a model of another shape, or are not finite.
    """
    check_finite(weights)
    try:
        model.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise StudioError(
            "The stored weights do not fit the model that their recipe describes: the checkpoint is damaged."
        ) from error


def check_finite(tensors: Mapping[str, Tensor]) -> None:
    """Refuse numbers that nothing can be drawn with, nor a training gone on from.

    Raises:
        StudioError: there are some.
    """
    if not are_finite(tensors.values()):
        raise StudioError(
            "The stored weights hold numbers that are not finite, left by a training that went wrong: use other "
            "weights of this run, or train again with a smaller learning_rate."
        )


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint as one .safetensors file, with its JSON in the file's header."""
    tensors = {name: tensor.contiguous() for name, tensor in checkpoint.tensors().items()}
    safetensors.torch.save_file(tensors, path, metadata={_META_KEY: json.dumps(dict(checkpoint.meta))})


def load(path: Path) -> Checkpoint:
    """Read what `save` wrote.

    Raises:
        StudioError: where the file is not such a checkpoint.
    """
    try:
        with safe_open(path, framework="pt") as file:
            meta = json.loads((file.metadata() or {})[_META_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is not a mapping
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}.") from error
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise StudioError(f"{path.name} is not a checkpoint of VRNN Studio, or it is damaged.") from error
    return Checkpoint(pack(tensors), meta)
