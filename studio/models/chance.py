"""Where fresh weights come from: a generator that is passed in, never the one that all threads of a process share.

PyTorch's layers draw their first weights from that shared one, whatever else the program draws from it at that moment:
a seed would then give other weights now and again. Forking its state (``torch.random.fork_rng``) does not help, for
the fork is shared as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class drawing_from(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within this context, and on this thread alone, whatever draws at random without a generator draws from this one.

    The numbers are those that PyTorch's own generator would give after ``torch.manual_seed``.

    Args:
        generator: on the processor.

    Raises:
        RuntimeError: within, where something draws that cannot be told which generator to draw from.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = generator

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        if torch.Tag.nondeterministic_seeded in func.tags and named.get("generator") is None:
            func, named["generator"] = _told(func), self._generator
        return func(*args, **named)


def seeded(seed: int) -> torch.Generator:
    """A generator on the processor that begins with a seed."""
    return torch.Generator().manual_seed(seed)


def _told(operation: Any) -> Callable[..., Any]:
    """The form of an operation that takes a generator."""
    for name in (operation._overloadname, "generator"):
        form = getattr(operation.overloadpacket, name, None)
        if form is not None and any(argument.name == "generator" for argument in form._schema.arguments):
            found: Callable[..., Any] = form
            return found
    raise RuntimeError(f"{operation} cannot be told which generator to draw from")
