"""What decides the shape of a model. No torch here: the window shows these before torch has loaded."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from studio.settings import Count, NotNegative, Positive, Settings, Widths, about


class BlockSettings(Settings, frozen=True):
    """One feed-forward part of the network."""

    widths: Annotated[Widths, about("units of each layer, first to last; empty: the input goes straight on")] = (48,)
    activation: Annotated[Literal["relu", "tanh", "elu", "silu"], about("what follows each layer")] = "relu"


class LikelihoodSettings(Settings, frozen=True):
    """The output distribution p(x_t | z_<=t, x_<t)."""

    kind: Annotated[
        Literal["gaussian", "mixture", "pen-mixture"],
        about(
            "gaussian: diagonal; mixture: of Gaussians; pen-mixture: a mixture for the offsets, Bernoulli for the pen"
        ),
    ] = "pen-mixture"
    components: Annotated[Count, about("Gaussians in a mixture")] = 6
    correlated: Annotated[bool, about("pen offsets with full 2x2 covariance instead of diagonal")] = False
    sigma_floor: Annotated[Positive, about("smallest standard deviation, in frame units")] = 0.02
    sigma_start: Annotated[Positive, about("standard deviation before training, in frame units")] = 0.4


class ModelSettings(Settings, frozen=True):
    """The VRNN (Chung et al. 2015, section 3)."""

    kind: Annotated[Literal["vrnn"], about("the family of the model")] = "vrnn"
    recurrence: Annotated[Literal["gru", "lstm", "elman"], about("what carries the state h from step to step")] = "gru"
    hidden: Annotated[Count, about("units of the state h")] = 96
    latent: Annotated[Count, about("dimensions of the latent variable z")] = 2
    memory: Annotated[
        NotNegative,
        about(
            "longest time span in steps that gates start out remembering, spread between 1 and this; 0: ordinary start"
        ),
    ] = 64.0
    label_embedding: Annotated[
        int,
        Meta(ge=0, le=8192),
        about("numbers that stand for each thing a label names; 0: the model is not told of labels"),
    ] = 0
    phi_x: Annotated[BlockSettings, about("features of the input x")] = BlockSettings(widths=(48,))
    phi_z: Annotated[BlockSettings, about("features of the latent variable z")] = BlockSettings(
        widths=(24,), activation="tanh"
    )
    prior: Annotated[BlockSettings, about("from h to the prior of z")] = BlockSettings(widths=(48,), activation="tanh")
    encoder: Annotated[BlockSettings, about("from x and h to the approximate posterior of z")] = BlockSettings(
        widths=(48,)
    )
    decoder: Annotated[BlockSettings, about("from z and h to the output distribution")] = BlockSettings(widths=(64,))
    likelihood: Annotated[LikelihoodSettings, about("the output distribution")] = LikelihoodSettings()
