"""Adam (Kingma and Ba 2015, algorithm 1), also with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

As torch.optim.Adam and AdamW; but those load torch's compiler, which is not used here: a second of every start, and
100 MB of memory.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

EPSILON = 1e-8  # keeps the division finite where a gradient has always been 0
TINY = 1e-6  # likewise, of a gradient that is 0 altogether


class Adam:
    """Moves parameters against their gradients, by steps of about the learning rate whatever the gradients' size.

    Args:
        parameters: what is trained.
        rate: the learning rate; may be assigned at any time.
        betas: decay of the running means of gradients and of their squares.
        weight_decay: added to the gradients as weight_decay * parameter, or decoupled from them; may be assigned.
        decoupled: whether the parameters shrink by rate * weight_decay with every step instead (AdamW).

    Attributes:
        state: of every parameter that has had a gradient: "step", "exp_avg" (m in the paper) and "exp_avg_sq" (v).
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        rate: float,
        betas: tuple[float, float],
        weight_decay: float = 0.0,
        *,
        decoupled: bool = False,
    ) -> None:
        self.rate, self.weight_decay = rate, weight_decay
        self.state: defaultdict[nn.Parameter, dict[str, Tensor]] = defaultdict(dict)
        self._parameters = list(parameters)
        self._betas = betas
        self._decoupled = decoupled

    @torch.no_grad()
    def step(self) -> None:
        """Move all parameters that have a gradient."""
        by_age: defaultdict[float, list[nn.Parameter]] = defaultdict(list)
        for parameter in self._parameters:
            if parameter.grad is not None:
                by_age[self._age(parameter)].append(parameter)
        for age, parameters in by_age.items():
            self._move(parameters, age)

    def _age(self, parameter: nn.Parameter) -> float:
        """How many gradients it has had, this one included."""
        state = self.state[parameter]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        return state["step"].item()

    def _move(self, parameters: list[nn.Parameter], age: float) -> None:
        """All at once: every call of torch lets go of the interpreter's lock, and has to wait for it in a window."""
        values = [parameter.detach() for parameter in parameters]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        means = [self.state[parameter]["exp_avg"] for parameter in parameters]
        squares = [self.state[parameter]["exp_avg_sq"] for parameter in parameters]
        beta1, beta2 = self._betas
        if self._decoupled:
            torch._foreach_mul_(values, 1 - self.rate * self.weight_decay)
        elif self.weight_decay:
            gradients = list(torch._foreach_add(gradients, values, alpha=self.weight_decay))
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
        # Both means begin at 0, and are too small at first: divided by 1 - beta^age they are right.
        sizes = torch._foreach_sqrt(squares)
        torch._foreach_div_(sizes, math.sqrt(1 - beta2**age))
        torch._foreach_add_(sizes, EPSILON)
        torch._foreach_addcdiv_(values, means, sizes, -self.rate / (1 - beta1**age))


@torch.no_grad()
def clip(parameters: Iterable[nn.Parameter], most: float) -> Tensor:
    """Shorten the gradient of all parameters together where it is longer than `most`; 0: do not.

    Returns:
        how long it was, a scalar.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    length: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    if most:
        torch._foreach_mul_(gradients, (most / (length + TINY)).clamp(max=1.0))
    return length
