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

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Move all parameters that have a gradient."""
        for parameter in self._parameters:
            if parameter.grad is not None:
                self._move(parameter, parameter.grad)

    def _move(self, parameter: nn.Parameter, gradient: Tensor) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        step, (beta1, beta2) = state["step"].item(), self._betas
        if self._decoupled:
            parameter.mul_(1 - self.rate * self.weight_decay)
        elif self.weight_decay:
            gradient = gradient.add(parameter, alpha=self.weight_decay)
        state["exp_avg"].lerp_(gradient, 1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        # Both means begin at 0, and are too small at first: divided by 1 - beta^step they are right.
        size = (state["exp_avg_sq"].sqrt() / math.sqrt(1 - beta2**step)).add_(EPSILON)
        parameter.addcdiv_(state["exp_avg"], size, value=-self.rate / (1 - beta1**step))
