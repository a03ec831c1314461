"""Where fresh weights come from: a generator that is passed in, never the one that all threads of a process share.

PyTorch's layers draw their first weights from that shared one, whatever else the program draws from it at that moment:
a seed would then give other weights now and again. Forking its state (``torch.random.fork_rng``) does not help, for
the fork is shared as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

# By their names, functions of torch, methods of tensors and of torch.nn.init that draw, and can be told from what.
_TOLD = {
    *("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson"),
    *("uniform_", "normal_", "bernoulli_", "random_", "exponential_", "cauchy_", "geometric_", "log_normal_"),
    *("trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"),
    *("orthogonal_", "sparse_"),
}
_CANNOT_BE_TOLD = {
    *("rand_like", "randn_like", "randint_like"),
    *("dropout", "dropout_", "alpha_dropout", "feature_dropout"),
}


class drawing_from(TorchFunctionMode):
    """Within this context, and on this thread alone, whatever draws at random without a generator draws from this one.

    The numbers are those that PyTorch's own generator would give after ``torch.manual_seed``. It is a mode of functions
    rather than of operations, since the latter loads PyTorch's compiler: a second, and 100 MB.

    Args:
        generator: on the processor.

    Raises:
        RuntimeError: within, where something draws that cannot be told which generator to draw from.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named, name = dict(kwargs or {}), getattr(func, "__name__", "")
        if name in _CANNOT_BE_TOLD:
            raise RuntimeError(f"{name} cannot be told which generator to draw from")
        if name in _TOLD and named.get("generator") is None:
            named["generator"] = self._generator
        return func(*args, **named)


def seeded(seed: int) -> torch.Generator:
    """A generator on the processor that begins with a seed."""
    return torch.Generator().manual_seed(seed)
