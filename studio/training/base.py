"""Weights that were trained beforehand and came with the studio: a training that begins with them needs seconds.

A base is a safetensors file in resources/bases, in half precision, named like the tensors of a checkpoint. How it was
made: `tests/benchmarks/base.py`, from openly licensed drawings (resources/bases/LICENSES.md).
"""

from __future__ import annotations

import safetensors.torch
import torch
from torch import Tensor, nn

from studio.assets import resource


def begin_with(name: str, model: nn.Module, objective: nn.Module) -> bool:
    """Put the weights of a base into a model and its extra tasks, where the model has the sizes of the base.

    Args:
        name: of the base.
        model: to begin with.
        objective: its extra tasks; those that the base knows begin with its weights, too.

    Returns:
        Whether the sizes fit; where they do not, nothing has changed.
    """
    tensors: dict[str, Tensor] = safetensors.torch.load(resource("bases", f"{name}.safetensors").read_bytes())
    own = {f"model.{path}": value for path, value in model.named_parameters()}
    needed = {path: value for path, value in tensors.items() if path.startswith("model.")}
    if any(path not in own or own[path].shape != value.shape for path, value in needed.items()):
        return False
    own |= {f"objective.{path}": value for path, value in objective.named_parameters()}
    with torch.no_grad():
        for path, value in tensors.items():
            if path in own and own[path].shape == value.shape:
                own[path].copy_(value.float())
    return True
