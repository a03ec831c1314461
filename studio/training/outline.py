"""The extra task of a latent variable g of the whole piece: where the line of the drawing lies."""

from __future__ import annotations

from torch import Tensor, nn

from studio.models.blocks import Block
from studio.models.settings import BlockSettings
from studio.models.whole import PLACES, places

SIGMA = 0.1  # how exact the line is asked for, in position units
_WIDTHS = (64,)


class Outline(nn.Module):
    """Tells from g where the pen is at some places along the drawing.

    Without it g says nothing until the decoder listens, and the decoder does not listen until g says something.

    Args:
        dimensions: G.
        step: position units per unit of offset.
    """

    def __init__(self, dimensions: int, step: float) -> None:
        super().__init__()
        self.step = step
        self.net = Block((dimensions,), BlockSettings(widths=_WIDTHS), outputs=2 * PLACES)

    def forward(self, g: Tensor, x: Tensor, mask: Tensor) -> Tensor:
        """-log N(places; told from g, SIGMA^2), up to a constant, in nats, summed over the drawings.

        Args:
            g: ``[B, G]``.
            x: ``[T, B, D]``.
            mask: ``[T, B]``.
        """
        told = self.net(g).view(len(g), PLACES, 2)
        off = told - places(x, mask, self.step)[..., :2]  # [B, P, 2]
        nats: Tensor = 0.5 * (off / SIGMA).square().sum()
        return nats
