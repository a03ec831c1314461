"""A model as the compiled steps of `studio.generation.kernel` read it."""

# mypy: disable-error-code="untyped-decorator, no-untyped-def"

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from studio.generation import kernel
from studio.generation.kernel import Carried, Chains, Places, Scales, Sizes, Sums
from studio.models import kernels
from studio.models.blocks import Block
from studio.models.compiled import Floats, kept, padded, products, stamp
from studio.models.kernels import ACTIVATIONS, NONE
from studio.models.likelihoods import (
    IMPOSSIBLE,
    LARGEST_CORRELATION,
    CategoricalOutput,
    FrameLikelihood,
    GaussianOutput,
    LineOutput,
    MixtureOutput,
)
from studio.models.products import Linear
from studio.models.sequence_model import State
from studio.models.settings import BlockSettings
from studio.models.vrnn import LATENT_SIGMA_FLOOR, VRNN

Layer: TypeAlias = tuple[nn.Linear, int]  # and the code of its activation


class Constants(NamedTuple):
    """What is added for each pen, from the first frame to the last; None: nothing.

    An input that does not change while a pen draws goes into a first layer, or into the recurrence, as a constant:
    W [h, c] + bias = W_h h + (W_c c + bias).
    """

    prior: Tensor | None = None  # [B, P], into the prior's first layer
    decoder: Tensor | None = None  # [B, E], into the decoder's first layer
    drive: Tensor | None = None  # [B, 3 H], into the gates


NOTHING = Constants()


def told(model: VRNN, condition: Tensor | None) -> Constants:
    """What the vectors ``[B, C]`` that stand for labels add; nothing where the model is told of none."""
    if condition is None:
        return NOTHING
    decoder = model.decoder
    inputs = decoder.inputs[0] + decoder.inputs[1]
    weights = (
        None if model.prior_net is None else model.prior_net.input_weight(1),
        decoder.input_weight(2) if len(decoder.layers) else _output(model.likelihood).weight[:, inputs:],
        model.recurrence.weight_x[:, model.phi_x.width :],
    )
    return Constants(*(None if weight is None else (condition @ weight.t()).detach() for weight in weights))


class PackedModel:
    """A copy of the weights, and `generate`.

    Args:
        model: with a GRU; float32, on a processor.
    """

    def __init__(self, model: VRNN) -> None:
        settings = model.settings
        prior = _prior(model)
        phi_z = _layers(model.phi_z, settings.phi_z)
        decoder = [*_layers(model.decoder, settings.decoder), (_output(model.likelihood), NONE)]
        phi_x = _layers(model.phi_x, settings.phi_x)
        packer = _Packer()
        self._sums, self._places, self._biases = _pack_recurrence(packer, model, prior[0][0], decoder[0][0])
        chains = [prior[1:], phi_z, decoder[1:], phi_x]
        starts = accumulate((len(chain) for chain in chains), initial=0)
        self._chains = Chains._make([*starts, prior[0][1], decoder[0][1]])
        rows = [packer.layer(layer, code) for chain in chains for layer, code in chain]
        self._table = np.array(rows, np.int64).reshape(-1, 5)
        self._weights = packer.packed()

        likelihood = model.likelihood
        mixture = likelihood.continuous if isinstance(likelihood.continuous, MixtureOutput) else None
        self._sizes = Sizes(
            hidden=settings.hidden,
            latent=settings.latent,
            features=model.phi_z.width,
            input_features=model.phi_x.width,
            continuous=model.layout.continuous,
            binary=model.layout.binary,
            components=mixture.components if mixture else 0,
            correlated=int(mixture is not None and mixture.correlated),
            line=int(isinstance(likelihood.continuous, LineOutput)),
            positions=int(bool(model.layout.step)),
            categories=model.layout.categories,
            embedding=settings.embedding,
            widest=max([1, *(layer.out_features for chain in chains for layer, _ in chain)]),
        )
        self._step = model.layout.step or 0.0
        self._binary_variance = likelihood.binary_variance
        self._factors = (
            likelihood.continuous.factors.tolist() if isinstance(likelihood.continuous, LineOutput) else [1, 1]
        )
        floor, cap = 0.0, 0.0
        if not isinstance(likelihood.continuous, CategoricalOutput):
            floor, cap = likelihood.continuous.range
        self._floors = (LATENT_SIGMA_FLOOR, floor, cap - floor if cap else 0.0)
        self._width = model.layout.width
        self._chances = _columns_of_chance(settings.latent, likelihood)

    def generate(
        self,
        state: State,
        noise: Tensor,
        latent_variance: float,
        output_variance: float,
        constants: Constants = NOTHING,
    ) -> tuple[Tensor, State]:
        """As `VRNN.generate`, with ``constants`` for each pen.

        A first frame that is the origin by definition is for the model itself to draw: see `State.fresh`.
        """
        steps, batch, _ = noise.shape
        noise = noise.clone()
        noise[..., self._chances] = torch.special.ndtr(noise[..., self._chances])  # uniform
        hidden = self._sizes.hidden
        h = torch.zeros(batch, padded(hidden))
        h[:, :hidden] = state.h
        position = torch.zeros(batch, 2) if state.position is None else state.position.clone()
        frames = torch.empty(steps, batch, self._width)
        variances = (latent_variance, output_variance, self._binary_variance(output_variance))
        values = (*self._floors, LARGEST_CORRELATION, *variances, self._step, *self._factors)
        compiled_steps()(
            *(self._sizes, self._sums, self._chains, self._places, self._table, self._weights),
            self._bias(batch, constants).numpy().reshape(-1),
            Scales(*(np.float32(value) for value in values)),
            Carried(h.numpy().reshape(-1), position.numpy().reshape(-1)),
            *(noise.numpy(), frames.numpy()),
        )
        return frames, state._replace(h=h[:, :hidden].clone(), position=None if state.position is None else position)

    def _bias(self, batch: int, constants: Constants) -> Tensor:
        """Where the sums of each pen begin, ``[B, sums.end]``."""
        prior, from_h, decoder, gates, candidate = self._biases
        hidden = self._sizes.hidden
        drive = (None, None) if constants.drive is None else constants.drive.split_with_sizes((2 * hidden, hidden), -1)
        pieces = zip(
            (0, *self._sums[:-1]),
            (prior, from_h, decoder, gates, candidate),
            (constants.prior, None, constants.decoder, *drive),
            strict=True,
        )
        bias = torch.zeros(batch, self._sums.end)
        for start, common, own in pieces:
            bias[:, start : start + len(common)] = common if own is None else common + own
        return bias


def _prior(model: VRNN) -> list[Layer]:
    """Its layers; those of the standard normal do not look at h."""
    if model.prior_net is not None:
        return _layers(model.prior_net, model.settings.prior)
    layer = Linear(model.settings.hidden, 2 * model.latent)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias[: model.latent] = 0
        layer.bias[model.latent :] = math.log(math.expm1(1 - LATENT_SIGMA_FLOOR))
    return [(layer, NONE)]


def _output(likelihood: FrameLikelihood) -> nn.Linear:
    """The last layer of the decoder; where all frames share their sigma, it is one more constant output.

    Symbols that are never drawn have a bias that no weight makes up for.
    """
    given, output = likelihood.linear, likelihood.continuous
    if isinstance(output, CategoricalOutput) and output.unseen:
        masked = Linear(given.in_features, given.out_features)
        with torch.no_grad():
            masked.weight.copy_(given.weight)
            masked.bias.copy_(given.bias)
            masked.bias[list(output.unseen)] = IMPOSSIBLE
        return masked
    if not (isinstance(output, GaussianOutput) and output.shared is not None):
        return given
    columns = output.columns
    layer = Linear(given.in_features, given.out_features + columns)
    with torch.no_grad():
        layer.weight.copy_(
            torch.cat(
                [given.weight[:columns], given.weight.new_zeros(columns, given.in_features), given.weight[columns:]]
            )
        )
        layer.bias.copy_(torch.cat([given.bias[:columns], output.shared, given.bias[columns:]]))
    return layer


def _layers(block: Block, settings: BlockSettings) -> list[Layer]:
    codes = [ACTIVATIONS[settings.activation]] * len(settings.widths)
    codes += [NONE] * (len(block.layers) - len(codes))
    return [(layer, code) for layer, code in zip(block.layers, codes, strict=True) if isinstance(layer, nn.Linear)]


def _pack_recurrence(
    packer: _Packer, model: VRNN, prior: nn.Linear, decoder: nn.Linear
) -> tuple[Sums, Places, Sequence[Tensor]]:
    """What h, phi_z and phi_x go into, in the order of the row of sums; `prior` and `decoder` are first layers.

    Inputs beyond these are constant, and no part of it (`Constants`).

    Returns:
        where in the row what begins, where the weights are, and the biases.
    """
    recurrence, hidden, features = model.recurrence, model.settings.hidden, model.phi_z.width
    h_gates, h_candidate = recurrence.weight_h.split_with_sizes((2 * hidden, hidden))
    z_gates, z_candidate = recurrence.weight_z.split_with_sizes((2 * hidden, hidden))
    x_gates, x_candidate = recurrence.weight_x[:, : model.phi_x.width].split_with_sizes((2 * hidden, hidden))
    gates_bias, candidate_bias = recurrence.bias.detach().clone().split_with_sizes((2 * hidden, hidden))
    places = Places(
        h=packer.put(prior.weight[:, :hidden], h_candidate, decoder.weight[:, features : features + hidden], h_gates),
        z=packer.put(decoder.weight[:, :features], z_gates, z_candidate),
        x=packer.put(x_gates, x_candidate),
        symbols=packer.put(*(numbers[:, None] for numbers in model.symbols)) if model.layout.categories else 0,
    )
    from_h = torch.zeros(hidden)  # the candidate's share of h has none
    biases = (prior.bias.detach().clone(), from_h, decoder.bias.detach().clone(), gates_bias, candidate_bias)
    return Sums(*accumulate(padded(len(bias)) for bias in biases)), places, biases


def _columns_of_chance(latent: int, likelihood: FrameLikelihood) -> list[int]:
    """The columns of the noise that are compared with probabilities."""
    end = latent + likelihood.noise_width
    chooses = isinstance(likelihood.continuous, MixtureOutput | CategoricalOutput)
    return [latent] * chooses + list(range(end - likelihood.layout.binary, end))


class _Packer:
    """Lines weights up in one array."""

    def __init__(self) -> None:
        self._weights: list[tuple[Tensor, int]] = []
        self._full = 0

    def put(self, *weights: Tensor) -> int:
        """Where weights ``[outputs, inputs]``, one after the other, begin."""
        start = self._full
        for weight in weights:
            self._weights.append((weight, self._full))
            outputs, inputs = weight.shape
            self._full += inputs * padded(outputs)
        return start

    def layer(self, layer: nn.Linear, activation: int) -> tuple[int, ...]:
        """A row of the table."""
        start, bias = self.put(layer.weight), self.put(layer.bias[:, None])
        return layer.in_features, layer.out_features, activation, start, bias

    def packed(self) -> Floats:
        result: Floats = torch.empty(self._full).numpy()
        pack = products().pack
        for weight, start in self._weights:
            pack(weight.detach().t().numpy(), result, start)
        return result


_compiling = threading.Lock()


def compiled_steps() -> Callable[..., None]:
    """`kernel.steps`; the first call compiles it, or finds what an earlier process has left."""
    with _compiling:
        return _compiled_steps()


@cache
def _compiled_steps() -> Callable[..., None]:
    version = stamp(kernels, kernel)

    @kept()
    def steps(*arguments):
        if version:
            kernel.steps(*arguments)

    return steps
