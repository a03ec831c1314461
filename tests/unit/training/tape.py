"""What stands for a CUDA graph where there is no graphics processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

T = TypeVar("T")


class Tape(TorchDispatchMode):
    """Writes down every operation of torch, also on the way back, and does them again in the same places.

    As a CUDA graph it knows nothing of the Python around them: numbers are what they were, and what Python would have
    looked at anew stays what it was. And as with a graph, nothing may look at a number.
    """

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], list[Tensor]]] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if torch.Tag.data_dependent_output in function.tags or torch.Tag.dynamic_output_shape in function.tags:
            raise RuntimeError(f"operation not permitted when stream is capturing: {function}")
        result = function(*args, **(kwargs or {}))
        read = {value.untyped_storage().data_ptr() for value in tensors((args, kwargs))}
        made = [value if value.untyped_storage().data_ptr() not in read else None for value in tensors(result)]
        self._operations.append((function, args, kwargs or {}, made))
        return result

    @torch.no_grad()
    def again(self) -> None:
        """Everything that was written down."""
        for function, args, kwargs, made in self._operations:
            for place, value in zip(made, tensors(function(*args, **kwargs)), strict=True):
                if place is not None:  # else it is a view, or was written in place
                    place.copy_(value)


def tensors(of: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(of) if isinstance(leaf, Tensor)]


class Recorder:
    """As `studio.models.scan_cuda.captured`, with a tape; counts.

    Attributes:
        recorded: how much has been.
        replayed: how often a recording has been done again.
    """

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def __call__(self, work: Callable[[], T]) -> tuple[Callable[[], None], T]:
        work()  # to warm up
        tape = Tape()
        with tape:
            result = work()
        self.recorded += 1

        def again() -> None:
            self.replayed += 1
            tape.again()

        return again, result
