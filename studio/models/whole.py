"""g, a latent variable of a whole piece, drawn once before its first frame.

    prior      g ~ p(g):  N(0, 1) in training, a mixture of Gaussians fitted to the posteriors afterwards
    posterior  q(g | x) = N(mu, diag(sigma^2)),  (mu, sigma) = a glance at the whole of x

With g given, everything is the VRNN of Chung et al. 2015: g stands beside what labels say, in the place where `VRNN`
is told of labels. The bound has one more term for each sequence,

    log p(x) >= E_q [ sum_t log p(x_t | z_<=t, x_<t, g) - KL(q(z_t) || p(z_t)) ] - KL(q(g | x) || p(g))

The prior is fitted after training because the posteriors never fill N(0, 1): most of what lies between them is no
piece at all. It is a Gaussian for each group of pieces that are alike, with the share that the group has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from studio.models.blocks import Block
from studio.models.gaussian import DiagonalGaussian
from studio.models.settings import BlockSettings
from studio.sequences.sequence import FrameLayout

PLACES = 32  # along a drawing, at which a glance sees the pen
STRETCHES = 8  # of other pieces, of each of which a glance sees the mean of phi_x
SIGMA_FLOOR = 1e-3  # of the posterior, so that no KL is unbounded
FARTHEST = 4.5  # standard deviations from its mean in a plane; what lies farther out was never trained on
FARTHEST_ROOT = 1.5  # likewise times the root of the dimensions, as the usual distance grows with these

_WIDTHS = (96, 64)
_USUAL_LENGTH = 50.0  # frames, which the length of a piece is told in


class Glance(nn.Module):
    """q(g | x): of drawings it sees where the pen is at some places along the line, of others means of phi_x.

    Args:
        layout: what the columns of a frame are.
        features: X, the width of phi_x.
        dimensions: G.
    """

    def __init__(self, layout: FrameLayout, features: int, dimensions: int) -> None:
        super().__init__()
        self.layout = layout
        width = 3 * PLACES if layout.step else STRETCHES * features
        self.net = Block((width + 1,), BlockSettings(widths=_WIDTHS), outputs=2 * dimensions)
        weight, bias = (value for name, value in self.net.named_parameters() if f"layers.{len(_WIDTHS)}." in name)
        with torch.no_grad():  # begin near one narrow Gaussian for all, so that what g says is learned, not unlearned
            weight.mul_(0.5)
            bias[dimensions:] = -0.5

    def forward(self, x: Tensor, phi_x: Tensor, mask: Tensor) -> DiagonalGaussian:
        """q(g | x) ``[B, G]`` of frames ``[T, B, D]``, their phi_x ``[T, B, X]`` and mask ``[T, B]``."""
        seen = places(x, mask, self.layout.step) if self.layout.step else _stretches(phi_x, mask)  # [B, ...]
        length = mask.sum(0)[:, None] / _USUAL_LENGTH  # [B, 1]
        return DiagonalGaussian.from_raw(self.net(torch.cat([seen.flatten(1), length], -1)), SIGMA_FLOOR)


def places(x: Tensor, mask: Tensor, step: float) -> Tensor:
    """Where the pen is at `PLACES` places evenly along each drawing, and whether it is lifted there: ``[B, P, 3]``.

    Args:
        x: ``[T, B, D]``, whose first columns are offsets and the pen.
        mask: ``[T, B]``.
        step: position units per unit of offset.
    """
    seen = torch.cat([x[..., :2].cumsum(0) * step, x[..., 2:3]], -1)  # [T, B, 3]
    last = mask.sum(0) - 1  # [B]
    place = torch.linspace(0, 1, PLACES, device=x.device)[:, None] * last  # [P, B]
    below = place.floor()
    above = torch.minimum(below + 1, last)
    share = (place - below)[..., None]  # [P, B, 1]

    def at(index: Tensor) -> Tensor:
        return seen.gather(0, index.long()[..., None].expand(-1, -1, 3))

    return torch.lerp(at(below), at(above), share).transpose(0, 1)


def _stretches(phi_x: Tensor, mask: Tensor) -> Tensor:
    """The mean of phi_x over each of `STRETCHES` equal stretches of each piece: ``[B, S, X]``."""
    place = torch.arange(len(mask), device=mask.device)[:, None] / mask.sum(0)  # [T, B], 0 to 1
    which = (place * STRETCHES).long().clamp(max=STRETCHES - 1)  # [T, B]
    share = nn.functional.one_hot(which, STRETCHES) * mask[..., None]  # [T, B, S]
    return torch.einsum("tbs,tbx->bsx", share, phi_x) / share.sum(0).clamp(min=1)[..., None]


class Group(NamedTuple):
    """Pieces that are alike, as the prior of g knows them."""

    share: float  # of all pieces
    mean: Tensor  # [G]
    root: Tensor  # [G, G], lower triangular: the covariance is root root^T
    tags: Tensor  # [V], 1 for each thing that the label of its pieces names


class WholePrior(nn.Module):
    """p(g) = sum_k share_k N(mean_k, root_k root_k^T); before it is fitted, N(0, 1).

    Args:
        dimensions: G.
        tags: V, how many things labels name.
    """

    shares: Tensor  # [K]
    means: Tensor  # [K, G]
    roots: Tensor  # [K, G, G]
    tags: Tensor  # [K, V]

    def __init__(self, dimensions: int, tags: int = 0) -> None:
        super().__init__()
        self.register_buffer("shares", torch.ones(1))
        self.register_buffer("means", torch.zeros(1, dimensions))
        self.register_buffer("roots", torch.eye(dimensions)[None])
        self.register_buffer("tags", torch.zeros(1, tags))

    @property
    def dimensions(self) -> int:
        """G."""
        return self.means.shape[1]

    @property
    def farthest(self) -> float:
        """Standard deviations from the mean of a group, beyond which nothing is drawn."""
        return max(FARTHEST, FARTHEST_ROOT * math.sqrt(self.dimensions))

    def fit(self, groups: list[Group]) -> None:
        """Become the mixture of these groups."""
        shares = torch.tensor([group.share for group in groups])
        self._become(
            shares / shares.sum(), *(torch.stack(values) for values in zip(*(g[1:] for g in groups), strict=True))
        )

    def copy(self, other: WholePrior) -> None:
        """Become the same as another."""
        self._become(*(value.clone() for value in other.buffers()))

    def _become(self, *values: Tensor) -> None:
        device = self.means.device
        for (name, _), value in zip(list(self.named_buffers()), values, strict=True):
            setattr(self, name, value.to(device))

    def choose(self, uniform: Tensor, tags: Tensor | None = None) -> Tensor:
        """The group of each of B pieces ``[B]``: by its share among those of the tags asked for.

        Args:
            uniform: ``[B]`` in [0, 1).
            tags: ``[B, V]`` of zeros and ones; groups that have just these are chosen from, else those that have most
                of them.
        """
        shares = self.shares.expand(len(uniform), -1)  # [B, K]
        if tags is not None and tags.shape[1]:
            apart = (tags[:, None] - self.tags).abs().sum(-1)  # [B, K]
            shares = shares * (apart == apart.min(1, keepdim=True).values)
        reached = (shares / shares.sum(1, keepdim=True)).cumsum(1)  # [B, K]
        return (uniform[:, None] >= reached[:, :-1]).sum(1)

    def draw(self, group: Tensor, noise: Tensor, scale: float | Tensor = 1.0) -> Tensor:
        """g = mean_k + scale root_k u ``[B, G]``; with scale 0 the mean of the group.

        Args:
            group: ``[B]``.
            noise: u, standard normal, ``[B, G]``; scaled, it is kept within `farthest` of the mean.
            scale: the latent variance.
        """
        u = scale * noise
        u = u * (self.farthest / u.norm(dim=-1, keepdim=True).clamp(min=1e-9)).clamp(max=1)
        return self.means[group] + torch.einsum("bgh,bh->bg", self.roots[group], u)

    def log_prob(self, g: Tensor) -> Tensor:
        """log p(g): ``[B, G] -> [B]``."""
        return self._each(g).logsumexp(0)

    def nearest(self, g: Tensor) -> Tensor:
        """The group that each g most likely is of: ``[B, G] -> [B]``."""
        return self._each(g).argmax(0)

    def _each(self, g: Tensor) -> Tensor:
        """log share_k N(g; mean_k, root_k root_k^T): ``[B, G] -> [K, B]``."""
        off = (g[:, None] - self.means).permute(1, 2, 0)  # [K, G, B]
        standardised = torch.linalg.solve_triangular(self.roots, off, upper=False)  # [K, G, B]
        log_scale = self.roots.diagonal(dim1=-2, dim2=-1).log().sum(-1)  # [K]
        constant = 0.5 * self.dimensions * math.log(2 * math.pi)
        each: Tensor = self.shares.log()[:, None] - 0.5 * standardised.square().sum(1) - log_scale[:, None] - constant
        return each

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        """Take on however many groups the weights have."""
        for name, value in list(self.named_buffers()):
            given = state_dict.get(prefix + name)
            if isinstance(given, Tensor) and given.ndim == value.ndim and given.shape[2:] == value.shape[2:]:
                setattr(self, name, given.to(value).clone().reshape(given.shape))
        super()._load_from_state_dict(state_dict, prefix, *rest)
