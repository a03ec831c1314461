"""Weights that were trained beforehand and came with the studio: a training that begins with them needs seconds.

A base is a safetensors file in resources/bases, in half precision, named like the tensors of a checkpoint. How it was
made: `tests/benchmarks/base.py`, from openly licensed drawings (resources/bases/LICENSES.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import safetensors.torch
import torch
from torch import Tensor, nn

from studio.assets import resource
from studio.errors import StudioError


def begin_with(name: str, parts: Mapping[str, nn.Module]) -> None:
    """Put the weights of a base into a model and its extra tasks; what the base has none of stays as it is.

    Args:
        name: of the base.
        parts: "model" and "objective".

    Raises:
        StudioError: where the recipe describes a model of other sizes.
    """
    tensors: dict[str, Tensor] = safetensors.torch.load(resource("bases", f"{name}.safetensors").read_bytes())
    for prefix, module in parts.items():
        own = dict(module.named_parameters())
        for key, value in tensors.items():
            table, _, path = key.partition(".")
            if table != prefix or (prefix == "objective" and path not in own):
                continue
            if path not in own or own[path].shape != value.shape:
                raise StudioError(
                    f"The base {name!r} was trained for a model of other sizes ({key} does not fit): set training.base "
                    "to none, or the model's sizes back to those of the recipe."
                )
            with torch.no_grad():
                own[path].copy_(value.float())
